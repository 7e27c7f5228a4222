"""Layout: the answers sorted once by task, once by worker, so that each step of a fit reads memory in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.answers import AnswerSet

Ints = NDArray[np.integer[Any]]
Weights = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Layout:
    """Answers in task order and in worker order; T tasks, W workers, K labels, N answers.

    Task t's answers are ``task_start[t]:task_start[t + 1]`` of ``cell`` (worker · K + given label) and
    ``task_weight``; worker w's are ``worker_start[w]:worker_start[w + 1]`` of ``worker_task``, ``worker_label``
    and ``worker_weight``. Weights are (N,), or None when every answer counts 1. ``task_order`` is the answer at each
    place of the task order, None when the answers came in that order.
    """

    n_tasks: int
    n_workers: int
    n_labels: int
    task_start: Ints
    cell: Ints
    task_weight: Weights | None
    task_order: Ints | None
    worker_start: Ints
    worker_task: NDArray[np.int32]
    worker_label: Ints
    worker_weight: Weights | None

    @property
    def n_answers(self) -> int:
        return len(self.cell)

    def in_answer_order(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Values (N,) of the task order put back in the order of the answers."""
        if self.task_order is None:
            return values
        back = np.empty_like(values)
        back[self.task_order] = values
        return back


def sort_order(keys: Ints, starts: Ints) -> Ints:
    """Places of ``keys`` in ascending order, equal keys in the order they came; ``starts`` is not needed here."""
    del starts
    return np.argsort(keys, kind="stable").astype(np.int32)


def lay_out(answers: AnswerSet, order_by: Callable[[Ints, Ints], Ints] = sort_order) -> Layout:
    """Sort the answers both ways; ties keep their order, so that sums come out the same in every run.

    ``order_by(keys, starts)`` does the sorting, where ``starts[k]`` is the number of keys below k.
    """
    task_start = _starts(answers.task, answers.n_tasks)
    worker_start = _starts(answers.worker, answers.n_workers)
    order = None if _is_sorted(answers.task) else order_by(answers.task, task_start)
    task, worker, label = answers.task, answers.worker, answers.label
    weight = answers.weight
    if order is not None:
        task, worker, label = task[order], worker[order], label[order]
        weight = None if weight is None else weight[order]
    wide = np.int32 if answers.n_workers * answers.n_labels < 2**31 else np.int64
    cell: Any = worker.astype(wide)
    cell *= answers.n_labels
    cell += label
    by_worker = order_by(worker, worker_start)
    narrow: Any = np.uint8 if answers.n_labels <= 256 else np.int32
    return Layout(
        n_tasks=answers.n_tasks,
        n_workers=answers.n_workers,
        n_labels=answers.n_labels,
        task_start=task_start,
        cell=cell,
        task_weight=weight,
        task_order=order,
        worker_start=worker_start,
        worker_task=task[by_worker],
        worker_label=label.astype(narrow)[by_worker],
        worker_weight=None if weight is None else weight[by_worker],
    )


def _is_sorted(values: Ints) -> bool:
    return bool(np.all(values[1:] >= values[:-1]))


def _starts(values: Ints, size: int) -> Ints:
    starts: Ints = np.zeros(size + 1, dtype=np.int32 if len(values) < 2**31 else np.int64)
    starts[1:] = np.cumsum(np.bincount(values, minlength=size))
    return starts
