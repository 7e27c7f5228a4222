"""Agreement week by week, or over any other grouping of tasks."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import numpy as np

from quality.agreement.coefficients import Coefficient
from quality.agreement.estimate import estimate
from quality.agreement.intervals import IntervalOptions
from quality.agreement.patterns import PatternTable
from quality.agreement.result import AgreementResult
from quality.answers import AnswerSet


def period_agreement(
    answers: AnswerSet,
    period: Sequence[Hashable],
    coefficient_of: Callable[[PatternTable], Coefficient],
    *,
    options: IntervalOptions | None = None,
    rng: np.random.Generator | int = 0,
) -> dict[Hashable, AgreementResult]:
    """One result per period, in order of first appearance; ``period`` (n_answers,) names each answer's period.

    A task whose answers fall in two periods counts in both, with the answers of each. Raises ValueError for another
    number of periods than answers.
    """
    if len(period) != answers.n_answers:
        raise ValueError(f"there are {len(period)} periods for {answers.n_answers} answers")
    generator = np.random.default_rng(rng)
    place: dict[Hashable, int] = {}
    index = np.array([place.setdefault(name, len(place)) for name in period], dtype=np.int64)
    found: dict[Hashable, AgreementResult] = {}
    for name, i in place.items():
        table = PatternTable.from_answers(answers.select(index == i))
        found[name] = estimate(table, [coefficient_of(table)], options=options, rng=generator)[0]
    return found
