"""Intervals of millions of Beta distributions, interpolated from a table of exact ones."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from quality.numerics import Floats, beta_interval

EXACT_UP_TO = 20_000
"""Distributions up to which each quantile is computed exactly, about a microsecond apiece."""

LOW, HIGH, POINTS = float(np.log(1e-4)), float(np.log(1e9)), 180
CHUNK = 200_000


def beta_intervals(mean: Floats, size: Floats, level: float = 0.95) -> tuple[Floats, Floats]:
    """As `numerics.beta_interval`, of Beta(mean · size, (1 − mean) · size), in float32.

    ``size`` broadcasts to ``mean``. Beyond `EXACT_UP_TO` distributions, ends are interpolated, off by less than .001
    or .2 % of the interval.
    """
    low, high = np.empty(mean.shape, dtype=np.float32), np.empty(mean.shape, dtype=np.float32)
    each = max(1, CHUNK // max(1, mean[:1].size))
    for start in range(0, len(mean), each):
        part = slice(start, start + each)
        a = (mean[part] * size[part]).astype(np.float64)
        b = ((1.0 - mean[part]) * size[part]).astype(np.float64)
        # The table is coarse for distributions that rest on less than one answer; a count of 0 is not in it.
        exact = (a + b <= 1.0) | (a <= 0.0) | (b <= 0.0) if mean.size > EXACT_UP_TO else np.ones(a.shape, dtype=bool)
        low[part][exact], high[part][exact] = beta_interval(a[exact], b[exact], level)
        rest = ~exact
        low[part][rest], high[part][rest] = _interpolated(a[rest], b[rest], level)
    return low, high


def _interpolated(a: Floats, b: Floats, level: float) -> tuple[Floats, Floats]:
    place_a, share_a = _place(a)
    place_b, share_b = _place(b)
    corner = place_a * POINTS + place_b
    angle, scale = _angle(a, b), 0.5 / np.sqrt(a + b + 1.0)
    ends = []
    for offsets in _offsets(level):
        near = (1.0 - share_b) * offsets[corner] + share_b * offsets[corner + 1]
        far = (1.0 - share_b) * offsets[corner + POINTS] + share_b * offsets[corner + POINTS + 1]
        offset = (1.0 - share_a) * near + share_a * far
        ends.append(np.sin(np.clip(angle + offset * scale, 0.0, np.pi / 2)) ** 2)
    return ends[0], ends[1]


def _place(count: Floats) -> tuple[NDArray[np.intp], Floats]:
    position = np.clip((np.log(count) - LOW) * ((POINTS - 1) / (HIGH - LOW)), 0.0, POINTS - 1 - 1e-9)
    place = position.astype(np.intp)
    return place, position - place


@cache
def _offsets(level: float) -> tuple[NDArray[Any], NDArray[Any]]:
    """Where the ends lie from the mean after the variance-stabilising transform, in standard deviations.

    On this scale the ends vary slowly over (log a, log b), from ±1.96 for large counts, so that a straight line
    between table points is enough.
    """
    grid = np.exp(np.linspace(LOW, HIGH, POINTS))
    a, b = grid[:, None], grid[None, :]
    tail = (1.0 - level) / 2.0
    scale = 2.0 * np.sqrt(a + b + 1.0)
    low, high = (
        ((np.arcsin(np.sqrt(special.betaincinv(a, b, share))) - _angle(a, b)) * scale).reshape(-1)
        for share in (tail, 1.0 - tail)
    )
    return low, high


def _angle(a: Floats, b: Floats) -> Floats:
    angle: Floats = np.arctan2(np.sqrt(a), np.sqrt(b))
    return angle
