"""Completion: does a task have enough answers?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Step = Literal["wait", "complete", "extend", "dispute"]


@dataclass(frozen=True)
class Completion:
    """What to do with a task next, with the reason in words."""

    step: Step
    reason: str


def decide_completion(
    *,
    answers: int,
    overlap: int,
    min_overlap: int,
    max_overlap: int,
    confidence: float,
    target: float,
) -> Completion:
    """Decide from the answers that count (``answers`` of ``overlap`` places) and the consensus's confidence.

    wait: answers that were asked for are still to come. complete: confident enough, at or above the minimum.
    extend: all came, not confident, below the maximum. dispute: not confident at the maximum.
    """
    if answers < min_overlap:
        return Completion("wait", f"{answers} of at least {min_overlap} answers")
    if confidence >= target:
        return Completion("complete", f"confidence {confidence:.3f} reaches {target:g} with {answers} answers")
    if answers < overlap:
        return Completion("wait", f"{answers} of {overlap} answers, confidence {confidence:.3f} under {target:g}")
    if overlap < max_overlap:
        return Completion("extend", f"confidence {confidence:.3f} under {target:g} with {answers} answers")
    return Completion("dispute", f"confidence {confidence:.3f} under {target:g} at the maximum of {max_overlap}")
