"""Answers that adaptive overlap needs to be as right as the majority vote of all answers, against fixed overlap.

    python benchmarks/replay.py --data FOLDER

FOLDER holds NAME/{labels,truth}.csv and PEERS.csv. Real crowds are replayed as they might have come: workers arrive in
random order, and each gives only answers that it really gave. Fixed overlap with the majority vote is one family, its
overlap swept; the server's policy with its calibrated posterior and periodic full fits is the other, its target swept.
Each is charged for the fewest answers, on the mean of its seeds, at which it reaches the accuracy of the majority
vote over all answers. Sets above a number of tasks are sampled, which leaves the models less to learn from.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.frame import Report, start
from benchmarks.public_crowds import PublicCrowd, read_crowds
from benchmarks.replayed_prices import compare_prices, majority_curve
from benchmarks.replayed_project import ORDERS, ReplayedProject, routed_order
from quality.answers import AnswerSet

LEAST_MEAN_OVERLAP = 5.0
TARGETS = (0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
PRODUCT_TARGET = 0.95
LEAST = 2
CHECKPOINTS = (2.0, 3.0)
BAR = 0.5


def sampled(crowd: PublicCrowd, most: int, rng: np.random.Generator) -> tuple[AnswerSet, NDArray[np.intp]]:
    """At most so many tasks of a crowd, those with a known truth first; with their truth."""
    answers = crowd.answers
    if answers.n_tasks <= most:
        return answers, crowd.truth
    order = rng.permutation(answers.n_tasks)
    chosen = np.sort(order[np.argsort(crowd.truth[order] < 0, kind="stable")][:most])
    place = np.full(answers.n_tasks, -1)
    place[chosen] = np.arange(most)
    kept = np.flatnonzero(place[answers.task] >= 0)
    workers, worker = np.unique(answers.worker[kept], return_inverse=True)
    part = AnswerSet.from_arrays(
        place[answers.task[kept]],
        worker,
        answers.label[kept],
        tasks=range(most),
        workers=range(len(workers)),
        labels=answers.labels,
        repeats="keep",
    )
    return part, crowd.truth[chosen]


def answers_to_reach(accuracy: float, points: Sequence[tuple[float, float]]) -> float | None:
    """The fewest answers at which (answers, accuracy) points, joined by lines, reach an accuracy; or None."""
    ordered = sorted(points)
    for i, (used, right) in enumerate(ordered):
        if right >= accuracy:
            if i == 0:
                return used
            before_used, before_right = ordered[i - 1]
            return before_used + (used - before_used) * (accuracy - before_right) / (right - before_right)
    return None


def replay_set(report: Report, crowd: PublicCrowd, most: int, seeds: int) -> float:
    """Replay one set; returns its ratio of answers, 1 or more where adaptive overlap never gets there."""
    rng = np.random.default_rng(1)
    answers, truth = sampled(crowd, most, rng)
    fixed = majority_curve(answers, truth, rng)
    total, goal = fixed[-1]
    fixed_needs = answers_to_reach(goal, fixed)
    assert fixed_needs is not None, "the last point of the curve is the goal itself"
    runs = {
        target: [
            ReplayedProject(answers, truth, target=target, least=LEAST, order=routed_order, seed=seed).run()
            for seed in range(seeds)
        ]
        for target in TARGETS
    }
    points = [(float(np.mean([r.answers for r in o])), float(np.mean([r.accuracy for r in o]))) for o in runs.values()]
    needs = answers_to_reach(goal, points)
    # Charged with all answers where no target reaches the goal.
    ratio = (total if needs is None else needs) / fixed_needs
    each = [
        (answers_to_reach(goal, [(float(o[seed].answers), o[seed].accuracy) for o in runs.values()]) or total)
        / fixed_needs
        for seed in range(seeds)
    ]
    product = runs[PRODUCT_TARGET]
    used = np.array([r.answers for r in product]) / total
    right = np.array([r.accuracy for r in product])
    report.say(
        f"  {crowd.name:<12} {answers.n_tasks:>6} {total / answers.n_tasks:>6.1f} {goal:>7.3f}"
        f" {fixed_needs / answers.n_tasks:>8.2f} {('never' if needs is None else f'{needs / answers.n_tasks:.2f}'):>9}"
        f" {ratio:>7.3f} {min(each):>6.2f}–{max(each):.2f} {(total if needs is None else needs) / total:>8.3f}"
        f" {used.mean():>8.3f} ±{np.ptp(used) / 2:.3f} {right.mean():>7.3f} ±{np.ptp(right) / 2:.3f}"
    )
    return ratio


def compare_orders(
    report: Report, crowds: Sequence[PublicCrowd], most: int, seeds: int
) -> dict[str, NDArray[np.float64]]:
    """Accuracy under each order of serving at the same budgets; returns that at the last, (sets · seeds,) each."""
    report.say(f"\n  order of serving, target {PRODUCT_TARGET:g}; mean of {len(crowds)} sets and {seeds} seeds")
    heads = "".join(f" {'right at ' + format(c, 'g'):>11} {'finished':>9}" for c in CHECKPOINTS)
    report.say(f"  {'':<46}{heads} {'answers in all':>15} {'right at end':>13}")
    found = {}
    for name, (order, is_for_worker) in ORDERS.items():
        rows = []
        for crowd in crowds:
            answers, truth = sampled(crowd, most, np.random.default_rng(1))
            for seed in range(seeds):
                project = ReplayedProject(
                    answers,
                    truth,
                    target=PRODUCT_TARGET,
                    least=LEAST,
                    order=order,
                    seed=seed,
                    is_for_worker=is_for_worker,
                )
                end = project.run(checkpoints=CHECKPOINTS)
                # A replay that ended before a checkpoint stays as it ended.
                marks = [end.checkpoints.get(c, (end.accuracy, end.complete)) for c in CHECKPOINTS]
                rows.append([*(x for m in marks for x in m), end.answers / project.data.n_answers, end.accuracy])
        mean = np.mean(rows, axis=0)
        cells = "".join(f" {mean[2 * i]:>11.3f} {mean[2 * i + 1]:>9.3f}" for i in range(len(CHECKPOINTS)))
        report.say(f"  {name:<46}{cells} {mean[-2]:>15.3f} {mean[-1]:>13.3f}")
        found[name] = np.array(rows)[:, 2 * len(CHECKPOINTS) - 2]
    return found


def configure(parser: argparse.ArgumentParser) -> None:
    """The script's own options."""
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--most-tasks", type=int, default=1000, help="larger sets are sampled")
    parser.add_argument("--sets", nargs="*", help="only these")
    parser.add_argument("--part", choices=("answers", "orders", "prices"), help="only this table")


