"""The sparse kernel: both steps of EM as sparse products, for small fits or where numba is missing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from quality.aggregation.layout import Ints, Layout
from quality.numerics import normalise_logs, safe_log

Floats = NDArray[np.floating[Any]]

CHUNK = 4_000_000
"""Cells of the temporary tables that the influence is computed in."""


class SparseKernel:
    """See `kernels.Kernel`; everything is float64."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.weight = np.ones(layout.n_answers) if layout.task_weight is None else layout.task_weight.astype(float)
        shape = (layout.n_tasks, layout.n_workers * layout.n_labels)
        self.incidence: Any = sparse.csr_array((self.weight, layout.cell, layout.task_start), shape=shape)
        self.has_answers = np.diff(layout.task_start) > 0

    def start(self, gold: Ints) -> Floats:
        layout = self.layout
        labels = np.tile(np.eye(layout.n_labels), (layout.n_workers, 1))
        votes = np.asarray(self.incidence @ labels)
        totals = votes.sum(axis=1, keepdims=True)
        posterior: Floats = np.divide(votes, totals, out=np.zeros_like(votes), where=totals > 0)
        clamped = np.flatnonzero(gold >= 0)
        posterior[clamped] = 0.0
        posterior[clamped, gold[clamped]] = 1.0
        return posterior

    def new_table(self) -> Floats:
        return np.empty((self.layout.n_workers, self.layout.n_labels, self.layout.n_labels))

    def worker_counts(self, posterior: Floats) -> Floats:
        counts = np.asarray(self.incidence.T @ posterior)
        return counts.reshape(self.layout.n_workers, self.layout.n_labels, self.layout.n_labels)

    def task_evidence(self, log_table: Floats) -> Floats:
        return np.asarray(self.incidence @ self._rows(log_table))

    def refresh_workers(
        self, posterior: Floats, prior: Floats, history: Floats | None, log_table: Floats
    ) -> tuple[Floats, Floats, float]:
        counts = self.worker_counts(posterior)
        total = counts.sum(axis=0)
        counts = counts + prior if history is None else counts + prior + history
        sums = counts.sum(axis=1, keepdims=True)
        uniform = np.full_like(counts, 1.0 / max(self.layout.n_labels, 1))
        log_table[:] = safe_log(np.divide(counts, sums, out=uniform, where=sums > 0))
        penalty = 0.0 if history is None else float((history * np.where(history > 0, log_table, 0.0)).sum())
        return total, log_table.sum(axis=0), penalty

    def estimate_tasks(
        self, log_table: Floats, log_prevalence: Floats, gold: Ints, posterior: Floats
    ) -> tuple[float, float, Floats]:
        logs = self.task_evidence(log_table) + log_prevalence
        fresh, log_sums = normalise_logs(logs)
        clamped = np.flatnonzero(gold >= 0)
        fresh[clamped] = 0.0
        fresh[clamped, gold[clamped]] = 1.0
        log_sums[clamped] = logs[clamped, gold[clamped]]
        change = float(np.abs(fresh - posterior).max(initial=0.0))
        posterior[:] = fresh
        known = self.has_answers | (gold >= 0)
        return float(log_sums[known].sum()), change, fresh[known].sum(axis=0)

    def influence(self, log_table: Floats, log_prevalence: Floats, gold: Ints) -> NDArray[np.float32]:
        layout = self.layout
        rows = self._rows(log_table)
        impossible = np.isneginf(rows)
        finite = np.where(impossible, 0.0, rows)
        # Minus infinity cannot be taken off a sum again, so the answers that rule a label out are counted.
        sums = np.asarray(self.incidence @ finite) + log_prevalence
        answered = sparse.csr_array((np.ones(layout.n_answers), layout.cell, layout.task_start), self.incidence.shape)
        excluding = np.asarray(answered @ impossible.astype(float))
        full, _ = normalise_logs(np.where(excluding > 0, -np.inf, sums))
        task = np.repeat(np.arange(layout.n_tasks), np.diff(layout.task_start))
        moved = np.zeros(layout.n_answers, dtype=np.float32)
        step = max(1, CHUNK // max(layout.n_labels, 1))
        for low in range(0, layout.n_answers, step):
            part = slice(low, low + step)
            cell, of = layout.cell[part], task[part]
            rest = sums[of] - self.weight[part, None] * finite[cell]
            without, _ = normalise_logs(np.where(excluding[of] - impossible[cell] > 0, -np.inf, rest))
            moved[part] = 0.5 * np.abs(without - full[of]).sum(axis=1)
        moved[gold[task] >= 0] = 0.0
        return layout.in_answer_order(moved)

    def _rows(self, log_table: Floats) -> Floats:
        return log_table.reshape(self.layout.n_workers * self.layout.n_labels, self.layout.n_labels)
