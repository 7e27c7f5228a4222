"""PairwiseAnswers: who preferred which of a task's two options."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from quality.answer_forms.indexing import Index, PairIndex
from quality.errors import AnswerError


@dataclass(frozen=True, eq=False)
class PairwiseAnswers:
    """Preferences of workers between the two options of each task.

    Shapes: ``task`` and ``worker`` (n_answers,) int32 indexes; ``first`` and ``second`` (n_tasks,) int32 indexes into
    ``options``; ``preference`` (n_answers,) float64: 1 the first option, 0 the second, .5 neither (a tie).
    """

    task: Index
    worker: Index
    preference: NDArray[np.float64]
    first: Index
    second: Index
    tasks: Sequence[Hashable]
    workers: Sequence[Hashable]
    options: Sequence[Hashable]

    @classmethod
    def from_records(cls, records: Iterable[tuple[Hashable, Hashable, Hashable, Hashable, Hashable]]) -> Self:
        """Index (task, worker, first option, second option, preferred option) records; preferred None is a tie.

        Vocabularies keep the order of first appearance; the options of a task may come in either order. Raises
        AnswerError naming the record (1-based), task and worker when the two options are one, the preferred option is
        neither of them, a task changes its options, or a worker answers a task twice.
        """
        index, options = PairIndex(), dict[Hashable, int]()
        pairs: list[tuple[int, int]] = []
        preferences: list[float] = []
        for row, (task, worker, first, second, preferred) in enumerate(records, start=1):
            index.add(task, worker, row=row)
            if first == second or first is None or second is None:
                raise AnswerError(f"task {task!r} compares {first!r} with {second!r}; name two options", row=row)
            if preferred is not None and preferred not in (first, second):
                raise AnswerError(
                    f"worker {worker!r} preferred {preferred!r} on task {task!r}, which compares {first!r} with "
                    f"{second!r}",
                    row=row,
                    column="preferred",
                )
            shown = (options.setdefault(first, len(options)), options.setdefault(second, len(options)))
            place = index.tasks[task]
            if place == len(pairs):
                pairs.append(shown)
            elif set(pairs[place]) != set(shown):
                raise AnswerError(f"task {task!r} compared other options before", row=row, column="task")
            preferences.append(0.5 if preferred is None else float(options[preferred] == pairs[place][0]))
        tasks, workers = index.columns()
        table = np.array(pairs, dtype=np.int32).reshape(-1, 2)
        return cls(
            task=tasks,
            worker=workers,
            preference=np.array(preferences, dtype=np.float64),
            first=np.ascontiguousarray(table[:, 0]),
            second=np.ascontiguousarray(table[:, 1]),
            tasks=tuple(index.tasks),
            workers=tuple(index.workers),
            options=tuple(options),
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

    @property
    def n_options(self) -> int:
        return len(self.options)
