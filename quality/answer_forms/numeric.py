"""NumericAnswers: who gave which number to which task."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from quality.answer_forms.indexing import Index, PairIndex
from quality.errors import AnswerError


@dataclass(frozen=True, eq=False)
class NumericAnswers:
    """Numbers that workers gave to tasks.

    Shapes: ``task`` and ``worker`` (n_answers,) int32 indexes into ``tasks`` and ``workers``; ``value`` (n_answers,)
    float64, in the unit of the question.
    """

    task: Index
    worker: Index
    value: NDArray[np.float64]
    tasks: Sequence[Hashable]
    workers: Sequence[Hashable]

    @classmethod
    def from_records(cls, records: Iterable[tuple[Hashable, Hashable, Any]]) -> Self:
        """Index (task, worker, number) triples; vocabularies keep the order of first appearance.

        Raises AnswerError naming the record (1-based), task and worker on a value that is not a finite number, and
        on a second answer of one worker to one task.
        """
        index, values = PairIndex(), []
        for row, (task, worker, value) in enumerate(records, start=1):
            index.add(task, worker, row=row)
            values.append(_number(value, task, worker, row))
        tasks, workers = index.columns()
        return cls(
            task=tasks,
            worker=workers,
            value=np.array(values, dtype=np.float64),
            tasks=tuple(index.tasks),
            workers=tuple(index.workers),
        )

    @property
    def n_answers(self) -> int:
        return len(self.task)

    @property
    def n_tasks(self) -> int:
        return len(self.tasks)

    @property
    def n_workers(self) -> int:
        return len(self.workers)


def _number(value: Any, task: Hashable, worker: Hashable, row: int) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if isinstance(value, bool) or not isfinite(number):
        raise AnswerError(
            f"worker {worker!r} gave {value!r} to task {task!r}, which is not a finite number", row=row, column="value"
        )
    return number
