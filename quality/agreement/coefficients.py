"""Coefficients that need only how often each label was given to each task: formulas over sums of tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from quality.agreement.measures import Measure
from quality.agreement.patterns import TaskTable

Floats = NDArray[np.float64]
Chance = Literal["none", "pooled", "gwet", "uniform", "ac"]


class Coefficient(Protocol):
    """A coefficient as a function of task weights, so that one code gives the value, its resamples and its slopes."""

    @property
    def metric(self) -> str: ...
    @property
    def params(self) -> Mapping[str, Any]: ...
    def used(self, table: TaskTable) -> NDArray[np.bool_]:
        """Which rows count as tasks: (P,)."""

    def values(self, table: TaskTable, weight: Floats) -> Floats:
        """The coefficient for each set of row weights (R, P): (R,), nan where it is undefined."""

    def influence(self, table: TaskTable) -> Floats:
        """How far one task of each kind pulls the value, times the number of tasks: (P,), mean 0."""

    def room(self, table: TaskTable) -> float:
        """Disagreement by chance as a share of the largest that labels allow: what full disagreement divides by."""


@dataclass(frozen=True, kw_only=True)
class ChanceCorrected:
    """(observed − chance) / (1 − chance) with the observed agreement a mean over tasks.

    chance: "none" for percent agreement; "pooled" label shares over answers of tasks with two or more (Fleiss 1971,
    Scott 1955 for two answers a task); "gwet" mean label shares over all answered tasks (Gwet 2014); "uniform"
    (Brennan & Prediger 1981); "ac" (Gwet 2008).
    """

    metric: str
    chance: Chance
    measure: Measure
    params: Mapping[str, Any] = field(default_factory=dict)

    def used(self, table: TaskTable) -> NDArray[np.bool_]:
        """Tasks with an answer; with two answers where chance is pooled over those."""
        return np.asarray(table.sizes >= (2 if self.chance == "pooled" else 1))

    def values(self, table: TaskTable, weight: Floats) -> Floats:
        """The coefficient for each set of row weights (R, P): (R,), nan where it is undefined."""
        pairable = (table.sizes >= 2).astype(np.float64)
        observed = _ratio(weight @ (pairable * self.measure.within(table)), weight @ pairable)
        return observed if self.chance == "none" else _corrected(observed, self._chance(table, weight))

    def _shares(self, table: TaskTable, weight: Floats) -> Floats:
        """Label shares that chance is reckoned from: (R, K)."""
        if self.chance == "pooled":
            counts = table.marginals(weight * (table.sizes >= 2))
            return _ratio(counts, counts.sum(axis=1, keepdims=True))
        per_answer = np.divide(1.0, table.sizes, out=np.zeros(len(table.sizes)), where=table.sizes > 0)
        counts = table.marginals(weight * per_answer)
        return _ratio(counts, counts.sum(axis=1, keepdims=True))

    def _chance(self, table: TaskTable, weight: Floats) -> Floats:
        size = len(table.labels)
        if self.chance == "uniform":
            return np.full(len(weight), self.measure.total(size) / size**2)
        share = self._shares(table, weight)
        if self.chance == "ac":
            if size < 2:
                return np.full(len(weight), np.nan)
            return np.asarray(self.measure.total(size) * (share * (1 - share)).sum(axis=1) / (size * (size - 1)))
        return self.measure.chance(share)

    def influence(self, table: TaskTable) -> Floats:
        """Linearisation of Gwet (2014), section 5.3.1; for pooled shares the plain derivative."""
        weight = table.multiplicity.astype(np.float64)[None, :]
        pairable = (table.sizes >= 2).astype(np.float64)
        n = float((weight[0] * self.used(table)).sum())
        n_pairable = float((weight[0] * pairable).sum())
        within = self.measure.within(table)
        value = float(self.values(table, weight)[0])
        if self.chance == "none":
            return np.asarray(n / n_pairable * pairable * within - value)
        chance = float(self._chance(table, weight)[0])
        room = 1.0 - chance
        pull = n / n_pairable * pairable * (within - chance) / room - value
        return np.asarray((pull - (1 - value) / room * self._chance_pull(table, weight)) * self.used(table))

    def room(self, table: TaskTable) -> float:
        """Disagreement by chance as a share of the largest that labels allow; 1 without correction for chance."""
        if self.chance == "none":
            return 1.0
        return 1.0 - float(self._chance(table, table.multiplicity.astype(np.float64)[None, :])[0])

    def _chance_pull(self, table: TaskTable, weight: Floats) -> Floats:
        """How far one task of each kind moves the chance agreement, times the number of tasks: (P,)."""
        if self.chance == "uniform":
            return np.zeros(len(table.sizes))
        size = len(table.labels)
        share = self._shares(table, weight)[0]
        if self.chance == "ac":
            slope = self.measure.total(size) / (size * (size - 1)) * (1 - 2 * share)
        else:
            slope = self.measure.slope(share)
        sizes = table.sizes.astype(np.float64)
        centre = float(slope @ share)
        if self.chance == "pooled":
            mean_size = float(weight[0] @ (sizes * (sizes >= 2))) / float(weight[0] @ (sizes >= 2))
            return np.asarray((table.row_sums(slope) - centre * sizes) / mean_size)
        return np.asarray(
            np.divide(table.row_sums(slope), sizes, out=np.full(len(sizes), centre), where=sizes > 0) - centre
        )


@dataclass(frozen=True, kw_only=True)
class Alpha:
    """Krippendorff's alpha for a fixed distance between labels (nominal, interval, ratio, weights, a matrix).

    1 − (n − 1) Σ o δ / Σ n n δ, written as (p_a − p_e) / (1 − p_e) with δ = 1 − agreement and p_a corrected by 1/n.
    ``variance="count_table"`` is how the R package irrCAC linearises alpha from a table of counts, with half the
    pull of chance: only for comparing figures, the default is the derivative.
    """

    measure: Measure
    params: Mapping[str, Any] = field(default_factory=dict)
    metric: str = "krippendorff_alpha"
    variance: Literal["derivative", "count_table"] = "derivative"

    def used(self, table: TaskTable) -> NDArray[np.bool_]:
        """Tasks with at least two answers."""
        return np.asarray(table.sizes >= 2)

    def _parts(self, table: TaskTable, weight: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Observed agreement per answer, chance agreement, answers (R,) each, label shares (R, K)."""
        weight = weight * (table.sizes >= 2)
        answers = weight @ table.sizes.astype(np.float64)
        observed = _ratio(weight @ (table.sizes * self.measure.within(table)), answers)
        share = _ratio(table.marginals(weight), answers[:, None])
        return observed, self.measure.chance(share), answers, share

    def values(self, table: TaskTable, weight: Floats) -> Floats:
        """The coefficient for each set of row weights (R, P): (R,), nan where it is undefined."""
        observed, chance, answers, _ = self._parts(table, weight)
        small_sample = _ratio(np.ones(len(answers)), answers)
        return _corrected((1 - small_sample) * observed + small_sample, chance)

    def influence(self, table: TaskTable) -> Floats:
        """Linearisation of Gwet (2014), which leaves the 1/n correction out of the centre."""
        weight = table.multiplicity.astype(np.float64)[None, :]
        observed, chance, answers, share = (part[0] for part in self._parts(table, weight))
        sizes = table.sizes.astype(np.float64)
        used = self.used(table)
        mean_size = float(answers) / float(weight[0] @ used)
        corrected = (1 - 1 / answers) * observed + 1 / answers
        room = 1.0 - chance
        plain = (observed - chance) / room
        surplus = (sizes - mean_size) / mean_size
        own = sizes * self.measure.within(table) / mean_size - corrected * surplus
        own_chance = table.row_sums(self.measure.slope(share) / 2) / mean_size - chance * surplus
        if self.variance == "count_table":
            value = (corrected - chance) / room
            seen = (1 - 1 / answers) * (sizes * self.measure.within(table) / mean_size - observed)
            return np.asarray((seen - (1 - value) * (own_chance - chance)) / room * used)
        pull = (own - chance) / room - 2 * (1 - plain) * (own_chance - chance) / room - plain
        return np.asarray(pull * used)

    def room(self, table: TaskTable) -> float:
        """Disagreement by chance as a share of the largest that labels allow."""
        return 1.0 - float(self._parts(table, table.multiplicity.astype(np.float64)[None, :])[1][0])


def _ratio(top: Floats, bottom: Floats) -> Floats:
    """top / bottom, nan where the bottom is 0."""
    bottom = np.broadcast_to(bottom, np.broadcast_shapes(np.shape(top), np.shape(bottom)))
    return np.asarray(np.divide(top, bottom, out=np.full(bottom.shape, np.nan), where=bottom != 0))


def _corrected(observed: Floats, chance: Floats) -> Floats:
    """(observed − chance) / (1 − chance), nan where chance leaves no room."""
    room = 1.0 - chance
    room = np.where(room > 1e-12, room, 0.0)  # rounding of shares that sum to 1, not a pseudo-count
    return _ratio(observed - chance, room)
