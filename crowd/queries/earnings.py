"""Reads what a worker has earned, from the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from crowd.enums import AccountKind
from crowd.models import Answer, Entry, Project, Worker


@dataclass(frozen=True)
class Earning:
    """What one project owes a worker, in micro-units of its currency.

    ``confirmed_micros`` is booked in the ledger, for ``paid_answers`` answers; ``pending_micros`` was reserved for
    answers that wait for their processing.
    """

    project: Project
    confirmed_micros: int
    paid_answers: int
    pending_micros: int
    pending_answers: int


def earnings_of(worker: Worker) -> list[Earning]:
    """The worker's earnings on every project that has any, newest project first; three queries."""
    booked = {
        row["account__project"]: row
        for row in Entry.objects.filter(account__worker=worker, account__kind=AccountKind.WORKER_PAYABLE)
        .values("account__project")
        .annotate(total=Sum("amount_micros"), answers=Count("transaction__answer", distinct=True))
        .order_by()
    }
    waiting = {
        row["project"]: row
        for row in Answer.objects.filter(worker=worker, processed_at__isnull=True)
        .values("project")
        .annotate(total=Sum("assignment__reserved_micros"), answers=Count("id"))
        .order_by()
    }
    projects = Project.objects.filter(Q(pk__in=list(booked)) | Q(pk__in=list(waiting))).order_by("-id")
    nothing = {"total": 0, "answers": 0}
    return [
        Earning(project, -done["total"], done["answers"], soon["total"], soon["answers"])
        for project in projects
        for done, soon in [(booked.get(project.pk, nothing), waiting.get(project.pk, nothing))]
    ]


def totals_by_currency(earnings: Sequence[Earning]) -> dict[str, int]:
    """The confirmed micro-units of each currency: amounts of different currencies are never added up."""
    totals: dict[str, int] = {}
    for earning in earnings:
        currency = earning.project.currency
        totals[currency] = totals.get(currency, 0) + earning.confirmed_micros
    return totals
