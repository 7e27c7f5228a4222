"""Pairs of workers who share wrong answers more often than their own error habits explain."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.answers import AnswerSet
from quality.results import AggregationResult

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True)
class SharedErrors:
    """Two workers' common wrong answers: how many were seen, how many their confusion matrices expect.

    is_flagged: the pair's p-value passes Benjamini-Hochberg over all pairs tested.
    """

    first: Hashable
    second: Hashable
    n_shared: int
    observed: int
    expected: float
    p_value: float
    is_flagged: bool


def shared_errors(
    answers: AnswerSet, fitted: AggregationResult, *, level: float = 0.05, min_shared: int = 10
) -> list[SharedErrors]:
    """Test every pair of workers with at least ``min_shared`` tasks in common, the most suspicious first.

    A shared error is the same label from both on a task whose consensus is another. Given the truth, honest workers
    err independently: on a task of true label k they share an error with chance Σ_{l ≠ k} π_a(k, l) · π_b(k, l), by
    their confusion matrices. The p-value is of the Poisson-binomial count of shared errors being at least as high.
    Hard tasks make honest workers err together too, so a flag asks for a look, above all at tasks with gold.

    ``fitted`` is of the same answers, with confusion matrices; when a large ring votes the truth out, use gold in the
    fit. Raises ValueError without confusion matrices, on other answers, fractional votes or a level out of range.
    """
    if not answers.n_answers:
        return []
    if fitted.confusion is None:
        raise ValueError(f"the fit of {fitted.model!r} has no confusion matrices")
    if tuple(fitted.tasks) != tuple(answers.tasks) or tuple(fitted.workers) != tuple(answers.workers):
        raise ValueError("the fit is of other answers: its tasks or workers differ")
    if answers.weight is not None:
        raise ValueError("the answers carry weights; pool fractional votes of models by group instead")
    if not 0 < level < 1 or min_shared < 1:
        raise ValueError(f"level is {level}, min_shared is {min_shared}; out of range")
    confusion = np.nan_to_num(fitted.confusion, nan=1.0 / max(answers.n_labels, 1))
    truth = fitted.best
    by_task = np.argsort(answers.task, kind="stable")
    pairs = _pairs(answers, by_task)
    found: list[tuple[int, int, int, int, float, float]] = []
    for (a, b), (rows_a, rows_b) in pairs.items():
        if len(rows_a) < min_shared:
            continue
        k = truth[answers.task[rows_a]]
        wrong = (answers.label[rows_a] == answers.label[rows_b]) & (answers.label[rows_a] != k)
        both = confusion[a, k] * confusion[b, k]
        chance = np.clip(both.sum(axis=1) - both[np.arange(len(k)), k], 0.0, 1.0)
        observed = int(wrong.sum())
        found.append((a, b, len(k), observed, float(chance.sum()), count_tail(chance, observed)))
    p_values = np.array([row[5] for row in found])
    flagged = benjamini_hochberg(p_values, level)
    rows = [
        SharedErrors(
            first=answers.workers[a],
            second=answers.workers[b],
            n_shared=n,
            observed=observed,
            expected=expected,
            p_value=p,
            is_flagged=bool(flag),
        )
        for (a, b, n, observed, expected, p), flag in zip(found, flagged, strict=True)
    ]
    return sorted(rows, key=lambda row: row.p_value)


def count_tail(chance: Floats, observed: int) -> float:
    """P(at least ``observed`` of independent events with these chances happen), exactly."""
    # The last cell collects every count from ``observed`` on, so that small tails keep their digits.
    law = np.zeros(max(observed, 0) + 1)
    law[0] = 1.0
    for p in chance if observed > 0 else ():
        moved = law[:-1] * p
        law[:-1] -= moved
        law[1:] += moved
    return float(min(1.0, law[-1]))


def benjamini_hochberg(p_values: Floats, level: float) -> NDArray[np.bool_]:
    """Which hypotheses to reject so that the false discovery rate is at most ``level`` (independent tests)."""
    m = len(p_values)
    rejected = np.zeros(m, dtype=bool)
    if m:
        order = np.argsort(p_values, kind="stable")
        under = np.flatnonzero(p_values[order] <= level * np.arange(1, m + 1) / m)
        if under.size:
            rejected[order[: under[-1] + 1]] = True
    return rejected


def benjamini_yekutieli(p_values: Floats, level: float) -> NDArray[np.bool_]:
    """Which hypotheses to reject so that the false discovery rate is at most ``level``, however the tests depend."""
    m = len(p_values)
    return (
        benjamini_hochberg(p_values, level / float(np.sum(1 / np.arange(1, m + 1)))) if m else np.zeros(0, dtype=bool)
    )


def _pairs(answers: AnswerSet, by_task: NDArray[np.intp]) -> dict[tuple[int, int], tuple[Any, Any]]:
    """For each pair of workers (lower index first) the rows of their answers to common tasks, in one order."""
    ends = np.searchsorted(answers.task[by_task], np.arange(answers.n_tasks + 1))
    lower: list[NDArray[np.intp]] = []
    upper: list[NDArray[np.intp]] = []
    for start, end in pairwise(ends.tolist()):
        rows = by_task[start:end]
        rows = rows[np.argsort(answers.worker[rows], kind="stable")]
        i, j = np.triu_indices(len(rows), k=1)
        lower.append(rows[i])
        upper.append(rows[j])
    if not lower:
        return {}
    first, second = np.concatenate(lower), np.concatenate(upper)
    different = answers.worker[first] != answers.worker[second]
    first, second = first[different], second[different]
    key = answers.worker[first].astype(np.int64) * answers.n_workers + answers.worker[second]
    order = np.argsort(key, kind="stable")
    keys, starts = np.unique(key[order], return_index=True)
    cuts = np.append(starts, len(order))
    return {
        (int(k // answers.n_workers), int(k % answers.n_workers)): (first[order[s:e]], second[order[s:e]])
        for k, s, e in zip(keys, cuts[:-1], cuts[1:], strict=True)
    }
