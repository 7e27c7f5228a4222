"""The grid of ordinal answering styles that workers are drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, logsumexp

Floats = NDArray[np.floating[Any]]

BIASES = (-1.5, -1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0, 1.5)
NOISES = (0.2, 0.35, 0.5, 0.7, 1.0, 1.5, 2.5)
LAPSES = (0.02, 0.15, 0.5, 0.95)


@dataclass(frozen=True, eq=False)
class StyleGrid:
    """Answering styles and the confusion matrix of each; G styles, K labels.

    A worker of a style sees true label k at ``k + bias`` on a scale where neighbouring labels are 1 apart, adds
    Gaussian noise, and gives the nearest label; with probability ``lapse`` the answer is a guess, even over the
    labels. bias, noise, lapse: (G,). log_matrix: (G, K, K) [style, true, given].
    """

    bias: Floats
    noise: Floats
    lapse: Floats
    log_matrix: Floats


def style_grid(n_labels: int) -> StyleGrid:
    """The grid for ``n_labels`` ordered labels; noise and bias grow with the scale beyond five labels."""
    scale = max(1.0, (n_labels - 1) / 4)
    table = np.array(list(product(BIASES, NOISES, LAPSES)))
    bias, noise, lapse = table[:, 0] * scale, table[:, 1] * scale, table[:, 2]
    seen = np.arange(n_labels) + bias[:, None]
    cuts = np.concatenate(([-np.inf], np.arange(n_labels - 1) + 0.5, [np.inf]))
    ends = (cuts - seen[:, :, None]) / noise[:, None, None]
    log_careful = _log_between(ends[:, :, :-1], ends[:, :, 1:])
    guess = np.log(lapse / n_labels)[:, None, None]
    log_matrix = np.logaddexp(np.log1p(-lapse)[:, None, None] + log_careful, guess)
    return StyleGrid(bias=bias, noise=noise, lapse=lapse, log_matrix=log_matrix)


def plausible_styles(grid: StyleGrid) -> Floats:
    """Where a crowd is expected before it is seen: (G,), sums to 1; careful, unbiased, moderately noisy workers."""
    scale = max(float(grid.bias.max()) / BIASES[-1], 1.0)
    log_weight = (
        -0.5 * (grid.bias / scale / 0.6) ** 2
        - 0.5 * (np.log(grid.noise / scale / 0.6) / 0.7) ** 2
        - 0.5 * (grid.lapse / 0.25) ** 2
    )
    weight: Floats = np.exp(log_weight - logsumexp(log_weight))
    return weight


def cell_ends(values: Floats) -> tuple[Floats, Floats]:
    """Least and greatest value of each style's cell, which ends halfway to its neighbours: (G,) -> (G,), (G,).

    With many answers the posterior sits on one style, and an interval over bare styles would be a point.
    """
    table = values.reshape(len(BIASES), len(NOISES), len(LAPSES))
    low, high = table.copy(), table.copy()
    for axis in range(table.ndim):
        lines = np.moveaxis(table, axis, 0)
        middle = (lines[1:] + lines[:-1]) / 2
        for side in (slice(1, None), slice(None, -1)):
            for ends, pick in ((low, np.minimum), (high, np.maximum)):
                line = np.moveaxis(ends, axis, 0)[side]
                pick(line, middle, out=line)
    return low.ravel(), high.ravel()


def balanced(shares: Floats) -> Floats:
    """The shares averaged over styles that mirror each other in bias: (G,) -> (G,).

    Without it the scale is free to slide: a crowd that is all half a label too high explains the answers as well as
    prevalences half a label higher do. For the same reason the styles have no stretch of the scale.
    """
    table = shares.reshape(len(BIASES), -1)
    mirrored: Floats = (table + table[::-1]) / 2
    return mirrored.ravel()


def _log_between(low: Floats, high: Floats) -> Floats:
    """Log of the Gaussian mass between two ends, computed in whichever tail keeps its digits."""
    flip = low > 0
    upper = np.where(flip, -low, high)
    lower = np.where(flip, -high, low)
    log_upper, log_lower = log_ndtr(upper), log_ndtr(lower)
    with np.errstate(divide="ignore"):
        out: Floats = log_upper + np.log1p(-np.exp(log_lower - log_upper))
    return out
