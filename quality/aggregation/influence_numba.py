"""How far each answer moved its task, compiled by numba; arguments as in `kernels_numba`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from quality.aggregation.compiling import Array, compiled


@compiled
def shares(logs: Array) -> None:
    """Turn log weights (K,) into probabilities in place; nothing but minus infinity becomes uniform."""
    top = logs.max()
    if top == -np.inf:
        logs[:] = 1.0 / len(logs)
        return
    total = 0.0
    for k in range(len(logs)):
        logs[k] = math.exp(logs[k] - top)
        total += logs[k]
    for k in range(len(logs)):
        logs[k] /= total


@compiled
def influence(
    low: int,
    high: int,
    start: Array,
    cell: Array,
    weight: Array,
    table: Array,
    log_prevalence: Array,
    gold: Array,
    moved: Array,
    dims: Any,
) -> None:
    """Write how far each answer of the tasks low to high moved its task into ``moved`` (N,), in task order."""
    K = len(dims)
    sums = np.empty(K, np.float64)
    excluding = np.empty(K, np.int64)
    full = np.empty(K, np.float64)
    rest = np.empty(K, np.float64)
    for t in range(low, high):
        if gold[t] >= 0:
            continue
        excluding[:] = 0
        for k in range(K):
            sums[k] = log_prevalence[k]
        for i in range(start[t], start[t + 1]):
            share = weight[i] if len(weight) else np.float32(1.0)
            for k in range(K):
                log = table[np.int64(cell[i]) * K + k]
                # Minus infinity cannot be taken off a sum again, so the answers that rule a label out are counted.
                if log == -np.inf:
                    excluding[k] += 1
                else:
                    sums[k] += share * log
        for k in range(K):
            full[k] = sums[k] if excluding[k] == 0 else -np.inf
        shares(full)
        for i in range(start[t], start[t + 1]):
            share = weight[i] if len(weight) else np.float32(1.0)
            for k in range(K):
                log = table[np.int64(cell[i]) * K + k]
                if log == -np.inf:
                    rest[k] = sums[k] if excluding[k] == 1 else -np.inf
                else:
                    rest[k] = sums[k] - share * log if excluding[k] == 0 else -np.inf
            shares(rest)
            distance = 0.0
            for k in range(K):
                distance += abs(rest[k] - full[k])
            moved[i] = 0.5 * distance
