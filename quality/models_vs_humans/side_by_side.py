"""How often a model agrees with people beside how often people agree with each other, on the same tasks."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student_t

from quality.answers import AnswerSet
from quality.models_vs_humans.alt_test import NO_ANSWER, model_labels

LEAST_TASKS = 10


@dataclass(frozen=True, kw_only=True)
class SideBySide:
    """Mean shares over tasks with their 95 % intervals; all None with a ``reason`` under ten tasks.

    model: of a task's people who gave the model's label. people: of a task's pairs of people who gave one label.
    difference: model less people, paired by task.
    """

    n_tasks: int
    model: tuple[float, float, float] | None = None
    people: tuple[float, float, float] | None = None
    difference: tuple[float, float, float] | None = None
    reason: str | None = None


def side_by_side(people: AnswerSet, model: Mapping[Any, Hashable]) -> SideBySide:
    """Compare on the tasks with the model's label (task -> label) and at least two people."""
    given = model_labels(people, model)
    counts = people.counts
    size = counts.sum(axis=1)
    used = np.flatnonzero((size >= 2) & (given != NO_ANSWER))
    if len(used) < LEAST_TASKS:
        few = f"only {len(used)} tasks have the model's vote and two people's; at least {LEAST_TASKS} are needed"
        return SideBySide(n_tasks=len(used), reason=few)
    counts, size, given = counts[used], size[used], given[used]
    with_people = np.where(given >= 0, counts[np.arange(len(used)), np.maximum(given, 0)], 0.0) / size
    among = (counts * (counts - 1)).sum(axis=1) / (size * (size - 1))
    return SideBySide(
        n_tasks=len(used),
        model=_mean(with_people),
        people=_mean(among),
        difference=_mean(with_people - among, low=-1.0),
    )


def _mean(values: NDArray[Any], *, low: float = 0.0) -> tuple[float, float, float]:
    n = len(values)
    mean = float(values.mean())
    far = float(student_t.ppf(0.975, n - 1) * values.std(ddof=1) / np.sqrt(n))
    return mean, max(low, mean - far), min(1.0, mean + far)
