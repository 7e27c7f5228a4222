"""Subtypes: variational Bayes for a confusion matrix of each worker on each hidden subtype of a label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln

from quality.aggregation.incidence import Incidence
from quality.aggregation.worker_prior import PREVALENCE_COUNT
from quality.numerics import normalise_logs

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class SubtypeFit:
    """M subtypes of each of K labels.

    shares: (T, K · M), P(label, subtype | answers), gold clamped; ``log_shares`` the same before clamping, in logs.
    table: (W, K given, K, M) Dirichlet counts. bound: the evidence lower bound of each iteration.
    """

    shares: Floats
    log_shares: Floats
    table: Floats
    prevalence: Floats
    bound: tuple[float, ...]
    change: float
    converged: bool

    @property
    def n_subtypes(self) -> int:
        return int(self.table.shape[3])

    @property
    def posterior(self) -> Floats:
        """P(label | answers): (T, K)."""
        sums: Floats = self.shares.reshape(len(self.shares), -1, self.n_subtypes).sum(axis=2)
        return sums

    @property
    def log_posterior(self) -> Floats:
        """Log P(label | answers) as if no task were gold: (T, K)."""
        cube = self.log_shares.reshape(len(self.log_shares), -1, self.n_subtypes)
        logs: Floats = np.logaddexp.reduce(cube, axis=2)
        return logs


def expected_logs(counts: Floats, axis: int) -> Floats:
    """E[log p] under Dirichlet(counts) along ``axis``."""
    logs: Floats = digamma(counts) - digamma(counts.sum(axis=axis, keepdims=True))
    return logs


def divergence(counts: Floats, prior: Floats, logs: Floats, axis: int) -> float:
    """KL(Dirichlet(counts) || Dirichlet(prior)), summed over all; ``logs`` are the expected logs under ``counts``."""
    totals = gammaln(counts.sum(axis=axis)).sum() - gammaln(counts).sum()
    prior_totals = gammaln(prior.sum(axis=axis)).sum() - gammaln(prior).sum()
    return float(totals - prior_totals + ((counts - prior) * logs).sum())


def split(posterior: Floats, n_subtypes: int, rng: np.random.Generator, order: NDArray[np.intp]) -> Floats:
    """Share each label out among subtypes at random: (T, K) -> (T, K · M).

    ``order`` ranks the tasks by something that does not depend on the order of the answers.
    """
    n_tasks, K = posterior.shape
    if n_subtypes == 1:
        return posterior.copy()
    draws = rng.dirichlet(np.ones(n_subtypes), size=(n_tasks, K))
    shares: Floats = (draws[order] * posterior[:, :, None]).reshape(n_tasks, K * n_subtypes)
    return shares


def fit_subtypes(
    crowd: Incidence,
    prior: Floats,
    shares: Floats,
    *,
    concentration: float,
    max_iter: int,
    tol: float,
) -> SubtypeFit:
    """Coordinate ascent on the evidence lower bound, which never decreases.

    prior: (W, K, K) Dirichlet counts [worker, given, true], the same for every subtype and fixed during the fit.
    shares: (T, K · M) to start from. concentration: pseudo-tasks of a label shared by its subtypes; under 1 per
    subtype leaves needless ones empty. Converged when no posterior moved by more than ``tol``, or the bound gained
    less than tol / 1000 per answer.
    """
    n_tasks, n_workers, K = crowd.shape
    M = shares.shape[1] // max(K, 1)
    base = prior[:, :, :, None]
    if crowd.history is not None:
        base = base + crowd.history[:, :, :, None]
    every = np.broadcast_to(base, (n_workers, K, K, M))
    label_prior = np.full(K, PREVALENCE_COUNT)
    subtype_prior = np.full((K, M), concentration / M)
    forbidden = np.zeros((n_tasks, K), dtype=bool)
    gold = np.flatnonzero(crowd.gold >= 0)
    forbidden[gold] = True
    forbidden[gold, crowd.gold[gold]] = False
    forbidden = np.repeat(forbidden, M, axis=1)
    seen = crowd.seen
    bound: list[float] = []
    change, converged = np.inf, False
    table, log_shares, prevalence = every, shares, label_prior
    while not converged and len(bound) < max_iter:
        table = crowd.worker_counts(shares).reshape(n_workers, K, K, M) + base
        sizes = shares.sum(axis=0).reshape(K, M)
        prevalence = sizes.sum(axis=1) + label_prior
        subtype_counts = sizes + subtype_prior
        table_logs = expected_logs(table, 1)
        label_logs = expected_logs(prevalence, 0)
        subtype_logs = expected_logs(subtype_counts, 1)
        logits = crowd.evidence(table_logs) + (label_logs[:, None] + subtype_logs).reshape(K * M)
        free, free_sums = normalise_logs(logits)
        if gold.size:
            fresh, sums = normalise_logs(np.where(forbidden, -np.inf, logits))
        else:
            fresh, sums = free, free_sums
        fresh = np.where(seen[:, None], fresh, 0.0)
        bound.append(
            float(sums[seen].sum())
            - divergence(table, every, table_logs, 1)
            - divergence(subtype_counts, subtype_prior, subtype_logs, 1)
            - divergence(prevalence, label_prior, label_logs, 0)
        )
        moved = (fresh - shares).reshape(n_tasks, K, M).sum(axis=2)
        change = float(np.abs(moved).max(initial=0.0))
        log_shares = logits - free_sums[:, None]
        shares = fresh
        gain = bound[-1] - bound[-2] if len(bound) > 1 else np.inf
        converged = change <= tol or abs(gain) <= tol * 1e-3 * crowd.answers.n_answers
    return SubtypeFit(
        shares=shares,
        log_shares=log_shares,
        table=table,
        prevalence=prevalence / prevalence.sum(),
        bound=tuple(bound),
        change=change,
        converged=converged,
    )
