"""AnswerSet: who gave which label to which task, as integer arrays with their vocabularies, validated once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from quality.errors import AnswerError

Index = NDArray[np.int32]
Repeats = Literal["error", "keep"]
Gold = Mapping[Any, Hashable]
"""Task -> its gold label."""

VOTE_TOLERANCE = 1e-3
"""How far the weights of a soft vote may be over a sum of 1: they may have been rounded."""


@dataclass(frozen=True, eq=False)
class AnswerSet:
    """Answers of workers to tasks.

    Shapes: ``task``, ``worker``, ``label`` are (n_answers,) int32 indexes into ``tasks``, ``workers``, ``labels``.
    ``weight`` is None (every answer counts 1) or (n_answers,) in (0, 1]: a model's soft vote is several rows of one
    (task, worker) whose weights sum to at most 1. Build it with `from_records` or `from_arrays`, which check it.
    """

    task: Index
    worker: Index
    label: Index
    tasks: Sequence[Hashable]
    workers: Sequence[Hashable]
    labels: Sequence[Hashable]
    weight: NDArray[np.float32] | None = None

    @classmethod
    def from_records(
        cls,
        records: Iterable[tuple[Hashable, Hashable, Hashable]],
        *,
        labels: Sequence[Hashable] | None = None,
        repeats: Repeats = "error",
    ) -> Self:
        """Index (task, worker, label) triples; vocabularies keep the order of first appearance.

        ``labels`` fixes the label set and its order (a label outside it is an error); without it labels are
        collected and sorted. ``repeats="keep"`` lets a worker answer a task more than once.
        Raises AnswerError naming the record (1-based) on an unknown or missing value or on a repeated pair.
        """
        tasks: dict[Hashable, int] = {}
        workers: dict[Hashable, int] = {}
        known: dict[Hashable, int] = {} if labels is None else {value: i for i, value in enumerate(labels)}
        if labels is not None and len(known) != len(labels):
            raise AnswerError("the label set names a label twice; name each label once")
        rows: list[tuple[int, int, int]] = []
        seen: set[tuple[int, int]] = set()
        for position, (task, worker, label) in enumerate(records, start=1):
            for column, value in (("task", task), ("worker", worker), ("label", label)):
                if value is None or value != value:  # NaN is the one value that differs from itself
                    raise AnswerError("the value is missing; give every answer a value", row=position, column=column)
            if labels is not None and label not in known:
                raise AnswerError(
                    f"unknown label {_shorten(label)}; the label set is {_listing(labels)}",
                    row=position,
                    column="label",
                )
            pair = (tasks.setdefault(task, len(tasks)), workers.setdefault(worker, len(workers)))
            if repeats == "error":
                if pair in seen:
                    raise AnswerError(
                        f"worker {_shorten(worker)} answers task {_shorten(task)} a second time; keep one answer",
                        row=position,
                        column="task",
                    )
                seen.add(pair)
            rows.append((*pair, known.setdefault(label, len(known))))
        table = np.array(rows, dtype=np.int32).reshape(-1, 3)
        vocabulary = list(known)
        if labels is None:
            vocabulary, table[:, 2] = label_order(vocabulary, table[:, 2])
        return cls(
            task=np.ascontiguousarray(table[:, 0]),
            worker=np.ascontiguousarray(table[:, 1]),
            label=np.ascontiguousarray(table[:, 2]),
            tasks=tuple(tasks),
            workers=tuple(workers),
            labels=tuple(vocabulary),
        )

    @classmethod
    def from_arrays(
        cls,
        task: NDArray[np.integer],
        worker: NDArray[np.integer],
        label: NDArray[np.integer],
        *,
        tasks: Sequence[Hashable] | None = None,
        workers: Sequence[Hashable] | None = None,
        labels: Sequence[Hashable] | None = None,
        weight: NDArray[np.floating] | None = None,
        repeats: Repeats = "error",
    ) -> Self:
        """Take ready indexes, each (n_answers,); a vocabulary left out is ``range(max + 1)``.

        Raises AnswerError on unequal lengths, an index outside its vocabulary, a weight outside (0, 1],
        a repeated (task, worker) pair or a soft vote whose weights sum to more than 1.
        """
        columns: list[Index] = []
        vocabularies: list[Sequence[Hashable]] = []
        for name, values, vocabulary in (
            ("task", task, tasks),
            ("worker", worker, workers),
            ("label", label, labels),
        ):
            array = np.ascontiguousarray(values, dtype=np.int32)
            if array.shape != (len(task),):
                raise AnswerError(f"has shape {array.shape}, expected ({len(task)},)", column=name)
            top = int(array.max()) + 1 if array.size else 0
            vocab = range(top) if vocabulary is None else vocabulary
            if array.size and (int(array.min()) < 0 or top > len(vocab)):
                bad = int(np.flatnonzero((array < 0) | (array >= len(vocab)))[0])
                raise AnswerError(
                    f"index {int(array[bad])} is outside the vocabulary of {len(vocab)}", row=bad + 1, column=name
                )
            columns.append(array)
            vocabularies.append(vocab)
        answers = cls(
            task=columns[0],
            worker=columns[1],
            label=columns[2],
            tasks=vocabularies[0],
            workers=vocabularies[1],
            labels=vocabularies[2],
            weight=None if weight is None else np.ascontiguousarray(weight, dtype=np.float32),
        )
        answers._check_weight()
        if repeats == "error":
            answers._check_repeats()
        return answers

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

    @cached_property
    def counts(self) -> NDArray[np.float64]:
        """How often each label was given to each task, weights included: (n_tasks, n_labels)."""
        cells = self.task.astype(np.int64) * self.n_labels + self.label
        flat = np.bincount(cells, weights=self.weight, minlength=self.n_tasks * self.n_labels)
        return flat.astype(np.float64).reshape(self.n_tasks, self.n_labels)

    def gold_index(self, gold: Gold | None) -> Index:
        """Index of each task's gold label, -1 without one: (n_tasks,).

        Raises ValueError naming a gold task or label that is not in the vocabularies.
        """
        index = np.full(self.n_tasks, -1, dtype=np.int32)
        if not gold:
            return index
        task_of = {value: i for i, value in enumerate(self.tasks)}
        label_of = {value: i for i, value in enumerate(self.labels)}
        for task, label in gold.items():
            if task not in task_of:
                raise ValueError(f"gold names task {_shorten(task)}, which has no answers here")
            if label not in label_of:
                raise ValueError(
                    f"gold of task {_shorten(task)} is {_shorten(label)}, which is not in the label set "
                    f"{_listing(self.labels)}"
                )
            index[task_of[task]] = label_of[label]
        return index

    def select(self, keep: NDArray[np.bool_]) -> AnswerSet:
        """The answers where ``keep`` (n_answers,) is true, vocabularies unchanged."""
        return AnswerSet(
            task=self.task[keep],
            worker=self.worker[keep],
            label=self.label[keep],
            tasks=self.tasks,
            workers=self.workers,
            labels=self.labels,
            weight=None if self.weight is None else self.weight[keep],
        )

    def _check_weight(self) -> None:
        if self.weight is None:
            return
        if self.weight.shape != self.task.shape:
            raise AnswerError(f"has shape {self.weight.shape}, expected {self.task.shape}", column="weight")
        bad = np.flatnonzero(~((self.weight > 0) & (self.weight <= 1)))
        if bad.size:
            raise AnswerError(
                f"weight {float(self.weight[bad[0]])} is not in (0, 1]", row=int(bad[0]) + 1, column="weight"
            )

    def _check_repeats(self) -> None:
        width = 1 if self.weight is None else self.n_labels
        key = self.task.astype(np.int64) * self.n_workers + self.worker
        if self.weight is not None:
            key = key * width + self.label
        if not _has_repeats(key):
            self._check_votes()
            return
        order = np.argsort(key, kind="stable")
        ordered = key[order]
        row = int(order[1:][ordered[1:] == ordered[:-1]].min())
        raise AnswerError(
            f"worker {_shorten(self.workers[self.worker[row]])} answers task "
            f"{_shorten(self.tasks[self.task[row]])} a second time; keep one answer",
            row=row + 1,
            column="task",
        )

    def _check_votes(self) -> None:
        """A soft vote is probabilities: a worker's weights on one task sum to at most 1."""
        if self.weight is None or not self.n_answers:
            return
        pair = self.task.astype(np.int64) * self.n_workers + self.worker
        _, first, place = np.unique(pair, return_index=True, return_inverse=True)
        sums = np.bincount(place, weights=self.weight)
        over = np.flatnonzero(sums > 1.0 + VOTE_TOLERANCE)
        if over.size:
            row = int(first[over].min())
            raise AnswerError(
                f"the weights of worker {_shorten(self.workers[self.worker[row]])} on task "
                f"{_shorten(self.tasks[self.task[row]])} sum to {float(sums[place[row]]):g}, more than 1",
                row=row + 1,
                column="weight",
            )


def _has_repeats(key: NDArray[np.int64]) -> bool:
    """Whether a value comes twice; a plain sort takes a fifth of the time of the order that finds the place."""
    ordered = np.sort(key)
    return bool((ordered[1:] == ordered[:-1]).any())


def _shorten(value: Hashable, limit: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"


def _listing(values: Sequence[Hashable], limit: int = 12) -> str:
    shown = ", ".join(_shorten(value, 30) for value in values[:limit])
    return shown + (f", … ({len(values)} labels)" if len(values) > limit else "")


def label_order(vocabulary: Sequence[Hashable], label: Index) -> tuple[list[Hashable], Index]:
    """Sort a vocabulary, numbers by value before text by spelling, with the label indexes to match: (n_answers,)."""
    order = sorted(range(len(vocabulary)), key=lambda i: _sort_key(vocabulary[i]))
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return [vocabulary[i] for i in order], rank[label]


def _sort_key(value: Hashable) -> tuple[int, float, str]:
    """A number, also one written as text ("10" after "9"), by its value; other text by its spelling."""
    try:
        number = float(str(value))
    except ValueError:
        return (1, 0.0, str(value))
    return (0, number, str(value)) if np.isfinite(number) else (1, 0.0, str(value))
