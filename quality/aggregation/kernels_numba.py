"""The two steps of Dawid-Skene's EM compiled by numba: functions of arrays over a range of tasks or of workers.

Every function has the argument ``dims``, whose length is the number of labels K: a tuple makes K a constant of the
compiled code, which unrolls the loops over labels, an array makes one code for every K. Tables are flat float32 in
the order [worker, given, true]; sums run in float64. ``weight`` of length 0 means that every answer counts 1.
Nothing here holds state, so that ranges may run in threads (the GIL is released) or on other machines.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from quality.aggregation.compiling import Array, compiled
from quality.aggregation.prefetching import prefetch
from quality.aggregation.vector_math import exponentials, logarithms

BATCH = 64
"""Tasks whose evidence is gathered before their posteriors are computed; a float64 holds 256 labels to its power."""

CELLS = 512
"""Cells of workers' matrices whose logarithms are taken together, so that they are still in the cache."""

AHEAD = 32
"""Answers between asking for a row of memory and adding it up: ten million answers' tables are not in the cache."""


@compiled
def order_by(keys: Array, starts: Array) -> Array:
    """Stable counting sort: the places of ``keys`` (N,) in ascending order, given where each key starts (S + 1,)."""
    following = starts[:-1].copy()
    order = np.empty(len(keys), np.int32)
    for i in range(len(keys)):
        order[following[keys[i]]] = i
        following[keys[i]] += 1
    return order


@compiled
def soft_majority(low: int, high: int, start: Array, cell: Array, weight: Array, q: Array, dims: Any) -> None:
    """Write the share of each label among a task's answers into ``q`` (T · K), tasks low to high; 0 without answers."""
    K = len(dims)
    for t in range(low, high):
        total: Any = 0.0
        for i in range(start[t], start[t + 1]):
            w = weight[i] if len(weight) else np.float32(1.0)
            q[t * K + cell[i] % K] += w
            total += w
        if total > 0.0:
            for k in range(K):
                q[t * K + k] /= total


@compiled
def estimate(
    low: int,
    high: int,
    start: Array,
    cell: Array,
    weight: Array,
    table: Array,
    log_prevalence: Array,
    gold: Array,
    q: Array,
    dims: Any,
) -> tuple[float, float, Array]:
    """E-step of the tasks low to high, written into ``q`` (T · K).

    Returns the log-likelihood, the largest change in ``q`` and the sum of ``q`` (K,) over tasks with answers or gold.
    """
    K = len(dims)
    final = len(cell) - 1
    logs = np.empty(BATCH * K, np.float64)
    weights = np.empty(BATCH * K, np.float32)
    bits = np.empty(BATCH * K, np.int32)
    totals = np.zeros(K)
    log_likelihood = 0.0
    largest: Any = np.float32(0.0)
    for first in range(low, high, BATCH):
        last = min(first + BATCH, high)
        # Nothing but loads and sums here: with the exponentials in between, at most one task's loads were in flight.
        for t in range(first, last):
            at = (t - first) * K
            for k in range(K):
                logs[at + k] = log_prevalence[k]
            if len(weight):
                for i in range(start[t], start[t + 1]):
                    row = np.int64(cell[i]) * K
                    for k in range(K):
                        logs[at + k] += weight[i] * table[row + k]
            else:
                for i in range(start[t], start[t + 1]):
                    prefetch(table, np.int64(cell[min(i + AHEAD, final)]) * K)
                    row = np.int64(cell[i]) * K
                    for k in range(K):
                        logs[at + k] += table[row + k]
        for t in range(first, last):
            at = (t - first) * K
            top = logs[at]
            for k in range(1, K):
                top = max(top, logs[at + k])
            if gold[t] >= 0:
                log_likelihood += logs[at + gold[t]]
                for k in range(K):
                    weights[at + k] = 0.0 if k == gold[t] else -np.inf
            else:
                if start[t + 1] > start[t]:
                    log_likelihood += top
                # Where every label is impossible they are equally likely.
                for k in range(K):
                    weights[at + k] = logs[at + k] - top if top > -np.inf else 0.0
        exponentials(weights[: (last - first) * K], bits)
        # One logarithm for all of them.
        product: Any = 1.0
        for t in range(first, last):
            at = (t - first) * K
            total = np.float32(0.0)
            for k in range(K):
                total += weights[at + k]
            scale = np.float32(1.0) / total
            for k in range(K):
                value = weights[at + k] * scale
                change = abs(value - q[t * K + k])
                largest = max(largest, change)
                q[t * K + k] = value
            if gold[t] >= 0:
                totals[gold[t]] += 1.0
            elif start[t + 1] > start[t]:
                product *= total
                for k in range(K):
                    totals[k] += q[t * K + k]
        log_likelihood += math.log(product)
    return log_likelihood, largest, totals


