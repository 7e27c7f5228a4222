"""What a task's consensus holds where an answer is a label set, a number or an order, and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erf, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crowd.policies.answer_types import AnswerForm
from crowd.policies.forms.choices import ChoicesForm
from crowd.policies.forms.number import NumberForm
from crowd.policies.forms.ranking import RankingForm
from quality.aggregation.order_confidence import probability_within

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class FoundValue:
    """The fields of a consensus that is not one label; ``confidence`` as `Consensus` says."""

    value: Any
    confidence: float
    posterior: list[float] | None = None
    low: float | None = None
    high: float | None = None


def found_set(form: ChoicesForm, posterior: Sequence[float]) -> FoundValue:
    """The labels that hold rather than not, as many as may be chosen, the likeliest.

    Confidence: the probability of the state, in or out, of the label that is least sure.
    """
    shares = [min(max(float(share), 0.0), 1.0) for share in posterior]
    by_share = sorted(range(len(shares)), key=lambda k: -shares[k])
    size = min(max(sum(share >= 0.5 for share in shares), form.min_chosen), form.max_chosen)
    chosen = set(by_share[:size])
    least_sure = min((share if k in chosen else 1 - share for k, share in enumerate(shares)), default=1.0)
    return FoundValue([label for k, label in enumerate(form.labels) if k in chosen], least_sure, posterior=shares)


def found_number(form: NumberForm, mean: float, sd: float) -> FoundValue:
    """The nearest number that may be answered, with the 95 % interval within the bounds.

    Confidence: the probability that the truth is within the project's tolerance of it.
    """
    value = form.nearest(mean)
    low, high = (form.within(mean + side * 1.96 * sd) for side in (-1, 1))
    if sd <= 0:
        # Known from a gold or an expert.
        return FoundValue(value, 1.0, low=low, high=high)
    least, most = value - form.tolerance, value + form.tolerance
    # The truth cannot lie beyond a bound: what the interval says of there is said of the bound.
    below = 0.0 if form.within(least) > least else _normal((least - mean) / sd)
    above = 1.0 if form.within(most) < most else _normal((most - mean) / sd)
    return FoundValue(value, above - below, low=low, high=high)


def found_order(form: RankingForm, items: Sequence[str], score: Floats, covariance: Floats) -> FoundValue:
    """The items by falling score; equal ones by their ids.

    Confidence: the probability that the true order is as near as an answer must be to count as right.
    """
    order = sorted(range(len(items)), key=lambda i: (-float(score[i]), items[i]))
    return FoundValue(
        [items[i] for i in order], probability_within(score, covariance, order, min(1.0, form.gold_similarity))
    )


def is_same_result(form: AnswerForm, first: Any, second: Any) -> bool:
    """Whether two consensus values say the same: numbers within the tolerance, anything else equal."""
    return form.is_right(first, [second]) if isinstance(form, NumberForm) else bool(first == second)


def _normal(z: float) -> float:
    return 0.5 * (1 + erf(z / sqrt(2)))
