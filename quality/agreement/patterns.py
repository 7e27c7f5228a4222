"""PatternTable: tasks collapsed to their distinct label counts, which is all that most coefficients need."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from quality.answers import AnswerSet

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

# Sums of powers stay exact in float64 up to here, so that one pass can spell a pattern as one number.
EXACT_LIMIT = 2.0**53
# Below this many possible spellings counting them is faster than sorting the tasks.
DIRECT_LIMIT = 1 << 22


class TaskTable(Protocol):
    """What coefficients ask of a table: P kinds of tasks, each seen ``multiplicity`` times, over K labels."""

    @property
    def labels(self) -> Sequence[Hashable]: ...
    @property
    def workers(self) -> int | None: ...
    @property
    def multiplicity(self) -> Counts: ...
    @property
    def sizes(self) -> Counts: ...
    def marginals(self, weight: Floats) -> Floats:
        """Weighted label counts (R, K) for row weights (R, P)."""

    def row_sums(self, value: Floats) -> Floats:
        """The sum of each row's labels' values: (P,) for a value per label (K,)."""


@dataclass(frozen=True, eq=False)
class PatternTable:
    """Distinct count vectors of tasks with their multiplicities.

    Shapes: ``patterns`` (P, K), how often each label was given to a task of this kind; ``multiplicity`` (P,), how
    many such tasks there are; ``labels`` K names. ``workers`` is how many workers answered, None where unknown.
    Raises ValueError on unequal shapes or negative counts.
    """

    patterns: Counts
    multiplicity: Counts
    labels: Sequence[Hashable]
    workers: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "patterns", np.ascontiguousarray(self.patterns, dtype=np.int64))
        object.__setattr__(self, "multiplicity", np.ascontiguousarray(self.multiplicity, dtype=np.int64))
        if self.patterns.ndim != 2 or self.patterns.shape[1] != len(self.labels):
            raise ValueError(f"patterns have shape {self.patterns.shape}; expected (P, {len(self.labels)})")
        if self.multiplicity.shape != (len(self.patterns),):
            raise ValueError(f"multiplicity has shape {self.multiplicity.shape}; expected ({len(self.patterns)},)")
        if (self.patterns < 0).any() or (self.multiplicity < 0).any():
            raise ValueError("patterns or multiplicity hold a negative count")

    @classmethod
    def from_answers(cls, answers: AnswerSet) -> PatternTable:
        """Collapse the tasks of an answer set; every answer counts once.

        Raises ValueError where answers carry weights: agreement is between answers, not shares of answers.
        """
        if answers.weight is not None:
            raise ValueError("agreement needs one label per answer; these answers carry weights")
        return cls.with_rows(answers)[0]

    @classmethod
    def with_rows(cls, answers: AnswerSet) -> tuple[PatternTable, NDArray[np.intp]]:
        """The table together with each task's row in it, -1 for tasks without answers: (n_tasks,)."""
        if answers.weight is not None:
            raise ValueError("agreement needs one label per answer; these answers carry weights")
        patterns, multiplicity, rows = _collapse(answers.task, answers.label, answers.n_tasks, answers.n_labels)
        return cls(patterns, multiplicity, answers.labels, workers_of(answers)), rows

    @classmethod
    def from_counts(
        cls, counts: NDArray[np.integer[Any]], labels: Sequence[Hashable] | None = None, *, workers: int | None = None
    ) -> PatternTable:
        """Collapse a (tasks, labels) table of counts."""
        table = np.asarray(counts, dtype=np.int64)
        if table.ndim != 2:
            raise ValueError(f"counts have shape {table.shape}; expected (tasks, labels)")
        patterns, multiplicity = np.unique(table, axis=0, return_counts=True)
        return cls(patterns, multiplicity, range(table.shape[1]) if labels is None else labels, workers)

    @cached_property
    def sizes(self) -> Counts:
        """Answers of a task of each kind: (P,)."""
        return np.asarray(self.patterns.sum(axis=1))

    @cached_property
    def _dense(self) -> Floats:
        return self.patterns.astype(np.float64)

    def marginals(self, weight: Floats) -> Floats:
        """Weighted label counts (R, K) for row weights (R, P)."""
        return np.asarray(weight @ self._dense)

    def row_sums(self, value: Floats) -> Floats:
        """The sum of each row's labels' values: (P,) for a value per label (K,)."""
        return np.asarray(self._dense @ value)

    def binarised(self, label: Hashable) -> PatternTable:
        """The same tasks with one label against all others: labels (label, "other").

        Raises ValueError for a label that is not in the table.
        """
        if label not in self.labels:
            raise ValueError(f"label {label!r} is not in the label set")
        chosen = self.patterns[:, list(self.labels).index(label)]
        return self._merged(np.column_stack([chosen, self.sizes - chosen]), (label, "other"))

    def _merged(self, patterns: Counts, labels: Sequence[Hashable]) -> PatternTable:
        distinct, inverse = np.unique(patterns, axis=0, return_inverse=True)
        multiplicity = np.bincount(inverse.reshape(-1), weights=self.multiplicity, minlength=len(distinct))
        return PatternTable(distinct, multiplicity.astype(np.int64), labels, self.workers)


