"""ChoiceSets: who ticked which labels on which task."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from quality.answer_forms.indexing import Index, PairIndex, fixed_vocabulary
from quality.errors import AnswerError


@dataclass(frozen=True, eq=False)
class ChoiceSets:
    """Sets of labels that workers gave to tasks.

    Shapes: ``task`` and ``worker`` (n_answers,) int32 indexes into ``tasks`` and ``workers``; ``chosen``
    (n_answers, n_labels) bool, true where the label was ticked. A row without any tick is the answer "none of them".
    """

    task: Index
    worker: Index
    chosen: NDArray[np.bool_]
    tasks: Sequence[Hashable]
    workers: Sequence[Hashable]
    labels: Sequence[Hashable]

    @classmethod
    def from_records(
        cls,
        records: Iterable[tuple[Hashable, Hashable, Collection[Hashable]]],
        *,
        labels: Sequence[Hashable],
    ) -> Self:
        """Index (task, worker, labels ticked) triples; ``labels`` is the label set, in its order.

        Raises AnswerError naming the record (1-based), task and worker on an unknown label, a label ticked twice, a
        bare string in place of a set, or a second answer of one worker to one task.
        """
        known, index = fixed_vocabulary(labels, "label set"), PairIndex()
        rows: list[list[int]] = []
        for row, (task, worker, ticked) in enumerate(records, start=1):
            index.add(task, worker, row=row)
            if isinstance(ticked, (str, bytes)) or not isinstance(ticked, Collection):
                raise AnswerError(
                    f"worker {worker!r} gave {ticked!r} to task {task!r}; a set or list of labels is wanted",
                    row=row,
                    column="labels",
                )
            for label in ticked:
                if label not in known:
                    raise AnswerError(
                        f"worker {worker!r} gave unknown label {label!r} to task {task!r}", row=row, column="labels"
                    )
            if len(set(ticked)) != len(ticked):
                raise AnswerError(f"worker {worker!r} ticked a label of task {task!r} twice", row=row, column="labels")
            rows.append([known[label] for label in ticked])
        tasks, workers = index.columns()
        chosen = np.zeros((len(rows), len(known)), dtype=bool)
        for i, ticks in enumerate(rows):
            chosen[i, ticks] = True
        return cls(
            task=tasks,
            worker=workers,
            chosen=chosen,
            tasks=tuple(index.tasks),
            workers=tuple(index.workers),
            labels=tuple(labels),
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
    def n_labels(self) -> int:
        return len(self.labels)
