"""Reads what one worker has on the desk of one project."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Literal

from django.utils import timezone

from crowd.enums import AnswerType, AssignmentState, ProjectState, TrustLevel
from crowd.errors import NotFound
from crowd.models import Assignment, Enrolment, Project, TrustChange, User, Worker
from crowd.policies.answer_types import PER_TASK

DeskState = Literal["task", "start", "suspended", "closed"]


@dataclass(frozen=True)
class Desk:
    """What a worker finds on a project; nothing here depends on whether the task is gold.

    task: an assignment is under way, ``seconds_left`` by the server's clock, 0 when overdue. start: nothing in hand.
    suspended: ``change`` says why. closed: the project hands out nothing now.
    """

    state: DeskState
    project: Project
    worker: Worker
    assignment: Assignment | None = None
    seconds_left: int = 0
    change: TrustChange | None = None


def desk_of(*, project_uid: uuid.UUID, user: User) -> Desk:
    """The desk of the worker behind an account; at most three queries.

    Raises NotFound for people who are not enrolled, as for a project that does not exist.
    """
    enrolment = enrolment_of(project_uid=project_uid, user=user)
    project, worker = enrolment.project, enrolment.worker
    if enrolment.trust_level == TrustLevel.SUSPENDED:
        newest = TrustChange.objects.filter(project=project, worker=worker).order_by("-id").first()
        return Desk("suspended", project, worker, change=newest)
    live = (
        Assignment.objects.select_related("task")
        .filter(project=project, worker=worker, state=AssignmentState.ACTIVE)
        .first()
    )
    if live is not None:
        left = (live.deadline - timezone.now()).total_seconds()
        return Desk("task", project, worker, assignment=live, seconds_left=max(0, int(left)))
    return Desk("start" if project.state == ProjectState.LIVE else "closed", project, worker)


def enrolment_of(*, project_uid: uuid.UUID, user: User) -> Enrolment:
    """The enrolment of the worker behind an account, with project and worker; NotFound where there is none."""
    enrolment = (
        Enrolment.objects.select_related("project", "worker")
        .filter(project__uid=project_uid, worker__user=user)
        .first()
    )
    if enrolment is None:
        raise NotFound("there is no such project")
    return enrolment


def payload_to_read(*, assignment_uid: uuid.UUID, enrolment: Enrolment) -> dict[str, Any]:
    """The payload of a task that the worker has or had, where it says what a value may be; else empty, and no query.

    Raises NotFound.
    """
    if AnswerType(enrolment.project.answer_type) not in PER_TASK:
        return {}
    payload: dict[str, Any] | None = (
        Assignment.objects.filter(uid=assignment_uid, worker=enrolment.worker, project=enrolment.project)
        .values_list("task__payload", flat=True)
        .first()
    )
    if payload is None:
        raise NotFound("there is no such assignment among yours")
    return payload
