"""What a worker makes of each label: counts of truth and answer, with intervals, and how much the answers tell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

Floats = NDArray[np.float64]

PSEUDO = 0.5
"""Jeffreys' pseudo-count of a cell."""

MOST_CELLS = 10_000_000


@dataclass(frozen=True, kw_only=True)
class InformationShare:
    """Per worker, (W,): nats that one answer tells of the true label, with 95 % limits, and the share of the whole."""

    per_answer: Floats
    low: Floats
    high: Floats
    share: Floats
    share_low: Floats
    share_high: Floats


def share_intervals(counts: Floats) -> tuple[Floats, Floats, Floats]:
    """Share, lower and upper 95 % limit of each cell of ``counts`` (…, K) within its row; nan in an empty row.

    Jeffreys' interval; the counts may be expected ones. Raises ValueError on a negative count.
    """
    table = np.asarray(counts, dtype=float)
    if (table < 0).any():
        raise ValueError("a count is negative")
    total = table.sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(total > 0, table / total, np.nan)
    a, b = table + PSEUDO, total - table + PSEUDO
    low = np.where(table > 0, betaincinv(a, np.maximum(b, PSEUDO), 0.025), 0.0)
    high = np.where(total - table > 0, betaincinv(a, np.maximum(b, PSEUDO), 0.975), 1.0)
    is_empty = np.broadcast_to(total == 0, table.shape)
    return share, np.where(is_empty, np.nan, low), np.where(is_empty, np.nan, high)


def information_shares(
    counts: Floats, answers: NDArray[np.int64], prevalence: Floats, *, rng: np.random.Generator
) -> InformationShare:
    """Who carries a project: mutual information of answer and truth per worker, times how much each answered.

    ``counts`` (W, K, K) ``[worker, true, given]``; ``answers`` (W,); ``prevalence`` (K,). Intervals from draws of each
    matrix given its counts. Raises ValueError when the shapes do not fit.
    """
    n_workers, n_labels = counts.shape[0], counts.shape[-1]
    if counts.shape != (n_workers, n_labels, n_labels) or answers.shape != (n_workers,):
        raise ValueError(f"counts have shape {counts.shape}, answers {answers.shape}; give (W, K, K) and (W,)")
    n_draws = int(np.clip(MOST_CELLS // max(1, counts.size), 40, 200))
    told = np.empty((n_draws, n_workers))
    for i in range(n_draws):
        cells = rng.standard_gamma(counts + PSEUDO)
        told[i] = mutual_information(cells / cells.sum(axis=-1, keepdims=True), prevalence)
    weight = told * answers
    shares = weight / np.maximum(weight.sum(axis=1, keepdims=True), 1e-300)
    low, high = np.quantile(told, [0.025, 0.975], axis=0) if n_workers else (told[0], told[0])
    share_low, share_high = np.quantile(shares, [0.025, 0.975], axis=0) if n_workers else (shares[0], shares[0])
    return InformationShare(
        per_answer=told.mean(axis=0), low=low, high=high, share=shares.mean(axis=0),
        share_low=share_low, share_high=share_high,
    )  # fmt: skip


def mutual_information(confusion: Floats, prevalence: Floats) -> Floats:
    """Nats that one answer tells of the truth, (W,), from ``confusion`` (W, K, K) with rows that sum to 1."""
    joint = np.asarray(prevalence)[None, :, None] * confusion
    given = joint.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(joint > 0, joint * (np.log(confusion) - np.log(given)), 0.0)
    return np.asarray(np.maximum(0.0, terms.sum(axis=(1, 2))))
