"""Reads what workers did, as the rules take it."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from crowd.enums import AssignmentState, TaskState
from crowd.models import Answer, Assignment, Project
from crowd.policies.rules import LONGEST_WINDOW, EventWord, Record

_ENDS: dict[str, EventWord] = {AssignmentState.SKIPPED: "skip", AssignmentState.EXPIRED: "expiry"}
_FIELDS = (
    *("worker_id", "created_at", "elapsed_seconds", "label_index", "is_correct"),
    *("task__state", "task__consensus__label_index", "task__adjudication__label_index"),
)


def records_of(
    *, project: Project, worker_id: int, since: datetime | None, until: datetime | None = None
) -> list[Record]:
    """What one worker did after ``since``, up to ``until``, oldest first, at most the longest window; two queries."""
    answers = _answers(project).filter(worker_id=worker_id)
    ends = _ends(project).filter(worker_id=worker_id)
    if since is not None:
        answers, ends = answers.filter(created_at__gt=since), ends.filter(ended_at__gt=since)
    if until is not None:
        answers, ends = answers.filter(created_at__lte=until), ends.filter(ended_at__lte=until)
    rows = [_of_answer(row) for row in answers.order_by("-id").values(*_FIELDS)[:LONGEST_WINDOW]]
    rows += [
        Record(kind=_ENDS[state], at=at)
        for state, at in ends.order_by("-ended_at").values_list("state", "ended_at")[:LONGEST_WINDOW]
        if at is not None
    ]
    return sorted(rows, key=lambda record: record.at)[-LONGEST_WINDOW:]


def records_by_worker(*, project: Project, since: datetime) -> dict[int, list[Record]]:
    """What every worker of a project did after ``since``, oldest first; two queries, for previews."""
    found: dict[int, list[Record]] = defaultdict(list)
    for row in _answers(project).filter(created_at__gt=since).order_by("id").values(*_FIELDS).iterator():
        found[row["worker_id"]].append(_of_answer(row))
    ends = _ends(project).filter(ended_at__gt=since)
    for worker_id, state, at in ends.values_list("worker_id", "state", "ended_at").iterator():
        if at is not None:
            found[worker_id].append(Record(kind=_ENDS[state], at=at))
    return {worker_id: sorted(records, key=lambda record: record.at) for worker_id, records in found.items()}


def _answers(project: Project) -> QuerySet[Answer]:
    return Answer.objects.filter(project=project)


def _ends(project: Project) -> QuerySet[Assignment]:
    return Assignment.objects.filter(project=project, state__in=list(_ENDS))


def _of_answer(row: dict[str, Any]) -> Record:
    given, consensus, expert = (
        row["label_index"],
        row["task__consensus__label_index"],
        row["task__adjudication__label_index"],
    )
    is_settled = row["task__state"] == TaskState.COMPLETE and consensus is not None and given is not None
    return Record(
        kind="answer",
        at=row["created_at"],
        # Exactly nothing: it came in a file that did not say.
        seconds=row["elapsed_seconds"] or None,
        label_index=given,
        is_right=row["is_correct"],
        agrees=given == consensus if is_settled else None,
        is_overruled=None if expert is None or given is None else given != expert,
    )
