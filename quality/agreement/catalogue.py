"""The coefficients by name, ready to estimate on a table of tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from quality.agreement.coefficients import Alpha, Chance, ChanceCorrected, Coefficient
from quality.agreement.estimate import estimate
from quality.agreement.intervals import IntervalOptions
from quality.agreement.measures import Measure
from quality.agreement.patterns import PatternTable, TaskTable
from quality.agreement.result import AgreementResult
from quality.agreement.values import as_table, weights_measure
from quality.agreement.weights import Weights
from quality.answers import AnswerSet

CHANCE: Mapping[str, Chance] = {
    "percent_agreement": "none",
    "scott_pi": "pooled",
    "fleiss_kappa": "pooled",
    "fleiss_kappa_gwet": "gwet",
    "brennan_prediger": "uniform",
    "randolph_kappa": "uniform",
    "bennett_s": "uniform",
    "gwet_ac1": "ac",
    "gwet_ac2": "ac",
}


def coefficient(metric: str, table: TaskTable, *, weights: Weights = "identity") -> Coefficient:
    """A coefficient that needs no worker's identity, for the labels of a table.

    ``metric`` is a key of `CHANCE`, or "krippendorff_alpha" with the agreement weights of Gwet in place of
    Krippendorff's distances. Raises ValueError for an unknown name or weights that do not fit the labels.
    """
    measure: Measure = weights_measure(table, weights)
    params: dict[str, Any] = {} if _plain(weights) else {"weights": weights if isinstance(weights, str) else "matrix"}
    if metric == "krippendorff_alpha":
        return Alpha(measure=measure, params={"gwet_weights": params.get("weights", "identity")})
    if metric not in CHANCE:
        raise ValueError(f"unknown coefficient {metric!r}; choose one of {', '.join(CHANCE)}")
    return ChanceCorrected(metric=metric, chance=CHANCE[metric], measure=measure, params=params)


def agreement(
    answers: AnswerSet | PatternTable,
    metric: str,
    *,
    weights: Weights = "identity",
    interval: bool | IntervalOptions = True,
    rng: np.random.Generator | int = 0,
) -> AgreementResult:
    """One coefficient by name with its interval; see `coefficient` for the names, errors."""
    table = as_table(answers)
    options = IntervalOptions() if interval is True else None if interval is False else interval
    return estimate(table, [coefficient(metric, table, weights=weights)], options=options, rng=rng)[0]


def _plain(weights: Weights) -> bool:
    return isinstance(weights, str) and weights == "identity"
