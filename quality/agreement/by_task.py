"""How far the answers of each task differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quality.agreement.patterns import PatternTable
from quality.agreement.values import ValueTable, as_table, weights_measure
from quality.agreement.weights import Weights
from quality.answers import AnswerSet

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class TaskDisagreement:
    """One entry a task (T,), in the order of ``answers.tasks``.

    answers: how many. entropy: of the label shares, in nats, 0 where all agree, nan without answers. disagreement:
    mean weighted disagreement over pairs of answers, nan with fewer than two.
    """

    answers: NDArray[np.int64]
    entropy: Floats
    disagreement: Floats


def task_disagreement(answers: AnswerSet, *, weights: Weights = "identity") -> TaskDisagreement:
    """Entropy with mean disagreement of each task's answers. Raises ValueError for weights that do not fit."""
    table: PatternTable | ValueTable
    if answers.n_labels > 48:
        table = as_table(answers)
        rows = np.full(answers.n_tasks, -1, dtype=np.intp)
        rows[np.unique(answers.task)] = np.arange(len(table.sizes))
    else:
        table, rows = PatternTable.with_rows(answers)
    measure = weights_measure(table, weights)
    sizes = table.sizes.astype(np.float64)
    disagreement = np.where(sizes >= 2, 1 - measure.within(table), np.nan)
    entropy = _entropy(table, sizes)
    empty = rows < 0
    return TaskDisagreement(
        answers=np.where(empty, 0, table.sizes[rows] if len(sizes) else 0),
        entropy=np.where(empty, np.nan, entropy[rows] if len(sizes) else np.nan),
        disagreement=np.where(empty, np.nan, disagreement[rows] if len(sizes) else np.nan),
    )


def _entropy(table: PatternTable | ValueTable, sizes: Floats) -> Floats:
    """−Σ p ln p over each row's labels, as ln m − Σ c ln c / m: (P,)."""
    if isinstance(table, PatternTable):
        count = table.patterns.astype(np.float64)
        logs = np.log(count, out=np.zeros_like(count), where=count > 0)
        weighed = (count * logs).sum(axis=1)
    else:
        row = np.repeat(np.arange(len(sizes)), np.diff(table.counts.indptr))
        weighed = np.bincount(row, weights=table.counts.data * np.log(table.counts.data), minlength=len(sizes))
    safe = np.maximum(sizes, 1)
    return np.asarray(np.where(sizes > 0, np.maximum(np.log(safe) - weighed / safe, 0.0), np.nan))
