"""Lets a manager steer single tasks: their priority, more answers, cancellation, a lease taken back."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from crowd.enums import AssignmentState, EventKind, TaskState
from crowd.errors import Conflict, FieldProblem, InvalidInput, NotFound
from crowd.models import Adjudication, Answer, AskedMore, Assignment, Consensus, Project, Task, User
from crowd.policies.routing import asked_priority, routed
from crowd.queries.reopening import places_given_away
from crowd.services.announcements import announce_extended, announce_reopened, task_notice
from crowd.services.assignments import end_lease
from crowd.services.events import record_event
from crowd.services.webhooks import announce_all

MAX_MORE = 100
# What webhooks are told: the manager's own words stay here, where they may name people.
BY_HAND = "a manager asked for more answers"
SENT_BY_HAND = "a manager asked for an expert's decision"
# ``overlap`` is a small integer, and nobody needs so many.
MAX_OVERLAP = 1000
MAX_PRIORITY = 1000


def set_priority(*, project: Project, task_uid: uuid.UUID, priority: int, actor: User) -> Task:
    """Serve the task earlier or later; what routing has put on top of it stays. Raises NotFound, InvalidInput."""
    if abs(priority) > MAX_PRIORITY:
        problem = FieldProblem("/priority", f"{-MAX_PRIORITY} to {MAX_PRIORITY}")
        raise InvalidInput("the priority is out of range; nothing was changed", problems=(problem,))
    with transaction.atomic():
        task = _locked(project, task_uid)
        before = asked_priority(task.priority)
        if before != priority:
            task.priority += routed(asked=priority, band=0) - routed(asked=before, band=0)
            task.save(update_fields=["priority"])
            _record(EventKind.TASK_PRIORITY_SET, task, project, actor, {"from": before, "to": priority})
        return task


def cancel_task(*, project: Project, task_uid: uuid.UUID, reason: str, actor: User) -> Task:
    """Give the task to nobody any more; what is lent out may still be submitted, and is paid.

    Done twice it is done once. Raises NotFound, Conflict for a task that is complete.
    """
    with transaction.atomic():
        task = _locked(project, task_uid)
        if task.state == TaskState.CANCELLED:
            return task
        if task.state == TaskState.COMPLETE:
            raise Conflict("the task is complete; there is nothing to cancel")
        # Places that nobody holds are withdrawn; those that are lent out end as always.
        Task.objects.filter(pk=task.pk).update(
            state=TaskState.CANCELLED, overlap=F("overlap") - F("open_slots"), open_slots=0, is_open=False
        )
        _record(EventKind.TASK_CANCELLED, task, project, actor, {"reason": reason})
        task.refresh_from_db()
        return task


def extend_task(*, project: Project, task_uid: uuid.UUID, answers: int, reason: str, actor: User) -> Task:
    """Ask for so many more answers than the task has places now, whatever its consensus.

    Raises NotFound, InvalidInput, Conflict for a task that is cancelled or that an expert has decided.
    """
    if not 1 <= answers <= MAX_MORE:
        problem = FieldProblem("/answers", f"1 to {MAX_MORE}")
        raise InvalidInput("so many answers cannot be asked for; nothing was changed", problems=(problem,))
    with transaction.atomic():
        task = _locked(project, task_uid)
        if task.state == TaskState.CANCELLED:
            raise Conflict("the task is cancelled; add it anew under another key")
        if Adjudication.objects.filter(task=task).exists():
            raise Conflict("an expert has decided this task; more answers would not change it")
        if task.overlap + answers > MAX_OVERLAP:
            raise Conflict(f"the task has {task.overlap} places; {MAX_OVERLAP} is the most")
        now = timezone.now()
        Task.objects.filter(pk=task.pk).update(
            state=TaskState.OPEN,
            overlap=F("overlap") + answers,
            open_slots=F("open_slots") + answers,
            is_open=True,
        )
        wanted = task.overlap - places_given_away([task.pk])[task.pk] + answers
        AskedMore.objects.update_or_create(task=task, defaults={"answers": wanted, "updated_at": now})
        kind = EventKind.OVERLAP_EXTENDED if task.state == TaskState.OPEN else EventKind.TASK_REOPENED
        _record(kind, task, project, actor, {"reason": reason, "answers": answers}, now)
        if task.state == TaskState.OPEN:
            announce_extended(task=task, project=project, reason=BY_HAND, at=now)
        else:
            announce_reopened(tasks=[task], project=project, reason=BY_HAND, at=now)
        task.refresh_from_db()
        return task


def send_to_expert(*, project: Project, task_uid: uuid.UUID, reason: str, actor: User) -> Task:
    """Make a task a dispute, whatever its consensus: an expert decides it, and no fit does before.

    Done twice it is done once. Raises NotFound, Conflict for a task that is cancelled, without an answer or decided.
    """
    with transaction.atomic():
        task = _locked(project, task_uid)
        if task.state == TaskState.DISPUTED:
            return task
        if task.state == TaskState.CANCELLED:
            raise Conflict("the task is cancelled; there is nothing to decide")
        if Adjudication.objects.filter(task=task).exists():
            raise Conflict("an expert has decided this task already")
        answers = Answer.objects.filter(task=task).count()
        if not answers:
            raise Conflict("the task has no answers yet; an expert would have nothing to weigh")
        now = timezone.now()
        # Places that nobody holds are withdrawn; those that are lent out end as always.
        Task.objects.filter(pk=task.pk).update(
            state=TaskState.DISPUTED, overlap=F("overlap") - F("open_slots"), open_slots=0, is_open=False
        )
        _record(EventKind.TASK_DISPUTED, task, project, actor, {"reason": reason}, now)
        notice = task_notice(
            kind=EventKind.TASK_DISPUTED,
            task=task,
            consensus=Consensus.objects.filter(task=task).first(),
            answers=answers,
            project=project,
            reason=SENT_BY_HAND,
        )
        announce_all(project=project, notices=[notice], at=now)
        task.refresh_from_db()
        return task


def take_back(*, project: Project, assignment_uid: uuid.UUID, reason: str, actor: User) -> Assignment:
    """End a lease now, as if its time had run out: late work is kept. Raises NotFound, Conflict when it has ended."""
    with transaction.atomic():
        now = timezone.now()
        assignment = (
            Assignment.objects.select_related("project", "worker", "shard", "task")
            .filter(uid=assignment_uid, project=project)
            .first()
        )
        if assignment is None:
            raise NotFound("there is no such assignment in this project")
        own = Assignment.objects.filter(pk=assignment.pk)
        if not end_lease(assignment, AssignmentState.EXPIRED, now, guard=own):
            assignment.refresh_from_db(fields=["state"])
            if assignment.state != AssignmentState.EXPIRED:
                raise Conflict(f"the assignment is {assignment.state}; there is nothing to take back")
            return assignment
        record_event(
            kind=EventKind.LEASE_EXPIRED,
            project=project,
            actor=actor,
            worker=assignment.worker,
            subject=assignment.uid,
            detail={"reason": reason},
            at=now,
        )
        return assignment


def _locked(project: Project, task_uid: uuid.UUID) -> Task:
    task = Task.objects.select_for_update(no_key=True).filter(project=project, uid=task_uid).first()
    if task is None or task.state == TaskState.GOLD:
        raise NotFound("there is no such task in this project")
    return task


def _record(
    kind: EventKind, task: Task, project: Project, actor: User, detail: dict[str, object], at: datetime | None = None
) -> None:
    record_event(kind=kind, project=project, actor=actor, subject=task.uid, detail=detail, at=at)
