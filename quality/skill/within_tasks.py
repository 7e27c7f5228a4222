"""The chance that two workers share a wrong label, given how many of the task's workers gave that label."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.answers import AnswerSet

Floats = NDArray[np.floating[Any]]
# Up to so many answers a task the chance is exact; beyond, an approximation whose error falls with their number.
EXACT_UP_TO = 10
BISECTIONS = 60


def shared_chance(
    answers: AnswerSet, truth: NDArray[np.integer[Any]], odds: Floats, first: NDArray[np.intp], second: NDArray[np.intp]
) -> Floats:
    """P(both answers are the same wrong label) for rows ``first``, ``second`` (P,) of common tasks: (P,).

    ``truth`` (T,); ``odds`` (N, K) of each answer's worker giving each label rather than another, on that task. Let the
    odds of every worker of a task be multiplied by a factor of that task and label: how many gave the label is
    sufficient for the factor, and given that number the chance depends on the factor no more. A task may thus be as
    hard, or as misleading, as it likes. Where all of a task's workers gave the label the chance is 1: nothing can be
    learnt from it. The larger of two chances is taken, by the workers' odds and by lot: on tasks at which everybody
    guesses, the odds of easier ones say nothing.
    """
    by_task = np.argsort(answers.task, kind="stable")
    ends = np.searchsorted(answers.task[by_task], np.arange(answers.n_tasks + 1))
    sizes = np.diff(ends)
    position = np.empty(answers.n_answers, dtype=np.int64)
    position[by_task] = np.arange(answers.n_answers) - np.repeat(ends[:-1], sizes)
    given = np.zeros((answers.n_tasks, answers.n_labels), dtype=np.int64)
    np.add.at(given, (answers.task, answers.label), 1)
    given[np.arange(answers.n_tasks), truth] = 0
    chance = np.zeros(len(first))
    entries = _grouped(answers.task[first].astype(np.int64), answers.n_tasks)
    cells = np.argwhere(given >= 2)
    shapes = np.stack([sizes[cells[:, 0]], given[cells[:, 0], cells[:, 1]]], axis=1)
    for n, c in np.unique(shapes, axis=0).tolist():
        here = cells[(shapes == (n, c)).all(axis=1)]
        rows = by_task[ends[here[:, 0], None] + np.arange(n)]
        both = _pair_chance(odds[rows, here[:, 1, None]], c)
        for (task, _), table in zip(here.tolist(), both, strict=True):
            at = entries[0][entries[1][task] : entries[1][task + 1]]
            chance[at] += table[position[first[at]], position[second[at]]]
    return np.asarray(np.clip(chance, 0.0, 1.0))


def _pair_chance(odds: Floats, c: int) -> Floats:
    """(M, n) odds, ``c`` of n gave the label: (M, n, n) chances that a pair is among them."""
    n = odds.shape[1]
    lot = c * (c - 1) / (n * (n - 1))
    if c == n:
        return np.ones((len(odds), n, n))
    # A factor common to the workers of a task cancels: this one keeps the sums in range.
    odds = odds / np.exp(np.log(odds).mean(axis=1, keepdims=True))
    if n > EXACT_UP_TO:
        share = _shares(odds, c)
        both = share[:, :, None] * share[:, None, :] * ((c - 1) * n / (c * (n - 1)))
    else:
        total = _symmetric(odds, c)
        both = np.zeros((len(odds), n, n))
        for i in range(n):
            for j in range(i + 1, n):
                rest = [k for k in range(n) if k not in (i, j)]
                both[:, i, j] = odds[:, i] * odds[:, j] * _symmetric(odds[:, rest], c - 2) / total
                both[:, j, i] = both[:, i, j]
    return np.asarray(np.clip(np.maximum(both, lot), 0.0, 1.0))


def _symmetric(odds: Floats, c: int) -> Floats:
    """The elementary symmetric polynomial of degree ``c`` of each row, (M,)."""
    sums = np.zeros((c + 1, len(odds)))
    sums[0] = 1.0
    for column in odds.T:
        for degree in range(c, 0, -1):
            sums[degree] += sums[degree - 1] * column
    return np.asarray(sums[c])


def _shares(odds: Floats, c: int) -> Floats:
    """Probabilities with these odds, times a factor per row, that add up to ``c``: (M, n)."""
    low, high = np.full(len(odds), -50.0), np.full(len(odds), 50.0)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        scaled = odds * np.exp(middle)[:, None]
        is_over = (scaled / (1 + scaled)).sum(axis=1) > c
        low, high = np.where(is_over, low, middle), np.where(is_over, middle, high)
    scaled = odds * np.exp((low + high) / 2)[:, None]
    return np.asarray(scaled / (1 + scaled))


def _grouped(task: NDArray[np.int64], n_tasks: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The places of ``task`` in the order of tasks, and where each task's places begin."""
    order = np.argsort(task, kind="stable")
    return order, np.searchsorted(task[order], np.arange(n_tasks + 1))
