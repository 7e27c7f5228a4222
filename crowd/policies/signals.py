"""Which habits of workers call for a look, from figures alone; the share of false alarms is held per kind."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crowd.enums import FlagKind
from quality.answers import AnswerSet
from quality.results import AggregationResult
from quality.skill.by_label import PSEUDO, mutual_information
from quality.skill.collusion import benjamini_hochberg, benjamini_yekutieli, shared_errors
from quality.skill.habits import clockwork_p_values, pace_p_value
from quality.skill.spam import longest_run
from quality.skill.speed import SpeedResult

FALSE_DISCOVERIES = 0.05
LEAST_ANSWERS = 20
FAST_AT = -2.0
# Runs are looked for in so many of a worker's newest answers: the exact test takes time for each.
LONGEST_LOOK = 1000
# A worker whose answers surely tell less than this share of what the typical worker's tell says next to nothing.
LITTLE_SHARE = 0.15
DRAWS = 400
SEED = 20261122


@dataclass(frozen=True)
class Signal:
    """Evidence about a worker, or about a pair of workers (the lower id first)."""

    kind: FlagKind
    worker_id: int
    p_value: float | None
    evidence: dict[str, Any]
    other_id: int | None = None


@dataclass(frozen=True)
class Suspect:
    """Answers of people in the order in which they were given: ids, (N,) places, (N,) labels, -1 without one."""

    workers: Sequence[int]
    worker: NDArray[np.int64]
    label: NDArray[np.int64]


def pace_signals(workers: Sequence[int], worker: NDArray[np.int64], speed: SpeedResult) -> list[Signal]:
    """Workers half of whose answers or more came too fast for the task, and those who keep time like a clock."""
    n = np.bincount(worker, minlength=len(workers))
    fast = np.bincount(worker, weights=speed.residual < FAST_AT, minlength=len(workers)).astype(int)
    enough = np.flatnonzero(n >= LEAST_ANSWERS).tolist()
    found = []
    p_fast = np.array([pace_p_value(int(fast[i]), int(n[i])) for i in enough])
    for i, p, flag in zip(enough, p_fast, benjamini_hochberg(p_fast, FALSE_DISCOVERIES), strict=True):
        if flag:
            evidence = {
                "too_fast": int(fast[i]),
                "answers": int(n[i]),
                "typical_residual": round(float(speed.typical[i]), 3),
                "seconds_for_no_length": round(speed.seconds_at, 3),
                "growth_exponent": round(speed.exponent, 3),
            }
            found.append(Signal(FlagKind.TOO_FAST, workers[i], p_value=float(p), evidence=evidence))
    p_clock = clockwork_p_values(np.asarray(speed.residual, dtype=np.float64), worker, n_workers=len(workers))[enough]
    p_clock = np.nan_to_num(p_clock, nan=1.0)
    for i, p, flag in zip(enough, p_clock, benjamini_hochberg(p_clock, FALSE_DISCOVERIES), strict=True):
        if flag:
            own = speed.residual[worker == i]
            evidence = {"answers": int(n[i]), "spread": round(float(own.std()), 3), "usual_spread": 1.0}
            found.append(Signal(FlagKind.CLOCKWORK, workers[i], p_value=float(p), evidence=evidence))
    return found


def longest_runs(crowd: Suspect, *, n_labels: int) -> list[Signal]:
    """Workers whose longest run of one label is too long for answers that depend on tasks in random order."""
    known = crowd.label >= 0
    if not known.any():
        return []
    # Each worker weighs the same: one who gives a single label must not make that label usual.
    table = np.zeros((len(crowd.workers), n_labels))
    np.add.at(table, (crowd.worker[known], crowd.label[known]), 1.0)
    totals = table.sum(axis=1, keepdims=True)
    shares = np.median(table[totals[:, 0] > 0] / totals[totals[:, 0] > 0], axis=0) + 1e-3
    shares = shares / shares.sum()
    tests = {}
    for i in np.flatnonzero(totals[:, 0] >= LEAST_ANSWERS).tolist():
        tests[i] = longest_run(crowd.label[known & (crowd.worker == i)][-LONGEST_LOOK:], shares)
    flagged = benjamini_hochberg(np.array([test.p_value for test in tests.values()]), FALSE_DISCOVERIES)
    return [
        Signal(
            FlagKind.STRAIGHT_LINING,
            crowd.workers[i],
            p_value=test.p_value,
            evidence={"longest": test.longest, "label_index": test.label, "answers": test.n_answers},
        )
        for (i, test), flag in zip(tests.items(), flagged, strict=True)
        if flag
    ]


def no_information(workers: Sequence[Hashable], counts: NDArray[np.float64], *, people: set[int]) -> list[Signal]:
    """Workers whose answers surely tell next to nothing of the truth, by golds, experts and the others together.

    The p-value: the posterior probability that they tell more than 15 % of what the typical worker's do.
    """
    n = counts.sum(axis=(1, 2))
    enough = np.flatnonzero(n >= LEAST_ANSWERS)
    if enough.size < 2:
        return []
    prevalence = counts.sum(axis=(0, 2)) + PSEUDO
    prevalence = prevalence / prevalence.sum()
    rng = np.random.default_rng(SEED)
    told = np.empty((DRAWS, enough.size))
    for i in range(DRAWS):
        cells = rng.standard_gamma(counts[enough] + PSEUDO)
        told[i] = mutual_information(cells / cells.sum(axis=-1, keepdims=True), prevalence)
    # Chance alone makes counts look as if they told this much: half by the sample, half again by the draw from it.
    told -= (counts.shape[1] - 1) ** 2 / n[enough]
    typical = float(np.median(told.mean(axis=0)))
    p_values = ((told > LITTLE_SHARE * typical).sum(axis=0) + 1) / (DRAWS + 1)
    found = []
    for place, p, flag in zip(
        range(enough.size), p_values, benjamini_hochberg(p_values, FALSE_DISCOVERIES), strict=True
    ):
        worker_id = workers[int(enough[place])]
        if flag and isinstance(worker_id, int) and worker_id in people:
            column = told[:, place]
            low, high = np.quantile(column, [0.025, 0.975])
            evidence = {
                "nats_per_answer": round(float(column.mean()), 4),
                "low": round(float(low), 4),
                "high": round(float(high), 4),
                "typical_nats_per_answer": round(typical, 4),
                "answers": round(float(n[enough[place]]), 1),
            }
            found.append(Signal(FlagKind.NO_INFORMATION, worker_id, p_value=float(p), evidence=evidence))
    return found


def shared_error_signals(answers: AnswerSet, fitted: AggregationResult, *, people: set[int]) -> list[Signal]:
    """Pairs of people who share wrong answers beyond what they and the tasks explain, by Benjamini-Yekutieli.

    Tests of pairs share workers and tasks, and nothing says that they depend positively, as Benjamini-Hochberg needs;
    this correction holds whatever the dependence. It costs a factor of ln(pairs), and copies are far beyond that.
    """
    rows = [
        row
        for row in shared_errors(answers, fitted, level=FALSE_DISCOVERIES)
        if row.first in people and row.second in people
    ]
    flagged = benjamini_yekutieli(np.array([row.p_value for row in rows]), FALSE_DISCOVERIES)
    found = []
    for row, flag in zip(rows, flagged, strict=True):
        if flag and isinstance(row.first, int) and isinstance(row.second, int):
            first, second = sorted((row.first, row.second))
            evidence = {
                "shared_tasks": row.n_shared,
                "shared_errors": row.observed,
                "expected": round(row.expected, 3),
                "pairs_tested": len(rows),
            }
            found.append(Signal(FlagKind.SHARED_ERRORS, first, other_id=second, p_value=row.p_value, evidence=evidence))
    return found
