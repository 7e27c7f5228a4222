"""Reads answers that are not one label each: who gave which value to which task, with what is known for certain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crowd.models import Adjudication, Answer, Gold, Project
from crowd.queries.consensus import counted


@dataclass(frozen=True)
class ValueAnswers:
    """``records``: (task id, worker id, canonical value) in the order in which they came.

    ``known``: the value of gold tasks with a single right one, and of what experts have decided, by task id.
    ``last_answer_id``: the newest answer read, None when there is none.
    """

    records: list[tuple[int, int, Any]]
    known: dict[int, Any]
    last_answer_id: int | None


def read_values(project: Project) -> ValueAnswers:
    """The project's answers that count in a consensus."""
    rows = counted(Answer.objects.filter(project=project)).order_by("id")
    records: list[tuple[int, int, Any]] = []
    last = None
    for last, task_id, worker_id, value in rows.values_list("id", "task_id", "worker_id", "value").iterator():  # noqa: B007
        records.append((task_id, worker_id, value))
    tasks = {task_id for task_id, *_ in records}
    golds = Gold.objects.filter(project=project, is_active=True).values_list("task_id", "labels")
    known: dict[int, Any] = {task_id: labels[0] for task_id, labels in golds if len(labels) == 1 and task_id in tasks}
    decided = Adjudication.objects.filter(project=project, value__isnull=False).values_list("task_id", "value")
    known.update((task_id, value) for task_id, value in decided if task_id in tasks)
    return ValueAnswers(records, known, last)


def read_agreement_values(project: Project, *, is_model: bool | None = None) -> list[tuple[int, int, Any]]:
    """(task id, worker id, value) of every answer to a real task, of people, of models, or of both."""
    rows = Answer.objects.filter(project=project, is_gold=False)
    if is_model is not None:
        rows = rows.filter(is_model=is_model)
    return list(rows.order_by("id").values_list("task_id", "worker_id", "value"))