def prevalence_of(table: TaskTable) -> Mapping[Hashable, float]:
    """Share of each label among the answers to tasks with at least two."""
    weight = np.where(table.sizes >= 2, table.multiplicity, 0).astype(np.float64)
    count = table.marginals(weight[None, :])[0]
    total = count.sum()
    return {label: float(share) for label, share in zip(table.labels, count / total, strict=True)} if total else {}


def workers_of(answers: AnswerSet) -> int:
    """How many workers gave at least one answer."""
    return int(np.count_nonzero(np.bincount(answers.worker, minlength=1))) if answers.n_answers else 0


def _collapse(
    task: NDArray[np.int32], label: NDArray[np.int32], n_tasks: int, n_labels: int
) -> tuple[Counts, Counts, NDArray[np.intp]]:
    """Distinct count vectors (P, K) of answered tasks, how many tasks have each (P,), each task's row (n_tasks,)."""
    rows = np.full(n_tasks, -1, dtype=np.intp)
    if not task.size:
        return np.zeros((0, n_labels), dtype=np.int64), np.zeros(0, dtype=np.int64), rows
    sizes = np.bincount(task, minlength=n_tasks)
    base = float(sizes.max() + 1)
    digits = max(1, int(np.floor(np.log(EXACT_LIMIT) / np.log(base))) - 1)
    groups = range(0, n_labels, digits)
    codes = [_spell(task, label, start, min(digits, n_labels - start), base, n_tasks) for start in groups]
    if len(codes) == 1 and base**n_labels <= DIRECT_LIMIT:
        code = codes[0].astype(np.int32)
        count = np.bincount(code)
        count[0] = 0
        distinct = np.flatnonzero(count)
        place = np.full(len(count), -1, dtype=np.intp)
        place[distinct] = np.arange(len(distinct))
        return _read(distinct, n_labels, int(base)), count[distinct], place[code]
    answered = sizes > 0
    columns = [code[answered].astype(np.int64) for code in codes]
    order = np.lexsort(columns)
    columns = [column[order] for column in columns]
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    start_of = np.flatnonzero(fresh)
    parts = [
        _read(column[start_of], min(digits, n_labels - start), int(base))
        for column, start in zip(columns, groups, strict=True)
    ]
    rows[np.flatnonzero(answered)[order]] = np.cumsum(fresh) - 1
    return np.hstack(parts), np.diff(np.append(start_of, len(order))), rows


def _spell(
    task: NDArray[np.int32], label: NDArray[np.int32], start: int, digits: int, base: float, n_tasks: int
) -> Floats:
    """Each task's counts of labels start … start + digits − 1 as the digits of one number: (n_tasks,)."""
    value = np.zeros(max(int(label.max()) + 1, start + digits))
    value[start : start + digits] = base ** np.arange(digits)
    return np.asarray(np.bincount(task, weights=value[label], minlength=n_tasks), dtype=np.float64)


def _read(code: Counts, digits: int, base: int) -> Counts:
    """The digits of each number, least first: (P, digits)."""
    columns = []
    rest = code.astype(np.int64)
    for _ in range(digits):
        rest, digit = np.divmod(rest, base)
        columns.append(digit)
    return np.column_stack(columns)
