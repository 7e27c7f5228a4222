"""Agreement weights of Gwet (2014) for a label set, from 1 (same label) down to 0 (furthest apart)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
WeightName = Literal["identity", "linear", "quadratic", "ordinal", "radical", "ratio", "circular", "bipolar"]
WEIGHT_NAMES: tuple[WeightName, ...] = (
    "identity",
    "linear",
    "quadratic",
    "ordinal",
    "radical",
    "ratio",
    "circular",
    "bipolar",
)
Weights = WeightName | NDArray[np.floating[Any]]


def positions_of(labels: Sequence[Hashable]) -> Floats:
    """The labels as numbers where all of them are, else their place in the label set: (K,)."""
    if labels and all(isinstance(label, (int, float, np.number)) for label in labels):
        return np.array([float(label) for label in labels])  # type: ignore[arg-type]
    return np.arange(1, len(labels) + 1, dtype=np.float64)


def numbers_of(labels: Sequence[Hashable]) -> Floats:
    """The labels as finite numbers: (K,).

    Raises ValueError naming the first label that is not a finite number.
    """
    for label in labels:
        if not isinstance(label, (int, float, np.number)) or not np.isfinite(float(label)):
            raise ValueError(f"label {label!r} is not a finite number; interval and ratio scales need numbers")
    return np.array([float(label) for label in labels])  # type: ignore[arg-type]


def agreement_weights(weights: Weights, labels: Sequence[Hashable]) -> Floats:
    """Weights (K, K) for a label set: by name, or a matrix of your own in the order of the labels.

    "linear", "quadratic", "radical", "ratio", "circular" and "bipolar" use the labels' numeric values where all
    are numbers, "ordinal" their rank. A matrix must be (K, K), finite, at most 1 and 1 on its diagonal.
    Raises ValueError otherwise, or for "ratio" weights where two labels sum to 0. Source: Gwet (2014), chapter 3.
    """
    size = len(labels)
    if not isinstance(weights, str):
        return _checked(np.asarray(weights, dtype=np.float64), size)
    if weights not in WEIGHT_NAMES:
        raise ValueError(f"unknown weights {weights!r}; choose one of {', '.join(WEIGHT_NAMES)} or give a matrix")
    if weights == "identity" or size < 2:
        return np.eye(size)
    disagreement = _disagreement(weights, positions_of(labels))
    return np.asarray(1.0 - disagreement / disagreement.max())


def _disagreement(name: WeightName, x: Floats) -> Floats:
    """Unscaled distances (K, K) between labels at positions ``x``."""
    gap = np.abs(x[:, None] - x[None, :])
    span = x.max() - x.min()
    if name == "linear":
        return gap
    if name == "quadratic":
        return np.square(gap)
    if name == "radical":
        return np.sqrt(gap)
    if name == "ordinal":
        rank = np.argsort(np.argsort(x)).astype(np.float64)
        steps = np.abs(rank[:, None] - rank[None, :])
        return np.asarray(steps * (steps + 1) / 2)
    if name == "circular":
        return np.asarray(np.square(np.sin(np.pi * gap / (span + 1))))
    total = x[:, None] + x[None, :]
    below, scale = (total - 2 * x.min(), 2 * x.max() - total) if name == "bipolar" else (total, total)
    product = below * scale
    apart = gap > 0
    if np.any(product[apart] == 0):
        raise ValueError(f"{name} weights are not defined for labels {x.tolist()}: two of them sum to 0")
    return np.divide(np.square(gap), product, out=np.zeros_like(gap), where=apart)


def _checked(matrix: Floats, size: int) -> Floats:
    if matrix.shape != (size, size):
        raise ValueError(f"the weight matrix has shape {matrix.shape}; {size} labels need ({size}, {size})")
    if not np.all(np.isfinite(matrix)):
        raise ValueError("the weight matrix holds a value that is not finite")
    if not np.allclose(np.diag(matrix), 1.0) or matrix.max() > 1.0 + 1e-12:
        raise ValueError("agreement weights are 1 on the diagonal, at most 1 elsewhere")
    return matrix
