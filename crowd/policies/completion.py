"""Completion: does a task have enough answers?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from quality.design.gain import even_matrix
from quality.design.next_rater import RaterOption, choose_next

Step = Literal["wait", "complete", "extend", "dispute"]

# How many further answers are weighed together: one alone often gains nothing, since it cannot turn a consensus.
AHEAD = 3
# The expected answer is never taken for certain, nor for worse than chance.
SUREST, ABOVE_CHANCE = 0.99, 1e-3
ADJUDICATOR_ACCURACY = 0.99
PERSON, ADJUDICATOR = "person", "adjudicator"


@dataclass(frozen=True)
class Completion:
    """What to do with a task next, with the reason in words."""

    step: Step
    reason: str


@dataclass(frozen=True, kw_only=True)
class Worth:
    """What one more answer costs, what one more right label is worth, in one currency's micro-units; how good it is.

    ``accuracy`` of the worker who is likely to come; ``weight``: how much an answer counts in the posterior.
    """

    price_micros: int
    label_micros: int
    accuracy: float
    weight: float = 1.0
    # What an adjudicator's decision costs; None: one is asked at the maximum overlap only.
    adjudication_micros: int | None = None


def decide_completion(
    *,
    answers: int,
    overlap: int,
    min_overlap: int,
    max_overlap: int,
    confidence: float,
    target: float,
    posterior: Sequence[float] = (),
    worth: Worth | None = None,
) -> Completion:
    """Decide from the answers that count (``answers`` of ``overlap`` places) and the consensus's confidence.

    wait: answers that were asked for are still to come. complete: confident enough, at or above the minimum.
    extend: all came, not confident, below the maximum. dispute: not confident at the maximum. With ``worth``, which
    needs the calibrated posterior (K,), also complete: below the target, but further answers cost more than they are
    expected to gain, or dispute early: an adjudicator gains more for the money; a task at its
    maximum stays a dispute.
    """
    if answers < min_overlap and answers >= overlap:
        # More is asked for than when the task was made: by its project, or of this task alone.
        return Completion("extend", f"{answers} of at least {min_overlap} answers, and no more are on their way")
    if answers < min_overlap:
        return Completion("wait", f"{answers} of at least {min_overlap} answers")
    if confidence >= target:
        return Completion("complete", f"confidence {confidence:.3f} reaches {target:g} with {answers} answers")
    left = max_overlap - answers
    if worth is not None and left > 0:
        choice = _best_choice(posterior, worth, left)
        if choice == ADJUDICATOR:
            return Completion(
                "dispute", f"confidence {confidence:.3f} under {target:g}: an adjudicator gains more for the money"
            )
        if choice is None:
            return Completion(
                "complete",
                f"confidence {confidence:.3f} under {target:g}, but no further answer is worth its price",
            )
    if answers < overlap:
        return Completion("wait", f"{answers} of {overlap} answers, confidence {confidence:.3f} under {target:g}")
    if overlap < max_overlap:
        return Completion("extend", f"confidence {confidence:.3f} under {target:g} with {answers} answers")
    return Completion("dispute", f"confidence {confidence:.3f} under {target:g} at the maximum of {max_overlap}")


def decide_without_consensus(*, answers: int, overlap: int, wanted: int, needs_expert: bool) -> Completion:
    """Decide about a task whose answers are all kept, as texts are: it wants a fixed number of them.

    Then it is complete, or, with ``needs_expert``, an expert chooses.
    """
    if answers < wanted:
        step: Step = "extend" if answers >= overlap else "wait"
        return Completion(step, f"{answers} of {wanted} answers")
    if needs_expert:
        return Completion("dispute", f"all {answers} answers are there; an expert chooses")
    return Completion("complete", f"all {answers} answers are there and kept")


def effective_accuracy(*, accuracy: float, n_labels: int, weight: float) -> float:
    """The accuracy of an independent answer that would move the posterior as one of ``accuracy`` does at ``weight``.

    Answers that hang together count for less than one each in a calibrated posterior; the expected gain of one more
    has to be reckoned the same way, or it promises more than it will bring.
    """
    low = 1 / n_labels + ABOVE_CHANCE
    accuracy = min(max(accuracy, low), SUREST)
    right = accuracy**weight
    wrong = ((1 - accuracy) / (n_labels - 1)) ** weight * (n_labels - 1)
    return min(max(float(right / (right + wrong)), low), SUREST)


def _best_choice(posterior: Sequence[float], worth: Worth, left: int) -> str | None:
    """Who gains most for the money, of people and an adjudicator; None where nobody is worth the price."""
    n_labels = len(posterior)
    accuracy = effective_accuracy(accuracy=worth.accuracy, n_labels=n_labels, weight=worth.weight)
    people = even_matrix(n_labels, accuracy)
    options = [RaterOption(name=PERSON, matrix=people, price=worth.price_micros, most=min(AHEAD, left))]
    if worth.adjudication_micros is not None:
        expert = even_matrix(n_labels, ADJUDICATOR_ACCURACY)
        options.append(RaterOption(name=ADJUDICATOR, matrix=expert, price=worth.adjudication_micros))
    return choose_next(posterior, options, value=worth.label_micros).name
