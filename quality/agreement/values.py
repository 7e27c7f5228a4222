"""ValueTable: tasks with continuous answers, or answers from hundreds of labels, without a cell per pair of values."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from quality.agreement.measures import MatrixMeasure, Measure
from quality.agreement.patterns import Counts, PatternTable, TaskTable, workers_of
from quality.agreement.separable import LinearMeasure, NominalMeasure, QuadraticMeasure
from quality.agreement.weights import Weights, agreement_weights, positions_of
from quality.answers import AnswerSet

Floats = NDArray[np.float64]

# Up to here a dense pattern per task is the smaller and faster form.
DENSE_LABELS = 48


@dataclass(frozen=True, eq=False)
class ValueTable:
    """Tasks as sparse counts over V labels, one row a task.

    ``counts`` is a (T, V) sparse row matrix of how often each label was given to each task with an answer;
    ``labels`` are the V labels, in order. Memory grows with the answers, never with V² or workers × tasks.
    """

    counts: sparse.csr_array
    labels: Sequence[Hashable]
    workers: int | None = None

    @classmethod
    def from_answers(cls, answers: AnswerSet) -> ValueTable:
        """Count labels by task; every answer counts once.

        Raises ValueError where answers carry weights.
        """
        if answers.weight is not None:
            raise ValueError("agreement needs one label per answer; these answers carry weights")
        answered, row = np.unique(answers.task, return_inverse=True)
        shape = (len(answered), answers.n_labels)
        counts = sparse.coo_array((np.ones(answers.n_answers), (row, answers.label)), shape=shape).tocsr()
        counts.sum_duplicates()
        return cls(counts, answers.labels, workers_of(answers))

    @cached_property
    def sizes(self) -> Counts:
        """Answers of each task: (T,)."""
        return np.asarray(self.counts.sum(axis=1)).reshape(-1).astype(np.int64)

    @cached_property
    def multiplicity(self) -> Counts:
        """Every row is one task: (T,) ones."""
        return np.ones(self.counts.shape[0], dtype=np.int64)

    def marginals(self, weight: Floats) -> Floats:
        """Weighted label counts (R, V) for task weights (R, T)."""
        return np.asarray((self.counts.T @ weight.T).T)

    def row_sums(self, value: Floats) -> Floats:
        """The sum of each task's labels' values: (T,) for a value per label (V,)."""
        return np.asarray(self.counts @ value)


def as_table(answers: AnswerSet | PatternTable | ValueTable) -> PatternTable | ValueTable:
    """Patterns for a small label set, sparse values for a large one; ready tables pass through."""
    if not isinstance(answers, AnswerSet):
        return answers
    return (PatternTable if answers.n_labels <= DENSE_LABELS else ValueTable).from_answers(answers)


def weights_measure(table: TaskTable, weights: Weights) -> Measure:
    """The measure for agreement weights, without a matrix where the label set is large.

    Raises ValueError for weights that only exist as a matrix when there are more than 48 labels.
    """
    if isinstance(table, PatternTable):
        return MatrixMeasure(agreement_weights(weights, table.labels))
    if isinstance(weights, str) and weights == "identity":
        return NominalMeasure()
    if isinstance(weights, str) and weights in ("linear", "quadratic"):
        x = positions_of(table.labels)
        return LinearMeasure(x) if weights == "linear" else QuadraticMeasure(x)
    name = weights if isinstance(weights, str) else "matrix"
    raise ValueError(f"{name} weights need a label set of at most {DENSE_LABELS}; this one has {len(table.labels)}")
