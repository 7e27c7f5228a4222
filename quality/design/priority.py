"""Which tasks to serve next: the expected gain per unit of money."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quality.design.gain import even_matrix, expected_gain, farthest_look

Floats = NDArray[np.floating[Any]]


def gain_per_price(
    posterior: ArrayLike,
    *,
    price: ArrayLike,
    matrix: ArrayLike | None = None,
    accuracy: float = 0.75,
    ahead: int = 3,
) -> Floats:
    """Expected right labels gained per unit of money spent on a task: (T,); serve the highest first.

    posterior: (T, K), calibrated. price: of one answer, one for all or (T,). matrix: (K, K) of the worker likely to
    come, else an even one of ``accuracy``. The best of looking 1 to ``ahead`` answers ahead counts, each divided by
    what it costs, so that a task which needs two answers to turn is not worth nothing. Raises ValueError on a bad
    posterior or a price that is not positive. After Sheng, Provost & Ipeirotis (2008).
    """
    q = np.atleast_2d(np.asarray(posterior, dtype=float))
    cost = np.broadcast_to(np.asarray(price, dtype=float), (len(q),))
    bad = np.flatnonzero(~((cost > 0) & np.isfinite(cost)))
    if bad.size:
        raise ValueError(f"price[{bad[0]}] is {cost[bad[0]]}; it must be positive")
    if ahead < 1:
        raise ValueError(f"ahead is {ahead}; it is at least 1")
    expected = even_matrix(q.shape[1], accuracy) if matrix is None else matrix
    look = farthest_look(q.shape[1], ahead)
    each = np.stack([expected_gain(q, expected, m) / m for m in range(1, look + 1)])
    worth: Floats = each.max(axis=0) / cost
    return worth
