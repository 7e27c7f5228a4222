"""Numbering the tasks and workers of a list of records, refusing a second answer of one worker to one task."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.errors import AnswerError

Index = NDArray[np.int32]


class PairIndex:
    """Numbers tasks and workers in order of first appearance, one pair per record."""

    def __init__(self) -> None:
        self.tasks: dict[Hashable, int] = {}
        self.workers: dict[Hashable, int] = {}
        self._seen: set[tuple[int, int]] = set()
        self._rows: list[tuple[int, int]] = []

    def add(self, task: Hashable, worker: Hashable, *, row: int) -> None:
        """Number one more pair. Raises AnswerError naming it when it is missing or came before."""
        for column, value in (("task", task), ("worker", worker)):
            if value is None or value != value:  # NaN is the one value that differs from itself
                raise AnswerError("the value is missing; give every answer a value", row=row, column=column)
        pair = (self.tasks.setdefault(task, len(self.tasks)), self.workers.setdefault(worker, len(self.workers)))
        if pair in self._seen:
            raise AnswerError(
                f"worker {worker!r} answers task {task!r} a second time; keep one answer", row=row, column="task"
            )
        self._seen.add(pair)
        self._rows.append(pair)

    def columns(self) -> tuple[Index, Index]:
        """Task index and worker index of each record: (n_answers,) each."""
        table = np.array(self._rows, dtype=np.int32).reshape(-1, 2)
        return np.ascontiguousarray(table[:, 0]), np.ascontiguousarray(table[:, 1])


def fixed_vocabulary(values: Sequence[Hashable], name: str) -> dict[Hashable, int]:
    """Number the values of a given vocabulary. Raises AnswerError when it names one twice."""
    known = {value: i for i, value in enumerate(values)}
    if len(known) != len(values):
        raise AnswerError(f"the {name} names a value twice; name each once")
    return known


def indexed_by_task(values: Mapping[Any, Any] | None, tasks: Sequence[Hashable]) -> dict[int, Any]:
    """Gold by task index. Raises ValueError naming a task that has no answers."""
    if not values:
        return {}
    place = {task: i for i, task in enumerate(tasks)}
    for task in values:
        if task not in place:
            raise ValueError(f"gold names task {task!r}, which has no answers here")
    return {place[task]: value for task, value in values.items()}


def indexed_by_worker(values: Mapping[Any, Any] | None, workers: Iterable[Hashable]) -> dict[int, Any]:
    """History by worker index; workers without answers here are passed over."""
    if not values:
        return {}
    return {i: values[worker] for i, worker in enumerate(workers) if worker in values}