@compiled
def count(
    low: int, high: int, start: Array, task: Array, label: Array, weight: Array, q: Array, counts: Array, dims: Any
) -> None:
    """Write each worker's answers by (given, true) into ``counts`` (W · K · K), workers low to high."""
    K = len(dims)
    own = np.empty(K * K, np.float64)
    for w in range(low, high):
        own[:] = 0.0
        for i in range(start[w], start[w + 1]):
            given = np.int64(label[i]) * K
            t = np.int64(task[i]) * K
            share = weight[i] if len(weight) else np.float32(1.0)
            for k in range(K):
                own[given + k] += share * q[t + k]
        for j in range(K * K):
            counts[w * K * K + j] = own[j]


@compiled
def refresh(
    low: int,
    high: int,
    start: Array,
    task: Array,
    label: Array,
    weight: Array,
    q: Array,
    prior: Array,
    history: Array,
    table: Array,
    dims: Any,
) -> tuple[Array, Array, float]:
    """M-step of the workers low to high, log P(given | true) written into ``table`` (W · K · K).

    ``prior`` (K · K) [given, true] and ``history`` (W · K · K) [worker, given, true], or of length 0, are
    pseudo-counts. Returns the workers' counts summed and their logs summed, both (K · K) [given, true], and
    the history's part of the penalty.
    """
    K = len(dims)
    final = len(task) - 1
    own = np.empty(K * K, np.float64)
    together = max(1, CELLS // (K * K))
    bits = np.empty(together * K * K, np.int32)
    counts = np.zeros(K * K)
    log_sums = np.zeros(K * K)
    sums = np.empty(K)
    rest = np.empty(K)
    penalty = 0.0
    for first in range(low, high, together):
        last = min(first + together, high)
        for w in range(first, last):
            own[:] = 0.0
            if len(weight):
                for i in range(start[w], start[w + 1]):
                    given = np.int64(label[i]) * K
                    t = np.int64(task[i]) * K
                    for k in range(K):
                        own[given + k] += weight[i] * q[t + k]
            else:
                for i in range(start[w], start[w + 1]):
                    prefetch(q, np.int64(task[min(i + AHEAD, final)]) * K)
                    given = np.int64(label[i]) * K
                    t = np.int64(task[i]) * K
                    for k in range(K):
                        own[given + k] += q[t + k]
            base = w * K * K
            for j in range(K * K):
                counts[j] += own[j]
                own[j] += prior[j]
            if len(history):
                for j in range(K * K):
                    own[j] += history[base + j]
            for k in range(K):
                sums[k] = 0.0
            for g in range(K):
                for k in range(K):
                    sums[k] += own[g * K + k]
            for k in range(K):
                # A row that rests on nothing says nothing.
                rest[k] = 0.0 if sums[k] > 0.0 else 1.0 / K
                sums[k] = 1.0 / sums[k] if sums[k] > 0.0 else 0.0
            for g in range(K):
                for k in range(K):
                    table[base + g * K + k] = own[g * K + k] * sums[k] + rest[k]
        logarithms(table[first * K * K : last * K * K], bits)
        for w in range(first, last):
            base = w * K * K
            for j in range(K * K):
                log_sums[j] += table[base + j]
            if len(history):
                for j in range(K * K):
                    if history[base + j] > 0.0:
                        penalty += history[base + j] * table[base + j]
    return counts, log_sums, penalty


@compiled
def evidence(
    low: int, high: int, start: Array, cell: Array, weight: Array, table: Array, out: Array, dims: Any
) -> None:
    """Write the sum of log P(given | true) over each task's answers into ``out`` (T · K), tasks low to high."""
    K = len(dims)
    logs = np.empty(K, np.float64)
    for t in range(low, high):
        logs[:] = 0.0
        for i in range(start[t], start[t + 1]):
            row = np.int64(cell[i]) * K
            share = weight[i] if len(weight) else np.float32(1.0)
            for k in range(K):
                logs[k] += share * table[row + k]
        for k in range(K):
            out[t * K + k] = logs[k]
