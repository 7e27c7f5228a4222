"""Keeps a task's consensus current between full fits, and decides whether the task has enough answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db.models import F

from crowd.enums import AnswerType, EventKind, ProjectState, TaskState
from crowd.models import Adjudication, AskedMore, Audit, Consensus, Event, Project, Task
from crowd.policies.completion import Completion, decide_completion
from crowd.policies.projects import chance_of_a_label
from crowd.policies.routing import asked_priority, band_of, routed
from crowd.queries.consensus import answer_counts, counted_answers
from crowd.queries.model_votes import preview_votes
from crowd.queries.posteriors import preview_posterior
from crowd.queries.reopening import places_given_away
from crowd.queries.worth import worth_of_an_answer
from crowd.services.announcements import LabelChange, announce_label_changes, task_notice
from crowd.services.audits import record_stop
from crowd.services.webhooks import Notice, announce_all

STATE_AFTER = {
    EventKind.TASK_COMPLETED: TaskState.COMPLETE,
    EventKind.TASK_DISPUTED: TaskState.DISPUTED,
    EventKind.OVERLAP_EXTENDED: TaskState.OPEN,
    EventKind.TASK_REOPENED: TaskState.OPEN,
}


def update_consensus(*, task: Task, project: Project, at: datetime) -> None:
    """Recompute a locked task's posterior from its answers and the stored matrices, then settle the task.

    What an expert has decided stays decided.
    """
    if task.state == TaskState.COMPLETE and Adjudication.objects.filter(task=task).exists():
        return
    answers = counted_answers(task)
    if not answers:
        return
    votes = preview_votes(project, task.pk, answers)
    if not votes:
        return
    given = [(vote.worker_id, vote.label_index) for vote in votes]
    posterior = preview_posterior(project, given, [vote.weight for vote in votes])
    best = int(posterior.argmax())
    before = _label_before(task)
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
    if before is not None and before != best:
        announce_label_changes(
            changes=[LabelChange(task.pk, before, best, consensus.confidence)], project=project, at=at
        )
    placed = sum(answer.holds_place for answer in answers)
    _settle([(task, consensus, placed)], project, at)


def settle_after_fit(*, task_ids: Sequence[int], project: Project, at: datetime) -> None:
    """Decide again about tasks whose consensus a full fit has just written; its caller holds a transaction.

    A task with a newer answer is left alone: that answer is on its way through process_answer, which decides.
    """
    tasks = Task.objects.select_for_update(no_key=True).filter(pk__in=task_ids).order_by("pk")
    found = {row.task_id: row for row in Consensus.objects.filter(task_id__in=task_ids)}
    sizes = answer_counts(task_ids)
    settled = []
    for task in tasks:
        answers, placed = sizes.get(task.pk, (0, 0))
        if task.pk in found and found[task.pk].answers == answers:
            settled.append((task, found[task.pk], placed))
    _settle(settled, project, at)


def _settle(settled: Sequence[tuple[Task, Consensus, int]], project: Project, at: datetime) -> None:
    """Complete, extend or dispute each locked task, given how many answers hold a place; a few statements for all."""
    to: dict[TaskState, list[int]] = defaultdict(list)
    moved: dict[int, list[int]] = defaultdict(list)
    events: list[Event] = []
    notices: list[Notice] = []
    task_ids = [task.pk for task, *_ in settled]
    given_away = places_given_away(task_ids)
    audits = Audit.objects.in_bulk(task_ids, field_name="task_id")
    asked = dict(AskedMore.objects.filter(task_id__in=task_ids).values_list("task_id", "answers"))
    worth = worth_of_an_answer(project)
    for task, consensus, placed in settled:
        if task.state not in (TaskState.OPEN, TaskState.COMPLETE, TaskState.DISPUTED):
            continue
        answers = placed - given_away[task.pk]
        least = max(project.min_overlap, asked.get(task.pk, 0))
        most = max(project.max_overlap, least)
        decide = partial(
            decide_completion,
            answers=answers,
            max_overlap=most,
            confidence=consensus.confidence,
            target=project.target_confidence,
            posterior=consensus.posterior or (),
            worth=worth,
        )
        audit = audits.get(task.pk)
        if audit is None:
            decision = decide(overlap=task.overlap - given_away[task.pk], min_overlap=least)
        else:
            if audit.stopped_at is None:
                record_stop(
                    audit=audit,
                    decision=decide(overlap=answers, min_overlap=least),
                    consensus=consensus,
                    answers=answers,
                    at=at,
                )
            decision = decide(overlap=task.overlap - given_away[task.pk], min_overlap=most)
        kind = _kind(task, project, decision)
        if (task.state if kind is None else STATE_AFTER[kind]) == TaskState.OPEN:
            # Until it would have stopped an audited task is served like any other; then to its end, for the report.
            is_cut = audit is not None and audit.stopped_at is not None
            band = band_of(
                answers=answers,
                least=most if is_cut else least,
                confidence=consensus.confidence,
                chance=chance_of_a_label(AnswerType(project.answer_type), len(project.labels)),
            )
            priority = routed(asked=asked_priority(task.priority), band=band)
            if priority != task.priority:
                moved[priority].append(task.pk)
        if kind is not None:
            to[STATE_AFTER[kind]].append(task.pk)
            detail = {"reason": decision.reason}
            events.append(Event(kind=kind, project=project, subject=task.uid, detail=detail, created_at=at))
            notices.append(
                task_notice(kind=kind, task=task, consensus=consensus, project=project, reason=decision.reason)
            )
    for priority, ids in moved.items():
        Task.objects.filter(pk__in=ids).update(priority=priority)
    for state in (TaskState.COMPLETE, TaskState.DISPUTED):
        if to[state]:
            # Places that nobody holds are withdrawn; those that are lent out may still be filled.
            Task.objects.filter(pk__in=to[state]).update(
                state=state, overlap=F("overlap") - F("open_slots"), open_slots=0, is_open=False
            )
    if to[TaskState.OPEN]:
        Task.objects.filter(pk__in=to[TaskState.OPEN]).update(
            state=TaskState.OPEN, overlap=F("overlap") + 1, open_slots=F("open_slots") + 1, is_open=True
        )
    Event.objects.bulk_create(events, batch_size=500)
    announce_all(project=project, notices=notices, at=at)


def _label_before(task: Task) -> int | None:
    """The label that was announced: a task that is not complete has not been."""
    if task.state != TaskState.COMPLETE:
        return None
    return Consensus.objects.filter(task=task).values_list("label_index", flat=True).first()


def _kind(task: Task, project: Project, decision: Completion) -> EventKind | None:
    """What happens to a task by a decision; None where it stays as it is."""
    if decision.step == "complete" and task.state != TaskState.COMPLETE:
        return EventKind.TASK_COMPLETED
    if decision.step == "dispute" and task.state != TaskState.DISPUTED:
        return EventKind.TASK_DISPUTED
    if decision.step == "extend" and project.state != ProjectState.ARCHIVED:
        return EventKind.OVERLAP_EXTENDED if task.state == TaskState.OPEN else EventKind.TASK_REOPENED
    return None
