"""Krippendorff's alpha for nominal, ordinal, interval, ratio answers with its interval."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from quality.agreement.coefficients import Alpha, Coefficient
from quality.agreement.estimate import estimate
from quality.agreement.intervals import IntervalOptions
from quality.agreement.measures import Measure
from quality.agreement.ordinal import OrdinalAlpha
from quality.agreement.patterns import PatternTable, TaskTable
from quality.agreement.result import AgreementResult, Reason
from quality.agreement.separable import QuadraticMeasure, RatioMeasure
from quality.agreement.values import ValueTable, as_table, weights_measure
from quality.agreement.weights import numbers_of
from quality.answers import AnswerSet

Scale = Literal["nominal", "ordinal", "interval", "ratio"]
SCALES: tuple[Scale, ...] = ("nominal", "ordinal", "interval", "ratio")


def krippendorff_alpha(
    answers: AnswerSet | PatternTable | ValueTable,
    *,
    scale: Scale = "nominal",
    interval: bool | IntervalOptions = True,
    rng: np.random.Generator | int = 0,
) -> AgreementResult:
    """Krippendorff's alpha: 1 is full agreement, 0 what chance gives, below 0 systematic disagreement.

    ``scale``: how far labels lie apart; "ordinal" by their order in the label set, "interval" and "ratio" by their
    numbers. Every answer counts: where workers may repeat a task, pass `without_repeats(answers)`, or they agree with
    themselves. ``interval``: True for the rule of the number of tasks, False for none, or options of your own.
    Raises ValueError for an unknown scale, or naming a label that is no number where the scale needs numbers.
    Source: Krippendorff (2011), Computing Krippendorff's alpha-reliability; Hayes & Krippendorff (2007).
    """
    table = as_table(answers)
    options = IntervalOptions() if interval is True else None if interval is False else interval
    if scale == "ratio" and (numbers_of(table.labels) < 0).any():
        blank = estimate(table, [alpha_of(table, "nominal")])[0]
        return replace(blank, value=None, se=None, reason=Reason.NEGATIVE, params={"level": scale})
    return estimate(table, [alpha_of(table, scale)], options=options, rng=rng)[0]


def alpha_of(table: TaskTable, scale: Scale) -> Coefficient:
    """The coefficient object for a scale; labels must be numbers from "interval" on, not negative for "ratio"."""
    if scale not in SCALES:
        raise ValueError(f"unknown scale {scale!r}; choose one of {', '.join(SCALES)}")
    if scale == "ordinal":
        return OrdinalAlpha()
    measure: Measure
    if scale == "nominal":
        measure = weights_measure(table, "identity")
    else:
        numbers = numbers_of(table.labels)
        measure = QuadraticMeasure(numbers) if scale == "interval" else RatioMeasure(numbers)
    return Alpha(measure=measure, params={"level": scale})
