"""Keeps a task's consensus current between full fits, and decides whether the task has enough answers."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from crowd.enums import EventKind, ProjectState, TaskState
from crowd.models import Consensus, Project, Task
from crowd.policies.completion import Completion, decide_completion
from crowd.policies.confusion import confusion_for_preview
from crowd.queries.consensus import counted_answers, newest_prevalence, skills_of
from crowd.services.events import record_event
from quality.aggregation.incremental import task_posterior


def update_consensus(*, task: Task, project: Project, at: datetime) -> None:
    """Recompute a locked task's posterior from its answers and the stored matrices, then settle the task."""
    n_labels = len(project.labels)
    answers = counted_answers(task)
    if not answers:
        return
    labels = {answer.pk: answer.label_index for answer in answers if answer.label_index is not None}
    skills = skills_of(project, [answer.worker_id for answer in answers])
    matrices = []
    for answer in answers:
        skill = skills.get(answer.worker_id)
        matrices.append(
            confusion_for_preview(
                n_labels=n_labels,
                fitted=None if skill is None else skill.confusion,
                gold_accuracy=None if skill is None else skill.mean,
            )
        )
    prevalence = newest_prevalence(project) or [1 / n_labels] * n_labels
    posterior = task_posterior([labels[answer.pk] for answer in answers], matrices, prevalence)
    best = int(posterior.argmax())
    consensus, _ = Consensus.objects.update_or_create(
        task=task,
        defaults={
            "project": project,
            "label_index": best,
            "posterior": [float(share) for share in posterior],
            "confidence": float(posterior[best]),
            "answers": len(answers),
            "run": None,
            "updated_at": at,
        },
    )
    placed = sum(answer.holds_place for answer in answers)
    _settle(task, project, consensus, placed, at)


def settle_after_fit(*, task_id: int, project: Project, at: datetime) -> None:
    """Decide again about a task whose consensus a full fit has just written; its caller holds a transaction."""
    task = Task.objects.select_for_update(no_key=True).get(pk=task_id)
    consensus = Consensus.objects.get(task=task)
    answers = counted_answers(task)
    if consensus.answers != len(answers):
        return  # a newer answer is on its way through process_answer, which decides
    _settle(task, project, consensus, sum(answer.holds_place for answer in answers), at)


def _settle(task: Task, project: Project, consensus: Consensus, placed: int, at: datetime) -> None:
    if task.state not in (TaskState.OPEN, TaskState.COMPLETE, TaskState.DISPUTED):
        return
    decision = decide_completion(
        answers=placed,
        overlap=task.overlap,
        min_overlap=project.min_overlap,
        max_overlap=project.max_overlap,
        confidence=consensus.confidence,
        target=project.target_confidence,
    )
    if decision.step == "complete" and task.state != TaskState.COMPLETE:
        _close(task, TaskState.COMPLETE, EventKind.TASK_COMPLETED, project, decision, at)
    elif decision.step == "dispute" and task.state != TaskState.DISPUTED:
        _close(task, TaskState.DISPUTED, EventKind.TASK_DISPUTED, project, decision, at)
    elif decision.step == "extend" and project.state != ProjectState.ARCHIVED:
        kind = EventKind.OVERLAP_EXTENDED if task.state == TaskState.OPEN else EventKind.TASK_REOPENED
        Task.objects.filter(pk=task.pk).update(
            state=TaskState.OPEN, overlap=F("overlap") + 1, open_slots=F("open_slots") + 1, is_open=True
        )
        _record(kind, task, project, decision, at)


def _close(task: Task, state: TaskState, kind: EventKind, project: Project, decision: Completion, at: datetime) -> None:
    # Places that nobody holds are withdrawn; those that are lent out may still be filled.
    Task.objects.filter(pk=task.pk).update(
        state=state, overlap=F("overlap") - F("open_slots"), open_slots=0, is_open=False
    )
    _record(kind, task, project, decision, at)


def _record(kind: EventKind, task: Task, project: Project, decision: Completion, at: datetime) -> None:
    record_event(kind=kind, project=project, subject=task.uid, detail={"reason": decision.reason}, at=at)