def main() -> None:
    """Print the tables; the bar is on the mean over the sets."""
    report = start("Adaptive overlap, replayed", configure=configure)
    if report.data is None:
        report.say("--data FOLDER is needed: the public sets are not part of the project")
        sys.exit(2)
    options = report.options
    most, seeds = (250, 1) if report.quick else (options.most_tasks, options.seeds)
    crowds = [
        crowd
        for crowd in read_crowds(report.data, options.sets)
        if crowd.answers.n_answers / crowd.answers.n_tasks >= LEAST_MEAN_OVERLAP
    ]
    if options.part in (None, "answers"):
        report.say(
            "  answers a task to reach the accuracy of the majority of all; the ratio of adaptive to fixed overlap"
        )
        report.say(
            f"  {'set':<12} {'tasks':>6} {'in all':>6} {'goal':>7} {'fixed':>8} {'adaptive':>9} {'ratio':>7}"
            f" {'of seeds':>11} {'of all':>8} {'at .95: used':>15} {'right':>14}"
        )
        ratios = [replay_set(report, crowd, most, seeds) for crowd in crowds]
        report.figure("answers, adaptive / fixed, mean of the sets", float(np.mean(ratios)), "", bar=("<=", BAR))
        report.figure("answers, adaptive / fixed, median of the sets", float(np.median(ratios)), "")
    if options.part in (None, "prices"):
        compare_prices(
            report, [(crowd.name, *sampled(crowd, most, np.random.default_rng(1))) for crowd in crowds], seeds
        )
    if options.part in (None, "orders"):
        found = compare_orders(report, crowds, min(most, 400), seeds)
        names = list(ORDERS)
        for label, other, base in (
            ("right at 3 answers a task, product − random", names[0], names[-1]),
            ("right at 3 answers a task, best for who comes − product", names[1], names[0]),
        ):
            gap = (found[other] - found[base]).reshape(len(crowds), -1).mean(axis=1)
            error = float(gap.std(ddof=1) / np.sqrt(len(gap))) if len(gap) > 1 else float("nan")
            report.figure(label, float(gap.mean()), "", standard_error_over_sets=f"{error:.3f}")
    report.finish()


if __name__ == "__main__":
    main()
