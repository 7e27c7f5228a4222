"""What a few more answers are expected to add to the chance that a task's label is right."""

from __future__ import annotations

from itertools import combinations_with_replacement
from math import comb
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, xlogy

Floats = NDArray[np.floating[Any]]

MOST_OUTCOMES = 20_000
"""Outcomes a look ahead may enumerate; beyond, look less far."""


def even_matrix(n_labels: int, accuracy: float) -> Floats:
    """Confusion matrix of a worker of ``accuracy`` whose errors are even over the other labels: (K, K)."""
    if n_labels < 2 or not 0 < accuracy < 1:
        raise ValueError(f"n_labels is {n_labels}, accuracy is {accuracy}; at least 2 labels, accuracy inside (0, 1)")
    matrix = np.full((n_labels, n_labels), (1 - accuracy) / (n_labels - 1))
    np.fill_diagonal(matrix, accuracy)
    return matrix


def expected_gain(posterior: ArrayLike, matrix: ArrayLike, n_answers: int) -> Floats:
    """Expected rise of the consensus label's probability from ``n_answers`` more answers: (T,).

    posterior: (T, K); matrix: (K, K) [true, given], of the worker who is likely to come next, rows sum to 1. Exact,
    over all outcomes; never negative. One answer alone often gains exactly 0, since it cannot turn the consensus,
    where two can: look ahead. Raises ValueError on a bad distribution or too many outcomes to enumerate.
    """
    q, M = np.atleast_2d(np.asarray(posterior, dtype=float)), np.asarray(matrix, dtype=float)
    K = q.shape[1]
    bad = np.flatnonzero(~((q >= 0).all(axis=1) & (np.abs(q.sum(axis=1) - 1) <= 1e-4)))
    if bad.size:
        raise ValueError(f"posterior[{bad[0]}] is {q[bad[0]].tolist()}; probabilities are at least 0 and sum to 1")
    if M.shape != (K, K) or not (M >= 0).all() or not np.allclose(M.sum(axis=1), 1, atol=1e-4):
        raise ValueError(f"the matrix is not ({K}, {K}) with rows that sum to 1")
    if n_answers < 0:
        raise ValueError(f"n_answers is {n_answers}; it is at least 0")
    # Each outcome counts how often each label was given.
    n_outcomes = comb(K + n_answers - 1, n_answers)
    if n_outcomes > MOST_OUTCOMES:
        raise ValueError(f"{n_answers} answers with {K} labels have {n_outcomes} outcomes; look less far ahead")
    picks = np.array(list(combinations_with_replacement(range(K), n_answers)), dtype=int).reshape(n_outcomes, n_answers)
    counts = (picks[:, :, None] == np.arange(K)).sum(axis=1)
    orders = gammaln(n_answers + 1) - gammaln(counts + 1).sum(axis=1)
    chance = np.exp(orders[:, None] + np.stack([xlogy(counts, row).sum(axis=1) for row in M], axis=1))
    best = np.zeros(len(q))
    for row in chance:
        best += (q * row).max(axis=1)
    # A rise smaller than rounding is none: otherwise noise would buy answers.
    rise = best - q.max(axis=1)
    gain: Floats = np.where(rise > 1e-12, rise, 0.0)
    return gain


def farthest_look(n_labels: int, ahead: int) -> int:
    """``ahead``, or as many answers as can be enumerated with ``n_labels`` labels, at least 1."""
    return max([m for m in range(1, ahead + 1) if comb(n_labels + m - 1, m) <= MOST_OUTCOMES], default=1)


def best_look_ahead(
    posterior: ArrayLike, matrix: ArrayLike, *, ahead: int, price: float, value: float
) -> tuple[Floats, NDArray[np.int64]]:
    """Largest net worth of asking 1 to ``ahead`` more answers, with how many that takes: (T,), (T,).

    ``price`` of an answer and ``value`` of one more right label are in one currency; with very many labels the look
    ahead is cut short as `farthest_look` says. Raises ValueError when they are
    negative or ``ahead`` is under 1.
    """
    if ahead < 1 or price < 0 or value < 0:
        raise ValueError(f"ahead is {ahead}, price is {price}, value is {value}; out of range")
    look = farthest_look(np.shape(np.atleast_2d(posterior))[1], ahead)
    nets = np.stack([value * expected_gain(posterior, matrix, m) - price * m for m in range(1, look + 1)])
    return nets.max(axis=0), nets.argmax(axis=0) + 1
