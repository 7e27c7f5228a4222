"""Reads how the pay of answers stands: for managers, for judges of appeals, for the workers themselves."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Prefetch, Q, QuerySet, Sum

from crowd.enums import AccountKind, AppealState, PayState
from crowd.models import Appeal, Entry, PayReview, Project, User, Worker

CONTESTABLE = (PayState.REJECTED, PayState.APPEALED, PayState.FINAL)


@dataclass(frozen=True)
class OwnPay:
    """How one project stands with a worker, in micro-units.

    ``in_review``: booked, not yet approved. ``owed``: to be paid out. ``in_transit``: in a batch. ``paid``: arrived.
    """

    project: Project
    in_review_micros: int
    owed_micros: int
    in_transit_micros: int
    paid_micros: int


def own_pay(worker: Worker) -> list[OwnPay]:
    """How the worker's money stands on every project that has any, newest first; three queries."""
    kinds = {
        "payable": AccountKind.WORKER_PAYABLE,
        "transit": AccountKind.WORKER_TRANSIT,
        "paid": AccountKind.WORKER_PAID,
    }
    sums = {
        project_id: (payable, transit, paid)
        for project_id, payable, transit, paid in Entry.objects.filter(
            account__worker=worker, account__kind__in=kinds.values()
        )
        .values_list("account__project")
        .annotate(**{n: Sum("amount_micros", filter=Q(account__kind=kind), default=0) for n, kind in kinds.items()})
        .order_by()
    }
    pending = dict(
        PayReview.objects.filter(worker=worker, state=PayState.PENDING)
        .values_list("project")
        .annotate(total=Sum("amount_micros"))
        .order_by()
    )
    return [
        OwnPay(project, waits, -payable - waits, -transit, -paid)
        for project in Project.objects.filter(pk__in=list(sums)).order_by("-id")
        for (payable, transit, paid), waits in [(sums[project.pk], pending.get(project.pk, 0))]
    ]


def reviews_of(project: Project, state: str | None = None) -> QuerySet[PayReview]:
    """The pay of a project's answers, of one state or of all."""
    rows = PayReview.objects.filter(project=project).select_related("answer__task", "worker", "decided_by")
    return rows if state is None else rows.filter(state=state)


def own_rejections(worker: Worker) -> QuerySet[PayReview]:
    """The worker's rejected answers with their grounds and their appeals."""
    appeals = Prefetch("appeals", queryset=Appeal.objects.order_by("-round"))
    rows = PayReview.objects.filter(worker=worker, state__in=CONTESTABLE)
    return rows.select_related("answer__task", "project").prefetch_related(appeals)


def open_appeals(project: Project, judge: User) -> QuerySet[Appeal]:
    """The appeals that somebody may judge: not about their own rejections, not about their own work; due first."""
    rows = Appeal.objects.filter(review__project=project, state=AppealState.OPEN)
    return (
        rows.exclude(rejected_by=judge)
        .exclude(review__worker__user=judge)
        .select_related("review__answer__task", "review__project")
        .order_by("answer_by", "id")
    )
