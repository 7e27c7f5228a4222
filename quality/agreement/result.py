"""AgreementResult: one coefficient with its interval, or the reason why there is none."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any


class Reason(StrEnum):
    """Why a coefficient has no value; the codes are stable, the words around them are not."""

    NO_PAIRABLE = "no_pairable_units"
    NO_VARIATION = "no_variation"
    TOO_FEW_TASKS = "too_few_units"
    TOO_FEW_WORKERS = "too_few_workers"
    NEEDS_TWO_WORKERS = "needs_two_workers"
    NEEDS_TWO_LABELS = "needs_two_labels"
    NO_SHARED_TASKS = "no_shared_tasks"
    NO_REPEATS = "no_repeats"
    INCOMPLETE = "incomplete_table"
    NEGATIVE = "negative_values"
    TOO_MANY_LABELS = "too_many_labels"
    FREE_TEXT = "free_text"


@dataclass(frozen=True, kw_only=True)
class AgreementResult:
    """One coefficient over one group of answers.

    value: None where the coefficient is undefined; then ``reason`` says why. A lone pairable task has alpha 0 by
    construction: value 0 comes with the reason "too_few_units". se: the linearised standard error over tasks.
    low, high: 95 % (or ``params["confidence"]``) interval over tasks, "these workers"; ``method`` names how.
    se_with_workers, low_with_workers, high_with_workers: the same for "workers like these", where tasks and workers
    are both samples; None unless asked for. se_bootstrap: standard deviation over the resamples, where there were any.
    tasks, workers, answers: what was used (tasks with at least two answers); workers is None where unknown.
    prevalence: share of each label among the used answers; empty for continuous values. notes: sentences to read with
    the figure.
    """

    metric: str
    value: float | None = None
    reason: str | None = None
    se: float | None = None
    low: float | None = None
    high: float | None = None
    method: str | None = None
    tasks: int = 0
    workers: int | None = None
    answers: int = 0
    prevalence: Mapping[Hashable, float] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    se_bootstrap: float | None = None
    se_with_workers: float | None = None
    low_with_workers: float | None = None
    high_with_workers: float | None = None
    notes: tuple[str, ...] = ()

    def with_interval(
        self, *, se: float | None, low: float | None, high: float | None, method: str | None
    ) -> AgreementResult:
        """The same result with another interval; figures that are not finite become None."""
        return replace(self, se=finite(se), low=finite(low), high=finite(high), method=method)

    def with_notes(self, *notes: str) -> AgreementResult:
        """The same result with further notes."""
        return replace(self, notes=(*self.notes, *notes))

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON: no NaN, label keys as text."""
        return {
            "value": self.value,
            "reason": self.reason,
            "se": self.se,
            "low": self.low,
            "high": self.high,
            "method": self.method,
            "tasks": self.tasks,
            "workers": self.workers,
            "answers": self.answers,
            "prevalence": {str(label): share for label, share in self.prevalence.items()},
            "params": dict(self.params),
            "se_bootstrap": self.se_bootstrap,
            "se_with_workers": self.se_with_workers,
            "low_with_workers": self.low_with_workers,
            "high_with_workers": self.high_with_workers,
            "notes": list(self.notes),
        }


def finite(value: float | None) -> float | None:
    """The number as a Python float, or None where it is missing, infinite or not a number."""
    return None if value is None or not math.isfinite(value) else float(value)
