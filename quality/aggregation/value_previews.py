"""One task's label set or number from its answers and what an earlier fit said of the workers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

Floats = NDArray[np.floating[Any]]

# A rate is never taken for certain: one answer would then outweigh all others.
SUREST_RATE = 0.995
STEPS, STILL = 100, 1e-9


def set_posterior(
    ticked: ArrayLike, sensitivity: ArrayLike, specificity: ArrayLike, prevalence: ArrayLike
) -> NDArray[np.float64]:
    """P(the label holds) of each label of one task: (K,).

    ticked: (n, K), which labels each answer has. sensitivity, specificity: (n,), of the worker behind each answer.
    prevalence: (K,). What `MultipleChoice` would say with these rates held.
    """
    given = np.asarray(ticked, dtype=np.float64)
    hit, miss = (
        np.clip(np.asarray(rate, dtype=np.float64), 1 - SUREST_RATE, SUREST_RATE)[:, None]
        for rate in (sensitivity, specificity)
    )
    share = np.clip(np.asarray(prevalence, dtype=np.float64), 1e-6, 1 - 1e-6)
    evidence = given * np.log(hit / (1 - miss)) + (1 - given) * np.log((1 - hit) / miss)
    return np.asarray(expit(np.log(share / (1 - share)) + evidence.sum(axis=0)))


def number_posterior(
    values: ArrayLike,
    *,
    bias: ArrayLike,
    bias_sd: ArrayLike,
    scale: ArrayLike,
    mean: float,
    spread: float,
    tail: float,
) -> tuple[float, float]:
    """The value of one task with its standard deviation, from numbers (n,) and each worker's bias and noise.

    scale: (n,), of the Student-t noise with ``tail`` degrees of freedom; mean, spread: of the tasks' values. The fixed
    point of the updates of `WorkerNoise` with the workers held; the uncertainty of the biases is carried over.
    """
    squared_scale = np.square(np.asarray(scale, dtype=np.float64))
    unbiased = np.asarray(values, dtype=np.float64) - np.asarray(bias, dtype=np.float64)
    own = np.square(np.asarray(bias_sd, dtype=np.float64))
    value, variance = float(np.median(unbiased)), float(squared_scale.mean() / len(unbiased))
    leverage = np.zeros(len(unbiased))
    for _ in range(STEPS):
        weight = (tail + 1) / (tail + ((unbiased - value) ** 2 + variance + own) / squared_scale)
        precision = weight / squared_scale
        total = float(precision.sum()) + spread**-2
        moved = (float(precision @ unbiased) + mean * spread**-2) / total
        is_still = abs(moved - value) <= STILL * spread
        value, variance, leverage = moved, 1 / total, precision / total
        if is_still:
            break
    return value, float(np.sqrt(variance + float(leverage**2 @ own)))
