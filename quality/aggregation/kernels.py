"""Choosing the kernel of a fit: compiled by numba for large fits, sparse products in numpy for small ones."""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from quality.aggregation.layout import Ints, Layout, lay_out
from quality.answers import AnswerSet

Floats = NDArray[np.floating[Any]]

COMPILED_FROM = 20_000
"""Answers from which loading the compiled code costs less than it saves."""

THREADED_FROM = 500_000
"""Answers from which a fit uses more than one core unless it is told how many."""

SLOWER = "numba is not installed: the fit ran on numpy alone, two to three times slower"


class Kernel(Protocol):
    """The steps of a confusion-matrix model; T tasks, W workers, K labels, N answers, tables [worker, given, true]."""

    layout: Layout

    def start(self, gold: Ints) -> Floats:
        """Share of each label among a task's answers (T, K), gold tasks clamped; 0 without answers or gold."""

    def new_table(self) -> Floats:
        """An empty table (W, K, K)."""

    def worker_counts(self, posterior: Floats) -> Floats:
        """How much of each worker's answers falls on each pair of labels: (W, K, K)."""

    def task_evidence(self, log_table: Floats) -> Floats:
        """Sum of log P(given | true) over each task's answers: (T, K)."""

    def refresh_workers(
        self, posterior: Floats, prior: Floats, history: Floats | None, log_table: Floats
    ) -> tuple[Floats, Floats, float]:
        """M-step: write log P(given | true) into ``log_table``.

        ``prior`` (K, K) [given, true] and ``history`` (W, K, K) [worker, given, true] are pseudo-counts; a row that
        rests on nothing is uniform. Returns the workers' counts summed and their logs summed, both (K, K)
        [given, true], and the history's part of the penalty.
        """

    def estimate_tasks(
        self, log_table: Floats, log_prevalence: Floats, gold: Ints, posterior: Floats
    ) -> tuple[float, float, Floats]:
        """E-step: write the posteriors (T, K), gold tasks clamped.

        Returns the log-likelihood, the largest change of a posterior, and the sum (K,) of the posteriors of the
        tasks that have answers or gold.
        """

    def influence(self, log_table: Floats, log_prevalence: Floats, gold: Ints) -> NDArray[np.float32]:
        """How much each answer moved its task, in the order of the answers: (N,)."""


def kernel_for(answers: AnswerSet, *, threads: int = 0) -> Kernel:
    """The fastest kernel there is for these answers; ``threads`` 0 takes every core when there is much to do."""
    module = compiled_module() if _fits(answers) and answers.n_answers >= COMPILED_FROM else None
    if module is None:
        # Loaded here, since a large fit has no use for scipy's sparse matrices.
        from quality.aggregation.kernels_numpy import SparseKernel

        return SparseKernel(lay_out(answers))
    if threads == 0:
        threads = _cores() if answers.n_answers >= THREADED_FROM else 1
    kernel: Kernel = module.CompiledKernel(lay_out(answers, module.order_by), threads)
    return kernel


def slower_note(answers: AnswerSet) -> tuple[str, ...]:
    """A sentence when these answers would have run compiled had numba been there."""
    large = answers.n_answers >= COMPILED_FROM and _fits(answers)
    return (SLOWER,) if large and compiled_module() is None else ()


@cache
def compiled_module() -> ModuleType | None:
    """The compiled kernel's module, or None where numba is missing or ASSAY_NUMBA=0 switches it off."""
    if os.environ.get("ASSAY_NUMBA") == "0":
        return None
    try:
        return import_module("quality.aggregation.kernels_compiled")
    except ImportError:
        return None


def _fits(answers: AnswerSet) -> bool:
    """Whether labels fit a byte and cells 31 bits, as the compiled code assumes."""
    return 0 < answers.n_labels <= 256 and answers.n_workers * answers.n_labels < 2**31


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
