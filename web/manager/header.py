"""The head of the manager's page in words: progress, money, agreement with its age."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from crowd.models import Project
from crowd.queries.dashboards import Dashboard, GroupAgreement
from crowd.queries.status import ProjectStatus
from web.figures import count, number, number_range, percent
from web.money import Money

REASONS = {
    "no_pairable_units": _("no task has two answers yet"),
    "no_variation": _("every answer is the same label"),
    "too_few_units": _("too few tasks with two answers"),
    "too_few_workers": _("too few raters"),
    "needs_two_workers": _("needs two raters"),
    "free_text": _("texts are not measured against each other"),
}
# A mean is shown to a hundred micro-units; more would be noise.
PLACES_OF_A_MEAN = -2
GROUPS = {"humans": _("people"), "models": _("models"), "everyone": _("people and models")}


@dataclass(frozen=True)
class AlphaLine:
    """Alpha of one group: value, interval, how much it rests on, or why there is none."""

    group: str
    value: str
    interval: str
    tasks: str
    answers: str
    reason: str


@dataclass(frozen=True)
class Header:
    """The figures above the fold."""

    status: ProjectStatus
    finished: int
    tasks: str
    finished_shown: str
    share: str
    answers: str
    cost: Money
    budget: Money | None
    reserved: Money | None
    left: Money | None
    cost_per_task: Money | None
    alpha: AlphaLine | None
    alphas: list[AlphaLine]
    as_of: datetime | None
    model: str
    is_converged: bool | None


def header_of(project: Project, dashboard: Dashboard) -> Header:
    """Put the dashboard's head into words."""
    status, currency = dashboard.status, project.currency
    finished = status.tasks_complete + status.tasks_disputed
    budget = left = reserved = None
    if project.budget_micros is not None and dashboard.budget_left_micros is not None:
        budget, left = Money(project.budget_micros, currency), Money(dashboard.budget_left_micros, currency)
        reserved = Money(project.budget_micros - dashboard.budget_left_micros - status.cost_micros, currency)
    alphas = [_alpha(group) for group in dashboard.agreement]
    return Header(
        status=status,
        finished=finished,
        tasks=count(status.tasks),
        finished_shown=count(finished),
        share=percent(finished / status.tasks if status.tasks else None),
        answers=count(status.answers),
        cost=Money(status.cost_micros, currency),
        budget=budget,
        reserved=reserved,
        left=left,
        cost_per_task=Money(int(round(status.cost_micros / finished, PLACES_OF_A_MEAN)), currency)
        if finished
        else None,
        alpha=alphas[0] if alphas else None,
        alphas=alphas,
        as_of=dashboard.agreement_as_of,
        model=dashboard.model or "",
        is_converged=dashboard.is_converged,
    )


def _alpha(figure: GroupAgreement) -> AlphaLine:
    return AlphaLine(
        group=str(GROUPS.get(figure.group, figure.group)),
        value=number(figure.value),
        interval=number_range(figure.low, figure.high),
        tasks=count(figure.tasks),
        answers=count(figure.answers),
        reason="" if figure.reason is None else str(REASONS.get(figure.reason, figure.reason.replace("_", " "))),
    )
