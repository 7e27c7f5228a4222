"""The calibration of auto on each public crowd when its figures are chosen on all the other crowds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.frame import Report
from benchmarks.public_crowds import PublicCrowd
from quality.aggregation.auto import Auto
from quality.aggregation.calibration import Tempering, fit_gold_map, put_first, reliability
from quality.aggregation.copies import find_copies
from quality.aggregation.gold_folds import held_out_gold
from quality.aggregation.groups import discount_groups
from quality.aggregation.incidence import Incidence, incidence
from quality.aggregation.stack import fit_stack

Floats = NDArray[np.floating[Any]]

INTERCEPTS = (0.25, 0.4, 0.55, 0.7, 0.85)
CHECK_SLOPES = (0.4, 0.7, 1.0)
VOTE_SHARES = (0.0, 0.1, 0.2, 0.3)
SHIFT_SCALES = (0.2, 0.3, 0.5, 0.8, 1.2)
SLOPE_SCALES = (0.1, 0.2, 0.3, 0.5)
LOOSE = 10.0
"""Scale at which the penalties of the map no longer count."""


def left_out(report: Report, crowds: Sequence[PublicCrowd], golds: Sequence[Sequence[NDArray[np.intp]]]) -> None:
    """Print the figures; ``golds`` are the draws of gold tasks for each crowd."""
    discounts = [
        Tempering(intercept=a, check_slope=b, vote_share=c)
        for a in INTERCEPTS for b in CHECK_SLOPES for c in VOTE_SHARES
    ]  # fmt: skip
    maps = [(shift, slope) for shift in SHIFT_SCALES for slope in SLOPE_SCALES]
    plain = np.array([_without_gold(crowd, discounts) for crowd in crowds])
    _say(report, "auto, no gold", plain, discounts.index(Tempering()))
    each = [_with_gold(crowd, draws, maps) for crowd, draws in zip(crowds, golds, strict=True)]
    _say(report, "auto, gold", np.array([scores for scores, _, _ in each]), maps.index((0.5, 0.3)))
    best = float(np.mean([oracle for _, oracle, _ in each]))
    report.figure("auto, the same map fitted on every true label: calibration error", best, "share")
    chance = float(np.mean([levelled for _, _, levelled in each]))
    report.figure("a perfect forecaster, mapped by its gold in the same way: calibration error", chance, "share")


def _say(report: Report, name: str, errors: Floats, default: int) -> None:
    judged = [errors[i, np.delete(errors, i, axis=0).mean(axis=0).argmin()] for i in range(len(errors))]
    report.figure(f"{name}, as it is: calibration error", float(errors[:, default].mean()), "share")
    report.figure(f"{name}, best of {errors.shape[1]} in hindsight", float(errors.mean(axis=0).min()), "share")
    report.figure(f"{name}, chosen without the set: calibration error", float(np.mean(judged)), "share")


def _without_gold(crowd: PublicCrowd, discounts: Sequence[Tempering]) -> list[float]:
    fitted = _index(crowd, {})
    stack = fit_stack(fitted, Auto().subtypes)
    best = stack.posterior.argmax(axis=1)
    votes = fitted.vote_shares()
    right = crowd.right(best)
    return [reliability(d.temper(stack, votes, best)[crowd.judged, best[crowd.judged]], right).error for d in discounts]


def _with_gold(
    crowd: PublicCrowd, draws: Sequence[NDArray[np.intp]], maps: Sequence[tuple[float, float]]
) -> tuple[Floats, float, float]:
    """Error of every map (n maps,), of the map fitted on all labels, of a perfect forecaster that is mapped.

    On the tasks outside the gold, as means over the draws.
    """
    auto, rng = Auto(), np.random.default_rng(0)
    errors: Floats = np.zeros(len(maps))
    oracle = levelled = 0.0
    for drawn in draws:
        fitted = _index(crowd, {int(task): int(crowd.truth[task]) for task in drawn})
        stack = fit_stack(fitted, auto.subtypes)
        best = stack.posterior.argmax(axis=1)
        chances = put_first(auto.tempering.temper(stack, fitted.vote_shares(), best), best)
        confidence, hits = held_out_gold(fitted, stack, np.sort(drawn), auto.tempering, auto.gold_folds)
        rest = np.setdiff1d(crowd.judged, drawn)
        right = best[rest] == crowd.truth[rest]
        for place, (shift, slope) in enumerate(maps):
            learnt = fit_gold_map(confidence, hits, shift_scale=shift, slope_scale=slope)
            errors[place] += reliability(learnt.apply(chances)[rest].max(axis=1), right).error
        known = fit_gold_map(chances[rest].max(axis=1), right, shift_scale=LOOSE, slope_scale=LOOSE)
        perfect = known.apply(chances)
        oracle += reliability(perfect[rest].max(axis=1), right).error
        came_true = rng.random(len(perfect)) < perfect.max(axis=1)
        learnt = fit_gold_map(perfect[drawn].max(axis=1), came_true[drawn])
        levelled += reliability(learnt.apply(perfect)[rest].max(axis=1), came_true[rest]).error
    return errors / len(draws), oracle / len(draws), levelled / len(draws)


def _index(crowd: PublicCrowd, gold: dict[int, int]) -> Incidence:
    answers = crowd.answers
    copies = find_copies(answers)
    if copies:
        answers = discount_groups(answers, copies, 1.0)
    return incidence(answers, {answers.tasks[t]: answers.labels[label] for t, label in gold.items()}, None)
