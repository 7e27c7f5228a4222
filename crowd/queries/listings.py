"""The rows behind the API's lists of a project, narrowed by filters; ordered and cut into pages by their reader."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from crowd.enums import AssignmentState, Role, TaskState
from crowd.errors import NotFound
from crowd.models import (
    Adjudication,
    Answer,
    ApiKey,
    Assignment,
    Consensus,
    Enrolment,
    Event,
    Gold,
    Membership,
    Project,
    Task,
    User,
)
from crowd.policies.routing import BANDS, LAST_UNSURE

# Filter of a list -> the condition that it stands for.
TASK_FILTERS = {
    "state": "state",
    "key": "key",
    "created_after": "created_at__gte",
    "created_before": "created_at__lt",
}
ANSWER_FILTERS = {
    "task_key": "task__key",
    "worker": "worker__uid",
    "is_gold": "is_gold",
    "is_surplus": "is_surplus",
    "created_after": "created_at__gte",
    "created_before": "created_at__lt",
}
CONSENSUS_FILTERS = {"state": "task__state", "confidence_below": "confidence__lt", "task_key": "task__key"}
GOLD_FILTERS = {"is_active": "is_active", "key": "task__key"}
ENROLMENT_FILTERS = {"level": "trust_level", "kind": "worker__kind", "vote": "vote_state"}
EVENT_FILTERS = {
    "kind": "kind",
    "worker": "worker__uid",
    "subject": "subject",
    "after": "created_at__gte",
    "before": "created_at__lt",
}
PROJECT_FILTERS = {"state": "state", "name": "name__icontains"}


@dataclass(frozen=True)
class TaskHistory:
    """All that is known of a task, oldest first; for managers."""

    task: Task
    consensus: Consensus | None
    adjudication: Adjudication | None
    assignments: list[Assignment]
    answers: list[Answer]
    events: list[Event]


def narrowed(rows: QuerySet[Any], asked: dict[str, Any], filters: dict[str, str]) -> QuerySet[Any]:
    """The rows that pass the filters that were asked for."""
    return rows.filter(**{condition: asked[name] for name, condition in filters.items() if name in asked})


def tasks_of(project: Project, asked: dict[str, Any]) -> QuerySet[Task]:
    """The project's tasks without its golds; ``has_dispute`` and ``priority`` (as a manager set it) narrow them too."""
    rows = narrowed(Task.objects.filter(project=project).exclude(state=TaskState.GOLD), asked, TASK_FILTERS)
    if "has_dispute" in asked:
        is_disputed = Q(state=TaskState.DISPUTED)
        rows = rows.filter(is_disputed if asked["has_dispute"] else ~is_disputed)
    if "priority" in asked:
        first = asked["priority"] * BANDS + LAST_UNSURE
        rows = rows.filter(priority__gte=first, priority__lt=first + BANDS)
    return rows


def task_history(project: Project, task_uid: uuid.UUID) -> TaskHistory:
    """One task with its history; six queries. Raises NotFound."""
    task = Task.objects.filter(project=project, uid=task_uid).exclude(state=TaskState.GOLD).first()
    if task is None:
        raise NotFound("there is no such task in this project")
    consensus = Consensus.objects.select_related("task", "run").filter(task=task).first()
    adjudication = Adjudication.objects.select_related("adjudicator", "task").filter(task=task).first()
    return TaskHistory(
        task,
        consensus,
        adjudication,
        list(Assignment.objects.filter(task=task).select_related("worker").order_by("id")),
        list(Answer.objects.filter(task=task).select_related("task", "worker").order_by("id")),
        list(Event.objects.filter(subject=task.uid).select_related("actor", "worker").order_by("id")),
    )


def golds_of(project: Project, asked: dict[str, Any]) -> QuerySet[Gold]:
    """The project's golds with their tasks."""
    return narrowed(Gold.objects.filter(project=project).select_related("task"), asked, GOLD_FILTERS)


def enrolments_in(project: Project, asked: dict[str, Any]) -> QuerySet[Enrolment]:
    """The project's workers as they are enrolled."""
    return narrowed(Enrolment.objects.filter(project=project).select_related("worker"), asked, ENROLMENT_FILTERS)


def live_assignments(project: Project) -> QuerySet[Assignment]:
    """What is lent out now."""
    return Assignment.objects.filter(project=project, state=AssignmentState.ACTIVE).select_related("task", "worker")


def adjudications_of(project: Project) -> QuerySet[Adjudication]:
    """What experts have decided."""
    return Adjudication.objects.filter(project=project).select_related("task", "adjudicator")


def events_of(project: Project, asked: dict[str, Any]) -> QuerySet[Event]:
    """The project's audit trail."""
    return narrowed(Event.objects.filter(project=project).select_related("actor", "worker"), asked, EVENT_FILTERS)


def members_of(project: Project) -> QuerySet[Membership]:
    """The roles on a project but those of its workers, who are listed as such."""
    return Membership.objects.filter(project=project).exclude(role=Role.WORKER).select_related("user")


def member_of(project: Project, user_uid: uuid.UUID) -> Membership:
    """A member with the role. Raises NotFound."""
    found = members_of(project).filter(user__uid=user_uid).first()
    if found is None:
        raise NotFound("there is no such member of this project")
    return found


def keys_of(user: User) -> QuerySet[ApiKey]:
    """The user's keys, ended ones too."""
    return ApiKey.objects.filter(user=user)
