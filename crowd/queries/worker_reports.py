"""Reads the report about one worker: all of it for managers, and what the worker is shown of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from crowd.enums import FlagState, RestitutionLineKind, TrustLevel
from crowd.errors import NotFound
from crowd.models import (
    Enrolment,
    Flag,
    PayReview,
    Project,
    ProjectReading,
    RestitutionLine,
    Skill,
    TrustChange,
    Worker,
    WorkerReading,
    WorkTerms,
)
from crowd.policies.eligibility import daily_limit
from crowd.queries.standings import Standing, standings_of
from crowd.times import zulu_or_none

# Of each list in a report; a page of its own has the rest.
NEWEST = 100
# Lines of restitutions that speak to the worker.
TOLD = (
    RestitutionLineKind.WARNING_WITHDRAWN,
    RestitutionLineKind.LEVEL_RESTORED,
    RestitutionLineKind.REJECTION_REVERSED,
)


@dataclass(frozen=True)
class WorkerReport:
    """Everything about a worker on a project. ``reading`` is None before the first reading."""

    enrolment: Enrolment
    terms: WorkTerms | None
    skill: Skill | None
    reading: WorkerReading | None
    flags: list[Flag]
    changes: list[TrustChange]
    pay: dict[str, dict[str, int]]

    @property
    def access(self) -> dict[str, Any]:
        """What the level does to claims."""
        return access_of(self.enrolment, self.terms)


@dataclass(frozen=True)
class OwnReport:
    """What a worker is shown: decided things at once, estimates only with every so manieth answer."""

    standing: Standing
    terms: WorkTerms | None
    flags: list[Flag]
    restitutions: list[RestitutionLine]
    pay: dict[str, dict[str, int]]

    @property
    def access(self) -> dict[str, Any]:
        """What the level does to claims."""
        return access_of(self.standing.enrolment, self.terms)


def worker_report(project: Project, worker_uid: uuid.UUID) -> WorkerReport:
    """The whole report; seven queries, none of which grows with the answers. Raises NotFound."""
    enrolment = Enrolment.objects.select_related("worker", "project").filter(project=project, worker__uid=worker_uid)
    row = enrolment.first()
    if row is None:
        raise NotFound("there is no such worker on this project")
    where = {"project": project, "worker": row.worker}
    flags = flags_of(project).filter(Q(worker=row.worker) | Q(other=row.worker))
    return WorkerReport(
        enrolment=row,
        terms=WorkTerms.objects.filter(enrolment=row).first(),
        skill=Skill.objects.filter(**where).first(),
        reading=WorkerReading.objects.filter(**where).first(),
        flags=list(flags.order_by("-id")[:NEWEST]),
        changes=list(TrustChange.objects.filter(**where).select_related("actor").order_by("-id")[:NEWEST]),
        pay=_pay(row),
    )


def own_report(worker: Worker, project_uid: uuid.UUID) -> OwnReport:
    """The worker's own view. No gold can be told from it, nobody else's answers, nothing of the tasks' consensus.

    Of flags only those that a manager confirmed: an open one is no decision. Raises NotFound.
    """
    standing = next((one for one in standings_of(worker) if one.project.uid == project_uid), None)
    if standing is None:
        raise NotFound("you are not on a project of that id")
    enrolment = standing.enrolment
    where = {"project_id": enrolment.project_id}
    confirmed = Flag.objects.filter(Q(worker=worker) | Q(other=worker), **where, state=FlagState.CONFIRMED)
    lines = RestitutionLine.objects.filter(worker=worker, restitution__project_id=enrolment.project_id, kind__in=TOLD)
    return OwnReport(
        standing=standing,
        terms=WorkTerms.objects.filter(enrolment=enrolment).first(),
        flags=list(confirmed.order_by("-id")[:NEWEST]),
        restitutions=list(lines.order_by("-id")[:NEWEST]),
        pay=_pay(enrolment),
    )


def flags_of(project: Project) -> QuerySet[Flag]:
    """Every flag of a project with its workers."""
    return Flag.objects.filter(project=project).select_related("worker", "other", "decided_by")


def project_reading(project: Project, kind: str) -> ProjectReading | None:
    """A report about the project as it was last measured."""
    return ProjectReading.objects.filter(project=project, kind=kind).first()


def workers_by_id(ids: set[int]) -> dict[int, Worker]:
    """Workers for the rows of a report."""
    return Worker.objects.in_bulk(list(ids))


def access_of(enrolment: Enrolment, terms: WorkTerms | None) -> dict[str, Any]:
    """What a level does to claims, in figures."""
    level = TrustLevel(enrolment.trust_level)
    until: datetime | None = None if terms is None else terms.level_until
    paused: datetime | None = None if terms is None else terms.paused_until
    return {
        "may_claim": level != TrustLevel.SUSPENDED,
        "daily_answers": daily_limit(daily_answers=None, trust_level=level),
        "level_until": zulu_or_none(until),
        "paused_until": zulu_or_none(paused),
        "is_warned": terms is not None and terms.is_warned,
    }


def _pay(enrolment: Enrolment) -> dict[str, dict[str, int]]:
    """Answers and micro-units by how their pay stands; the index on worker, project and state answers."""
    rows = (
        PayReview.objects.filter(worker_id=enrolment.worker_id, project_id=enrolment.project_id)
        .values_list("state")
        .annotate(answers=Count("id"), micros=Sum("amount_micros"))
        .order_by()
    )
    return {state: {"answers": answers, "micros": micros} for state, answers, micros in rows}
