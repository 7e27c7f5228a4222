"""Whom to ask next about a task: a person, a model, an adjudicator or nobody, by the expected gain per price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quality.design.gain import expected_gain, farthest_look

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True)
class RaterOption:
    """Somebody who may be asked: ``matrix`` (K, K) [true, given], ``price`` of an answer, ``most`` answers at once to
    look ahead: a model votes once, of people several may be asked.
    """

    name: str
    matrix: Floats
    price: float
    most: int = 1


@dataclass(frozen=True, kw_only=True)
class NextRater:
    """The best option, None to stop. gain: expected rise of the chance of a right label by ``answers`` of its answers;
    net: what that is worth less what it costs; gain_per_price: inf where it costs nothing.
    """

    name: str | None
    gain: float = 0.0
    answers: int = 0
    net: float = 0.0
    gain_per_price: float = 0.0


def choose_next(posterior: ArrayLike, options: Sequence[RaterOption], *, value: float) -> NextRater:
    """Choose for one task with the calibrated ``posterior`` (K,); ``value`` of one more right label, in the currency of
    the prices.

    Of the options whose best look ahead is worth more than it costs, the one that gains most per price; on a tie the
    cheaper, then the first. Raises ValueError on a negative price or value, or a matrix that does not fit.
    """
    if value < 0 or any(option.price < 0 or option.most < 1 for option in options):
        raise ValueError("value and prices are at least 0, most at least 1")
    q = np.asarray(posterior, dtype=float)
    best: tuple[float, float] | None = None
    found = NextRater(name=None)
    for option in options:
        looks = range(1, farthest_look(len(q), option.most) + 1)
        gains = [float(expected_gain(q[None], option.matrix, m)[0]) for m in looks]
        nets = [value * gain - option.price * m for m, gain in zip(looks, gains, strict=True)]
        paying = [i for i, net in enumerate(nets) if net > 0]
        if not paying:
            continue
        rates = {i: gains[i] / (option.price * (i + 1)) if option.price else float("inf") for i in paying}
        i = max(paying, key=lambda i: (rates[i], nets[i]))
        rank = (rates[i], nets[i] if rates[i] == float("inf") else -option.price)
        if best is None or rank > best:
            best = rank
            found = NextRater(
                name=option.name, gain=gains[i], answers=i + 1, net=nets[i], gain_per_price=float(rates[i])
            )
    return found
