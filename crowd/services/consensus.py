"""Keeps a task's consensus current between full fits, and decides whether the task has enough answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import F

from crowd.enums import AnswerType, EventKind, ProjectState, TaskState
from crowd.models import Adjudication, Answer, AskedMore, Audit, Consensus, Event, Project, Task
from crowd.policies.answer_types import LABELLED
from crowd.policies.completion import Completion, decide_completion, decide_without_consensus
from crowd.policies.forms.text import ADJUDICATE, TextForm
from crowd.policies.known_answers import answer_of
from crowd.policies.projects import chance_of_a_label
from crowd.policies.routing import asked_priority, band_of, routed
from crowd.policies.value_results import is_same_result
from crowd.queries.consensus import answer_counts, counted_answers
from crowd.queries.disputes import sent_by_hand
from crowd.queries.forms import form_of
from crowd.queries.model_votes import preview_votes
from crowd.queries.posteriors import preview_posterior
from crowd.queries.reopening import places_given_away
from crowd.queries.value_previews import preview_value
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
    found = preview_of(task, project, answers)
    placed = sum(answer.holds_place for answer in answers)
    if found is None:
        is_known = project.answer_type == AnswerType.TEXT or placed < project.min_overlap
        if is_known and AnswerType(project.answer_type) not in LABELLED:
            _settle([(task, None, placed)], project, at)
        # Otherwise the next full fit decides.
        return
    labels = project.label_values
    before = _announced(task, labels)
    fields = {"label_index": None, "value": None, "posterior": None, "low": None, "high": None}
    consensus, _ = Consensus.objects.update_or_create(
        task=task,
        defaults={
            "project": project,
            **(fields | found),
            "answers": len(answers),
            "run": None,
            "updated_at": at,
        },
    )
    after = answer_of(consensus, labels)
    if before is not None and not is_same_result(form_of(project, {}), before, after):
        announce_label_changes(
            changes=[LabelChange(task.pk, before, after, consensus.confidence)], project=project, at=at
        )
    _settle([(task, consensus, placed)], project, at)


def preview_of(task: Task, project: Project, answers: Sequence[Answer]) -> dict[str, Any] | None:
    """The fields of a consensus as far as the answers and the newest fit can say; None where they cannot."""
    if AnswerType(project.answer_type) not in LABELLED:
        value = preview_value(project, answers)
        return None if value is None else asdict(value)
    votes = preview_votes(project, task.pk, answers)
    if not votes:
        return None
    given = [(vote.worker_id, vote.label_index) for vote in votes]
    posterior = preview_posterior(project, given, [vote.weight for vote in votes])
    best = int(posterior.argmax())
    return {
        "label_index": best,
        "posterior": [float(share) for share in posterior],
        "confidence": float(posterior[best]),
    }


def settle_after_fit(*, task_ids: Sequence[int], project: Project, at: datetime) -> None:
    """Decide again about tasks whose consensus a full fit has just written; its caller holds a transaction.

    A task with a newer answer is left alone: that answer is on its way through process_answer, which decides.
    """
    tasks = Task.objects.select_for_update(no_key=True).filter(pk__in=task_ids).order_by("pk")
    found = {row.task_id: row for row in Consensus.objects.filter(task_id__in=task_ids)}
    sizes = answer_counts(task_ids)
    settled: list[tuple[Task, Consensus | None, int]] = []
    for task in tasks:
        answers, placed = sizes.get(task.pk, (0, 0))
        if task.pk in found and found[task.pk].answers == answers:
            settled.append((task, found[task.pk], placed))
        elif project.answer_type == AnswerType.TEXT and task.state == TaskState.OPEN and answers:
            settled.append((task, None, placed))
    _settle(settled, project, at)


def _settle(settled: Sequence[tuple[Task, Consensus | None, int]], project: Project, at: datetime) -> None:
    """Complete, extend or dispute each locked task, given how many answers hold a place; a few statements for all.

    Without a consensus: texts, all of which are kept, and tasks that have too few answers to be decided by one.
    """
    to: dict[TaskState, list[int]] = defaultdict(list)
    moved: dict[int, list[int]] = defaultdict(list)
    events: list[Event] = []
    notices: list[Notice] = []
    task_ids = [task.pk for task, *_ in settled]
    given_away = places_given_away(task_ids)
    audits = Audit.objects.in_bulk(task_ids, field_name="task_id")
    asked = dict(AskedMore.objects.filter(task_id__in=task_ids).values_list("task_id", "answers"))
    by_hand = sent_by_hand([task for task, *_ in settled])
    worth = worth_of_an_answer(project)
    asks_for = form_of(project, {})
    form = asks_for if isinstance(asks_for, TextForm) else None
    for task, consensus, placed in settled:
        if task.state not in (TaskState.OPEN, TaskState.COMPLETE, TaskState.DISPUTED) or task.pk in by_hand:
            continue
        answers = placed - given_away[task.pk]
        least = max(project.min_overlap, asked.get(task.pk, 0))
        most = max(project.max_overlap, least)
        decide = partial(
            decide_completion,
            answers=answers,
            max_overlap=most,
            confidence=0.0 if consensus is None else consensus.confidence,
            target=project.target_confidence,
            posterior=(() if consensus is None else consensus.posterior) or (),
            worth=worth,
        )
        audit = audits.get(task.pk)
        if form is not None:
            decision = decide_without_consensus(
                answers=answers,
                overlap=task.overlap - given_away[task.pk],
                wanted=least,
                needs_expert=form.when_full == ADJUDICATE,
            )
        elif audit is None or consensus is None:
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
                confidence=0.0 if consensus is None else consensus.confidence,
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
                task_notice(
                    kind=kind,
                    task=task,
                    consensus=consensus,
                    answers=placed if consensus is None else consensus.answers,
                    project=project,
                    reason=decision.reason,
                )
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


def _announced(task: Task, labels: Sequence[str]) -> Any:
    """The result that was announced: None for a task that is not complete, which has not been."""
    if task.state != TaskState.COMPLETE:
        return None
    consensus = Consensus.objects.filter(task=task).first()
    return None if consensus is None else answer_of(consensus, labels)


def _kind(task: Task, project: Project, decision: Completion) -> EventKind | None:
    """What happens to a task by a decision; None where it stays as it is."""
    if decision.step == "complete" and task.state != TaskState.COMPLETE:
        return EventKind.TASK_COMPLETED
    if decision.step == "dispute" and task.state != TaskState.DISPUTED:
        return EventKind.TASK_DISPUTED
    if decision.step == "extend" and project.state != ProjectState.ARCHIVED:
        return EventKind.OVERLAP_EXTENDED if task.state == TaskState.OPEN else EventKind.TASK_REOPENED
    return None
