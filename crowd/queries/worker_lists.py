"""Reads a page of a project's workers with the figures that tell them apart, at a cost that the page's length sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Sum

from crowd.enums import FlagState, WorkerKind
from crowd.models import Answer, Enrolment, Flag, PayReview, Project, Skill, WorkerReading
from crowd.policies.fairness import HOUR_SECONDS
from crowd.queries.fairness import LEAST_TASKS, PERIOD, UNPAID

ORDERS = ("weakest", "strongest", "newest", "name")


@dataclass(frozen=True)
class WorkerLine:
    """A worker. ``reading``: the figures as last measured, empty before; ``flags``: open ones.

    ``hourly_micros``: pay per active hour over the last four weeks; None under `LEAST_TASKS` answers.
    """

    enrolment: Enrolment
    skill: Skill | None
    reading: dict[str, Any]
    measured_at: datetime | None
    flags: int
    hourly_micros: int | None


def people_of(project: Project, *, level: str = "", name: str = "", order: str = ORDERS[0]) -> QuerySet[Enrolment]:
    """The project's people; by the lower end of the gold interval, those without any gold last."""
    rows = Enrolment.objects.filter(project=project, worker__kind=WorkerKind.HUMAN).select_related("worker")
    if level:
        rows = rows.filter(trust_level=level)
    if name:
        rows = rows.filter(worker__name__icontains=name)
    low = Skill.objects.filter(project=project, worker=OuterRef("worker")).values("low")[:1]
    match order:
        case "name":
            return rows.order_by("worker__name", "id")
        case "newest":
            return rows.order_by("-id")
        case "strongest":
            return rows.annotate(low=Subquery(low)).order_by(F("low").desc(nulls_last=True), "id")
    return rows.annotate(low=Subquery(low)).order_by(F("low").asc(nulls_last=True), "id")


def worker_lines(project: Project, enrolments: Sequence[Enrolment], *, now: datetime) -> list[WorkerLine]:
    """The lines of a page of `people_of`; five queries."""
    ids = [row.worker_id for row in enrolments]
    where = {"project": project, "worker__in": ids}
    skills = {row.worker_id: row for row in Skill.objects.filter(**where)}
    readings = {row.worker_id: row for row in WorkerReading.objects.filter(**where)}
    flags = dict(
        Flag.objects.filter(**where, state=FlagState.OPEN).values_list("worker").annotate(n=Count("id")).order_by()
    )
    hourly = hourly_pay(project, ids, now=now)
    return [
        WorkerLine(
            row,
            skills.get(row.worker_id),
            readings[row.worker_id].figures if row.worker_id in readings else {},
            readings[row.worker_id].measured_at if row.worker_id in readings else None,
            flags.get(row.worker_id, 0),
            hourly.get(row.worker_id),
        )
        for row in enrolments
    ]


def hourly_pay(project: Project, worker_ids: Sequence[int], *, now: datetime) -> dict[int, int]:
    """Pay per active hour of each worker over the last four weeks, in micro-units; two queries.

    Active is the time from claim to submit by the server's clock. Rejected work took time and earned nothing.
    """
    since = now - PERIOD
    where = {"project": project, "worker__in": worker_ids}
    rows = list(
        Answer.objects.filter(**where, created_at__gt=since)
        .values_list("worker")
        .annotate(n=Count("id"), seconds=Sum("elapsed_seconds"), micros=Sum("assignment__reserved_micros"))
        .order_by()
    )
    unpaid = dict(
        PayReview.objects.filter(**where, state__in=UNPAID, answer__created_at__gt=since)
        .values_list("worker")
        .annotate(micros=Sum("answer__assignment__reserved_micros"))
        .order_by()
    )
    return {
        worker_id: round((micros - unpaid.get(worker_id, 0)) / seconds * HOUR_SECONDS)
        for worker_id, n, seconds, micros in rows
        if n >= LEAST_TASKS and seconds > 0
    }
