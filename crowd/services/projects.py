"""Creates projects and moves them through their states."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from crowd.enums import AnswerType, EventKind, ProjectState, Role, Scale
from crowd.errors import Conflict, FieldProblem, InvalidInput
from crowd.models import Membership, Project, User
from crowd.policies.answer_types import own_labels
from crowd.policies.forms.labels import OWN_TITLES
from crowd.policies.projects import check_project, usual_scale
from crowd.services.budgets import create_budget
from crowd.services.events import record_event
from crowd.services.fairness import check_launch

FIRST_LEASE_SECONDS = 600


@dataclass(frozen=True, kw_only=True)
class ProjectPlan:
    """What a new project is to be; amounts in micro-units, confidence and gold rate in [0, 1]."""

    name: str
    # Left out where the answer type brings its own, or has none.
    labels: tuple[dict[str, str], ...] = ()
    instructions: str = ""
    answer_type: AnswerType = AnswerType.SINGLE_CHOICE
    answer_options: dict[str, Any] = field(default_factory=dict)
    # None: the usual one of the answer type.
    scale: Scale | None = None
    aggregation_model: str = "auto"
    min_overlap: int = 3
    max_overlap: int = 5
    target_confidence: float = 0.95
    label_worth_micros: int | None = None
    audit_share: float = 0.0
    gold_rate: float = 0.1
    # None: a job sets it from the work times that it observes.
    lease_seconds: int | None = None
    price_micros: int = 0
    currency: str = "USD"
    budget_micros: int | None = None


def create_project(*, plan: ProjectPlan, owner: User) -> Project:
    """Create a project in draft with its owner and budget. Raises InvalidInput listing every problem."""
    answer_type = AnswerType(plan.answer_type)
    labels = list(plan.labels) or [
        {"value": value, "title": OWN_TITLES.get(value, value)}
        for value in own_labels(answer_type, plan.answer_options) or ()
    ]
    scale = usual_scale(answer_type) if plan.scale is None else Scale(plan.scale)
    problems = check_project(
        labels=labels,
        min_overlap=plan.min_overlap,
        max_overlap=plan.max_overlap,
        target_confidence=plan.target_confidence,
        aggregation_model=plan.aggregation_model,
        scale=scale,
        answer_type=answer_type,
        answer_options=plan.answer_options,
        audit_share=plan.audit_share,
        label_worth_micros=plan.label_worth_micros,
    )
    if problems:
        raise InvalidInput("the project cannot be created as described", problems=tuple(problems))
    fields: dict[str, Any] = {**plan.__dict__, "labels": labels, "scale": scale}
    fields["is_lease_fixed"] = plan.lease_seconds is not None
    fields["lease_seconds"] = plan.lease_seconds or FIRST_LEASE_SECONDS
    with transaction.atomic():
        project = Project.objects.create(created_by=owner, **fields)
        Membership.objects.create(project=project, user=owner, role=Role.OWNER)
        if plan.budget_micros is not None:
            create_budget(project=project, amount_micros=plan.budget_micros)
        record_event(kind=EventKind.PROJECT_CREATED, project=project, actor=owner, subject=project.uid)
    return project


def launch_project(*, project: Project, actor: User, acknowledgement: str = "") -> Project:
    """Let the project hand out tasks.

    ``acknowledgement``: in words, why it is launched though an hour of it is likely to pay less than the floor. Raises
    Conflict without tasks or when it is archived, PayUnderFloor.
    """
    with transaction.atomic():
        if not project.tasks.exists():
            raise Conflict("the project has no tasks; add tasks before launching it")
        if project.state != ProjectState.LIVE:
            check_launch(project=project, acknowledgement=acknowledgement, actor=actor, at=timezone.now())
        move_project(
            project, ProjectState.LIVE, [ProjectState.DRAFT, ProjectState.PAUSED], EventKind.PROJECT_LAUNCHED, actor
        )
    return project


def pause_project(*, project: Project, actor: User) -> Project:
    """Stop handing out tasks; what is lent out may still be submitted. Raises Conflict unless it is live."""
    with transaction.atomic():
        move_project(project, ProjectState.PAUSED, [ProjectState.LIVE], EventKind.PROJECT_PAUSED, actor)
    return project


def move_project(project: Project, to: ProjectState, allowed: list[ProjectState], kind: EventKind, actor: User) -> None:
    """Move a project between states in the caller's transaction. Raises Conflict for a move that is not allowed."""
    moved = Project.objects.filter(pk=project.pk, state__in=allowed).update(state=to)
    project.refresh_from_db(fields=["state"])
    if moved:
        record_event(kind=kind, project=project, actor=actor, subject=project.uid, at=timezone.now())
    elif project.state != to:  # a repeated call finds it done and is no error
        raise Conflict(
            f"the project is {project.state}; it cannot become {to}",
            problems=(FieldProblem("/state", f"from {project.state} to {to}"),),
        )
