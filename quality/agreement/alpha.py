"""Krippendorff's alpha for nominal, ordinal, interval, ratio answers with its interval."""

from __future__ import annotations

from typing import Literal

import numpy as np

from quality.agreement.coefficients import Alpha, Coefficient
from quality.agreement.estimate import estimate
from quality.agreement.intervals import IntervalOptions
from quality.agreement.measures import MatrixMeasure
from quality.agreement.ordinal import OrdinalAlpha
from quality.agreement.patterns import PatternTable
from quality.agreement.result import AgreementResult
from quality.agreement.weights import agreement_weights, numbers_of
from quality.answers import AnswerSet

Scale = Literal["nominal", "ordinal", "interval", "ratio"]
SCALES: tuple[Scale, ...] = ("nominal", "ordinal", "interval", "ratio")


def krippendorff_alpha(
    answers: AnswerSet | PatternTable,
    *,
    scale: Scale = "nominal",
    interval: bool | IntervalOptions = True,
    rng: np.random.Generator | int = 0,
) -> AgreementResult:
    """Krippendorff's alpha: 1 is full agreement, 0 what chance gives, below 0 systematic disagreement.

    ``scale``: how far labels lie apart; "ordinal" by their order in the label set, "interval" and "ratio" by their
    numbers. ``interval``: True for the rule of the number of tasks, False for none, or options of your own.
    Raises ValueError for an unknown scale, or naming a label that is no number where the scale needs numbers.
    Source: Krippendorff (2011), Computing Krippendorff's alpha-reliability; Hayes & Krippendorff (2007).
    """
    table = answers if isinstance(answers, PatternTable) else PatternTable.from_answers(answers)
    options = IntervalOptions() if interval is True else None if interval is False else interval
    return estimate(table, [alpha_of(table, scale)], options=options, rng=rng)[0]


def alpha_of(table: PatternTable, scale: Scale) -> Coefficient:
    """The coefficient object for a scale."""
    if scale not in SCALES:
        raise ValueError(f"unknown scale {scale!r}; choose one of {', '.join(SCALES)}")
    if scale == "ordinal":
        return OrdinalAlpha()
    if scale == "nominal":
        return Alpha(measure=MatrixMeasure(np.eye(len(table.labels))), params={"level": "nominal"})
    numbers = numbers_of(table.labels)
    name: Literal["quadratic", "ratio"] = "quadratic" if scale == "interval" else "ratio"
    return Alpha(measure=MatrixMeasure(agreement_weights(name, numbers.tolist())), params={"level": scale})
