"""Answers that were given at a chosen time, for tests of what a long history leads to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from cast import Cast, make_cast
from django.utils import timezone

from crowd.enums import AssignmentState
from crowd.models import Answer, Assignment, Gold, Task, Worker
from crowd.services.processing import process_answer

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
BAD = 4  # the gold whose label is wrong at first; everybody meets it fifth


@contextmanager
def clock_at(at: datetime) -> Iterator[None]:
    """The server's clock stands still."""
    with patch.object(timezone, "now", return_value=at):
        yield


def give(
    cast: Cast, worker: Worker, task: Task, value: str, at: datetime, *, seconds: float = 5.0, is_processed: bool = True
) -> Answer:
    """An answer to a task, gold or not, submitted then and processed as a job would."""
    (answer,) = _written(cast, task, [(worker, value)], at, seconds)
    if is_processed:
        with clock_at(at):
            process_answer(answer_id=answer.pk)
    return answer


def give_all(cast: Cast, task: Task, values: Sequence[str], at: datetime) -> None:
    """The workers' answers to one task, a second apart, written at once and processed one after the other."""
    for answer in _written(cast, task, list(zip(cast.workers, values, strict=True)), at, 5.0):
        with clock_at(answer.created_at):
            process_answer(answer_id=answer.pk)


def _written(cast: Cast, task: Task, given: Sequence[tuple[Worker, str]], at: datetime, seconds: float) -> list[Answer]:
    is_gold = hasattr(task, "gold")
    times = [at + timedelta(seconds=n) for n in range(len(given))]
    assignments = Assignment.objects.bulk_create(
        Assignment(
            project=cast.project,
            task=task,
            worker=worker,
            state=AssignmentState.SUBMITTED,
            is_gold=is_gold,
            holds_place=not is_gold,
            reserved_micros=cast.project.price_micros,
            claimed_at=then - timedelta(seconds=seconds),
            deadline=then,
            ended_at=then,
        )
        for (worker, _), then in zip(given, times, strict=True)
    )
    return Answer.objects.bulk_create(
        Answer(
            project=cast.project,
            task=task,
            worker=worker,
            assignment=assignment,
            value=value,
            label_index=cast.project.label_values.index(value),
            is_gold=is_gold,
            is_model=worker.kind != "human",
            holds_place=not is_gold,
            elapsed_seconds=seconds,
            created_at=then,
        )
        for (worker, value), assignment, then in zip(given, assignments, times, strict=True)
    )


def few_golds(script: str, labels: tuple[str, ...] = ("negative",)) -> Cast:
    """The first worker's golds a minute apart, right (r) or wrong (w); the fifth has these labels."""
    cast = make_cast(tasks=2, workers=2)
    cast.gold(len(script), "positive")
    golds = list(Gold.objects.filter(project=cast.project).order_by("id"))
    Gold.objects.filter(pk=golds[BAD].pk).update(labels=list(labels))
    for step, (gold, mark) in enumerate(zip(golds, script, strict=True)):
        task = Task.objects.get(pk=gold.task_id)
        give(cast, cast.worker, task, "positive" if mark == "r" else "negative", START + timedelta(minutes=step))
    return cast
