"""The two steps of Dawid-Skene's EM as sparse products in numpy: for small fits, and where numba is missing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, special

from quality.aggregation.layout import Ints, Layout
from quality.numerics import normalise_logs, safe_log

Floats = NDArray[np.floating[Any]]


def worker_counts(layout: Layout, posterior: Floats) -> NDArray[np.float64]:
    """How much of each worker's answers falls on each pair of labels: (W, K, K) ``[worker, given, true]``."""
    counts = _incidence(layout).T @ posterior.astype(np.float64)
    return np.asarray(counts, dtype=np.float64).reshape(layout.n_workers, layout.n_labels, layout.n_labels)


def task_evidence(layout: Layout, log_table: Floats) -> NDArray[np.float64]:
    """Sum of log P(given | true) over each task's answers: (T, K); ``log_table`` is (W, K, K) [worker, given, true]."""
    rows = log_table.reshape(layout.n_workers * layout.n_labels, layout.n_labels).astype(np.float64)
    return np.asarray(_incidence(layout) @ rows, dtype=np.float64)


def refresh_workers(
    layout: Layout,
    posterior: Floats,
    prior: Floats,
    history: Floats | None,
    log_table: Floats,
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """M-step: write log P(given | true) of every worker into ``log_table`` (W, K, K) [worker, given, true].

    ``prior`` (K, K) [given, true] and ``history`` (W, K, K) [worker, true, given] are pseudo-counts. Returns the
    sum of the workers' counts (K, K) [given, true], the sum of their logs (K, K) [given, true] and the history's
    part of the penalty. A row without any count is uniform.
    """
    counts = worker_counts(layout, posterior)
    total = counts.sum(axis=0)
    counts += prior
    if history is not None:
        counts += history.transpose(0, 2, 1)
    sums = counts.sum(axis=1, keepdims=True)
    uniform = 1.0 / max(layout.n_labels, 1)
    log_table[:] = safe_log(np.divide(counts, sums, out=np.full_like(counts, uniform), where=sums > 0))
    penalty = 0.0 if history is None else float(_xy(history.transpose(0, 2, 1), log_table).sum())
    return total, log_table.sum(axis=0, dtype=np.float64), penalty


def estimate_tasks(
    layout: Layout,
    log_table: Floats,
    log_prevalence: Floats,
    gold: Ints,
    posterior: Floats,
) -> tuple[float, float, NDArray[np.float64]]:
    """E-step: write each task's posterior into ``posterior`` (T, K), gold tasks clamped.

    Returns the log-likelihood, the largest change of a posterior, and the (K,) sum of the posteriors of the tasks
    that have answers or gold.
    """
    logs = task_evidence(layout, log_table) + log_prevalence
    fresh, log_sums = normalise_logs(logs)
    clamped = np.flatnonzero(gold >= 0)
    fresh[clamped] = 0.0
    fresh[clamped, gold[clamped]] = 1.0
    log_sums[clamped] = logs[clamped, gold[clamped]]
    change = float(np.abs(fresh - posterior).max(initial=0.0))
    posterior[:] = fresh
    known = (np.diff(layout.task_start) > 0) | (gold >= 0)
    return float(log_sums[known].sum()), change, fresh[known].sum(axis=0)


def influence(
    layout: Layout, log_table: Floats, log_prevalence: Floats, gold: Ints, posterior: Floats
) -> NDArray[np.float32]:
    """How much each answer moved its task, in task order: (N,), total variation between with and without it."""
    rows = log_table.reshape(-1, layout.n_labels)
    logs = task_evidence(layout, log_table) + log_prevalence
    task = np.repeat(np.arange(layout.n_tasks), np.diff(layout.task_start))
    moved = np.zeros(layout.n_answers, dtype=np.float32)
    step = max(1, 4_000_000 // max(layout.n_labels, 1))
    for start in range(0, layout.n_answers, step):
        part = slice(start, start + step)
        own = rows[layout.cell[part]].astype(np.float64)
        if layout.task_weight is not None:
            own = own * layout.task_weight[part, None]
        rest = np.where(np.isneginf(own), -np.inf, logs[task[part]] - np.where(np.isneginf(own), 0.0, own))
        without, _ = normalise_logs(rest)
        moved[part] = 0.5 * np.abs(without - posterior[task[part]]).sum(axis=1)
    moved[gold[task] >= 0] = 0.0
    return moved


def _incidence(layout: Layout) -> Any:
    """Tasks × (worker · label) matrix of answer weights."""
    data = np.ones(layout.n_answers) if layout.task_weight is None else layout.task_weight.astype(np.float64)
    shape = (layout.n_tasks, layout.n_workers * layout.n_labels)
    return sparse.csr_array((data, layout.cell, layout.task_start), shape=shape)


def _xy(count: Floats, log: Floats) -> Floats:
    """count · log with 0 · log 0 = 0."""
    product: Floats = special.xlogy(count, np.exp(log))
    return product
