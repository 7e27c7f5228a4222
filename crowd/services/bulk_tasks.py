"""Steers several tasks at once, each by itself: what the rules refuse is named, the others are done."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from crowd.errors import DomainError, FieldProblem, InvalidInput
from crowd.models import Project, Task, User
from crowd.services.task_control import cancel_task, extend_task, send_to_expert, set_priority

MOST_AT_ONCE = 200
CANCEL, EXTEND, EXPERT, PRIORITY = "cancel", "extend", "expert", "priority"


@dataclass(frozen=True, kw_only=True)
class Steering:
    """What is to be done: ``amount`` is how many more answers, or the priority."""

    action: str
    reason: str = ""
    amount: int = 0


@dataclass(frozen=True)
class Steered:
    """How many tasks were steered, and the keys of the others with why not."""

    done: int
    refused: list[tuple[str, str]]


def steer_tasks(*, project: Project, task_uids: Sequence[uuid.UUID], steering: Steering, actor: User) -> Steered:
    """Do the same to each task, in a transaction of its own. Raises InvalidInput without tasks or a reason."""
    problems = []
    if not 1 <= len(task_uids) <= MOST_AT_ONCE:
        problems.append(FieldProblem("/tasks", f"choose 1 to {MOST_AT_ONCE} tasks"))
    if steering.action not in (CANCEL, EXTEND, EXPERT, PRIORITY):
        problems.append(FieldProblem("/action", "choose what is to be done"))
    if steering.action != PRIORITY and not steering.reason.strip():
        problems.append(FieldProblem("/reason", "give the reason; it stays in the audit trail"))
    if problems:
        raise InvalidInput("the tasks cannot be changed like this; nothing was done", problems=tuple(problems))
    keys = dict(Task.objects.filter(project=project, uid__in=task_uids).values_list("uid", "key"))
    done, refused = 0, []
    for task_uid in dict.fromkeys(task_uids):
        try:
            _steer(project, task_uid, steering, actor)
            done += 1
        except DomainError as refusal:
            why = refusal.problems[0].detail if refusal.problems else refusal.detail
            refused.append((keys.get(task_uid, str(task_uid)), why))
    return Steered(done, refused)


def _steer(project: Project, task_uid: uuid.UUID, steering: Steering, actor: User) -> Task:
    match steering.action:
        case "cancel":
            return cancel_task(project=project, task_uid=task_uid, reason=steering.reason, actor=actor)
        case "extend":
            return extend_task(
                project=project, task_uid=task_uid, answers=steering.amount, reason=steering.reason, actor=actor
            )
        case "expert":
            return send_to_expert(project=project, task_uid=task_uid, reason=steering.reason, actor=actor)
        case _:
            return set_priority(project=project, task_uid=task_uid, priority=steering.amount, actor=actor)
