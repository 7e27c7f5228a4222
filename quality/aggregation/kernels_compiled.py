"""The compiled kernel: numba's array functions run over blocks of tasks and of workers, in one thread or several."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.aggregation import kernels_numba as code
from quality.aggregation.influence_numba import influence
from quality.aggregation.kernels_numba import order_by
from quality.aggregation.layout import Ints, Layout

__all__ = ["CompiledKernel", "order_by"]

Floats = NDArray[np.floating[Any]]

CONSTANT_UP_TO = 8
"""Numbers of labels up to which K is a constant of the compiled code, each compiled once (about 4 s) and cached."""

BLOCKS = 16
"""Blocks of a large fit. Their number does not depend on the threads, so that sums come out the same on any machine."""

BLOCKED_FROM = 100_000
"""Answers from which the work is cut into blocks."""


class CompiledKernel:
    """See `kernels.Kernel`; tables and posteriors are float32, totals float64."""

    def __init__(self, layout: Layout, threads: int) -> None:
        self.layout = layout
        self.threads = threads
        # Its threads start at the first use, and end with the kernel; the caller's thread works too.
        self.pool = ThreadPoolExecutor(max(1, threads - 1))
        K = layout.n_labels
        self.dims: Any = (0,) * K if K <= CONSTANT_UP_TO else np.zeros(K, dtype=np.int8)
        self.task_blocks = _blocks(layout.task_start)
        self.worker_blocks = _blocks(layout.worker_start)
        nothing = np.empty(0, dtype=np.float32)
        self.task_weight = nothing if layout.task_weight is None else layout.task_weight
        self.worker_weight = nothing if layout.worker_weight is None else layout.worker_weight

    def start(self, gold: Ints) -> Floats:
        layout = self.layout
        posterior = np.zeros((layout.n_tasks, layout.n_labels), dtype=np.float32)
        self._over(
            self.task_blocks,
            lambda low, high: code.soft_majority(
                low, high, layout.task_start, layout.cell, self.task_weight, posterior.reshape(-1), self.dims
            ),
        )
        clamped = np.flatnonzero(gold >= 0)
        posterior[clamped] = 0.0
        posterior[clamped, gold[clamped]] = 1.0
        return posterior

    def new_table(self) -> Floats:
        return np.empty((self.layout.n_workers, self.layout.n_labels, self.layout.n_labels), dtype=np.float32)

    def worker_counts(self, posterior: Floats) -> Floats:
        layout = self.layout
        counts = self.new_table()
        flat = _flat(posterior)
        self._over(
            self.worker_blocks,
            lambda low, high: code.count(low, high, *self._by_worker(), flat, counts.reshape(-1), self.dims),
        )
        return counts.reshape(layout.n_workers, layout.n_labels, layout.n_labels)

    def task_evidence(self, log_table: Floats) -> Floats:
        layout = self.layout
        out = np.empty((layout.n_tasks, layout.n_labels), dtype=np.float64)
        flat = _flat(log_table)
        self._over(
            self.task_blocks,
            lambda low, high: code.evidence(
                low, high, layout.task_start, layout.cell, self.task_weight, flat, out.reshape(-1), self.dims
            ),
        )
        return out

    def refresh_workers(
        self, posterior: Floats, prior: Floats, history: Floats | None, log_table: Floats
    ) -> tuple[Floats, Floats, float]:
        K = self.layout.n_labels
        earlier = np.empty(0) if history is None else np.ascontiguousarray(history, dtype=np.float64).reshape(-1)
        pseudo = np.ascontiguousarray(prior, dtype=np.float64).reshape(-1)
        table = log_table.reshape(-1)
        parts = self._over(
            self.worker_blocks,
            lambda low, high: code.refresh(
                low, high, *self._by_worker(), posterior.reshape(-1), pseudo, earlier, table, self.dims
            ),
        )
        counts = np.sum([part[0] for part in parts], axis=0).reshape(K, K)
        log_sums = np.sum([part[1] for part in parts], axis=0).reshape(K, K)
        return counts, log_sums, float(sum(part[2] for part in parts))

    def estimate_tasks(
        self, log_table: Floats, log_prevalence: Floats, gold: Ints, posterior: Floats
    ) -> tuple[float, float, Floats]:
        layout = self.layout
        table = log_table.reshape(-1)
        parts = self._over(
            self.task_blocks,
            lambda low, high: code.estimate(
                low,
                high,
                layout.task_start,
                layout.cell,
                self.task_weight,
                table,
                log_prevalence,
                gold,
                posterior.reshape(-1),
                self.dims,
            ),
        )
        totals: Floats = np.sum([part[2] for part in parts], axis=0)
        return float(sum(part[0] for part in parts)), float(max(part[1] for part in parts)), totals

    def influence(self, log_table: Floats, log_prevalence: Floats, gold: Ints) -> NDArray[np.float32]:
        layout = self.layout
        moved = np.zeros(layout.n_answers, dtype=np.float32)
        table = log_table.reshape(-1)
        self._over(
            self.task_blocks,
            lambda low, high: influence(
                low,
                high,
                layout.task_start,
                layout.cell,
                self.task_weight,
                table,
                log_prevalence,
                gold,
                moved,
                self.dims,
            ),
        )
        return layout.in_answer_order(moved)

    def _by_worker(self) -> tuple[Any, Any, Any, Any]:
        layout = self.layout
        return layout.worker_start, layout.worker_task, layout.worker_label, self.worker_weight

    def _over(self, edges: list[int], work: Callable[[int, int], Any]) -> list[Any]:
        """Run ``work`` over the blocks between ``edges``; results in block order."""
        ranges = list(pairwise(edges))
        if self.threads == 1 or len(ranges) == 1:
            return [work(low, high) for low, high in ranges]
        results: list[Any] = [None] * len(ranges)
        places = iter(range(len(ranges)))

        def work_off() -> None:
            # One job a thread, which takes block after block: a job a block cost a tenth of a step of 1M answers.
            for place in places:
                results[place] = work(*ranges[place])

        others = [self.pool.submit(work_off) for _ in range(self.threads - 1)]
        work_off()
        for other in others:
            other.result()
        return results


def _blocks(start: Ints) -> list[int]:
    """Edges that cut tasks or workers into blocks of about equally many answers."""
    n_answers = int(start[-1])
    wanted = BLOCKS if n_answers >= BLOCKED_FROM else 1
    places = np.searchsorted(start, np.linspace(0, n_answers, wanted + 1)[1:-1])
    return [0, *(int(place) for place in places), len(start) - 1]


def _flat(values: Floats) -> Floats:
    return np.ascontiguousarray(values, dtype=np.float32).reshape(-1)
