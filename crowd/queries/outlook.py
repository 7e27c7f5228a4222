"""Reads what a draft holds, and what it is likely to cost, take and reach."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from crowd.enums import AnswerType, TaskState
from crowd.models import Project
from crowd.policies.answer_types import LABELLED
from crowd.policies.fairness import PayForecast
from crowd.policies.outlook import Outlook, foresee
from crowd.queries.pay_forecast import launch_forecast


@dataclass(frozen=True)
class DraftContents:
    """Tasks to answer and golds that are in the project."""

    tasks: int
    golds: int


@dataclass(frozen=True)
class LaunchOutlook:
    """The outlook with the forecast of an hour's pay."""

    contents: DraftContents
    outlook: Outlook
    pay: PayForecast


def contents_of(project: Project) -> DraftContents:
    """Count them; one query."""
    counts = project.tasks.aggregate(
        tasks=Count("id", filter=~Q(state__in=[TaskState.GOLD, TaskState.CANCELLED])),
        golds=Count("id", filter=Q(state=TaskState.GOLD)),
    )
    return DraftContents(counts["tasks"], counts["golds"])


def launch_outlook(project: Project) -> LaunchOutlook:
    """What to expect of the project as it is set up."""
    contents, pay = contents_of(project), launch_forecast(project)
    kind, n_labels = AnswerType(project.answer_type), None
    if kind in LABELLED:
        n_labels = max(2, len(project.labels))
    elif kind == AnswerType.MULTIPLE_CHOICE:
        n_labels = 2  # every label is chosen or not
    outlook = foresee(
        tasks=contents.tasks,
        n_labels=n_labels,
        target=project.target_confidence,
        min_overlap=project.min_overlap,
        max_overlap=project.max_overlap,
        price_micros=project.price_micros if pay.price_micros is None else round(pay.price_micros),
        gold_share=project.gold_rate if contents.golds else 0.0,
        seconds=pay.seconds,
        is_stated=pay.basis == "stated",
    )
    return LaunchOutlook(contents, outlook, pay)
