"""Answers that were given at a chosen time, for tests of what a long history leads to."""

from __future__ import annotations

from collections.abc import Iterator
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
    is_gold = hasattr(task, "gold")
    assignment = Assignment.objects.create(
        project=cast.project,
        task=task,
        worker=worker,
        state=AssignmentState.SUBMITTED,
        is_gold=is_gold,
        holds_place=not is_gold,
        reserved_micros=cast.project.price_micros,
        claimed_at=at - timedelta(seconds=seconds),
        deadline=at,
        ended_at=at,
    )
    answer = Answer.objects.create(
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
        created_at=at,
    )
    if is_processed:
        with clock_at(at):
            process_answer(answer_id=answer.pk)
    return answer


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
