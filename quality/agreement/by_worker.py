"""Each worker against the rest, with what the coefficient would be without this worker."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from quality.agreement.coefficients import Coefficient
from quality.agreement.patterns import PatternTable
from quality.agreement.result import AgreementResult, Reason, finite
from quality.agreement.values import DENSE_LABELS, ValueTable
from quality.agreement.weights import Weights, agreement_weights
from quality.answers import AnswerSet

Floats = NDArray[np.float64]
# Cells of (workers, kinds of tasks with one answer less) held at once, or gone through in all.
BLOCK_CELLS, CELL_LIMIT = 1 << 20, 10**9
# Answers gone through in all when the coefficient is reckoned again without each worker.
REPEAT_LIMIT = 10**8


@dataclass(frozen=True, kw_only=True)
class WorkerAgreement:
    """One worker against all others on the tasks they share.

    tasks: shared ones. observed: mean agreement with the others' answers. kappa: the same corrected for chance by the
    worker's own label shares or the others' (Schouten 1982), with its task interval; None where undefined, then
    ``reason`` says why. without: the group's coefficient without this worker; influence: how far the worker pulls
    the group's coefficient up (+) or down (−).
    """

    worker: Hashable
    tasks: int
    observed: float | None = None
    kappa: float | None = None
    se: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str | None = None
    without: float | None = None
    influence: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def worker_agreement(
    answers: AnswerSet, coefficient: Coefficient, *, weights: Weights = "identity", confidence: float = 0.95
) -> list[WorkerAgreement]:
    """Every worker with an answer, in the order of ``answers.workers``.

    ``coefficient`` is the group's, for ``without`` or ``influence``; ``weights`` say how near two labels are in
    ``observed`` or ``kappa``. A worker must answer a task at most once. Above 48 labels there is only ``without`` or
    ``influence`` (reason "too_many_labels"). Raises ValueError for weights that do not fit.
    """
    if not answers.n_answers:
        return []
    if answers.n_labels > DENSE_LABELS:
        return _influence_only(answers, coefficient)
    table, rows = PatternTable.with_rows(answers)
    w = agreement_weights(weights, answers.labels)
    size = answers.n_labels
    row = rows[answers.task]
    paired = table.sizes[row] >= 2
    row, label, worker = row[paired], answers.label[paired], answers.worker[paired]
    cell = row * size + label
    rest = _others(table)
    near = (rest @ w).reshape(-1, size, size)[:, np.arange(size), np.arange(size)].reshape(-1)
    n = np.bincount(worker, minlength=answers.n_workers).astype(np.float64)
    safe = np.maximum(n, 1)
    observed = np.bincount(worker, weights=near[cell], minlength=len(n)) / safe
    squares = np.bincount(worker, weights=near[cell] ** 2, minlength=len(n)) / safe
    own = np.bincount(worker.astype(np.int64) * size + label, minlength=len(n) * size).reshape(-1, size) / safe[:, None]
    theirs = np.column_stack([np.bincount(worker, weights=rest[cell, k], minlength=len(n)) for k in range(size)])
    chance = np.einsum("wk,wk->w", own @ w, theirs / safe[:, None])
    room = np.where(1 - chance > 1e-12, 1 - chance, np.nan)
    kappa = (observed - chance) / room
    se = np.sqrt(np.maximum(squares - observed**2, 0) / np.maximum(n - 1, 1)) / room
    reach = special.stdtrit(np.maximum(n - 1, 1), (1 + confidence) / 2) * se
    without = coefficient_without_workers(answers, coefficient)
    value = float(coefficient.values(table, table.multiplicity[None, :].astype(np.float64))[0])
    answered = np.flatnonzero(np.bincount(answers.worker, minlength=answers.n_workers))
    found = []
    for i in answered.tolist():
        entry = WorkerAgreement(worker=answers.workers[i], tasks=int(n[i]))
        if n[i] == 0:
            entry = replace(entry, reason=Reason.NO_PAIRABLE)
        elif not np.isfinite(kappa[i]):
            entry = replace(entry, observed=float(observed[i]), reason=Reason.NO_VARIATION)
        else:
            entry = replace(entry, observed=float(observed[i]), kappa=float(kappa[i]))
            if n[i] >= 2:
                low, high = float(kappa[i] - reach[i]), min(1.0, float(kappa[i] + reach[i]))
                entry = replace(entry, se=finite(float(se[i])), low=finite(low), high=finite(high))
        left = None if without is None else finite(float(without[i]))
        found.append(replace(entry, without=left, influence=None if left is None else finite(value - left)))
    return found


def _influence_only(answers: AnswerSet, coefficient: Coefficient) -> list[WorkerAgreement]:
    """The entries of a large label set or a continuous scale: influence by reckoning again without each worker."""
    table = ValueTable.from_answers(answers)
    value = float(coefficient.values(table, table.multiplicity[None, :].astype(np.float64))[0])
    shared = np.bincount(answers.task, minlength=answers.n_tasks)[answers.task] >= 2
    tasks = np.bincount(answers.worker[shared], minlength=answers.n_workers)
    used = np.unique(answers.worker)
    found = []
    for i in used.tolist():
        left = None
        if len(used) * answers.n_answers <= REPEAT_LIMIT:
            others = ValueTable.from_answers(answers.select(answers.worker != i))
            left = finite(float(coefficient.values(others, others.multiplicity[None, :].astype(np.float64))[0]))
        entry = WorkerAgreement(worker=answers.workers[i], tasks=int(tasks[i]), reason=Reason.TOO_MANY_LABELS)
        found.append(replace(entry, without=left, influence=None if left is None else finite(value - left)))
    return found


def _others(table: PatternTable) -> Floats:
    """Label shares among the others' answers, for each kind of task, each own label: (P · K, K)."""
    size = len(table.labels)
    left = table.patterns[:, None, :] - np.eye(size, dtype=np.int64)[None]
    return np.asarray((left / np.maximum(table.sizes - 1, 1)[:, None, None]).reshape(-1, size))


