"""Pairs of workers who share wrong answers more often than their habits and the tasks' difficulty explain."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.answers import AnswerSet
from quality.results import AggregationResult
from quality.skill.peers import SMALLEST_CELL
from quality.skill.within_tasks import shared_chance

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True)
class SharedErrors:
    """Two workers' common wrong answers: how many were seen, how many are expected at most without copying.

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

    A shared error is the same label from both on a task whose consensus is another. Hard tasks make honest workers err
    together: so the chance is taken within each task, given how many of its workers gave the label, which leaves the
    task's difficulty out (`within_tasks.shared_chance`); what remains is who they were, by the confusion matrices. A
    task with two answers says nothing, nor does one whose workers all erred alike. The p-value is of the
    Poisson-binomial count of shared errors being at least as high.

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
    first, second, cuts = _pairs(answers, by_task)
    given = np.clip(confusion[answers.worker, truth[answers.task]], SMALLEST_CELL, 1.0 - SMALLEST_CELL)
    chance = shared_chance(answers, truth, given / (1.0 - given), first, second)
    label = answers.label
    wrong = (label[first] == label[second]) & (label[first] != truth[answers.task[first]])
    found: list[tuple[int, int, int, int, float, float]] = []
    for start, end in pairwise(cuts.tolist()):
        if end - start < min_shared:
            continue
        a, b = int(answers.worker[first[start]]), int(answers.worker[second[start]])
        observed, expected = int(wrong[start:end].sum()), float(chance[start:end].sum())
        found.append((a, b, end - start, observed, expected, count_tail(chance[start:end], observed)))
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


def _pairs(
    answers: AnswerSet, by_task: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Rows of answers to common tasks, (P,) of the lower worker, (P,) of the higher, by pair; where each begins."""
    ends = np.searchsorted(answers.task[by_task], np.arange(answers.n_tasks + 1))
    lower: list[NDArray[np.intp]] = []
    upper: list[NDArray[np.intp]] = []
    for start, end in pairwise(ends.tolist()):
        rows = by_task[start:end]
        rows = rows[np.argsort(answers.worker[rows], kind="stable")]
        i, j = np.triu_indices(len(rows), k=1)
        lower.append(rows[i])
        upper.append(rows[j])
    first, second = np.concatenate(lower), np.concatenate(upper)
    different = answers.worker[first] != answers.worker[second]
    first, second = first[different], second[different]
    key = answers.worker[first].astype(np.int64) * answers.n_workers + answers.worker[second]
    order = np.argsort(key, kind="stable")
    _, starts = np.unique(key[order], return_index=True)
    return first[order], second[order], np.append(starts, len(order))
