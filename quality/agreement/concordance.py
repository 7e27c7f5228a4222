"""Two workers on a continuous scale: Lin's concordance, Bland-Altman limits of agreement."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from quality.agreement.result import AgreementResult, Reason
from quality.agreement.weights import numbers_of
from quality.answers import AnswerSet

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class LimitsOfAgreement:
    """Differences between two workers, first minus second, in the answers' unit.

    bias: their mean; low, high: the limits within which 95 % of them are expected, each with its own interval;
    sd: their standard deviation. A ``reason`` stands where there are fewer than two shared tasks.
    """

    reason: str | None = None
    tasks: int = 0
    bias: float | None = None
    bias_interval: tuple[float, float] | None = None
    sd: float | None = None
    low: float | None = None
    low_interval: tuple[float, float] | None = None
    high: float | None = None
    high_interval: tuple[float, float] | None = None


def shared_numbers(answers: AnswerSet, first: int, second: int) -> tuple[Floats, Floats]:
    """The numbers two workers (by index) gave to the tasks they share: (n,) each."""
    number = numbers_of(answers.labels)
    of_first, of_second = answers.select(answers.worker == first), answers.select(answers.worker == second)
    _, at_first, at_second = np.intersect1d(of_first.task, of_second.task, return_indices=True)
    return number[of_first.label[at_first]], number[of_second.label[at_second]]


def lin_concordance(first: Floats, second: Floats, *, confidence: float = 0.95) -> AgreementResult:
    """Lin's concordance correlation of two workers' numbers, both (n,), with his interval on Fisher's z.

    Source: Lin (1989, corrected 2000).
    """
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    n = len(x)
    result = AgreementResult(metric="lin_concordance", tasks=n, workers=2, answers=2 * n)
    if n < 2:
        return replace(result, reason=Reason.NO_SHARED_TASKS if n == 0 else Reason.TOO_FEW_TASKS)
    shift = float(x.mean() - y.mean())
    together = float(np.mean((x - x.mean()) * (y - y.mean())))
    room = float(x.var() + y.var() + shift**2)
    if room == 0 or (x.var() == 0 and y.var() == 0):
        return replace(result, reason=Reason.NO_VARIATION)
    value = 2 * together / room
    result = replace(result, value=value, params={"confidence": confidence})
    if n < 3 or x.var() == 0 or y.var() == 0 or abs(value) > 1 - 1e-12 or together == 0:
        return result
    r2 = together**2 / float(x.var() * y.var())
    u2 = shift**2 / float(np.sqrt(x.var() * y.var()))
    c2 = value**2
    variance = (
        (1 - r2) * c2 / ((1 - c2) * r2)
        + 2 * value**3 * (1 - value) * u2 / (np.sign(together) * np.sqrt(r2) * (1 - c2) ** 2)
        - value**4 * u2**2 / (2 * r2 * (1 - c2) ** 2)
    ) / (n - 2)
    se_z = float(np.sqrt(max(variance, 0.0)))
    reach = float(special.ndtri((1 + confidence) / 2)) * se_z
    z = np.arctanh(value)
    bounds = np.tanh([z - reach, z + reach])
    return result.with_interval(se=se_z * (1 - c2), low=float(bounds[0]), high=float(bounds[1]), method="fisher_z")


def bland_altman(first: Floats, second: Floats, *, confidence: float = 0.95) -> LimitsOfAgreement:
    """Limits of agreement of two workers' numbers, both (n,), with t intervals.

    Source: Bland & Altman (1986), standard error of a limit √(3/n) · sd as they approximate it.
    """
    gap = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    n = len(gap)
    if n < 2:
        return LimitsOfAgreement(reason=Reason.NO_SHARED_TASKS if n == 0 else Reason.TOO_FEW_TASKS, tasks=n)
    bias, sd = float(gap.mean()), float(gap.std(ddof=1))
    t = float(special.stdtrit(n - 1, (1 + confidence) / 2))
    low, high = bias - 1.96 * sd, bias + 1.96 * sd
    wide, narrow = t * sd * np.sqrt(3 / n), t * sd / np.sqrt(n)
    return LimitsOfAgreement(
        tasks=n,
        bias=bias,
        bias_interval=(bias - float(narrow), bias + float(narrow)),
        sd=sd,
        low=low,
        low_interval=(low - float(wide), low + float(wide)),
        high=high,
        high_interval=(high - float(wide), high + float(wide)),
    )
