"""Calibration on public crowds: reliability tables, expected calibration error, log loss, without gold, with it.

    python benchmarks/calibration.py --data FOLDER

The expected calibration error is over ten bins of equal width of the consensus label's confidence, weighted by the
tasks in them. Without gold it is measured on every task with a true label. With gold it is measured on those that are
not gold, where the bar is, and on all of them, gold included; both averaged over five random draws of 50 gold tasks.
`--leave-one-out` chooses the discount, the penalties of the gold map for each set on the other sets.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.calibration_left_out import left_out
from benchmarks.frame import start
from benchmarks.public_crowds import PublicCrowd, read_crowds
from quality.aggregation import MODELS
from quality.aggregation.auto import Auto
from quality.aggregation.calibration import Reliability, reliability
from quality.errors import ConvergenceWarning
from quality.results import AggregationResult

BESIDE = ("majority", "dawid-skene", "bwa")
"""Models shown beside auto."""

N_GOLD = 50
DRAWS = 5
FLOOR = 1e-12
"""Least probability that enters the log loss."""
QUICK = ["bluebird", "face", "CF"]


def main() -> None:
    report = start("Calibration on public crowds", configure=_options)
    if report.data is None:
        raise SystemExit("give the folder of the public crowds: --data FOLDER")
    warnings.simplefilter("ignore", ConvergenceWarning)
    errors: dict[str, list[float]] = {name: [] for name in (*BESIDE, "auto", "auto + gold", "gold incl.", "floor")}
    losses: dict[str, list[float]] = {name: [] for name in errors}
    total: list[tuple[NDArray[Any], NDArray[Any]]] = []
    crowds = list(read_crowds(report.data, QUICK if report.quick else None))
    report.say(f"  {'':<13}" + "".join(f"{name:>20}" for name in errors) + "\n  (calibration error / log loss)")
    for crowd in crowds:
        for name in (*BESIDE, "auto"):
            result = MODELS[name]().fit(crowd.answers)
            table, loss, confidence, right = judge(crowd, result, crowd.judged)
            errors[name].append(table.error)
            losses[name].append(loss)
        total.append((confidence, right))
        errors["floor"].append(_floor(confidence))
        losses["floor"].append(float("nan"))
        with_gold = [_with_gold(crowd, seed) for seed in range(DRAWS)]
        for side, name in enumerate(("auto + gold", "gold incl.")):
            error, loss = np.mean([pairs[side] for pairs in with_gold], axis=0)
            errors[name].append(float(error))
            losses[name].append(float(loss))
        cells = "".join(f"{errors[n][-1]:>11.3f} / {losses[n][-1]:>6.3f}" for n in errors)
        report.say(f"  {crowd.name:<13}{cells}")
        if report.options.tables:
            _print_table(report, table)
    report.say("\n  auto without gold, all sets, every set weighing the same")
    _print_table(report, _pooled(total))
    for name in errors:
        bars = {"auto": ("<=", 0.06), "auto + gold": ("<=", 0.03)}
        report.figure(f"{name}: calibration error", float(np.mean(errors[name])), "share", bar=bars.get(name))
        if name != "floor":
            bar = ("<=", 0.55) if name == "auto" else None
            report.figure(f"{name}: log loss", float(np.mean(losses[name])), "nats", bar=bar)
    if report.options.leave_one_out:
        golds = [[_draw(crowd, seed) for seed in range(DRAWS)] for crowd in crowds]
        left_out(report, crowds, golds)
    report.finish()


def _options(parser: Any) -> None:
    parser.add_argument("--tables", action="store_true", help="print the reliability table of every set")
    parser.add_argument("--leave-one-out", action="store_true", help="choose the figures of auto without each set")


def judge(
    crowd: PublicCrowd, result: AggregationResult, tasks: NDArray[np.intp]
) -> tuple[Reliability, float, NDArray[Any], NDArray[Any]]:
    """Reliability, mean log loss, confidence (n,), right (n,) of the consensus on ``tasks`` (n,)."""
    chances = result.probabilities
    confidence = result.confidence[tasks]
    right = result.best[tasks] == crowd.truth[tasks]
    loss = -float(np.log(np.maximum(chances[tasks, crowd.truth[tasks]], FLOOR)).mean())
    return reliability(confidence, right), loss, confidence, right


def _draw(crowd: PublicCrowd, seed: int) -> NDArray[np.intp]:
    """A random draw of gold tasks, at most half of those with a true label."""
    rng = np.random.default_rng(seed)
    return np.asarray(rng.choice(crowd.judged, size=min(N_GOLD, len(crowd.judged) // 2), replace=False))


def _with_gold(crowd: PublicCrowd, seed: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """Calibration error, log loss on the tasks outside a random draw of gold; the same on all tasks."""
    drawn = _draw(crowd, seed)
    labels = crowd.answers.labels
    gold = {crowd.answers.tasks[t]: labels[crowd.truth[t]] for t in drawn}
    result = Auto().fit(crowd.answers, gold=gold)
    sides = [judge(crowd, result, tasks)[:2] for tasks in (np.setdiff1d(crowd.judged, drawn), crowd.judged)]
    return (sides[0][0].error, sides[0][1]), (sides[1][0].error, sides[1][1])


def _floor(confidence: NDArray[Any]) -> float:
    """The error that a perfect forecaster of these confidences would show by chance, over five simulations."""
    rng = np.random.default_rng(0)
    drawn = [reliability(confidence, rng.random(len(confidence)) < confidence).error for _ in range(5)]
    return float(np.mean(drawn))


def _pooled(total: list[tuple[NDArray[Any], NDArray[Any]]]) -> Reliability:
    tables = [reliability(confidence, right) for confidence, right in total]
    weight = np.array([table.count / table.count.sum() for table in tables])
    share = weight.sum(axis=0)
    with np.errstate(invalid="ignore"):
        means = [
            np.nansum(weight * np.array([getattr(t, side) for t in tables]), axis=0) / share
            for side in ("confidence", "accuracy")
        ]
    return Reliability(
        count=np.rint(1000 * share / len(tables)).astype(np.intp), confidence=means[0], accuracy=means[1]
    )


def _print_table(report: Any, table: Reliability) -> None:
    report.say(f"      {'bin':<10}{'tasks':>8}{'confidence':>12}{'accuracy':>10}")
    for i, count in enumerate(table.count):
        if count:
            report.say(
                f"      {i / 10:.1f}–{(i + 1) / 10:.1f}{count:>11}"
                f"{table.confidence[i]:>12.3f}{table.accuracy[i]:>10.3f}"
            )


if __name__ == "__main__":
    main()
