"""Stopping by price, replayed: what the right labels are worth minus what the answers cost, against other rules."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.frame import Report
from benchmarks.replayed_project import ReplayedProject, routed_order
from quality.answers import AnswerSet

FIXED_SEEDS = 20
LEAST = 2
# What a right label is worth, in prices of an answer.
WORTHS = (5.0, 10.0, 20.0, 50.0)
TARGETS = (0.7, 0.8, 0.9, 0.95)
DEFAULT_TARGET = 0.95
# Stopping by price needs a threshold only where certainty ends every question.
CERTAIN = 0.99

Part = tuple[str, AnswerSet, NDArray[np.intp]]


def majority_curve(answers: AnswerSet, truth: NDArray[np.intp], rng: np.random.Generator) -> list[tuple[float, float]]:
    """(answers, accuracy) of the majority vote at each fixed overlap, a tie worth its share; mean of draws."""
    T, K = answers.n_tasks, answers.n_labels
    largest = int(np.bincount(answers.task, minlength=T).max())
    used, right = np.zeros(largest), np.zeros(largest)
    judged = truth >= 0
    for _ in range(FIXED_SEEDS):
        order = np.lexsort((rng.random(answers.n_answers), answers.task))
        task, label = answers.task[order], answers.label[order]
        place = np.arange(len(task)) - np.searchsorted(task, task)
        counts = np.zeros((T, K))
        for k in range(largest):
            now = place == k
            np.add.at(counts, (task[now], label[now]), 1)
            top = counts == counts.max(axis=1, keepdims=True)
            used[k] += counts.sum()
            right[k] += (top[judged, truth[judged]] / top[judged].sum(axis=1)).mean()
    return list(zip(used / FIXED_SEEDS, right / FIXED_SEEDS, strict=True))


def compare_prices(report: Report, parts: Sequence[Part], seeds: int) -> None:
    """Net worth a task under each rule, mean of sets and seeds; fixed overlap and threshold also with hindsight."""
    report.say(
        f"\n  net worth of a task, in prices of an answer (answers, share right); {len(parts)} sets, {seeds} seeds"
    )
    fixed = [np.array(_per_task(part, majority_curve(*part[1:], np.random.default_rng(1)))) for part in parts]
    thresholds = {
        target: np.array([_replayed(part, seeds, target=target, label_worth=None) for part in parts])
        for target in TARGETS
    }
    for worth in WORTHS:
        price = np.array([_replayed(part, seeds, target=CERTAIN, label_worth=worth) for part in parts])
        best = {
            "by price": price,
            f"threshold {DEFAULT_TARGET:g}": thresholds[DEFAULT_TARGET],
            "threshold, one for all sets, hindsight": max(
                thresholds.values(), key=lambda points: float(_net(points, worth).mean())
            ),
            "threshold, best for each set, hindsight": np.array(
                [
                    max((t[i] for t in thresholds.values()), key=lambda p: float(_net(p, worth)))
                    for i in range(len(parts))
                ]
            ),
            "fixed overlap, majority, best for each set, hindsight": np.array(
                [points[np.argmax(_net(points, worth))] for points in fixed]
            ),
        }
        report.say(f"  a right label is worth {worth:g} answers")
        for name, points in best.items():
            used, right = points.mean(axis=0)
            report.say(f"    {name:<56} {_net(points, worth).mean():>8.3f}  ({used:.2f}, {right:.3f})")
        gap = _net(price, worth) - _net(thresholds[DEFAULT_TARGET], worth)
        error = float(gap.std(ddof=1) / np.sqrt(len(gap))) if len(gap) > 1 else float("nan")
        report.figure(
            f"net worth, by price − threshold {DEFAULT_TARGET:g}",
            float(gap.mean()),
            "answers a task",
            label_worth=f"{worth:g}",
            standard_error_over_sets=f"{error:.3f}",
        )


def _net(points: NDArray[np.float64], worth: float) -> NDArray[np.float64]:
    """points: (…, 2), answers a task and share right."""
    net: NDArray[np.float64] = worth * points[..., 1] - points[..., 0]
    return net


def _per_task(part: Part, curve: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(used / part[1].n_tasks, right) for used, right in curve]


def _replayed(part: Part, seeds: int, *, target: float, label_worth: float | None) -> tuple[float, float]:
    _, answers, truth = part
    ends = [
        ReplayedProject(
            answers, truth, target=target, least=LEAST, order=routed_order, seed=seed, label_worth=label_worth
        ).run()
        for seed in range(seeds)
    ]
    return float(np.mean([e.answers for e in ends])) / answers.n_tasks, float(np.mean([e.accuracy for e in ends]))
