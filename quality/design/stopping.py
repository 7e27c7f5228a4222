"""Whether a task needs one more answer: by confidence, by overlap, by what an answer costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from quality.design.gain import best_look_ahead, even_matrix

Action = Literal["ask", "complete", "dispute"]


@dataclass(frozen=True, kw_only=True)
class StoppingDecision:
    """What to do with a task, why, and the best net worth of asking on (nan where price plays no part)."""

    action: Action
    reason: str
    confidence: float
    net_worth: float = float("nan")
    look_ahead: int = 0


@dataclass(frozen=True, kw_only=True)
class StoppingRule:
    """Stop at a confidence, at an overlap, or when no look ahead is worth its price.

    target: confidence at which a task is complete; min_overlap, max_overlap: answers before which it goes on, after
    which it ends in a dispute. price of an answer and value of a right label in one currency; price 0 leaves them out.
    accuracy: of the worker likely to come next, where no matrix is given. ahead: answers to look ahead; with 1, a
    posterior of (.8, .1, .1) would stop at accuracy .75, since no single answer turns it. The posterior should be a
    calibrated one. Raises ValueError on values out of range.
    """

    target: float = 0.95
    min_overlap: int = 2
    max_overlap: int = 10
    price: float = 0.0
    value: float = 1.0
    accuracy: float = 0.75
    ahead: int = 3

    def __post_init__(self) -> None:
        if not 0 < self.target <= 1:
            raise ValueError(f"target is {self.target}; it is a probability above 0")
        if not 1 <= self.min_overlap <= self.max_overlap:
            raise ValueError(f"min_overlap is {self.min_overlap}, max_overlap is {self.max_overlap}; out of order")
        if self.price < 0 or self.value <= 0 or self.ahead < 1 or not 0 < self.accuracy < 1:
            raise ValueError("price is at least 0, value above 0, ahead at least 1, accuracy inside (0, 1)")

    def decide(self, posterior: ArrayLike, n_answers: int, *, matrix: ArrayLike | None = None) -> StoppingDecision:
        """Decide for one task: posterior (K,), its answers so far, the next worker's confusion matrix (K, K)."""
        q = np.asarray(posterior, dtype=float)
        if q.ndim != 1 or len(q) < 1 or n_answers < 0:
            raise ValueError(f"the posterior has shape {q.shape}, n_answers is {n_answers}; out of range")
        if not (q >= 0).all() or abs(q.sum() - 1) > 1e-4:
            raise ValueError(f"the posterior is {q.tolist()}; probabilities are at least 0 and sum to 1")
        confidence = float(q.max())
        if n_answers < self.min_overlap:
            return StoppingDecision(action="ask", reason="fewer answers than the minimum", confidence=confidence)
        if confidence >= self.target:
            return StoppingDecision(action="complete", reason="the target confidence is reached", confidence=confidence)
        left = self.max_overlap - n_answers
        if left <= 0:
            return StoppingDecision(
                action="dispute", reason="still uncertain at the maximum overlap", confidence=confidence
            )
        if self.price == 0:
            return StoppingDecision(action="ask", reason="the target confidence is not reached", confidence=confidence)
        expected = even_matrix(len(q), self.accuracy) if matrix is None else matrix
        nets, looks = best_look_ahead(
            q[None], expected, ahead=min(self.ahead, left), price=self.price, value=self.value
        )
        net, look = float(nets[0]), int(looks[0])
        if net > 0:
            return StoppingDecision(
                action="ask",
                reason=f"{look} more answers are worth their price",
                confidence=confidence,
                net_worth=net,
                look_ahead=look,
            )
        return StoppingDecision(
            action="complete",
            reason="no further answers are worth their price",
            confidence=confidence,
            net_worth=net,
            look_ahead=look,
        )
