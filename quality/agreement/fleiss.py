"""What Fleiss adds to his kappa: one kappa per label, the test against chance, the share of unanimous tasks."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

import numpy as np

from quality.agreement.coefficients import ChanceCorrected
from quality.agreement.estimate import estimate
from quality.agreement.intervals import IntervalOptions, symmetric_bounds
from quality.agreement.measures import MatrixMeasure
from quality.agreement.patterns import PatternTable
from quality.agreement.result import AgreementResult, Reason


def fleiss_kappa_per_label(
    table: PatternTable, *, options: IntervalOptions | None = None, rng: np.random.Generator | int = 0
) -> dict[Hashable, AgreementResult]:
    """Fleiss' kappa of each label against all others."""
    results: dict[Hashable, AgreementResult] = {}
    for label in table.labels:
        coefficient = ChanceCorrected(
            metric="fleiss_kappa_category",
            chance="pooled",
            measure=MatrixMeasure(np.eye(2)),
            params={"category": label},
        )
        results[label] = estimate(table.binarised(label), [coefficient], options=options, rng=rng)[0]
    return results


def fleiss_z(table: PatternTable) -> float | None:
    """Fleiss' kappa over its standard error under chance; None where tasks differ in answers or kappa is undefined.

    Source: Fleiss, Nee & Landis (1979).
    """
    coefficient = ChanceCorrected(
        metric="fleiss_kappa", chance="pooled", measure=MatrixMeasure(np.eye(len(table.labels)))
    )
    result = estimate(table, [coefficient])[0]
    sizes = np.unique(table.sizes[(table.sizes > 0) & (table.multiplicity > 0)])
    if result.value is None or len(sizes) != 1:
        return None
    share = np.array(list(result.prevalence.values()))
    spread = float((share * (1 - share)).sum())
    skew = float((share * (1 - share) * (1 - 2 * share)).sum())
    variance = 2 * (spread**2 - skew) / (spread**2 * result.tasks * sizes[0] * (sizes[0] - 1))
    return float(result.value / np.sqrt(variance)) if variance > 0 else None


def percent_unanimous(table: PatternTable) -> AgreementResult:
    """Share of tasks (of those with two answers or more) where all answers are alike, with Wilson's interval."""
    rows = (table.sizes >= 2) & (table.multiplicity > 0)
    tasks = int(table.multiplicity[rows].sum())
    result = AgreementResult(
        metric="percent_agreement_all",
        tasks=tasks,
        answers=int(table.multiplicity[rows] @ table.sizes[rows]),
        workers=table.workers,
    )
    if not tasks:
        return replace(result, reason=Reason.NO_PAIRABLE)
    alike = int(table.multiplicity[rows & (table.patterns.max(axis=1, initial=0) == table.sizes)].sum())
    share = alike / tasks
    se = float(np.sqrt(share * (1 - share) / tasks))
    low, high = wilson_bounds(alike, tasks)
    return replace(result, value=share).with_interval(se=se, low=low, high=high, method="wilson")


def wilson_bounds(hits: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's interval for a share of ``trials`` (1927); trials above 0."""
    reach, _ = symmetric_bounds(0.0, 1.0, np.inf, (1 - confidence) / 2)
    z2 = reach**2
    share = hits / trials
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = np.sqrt(z2 * (share * (1 - share) / trials + z2 / (4 * trials**2))) / (1 + z2 / trials)
    return float(max(0.0, centre - half)), float(min(1.0, centre + half))
