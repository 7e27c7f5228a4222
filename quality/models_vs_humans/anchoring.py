"""The anchoring audit: how far a suggestion moves people towards itself, against a random share who got none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

LEAST_ANSWERS = 20


@dataclass(frozen=True, kw_only=True)
class Anchoring:
    """Shares of answers that equal the suggestion, with and without it shown; ``moved`` is their difference.

    All None with a ``reason`` while either side has under twenty answers. low, high: 95 % interval of ``moved``.
    """

    shown: int
    held_out: int
    followed: float | None = None
    agreed_anyway: float | None = None
    moved: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str | None = None


def anchoring(is_shown: ArrayLike, is_same: ArrayLike, worker: ArrayLike, *, level: float = 0.95) -> Anchoring:
    """Compare answers (n,): whether the suggestion was shown, whether the answer equals it, who gave it.

    Who is shown one is drawn by lot per answer, so the difference of the two shares is the effect. A worker's answers
    hang together: the interval is clustered by worker (sandwich, with the small-sample factor W / (W − 1)), and never
    narrower than that of independent answers (Agresti-Caffo). Raises ValueError on unequal lengths.
    """
    shown, same = np.asarray(is_shown, dtype=bool), np.asarray(is_same, dtype=bool)
    who = np.asarray(worker)
    if shown.shape != same.shape or shown.shape != who.shape or shown.ndim != 1:
        raise ValueError(f"is_shown, is_same, worker have shapes {shown.shape}, {same.shape}, {who.shape}; not one")
    n, m = int(shown.sum()), int((~shown).sum())
    if min(n, m) < LEAST_ANSWERS:
        return Anchoring(
            shown=n,
            held_out=m,
            reason=f"cannot say yet: {n} answers with the suggestion, {m} without; {LEAST_ANSWERS} of each are needed",
        )
    followed, anyway = float(same[shown].mean()), float(same[~shown].mean())
    moved = followed - anyway
    independent = _spread(int(same[shown].sum()), n) + _spread(int(same[~shown].sum()), m)
    error = float(np.sqrt(max(independent, _clustered(shown, same, who))))
    far = float(ndtri((1 + level) / 2)) * error
    return Anchoring(
        shown=n,
        held_out=m,
        followed=followed,
        agreed_anyway=anyway,
        moved=moved,
        low=max(-1.0, moved - far),
        high=min(1.0, moved + far),
    )


def _spread(right: int, n: int) -> float:
    share = (right + 1) / (n + 2)
    return share * (1 - share) / (n + 2)


def _clustered(shown: NDArray[np.bool_], same: NDArray[np.bool_], who: NDArray[Any]) -> float:
    """Variance of the difference when answers of one worker may hang together."""
    _, place = np.unique(who, return_inverse=True)
    W = int(place.max()) + 1
    if W < 2:
        return 0.0
    rest = np.where(
        shown,
        (same - same[shown].mean()) / shown.sum(),
        -(same - same[~shown].mean()) / (~shown).sum(),
    )
    sums = np.bincount(place, weights=rest)
    return float((sums**2).sum() * W / (W - 1))
