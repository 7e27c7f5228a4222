"""Lets an expert decide a disputed task."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from crowd.enums import EventKind, TaskState
from crowd.errors import Conflict, DomainError, FieldProblem, InvalidInput, NotFound
from crowd.models import Adjudication, Answer, Consensus, Project, Skill, Task, User
from crowd.policies.answer_types import AnswerForm
from crowd.policies.known_answers import answer_of, known_consensus
from crowd.queries.forms import form_of
from crowd.services.announcements import LabelChange, announce_label_changes, task_notice
from crowd.services.events import record_event
from crowd.services.webhooks import announce_all

OVERRIDABLE = (TaskState.OPEN, TaskState.COMPLETE, TaskState.DISPUTED)


# Decided one by one while somebody waits for the page.
MOST_AT_ONCE = 100


@dataclass(frozen=True)
class BulkDecision:
    """How many tasks were decided, and those that were not with what stood in the way."""

    decided: int
    refused: list[tuple[uuid.UUID, str]]


def override_consensus(*, project: Project, task_uid: uuid.UUID, actor: User, value: Any, reason: str) -> Adjudication:
    """Settle a task in any state by a manager's label, with the reason; otherwise as `adjudicate_task`.

    Raises InvalidInput without a reason.
    """
    if not reason.strip():
        problem = FieldProblem("/reason", "give the reason; it stays in the audit trail")
        raise InvalidInput("the consensus cannot be overridden like this; nothing was changed", problems=(problem,))
    return _decide(project, task_uid, actor, value, reason, OVERRIDABLE, EventKind.TASK_OVERRIDDEN)


def adjudicate_task(
    *, project: Project, task_uid: uuid.UUID, adjudicator: User, value: Any, reason: str
) -> Adjudication:
    """Settle a disputed task by an expert's answer; it enters later fits as known, and stays.

    Everybody who answered gets it as evidence, apart from gold. The same decision again is replayed. Raises NotFound,
    InvalidAnswer, Conflict: not in dispute, decided otherwise before, or the expert's own work.
    """
    return _decide(project, task_uid, adjudicator, value, reason, (TaskState.DISPUTED,), EventKind.TASK_ADJUDICATED)


def adjudicate_tasks(
    *, project: Project, task_uids: Sequence[uuid.UUID], adjudicator: User, value: Any, reason: str
) -> BulkDecision:
    """Settle several disputes by one answer, each as `adjudicate_task` does, in a transaction of its own.

    What cannot be decided like this is left as it is and named. Raises InvalidInput without a reason or tasks.
    """
    problems = []
    if not reason.strip():
        problems.append(FieldProblem("/reason", "give the reason; it stays in the audit trail"))
    if not 1 <= len(task_uids) <= MOST_AT_ONCE:
        problems.append(FieldProblem("/tasks", f"choose 1 to {MOST_AT_ONCE} tasks"))
    if problems:
        raise InvalidInput("the tasks cannot be decided like this; nothing was changed", problems=tuple(problems))
    decided, refused = 0, []
    for task_uid in dict.fromkeys(task_uids):
        try:
            adjudicate_task(project=project, task_uid=task_uid, adjudicator=adjudicator, value=value, reason=reason)
            decided += 1
        except DomainError as refusal:
            refused.append((task_uid, refusal.detail))
    return BulkDecision(decided, refused)


def _decide(
    project: Project,
    task_uid: uuid.UUID,
    adjudicator: User,
    value: Any,
    reason: str,
    states: tuple[TaskState, ...],
    kind: EventKind,
) -> Adjudication:
    with transaction.atomic():
        task = Task.objects.select_for_update(no_key=True).filter(project=project, uid=task_uid).first()
        if task is None or task.state == TaskState.GOLD:
            raise NotFound("there is no such task in this project")
        form = form_of(project, task.payload)
        value = form.canonical(value)
        label_index = form.label_index(value)
        earlier = Adjudication.objects.filter(task=task).first()
        if earlier is not None:
            if earlier.adjudicator_id == adjudicator.pk and answer_of(earlier, project.label_values) == value:
                return earlier
            raise Conflict("this task has been decided already; the first decision stands")
        if task.state not in states:
            raise Conflict(f"the task is {task.state}; only one that is {' or '.join(states)} is decided like this")
        if Answer.objects.filter(task=task, worker__user=adjudicator).exists():
            raise Conflict("you have answered this task yourself; somebody else must decide it")
        now = timezone.now()
        adjudication = Adjudication.objects.create(
            project=project,
            task=task,
            adjudicator=adjudicator,
            label_index=label_index,
            value=value if label_index is None else None,
            reason=reason,
            created_at=now,
        )
        Task.objects.filter(pk=task.pk).update(
            state=TaskState.COMPLETE, overlap=F("overlap") - F("open_slots"), open_slots=0, is_open=False
        )
        answers = list(Answer.objects.filter(task=task))
        earlier_row = Consensus.objects.filter(task=task).first()
        before = None if earlier_row is None else answer_of(earlier_row, project.label_values)
        consensus, _ = Consensus.objects.update_or_create(
            task=task,
            defaults={
                "project": project,
                **known_consensus(form, value, project.label_values),
                "answers": len(answers),
                "run": None,
                "updated_at": now,
            },
        )
        note_evidence(answers=answers, form=form, value=value)
        record_event(
            kind=kind,
            project=project,
            actor=adjudicator,
            subject=task.uid,
            detail={"label": value, "reason": reason},
            at=now,
        )
        _announce(task, project, consensus, before, now)
        Project.objects.filter(pk=project.pk, is_dirty=False).update(is_dirty=True)
        return adjudication


def _announce(task: Task, project: Project, consensus: Consensus, before: Any, at: datetime) -> None:
    after = answer_of(consensus, project.label_values)
    if task.state == TaskState.COMPLETE and before is not None and before != after:
        # It was told as completed with another result.
        change = LabelChange(task.pk, before, after, consensus.confidence)
        announce_label_changes(changes=[change], project=project, at=at)
        return
    notice = task_notice(
        kind=EventKind.TASK_COMPLETED,
        task=task,
        consensus=consensus,
        answers=consensus.answers,
        project=project,
        reason="decided by an expert",
    )
    announce_all(project=project, notices=[notice], at=at)


def note_evidence(*, answers: Sequence[Answer], form: AnswerForm, value: Any) -> None:
    """Count for everybody who answered whether the expert agrees, apart from gold."""
    now = timezone.now()
    for answer in sorted(answers, key=lambda one: one.worker_id):
        mine = {"project_id": answer.project_id, "worker_id": answer.worker_id}
        column = "adjudicated_right" if form.is_right(answer.value, [value]) else "adjudicated_wrong"
        Skill.objects.get_or_create(**mine, defaults={"updated_at": now})
        Skill.objects.filter(**mine).update(**{column: F(column) + 1, "updated_at": now})
