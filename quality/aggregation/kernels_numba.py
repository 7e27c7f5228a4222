"""The two steps of Dawid-Skene's EM compiled by numba: functions of arrays over a range of tasks or of workers.

Every function has the argument ``dims``, whose length is the number of labels K: a tuple makes K a constant of the
compiled code, which unrolls the loops over labels, an array makes one code for every K. Tables are flat float32 in
the order [worker, given, true]; sums run in float64. ``weight`` of length 0 means that every answer counts 1.
Nothing here holds state, so that ranges may run in threads (the GIL is released) or on other machines.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[Any]
Code = TypeVar("Code", bound=Callable[..., Any])

BATCH = 64
"""Tasks whose evidence is gathered before their posteriors are computed."""


def compiled(function: Code) -> Code:
    """The function compiled at its first call, or loaded from the cache beside this file."""
    # Without "nnan" and "ninf": an impossible label is minus infinity and has to stay it.
    compile_it = njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz", "arcp"})
    return cast(Code, compile_it(function))


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
    logs = np.empty(BATCH * K, np.float64)
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
                    row = np.int64(cell[i]) * K
                    for k in range(K):
                        logs[at + k] += table[row + k]
        for t in range(first, last):
            at = (t - first) * K
            has_answers = start[t + 1] > start[t]
            top = logs[at]
            for k in range(1, K):
                if logs[at + k] > top:
                    top = logs[at + k]
            if gold[t] >= 0:
                log_likelihood += logs[at + gold[t]]
                for k in range(K):
                    logs[at + k] = 1.0 if k == gold[t] else 0.0
            elif top == -np.inf:
                log_likelihood += top
                for k in range(K):
                    logs[at + k] = 1.0 / K
            else:
                total = 0.0
                for k in range(K):
                    share = math.exp(np.float32(logs[at + k] - top))
                    logs[at + k] = share
                    total += share
                if has_answers:
                    log_likelihood += top + math.log(total)
                scale = 1.0 / total
                for k in range(K):
                    logs[at + k] *= scale
            counted = has_answers or gold[t] >= 0
            for k in range(K):
                value = np.float32(logs[at + k])
                change = abs(value - q[t * K + k])
                if change > largest:
                    largest = change
                q[t * K + k] = value
                if counted:
                    totals[k] += value
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
    own = np.empty(K * K, np.float64)
    counts = np.zeros(K * K)
    log_sums = np.zeros(K * K)
    penalty = 0.0
    for w in range(low, high):
        own[:] = 0.0
        if len(weight):
            for i in range(start[w], start[w + 1]):
                given = np.int64(label[i]) * K
                t = np.int64(task[i]) * K
                for k in range(K):
                    own[given + k] += weight[i] * q[t + k]
        else:
            for i in range(start[w], start[w + 1]):
                given = np.int64(label[i]) * K
                t = np.int64(task[i]) * K
                for k in range(K):
                    own[given + k] += q[t + k]
        base = w * K * K
        for j in range(K * K):
            counts[j] += own[j]
            own[j] += prior[j]
            if len(history):
                own[j] += history[base + j]
        for k in range(K):
            total = 0.0
            for g in range(K):
                total += own[g * K + k]
            for g in range(K):
                # A row that rests on nothing says nothing.
                own[g * K + k] = own[g * K + k] / total if total > 0.0 else 1.0 / K
        for j in range(K * K):
            log = math.log(np.float32(own[j]))
            log_sums[j] += log
            table[base + j] = log
            if len(history) and history[base + j] > 0.0:
                penalty += history[base + j] * log
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
