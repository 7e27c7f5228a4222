"""Agreement of full orders: the mean of Kendall's tau over the pairs of answers to each task."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.agreement.intervals import SMALL_SAMPLE, IntervalOptions, bca_bounds, exact_low, percentile_bounds
from quality.agreement.orders import kendall_tau
from quality.agreement.result import AgreementResult, Reason

METRIC = "mean_pairwise_tau"
# The lowest tau is −1: what a share of tasks that do not agree can pull off the mean is twice that share.
ROOM = 0.5
NO_SPREAD = 1e-9
BLOCK = 1 << 22

Floats = NDArray[np.floating[Any]]
Records = Iterable[tuple[Hashable, Hashable, Sequence[Hashable]]]


def order_agreement(
    records: Records, *, options: IntervalOptions | None = None, rng: np.random.Generator | int = 0
) -> AgreementResult:
    """The mean over tasks of the mean tau of each task's pairs of orders, from (task, worker, order) records.

    1 is the same order everywhere, 0 what orders drawn at random give, −1 upside down. The interval resamples tasks:
    BCa under 200, percentile from there. Reasons: "no_pairable_units"; "too_few_units" for a single task, whose value
    stands without an interval. Raises ValueError where two orders of a task are not of the same things.
    """
    options = options or IntervalOptions()
    tasks, workers, answers = _grouped(records)
    per_task = np.array([_mean_tau(orders) for orders in tasks.values()])
    result = AgreementResult(metric=METRIC, tasks=len(per_task), workers=workers, answers=answers)
    if not len(per_task):
        return replace(result, reason=Reason.NO_PAIRABLE)
    value = float(per_task.mean())
    if len(per_task) == 1:
        return replace(result, value=value, reason=Reason.TOO_FEW_TASKS)
    se = float(per_task.std(ddof=1) / np.sqrt(len(per_task)))
    result = replace(result, value=value, se=se, params={"confidence": options.confidence})
    if value > 1 - 1e-12:
        low = max(-1.0, exact_low(len(per_task), ROOM, options.tail))
        return result.with_interval(se=se, low=low, high=1.0, method="exact")
    if se < NO_SPREAD:
        note = "all tasks pull the value alike, so that nothing says how far it would vary"
        return result.with_interval(se=None, low=None, high=None, method=None).with_notes(note)
    return _with_interval(result, per_task, options, np.random.default_rng(rng))


def task_taus(records: Records) -> dict[Hashable, tuple[float, int]]:
    """By task with at least two orders: the mean tau of its pairs, and how many orders it has."""
    return {task: (_mean_tau(orders), len(orders)) for task, orders in _grouped(records)[0].items()}


def _grouped(records: Records) -> tuple[Mapping[Hashable, list[Sequence[Hashable]]], int, int]:
    """Orders of tasks with at least two; how many workers, answers stand behind them."""
    orders: dict[Hashable, list[Sequence[Hashable]]] = defaultdict(list)
    workers: dict[Hashable, set[Hashable]] = defaultdict(set)
    for task, worker, order in records:
        orders[task].append(order)
        workers[task].add(worker)
    used = {task: rows for task, rows in orders.items() if len(rows) > 1}
    people = set().union(*(workers[task] for task in used))
    return used, len(people), sum(len(rows) for rows in used.values())


def _mean_tau(orders: Sequence[Sequence[Hashable]]) -> float:
    return float(np.mean([kendall_tau(a, b) for a, b in combinations(orders, 2)]))


def _with_interval(
    result: AgreementResult, per_task: Floats, options: IntervalOptions, rng: np.random.Generator
) -> AgreementResult:
    n = len(per_task)
    method = "bca" if n < SMALL_SAMPLE else "percentile"
    count = options.small_resamples if method == "bca" else options.resamples
    step = max(1, BLOCK // n)
    drawn = np.concatenate(
        [per_task[rng.integers(0, n, (min(step, count - start), n))].mean(axis=1) for start in range(0, count, step)]
    )
    if method == "bca":
        assert result.value is not None
        without = (per_task.sum() - per_task) / (n - 1)
        low, high = bca_bounds(result.value, drawn, without, np.ones(n), options.tail)
    else:
        low, high = percentile_bounds(drawn, options.tail)
    spread = float(drawn.std(ddof=1))
    return replace(result, se_bootstrap=spread).with_interval(se=result.se, low=low, high=min(1.0, high), method=method)
