"""Auditing golds: known ones that have leaked, wrong ones that good workers contradict."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, nan, sqrt

import numpy as np
from scipy.stats import fisher_exact

Z_95 = 1.959963984540054
# A share of golds that are labelled wrongly, before anybody has answered them.
PRIOR_BAD = 0.05
# Pseudo-counts (right, wrong) of a worker's accuracy on the other golds.
PRIOR = (2.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class LeakTest:
    """Accuracy on old golds less that on new ones, with its 95 % interval and a one-sided exact p-value.

    ``difference``, ``low``, ``high`` and ``p_value`` are nan when either side has no answer.
    """

    old_right: int
    old: int
    new_right: int
    new: int
    difference: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True, kw_only=True)
class GoldSuspicion:
    """How likely a gold's label is wrong, given who missed it. ``expected_misses``: if the label is right."""

    gold: Hashable
    answers: int
    misses: int
    expected_misses: float
    probability_bad: float
    likelier_label: Hashable | None


def leak_test(*, old_right: int, old: int, new_right: int, new: int) -> LeakTest:
    """Compare right answers on golds that have been seen often with those on fresh ones.

    Interval: Newcombe's hybrid score (1998, method 10); p-value: Fisher's exact test, one-sided.
    Raises ValueError unless 0 <= right <= answers on both sides.
    """
    for right, of in ((old_right, old), (new_right, new)):
        if not 0 <= right <= of:
            raise ValueError(f"{right} right of {of} answers; give 0 <= right <= answers")
    counts = {"old_right": old_right, "old": old, "new_right": new_right, "new": new}
    if old == 0 or new == 0:
        return LeakTest(**counts, difference=nan, low=nan, high=nan, p_value=nan)
    p, q = old_right / old, new_right / new
    (p_low, p_high), (q_low, q_high) = _wilson(old_right, old), _wilson(new_right, new)
    table = np.array([[old_right, old - old_right], [new_right, new - new_right]])
    return LeakTest(
        **counts,
        difference=p - q,
        low=p - q - sqrt((p - p_low) ** 2 + (q_high - q) ** 2),
        high=p - q + sqrt((p_high - p) ** 2 + (q - q_low) ** 2),
        p_value=float(fisher_exact(table, alternative="greater").pvalue),
    )


def discoveries(p_values: Sequence[float], *, rate: float = 0.05) -> list[bool]:
    """Which of many tests stand out when a share ``rate`` of those may be false (Benjamini & Hochberg 1995).

    nan never stands out.
    """
    order = sorted((p, i) for i, p in enumerate(p_values) if p == p)
    last = max((rank for rank, (p, _) in enumerate(order, start=1) if p <= rate * rank / len(order)), default=0)
    found = {i for _, i in order[:last]}
    return [i in found for i in range(len(p_values))]


def suspect_golds(
    answers: Sequence[tuple[Hashable, Hashable, Hashable]], right_labels: Mapping[Hashable, Sequence[Hashable]]
) -> list[GoldSuspicion]:
    """Golds by how likely their label is wrong, the likeliest first.

    ``answers``: (gold, worker, label). A worker's accuracy is taken from the other golds. If the label is right the
    worker misses with one minus that accuracy; if it is wrong, some other label is right, and the worker hits the
    stored one only by an error spread evenly. Raises ValueError naming an answer to a gold without right labels.
    """
    n_labels = max(2, len({label for *_, label in answers} | {label for row in right_labels.values() for label in row}))
    by_gold: dict[Hashable, list[tuple[Hashable, Hashable]]] = {gold: [] for gold in right_labels}
    right: dict[Hashable, int] = {}
    total: dict[Hashable, int] = {}
    for gold, worker, label in answers:
        if gold not in by_gold:
            raise ValueError(f"gold {gold!r} was answered but has no right labels")
        by_gold[gold].append((worker, label))
        total[worker] = total.get(worker, 0) + 1
        right[worker] = right.get(worker, 0) + int(label in right_labels[gold])
    found: list[GoldSuspicion] = []
    for gold, rows in by_gold.items():
        log_odds = log(PRIOR_BAD / (1 - PRIOR_BAD))
        expected, misses = 0.0, 0
        weight: dict[Hashable, float] = {}
        for worker, label in rows:
            is_right = label in right_labels[gold]
            accuracy = (right[worker] - int(is_right) + PRIOR[0]) / (total[worker] - 1 + sum(PRIOR))
            expected += 1 - accuracy
            misses += int(not is_right)
            stray = (1 - accuracy) / (n_labels - 1)
            log_odds += log(stray / accuracy) if is_right else log((1 - stray) / (1 - accuracy))
            if not is_right:
                weight[label] = weight.get(label, 0.0) + max(0.0, log(accuracy / stray))
        found.append(
            GoldSuspicion(
                gold=gold,
                answers=len(rows),
                misses=misses,
                expected_misses=expected,
                probability_bad=1 / (1 + exp(-log_odds)) if log_odds > -700 else 0.0,
                likelier_label=max(weight, key=lambda label: (weight[label], str(label))) if weight else None,
            )
        )
    return sorted(found, key=lambda row: (-row.probability_bad, str(row.gold)))


def _wilson(right: int, of: int) -> tuple[float, float]:
    p, z2 = right / of, Z_95 * Z_95
    centre = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = Z_95 / (1 + z2 / of) * sqrt(p * (1 - p) / of + z2 / (4 * of * of))
    return centre - half, centre + half
