"""Reads workers of a project: trust with its evidence, and what each is owed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, Sum

from crowd.enums import AccountKind
from crowd.models import Answer, Enrolment, Entry, Project, Skill, TrustChange, Worker


@dataclass(frozen=True)
class TrustLine:
    """A worker on a project: level, skill (None before any evidence), changes oldest first, answers given."""

    enrolment: Enrolment
    skill: Skill | None
    changes: list[TrustChange]
    answers: int


@dataclass(frozen=True)
class Owed:
    """What a project owes a worker, in micro-units of the project's currency, for how many paid answers."""

    worker: Worker
    micros: int
    answers: int


def trust_report(project: Project) -> list[TrustLine]:
    """Every worker of the project with trust and evidence, in the order of enrolment; four queries."""
    skills = {skill.worker_id: skill for skill in Skill.objects.filter(project=project)}
    changes: dict[int, list[TrustChange]] = defaultdict(list)
    for change in TrustChange.objects.filter(project=project).order_by("id"):
        changes[change.worker_id].append(change)
    counts = dict(Answer.objects.filter(project=project).values_list("worker").annotate(count=Count("id")).order_by())
    return [
        TrustLine(
            enrolment, skills.get(enrolment.worker_id), changes[enrolment.worker_id], counts.get(enrolment.worker_id, 0)
        )
        for enrolment in Enrolment.objects.filter(project=project).select_related("worker").order_by("id")
    ]


def payout_report(project: Project) -> list[Owed]:
    """What every paid worker of the project is owed, in the order of enrolment; two queries."""
    rows = (
        Entry.objects.filter(account__project=project, account__kind=AccountKind.WORKER_PAYABLE)
        .values("account__worker")
        .annotate(total=Sum("amount_micros"), answers=Count("transaction__answer", distinct=True))
        .order_by()
    )
    owed = {row["account__worker"]: row for row in rows}
    return [
        Owed(worker, -owed[worker.pk]["total"], owed[worker.pk]["answers"])
        for worker in Worker.objects.filter(enrolments__project=project).order_by("enrolments__id")
        if worker.pk in owed
    ]


def ledger_balance_micros(project: Project) -> int:
    """The sum of all entries of a project: zero, or something is badly wrong."""
    total: int | None = Entry.objects.filter(account__project=project).aggregate(total=Sum("amount_micros"))["total"]
    return total or 0