def coefficient_without_workers(answers: AnswerSet, coefficient: Coefficient) -> Floats | None:
    """The coefficient without each worker in turn, nan where that leaves it undefined: (n_workers,).

    None where there are more than a thousand million (worker, kind of task) cells to go through. Exact: taking a
    worker away turns each of that worker's tasks into one with an answer less.
    """
    table, rows = PatternTable.with_rows(answers)
    size, kinds = answers.n_labels, len(table.patterns)
    less = (table.patterns[:, None, :] - np.eye(size, dtype=np.int64)[None]).reshape(-1, size)
    real = less.min(axis=1, initial=0) >= 0
    if answers.n_workers * (kinds + int(real.sum())) > CELL_LIMIT:
        return None
    place = np.cumsum(real) - 1
    wide = PatternTable(
        np.vstack([table.patterns, less[real]]),
        np.concatenate([table.multiplicity, np.zeros(int(real.sum()), dtype=np.int64)]),
        table.labels,
        table.workers,
    )
    first_of = np.searchsorted(np.flatnonzero(real) // size, np.arange(kinds))
    out = np.empty(answers.n_workers)
    cell = place[rows[answers.task] * size + answers.label]
    for begin, end, count in _by_worker(answers, cell, int(real.sum())):
        weight = np.empty((end - begin, kinds + count.shape[1]))
        weight[:, kinds:] = count
        weight[:, :kinds] = table.multiplicity - np.add.reduceat(count, first_of, axis=1)
        out[begin:end] = coefficient.values(wide, weight)
    return out


def _by_worker(answers: AnswerSet, cell: NDArray[np.intp], width: int) -> Iterator[tuple[int, int, Floats]]:
    """How often each worker's answers fall in each cell, in blocks of workers: (begin, end, (end − begin, width))."""
    order = np.argsort(answers.worker, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(answers.worker, minlength=answers.n_workers))])
    step = max(1, BLOCK_CELLS // max(1, width))
    for begin in range(0, answers.n_workers, step):
        end = min(begin + step, answers.n_workers)
        part = order[start[begin] : start[end]]
        flat = (answers.worker[part].astype(np.int64) - begin) * width + cell[part]
        count = np.bincount(flat, minlength=(end - begin) * width).reshape(end - begin, width)
        yield begin, end, count.astype(np.float64)


def with_worker_spread(
    result: AgreementResult, answers: AnswerSet, coefficient: Coefficient, *, confidence: float = 0.95
) -> AgreementResult:
    """Add the interval for "workers like these": √(SE over tasks² + delete-one-worker jackknife SE²).

    Unchanged where there is no value, no standard error, or no two workers can be left out.
    """
    if result.value is None or result.se is None:
        return result
    without = coefficient_without_workers(answers, coefficient)
    if without is None:
        return result.with_notes("too many workers times kinds of tasks for the interval over workers")
    used = np.bincount(answers.worker, minlength=answers.n_workers) > 0
    values = without[used & np.isfinite(without)]
    if len(values) < 2:
        return result
    se_workers = float(np.sqrt((len(values) - 1) * np.var(values)))
    se = float(np.hypot(result.se, se_workers))
    reach = float(special.stdtrit(len(values) - 1, (1 + confidence) / 2)) * se
    return replace(
        result,
        se_with_workers=se,
        low_with_workers=result.value - reach,
        high_with_workers=min(1.0, result.value + reach),
    )
