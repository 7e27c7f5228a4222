"""Reads the head of a project's dashboard: progress, money, agreement with its age."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Sum

from crowd.models import Answer, BudgetShard, Consensus, Event, Project
from crowd.policies.trust import trust_bar
from crowd.queries.consensus import newest_run
from crowd.queries.forms import guess_choices
from crowd.queries.status import ProjectStatus, project_status


@dataclass(frozen=True)
class GroupAgreement:
    """Krippendorff's alpha of one group of raters: ``value`` None with the reason, or with its 95 % interval."""

    group: str
    value: float | None
    low: float | None
    high: float | None
    tasks: int
    answers: int
    reason: str | None


@dataclass(frozen=True)
class Dashboard:
    """The head of a dashboard; ``agreement_as_of`` and ``model`` are None before the first full fit."""

    status: ProjectStatus
    budget_left_micros: int | None
    agreement: list[GroupAgreement]
    agreement_as_of: datetime | None
    model: str | None
    is_converged: bool | None
    trust_bar: float


def dashboard_of(project: Project) -> Dashboard:
    """Read the head; counting grows with the project."""
    run = newest_run(project)
    left = None
    if project.budget_micros is not None:
        left = BudgetShard.objects.filter(project=project).aggregate(left=Sum("left_micros"))["left"] or 0
    return Dashboard(
        status=project_status(project),
        budget_left_micros=left,
        agreement=[] if run is None else [_alpha(group, figures) for group, figures in run.agreement.items()],
        agreement_as_of=None if run is None else run.finished_at,
        model=None if run is None else run.model,
        is_converged=None if run is None else run.is_converged,
        trust_bar=trust_bar(guess_choices(project)),
    )


def least_sure(project: Project) -> QuerySet[Consensus]:
    """The consensus of every task that has one, the least confident first."""
    return Consensus.objects.filter(project=project).select_related("task", "run").order_by("confidence", "id")


def tasks_behind(
    project: Project, *, label: int | None = None, given: int | None = None, worker: str | None = None
) -> QuerySet[Consensus]:
    """`least_sure` of the tasks behind a mark of a chart: with this consensus, with an answer of this label, of this
    worker (a uid); each None for any.
    """
    found = least_sure(project)
    if label is not None:
        found = found.filter(label_index=label)
    if given is not None or worker is not None:
        answers = Answer.objects.filter(task=OuterRef("task"))
        if given is not None:
            answers = answers.filter(label_index=given)
        if worker is not None:
            answers = answers.filter(worker__uid=worker)
        found = found.filter(Exists(answers))
    return found


def newest_events(project: Project) -> QuerySet[Event]:
    """The project's audit trail, newest first, with who acted."""
    return Event.objects.filter(project=project).select_related("actor", "worker").order_by("-id")


def _alpha(group: str, figures: dict[str, Any]) -> GroupAgreement:
    # Orders have a mean tau instead, which is their only figure.
    alpha = figures.get("krippendorff_alpha") or next(iter(figures.values()))
    return GroupAgreement(
        group, alpha["value"], alpha["low"], alpha["high"], alpha["tasks"], alpha["answers"], alpha["reason"]
    )
