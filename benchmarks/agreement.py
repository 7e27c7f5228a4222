"""How fast, how small agreement is at a million tasks, next to the peers on sizes that they can stand."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
if "coverage" not in sys.modules:
    # irrCAC brings a release of coverage that numba's optional hook cannot read; numba does without where it is absent.
    sys.modules["coverage"] = None  # type: ignore[assignment]

from frame import Report, Timing, peak_memory_mb, start, timed

from quality.agreement.alpha import alpha_of, krippendorff_alpha
from quality.agreement.by_worker import with_worker_spread
from quality.agreement.catalogue import coefficient
from quality.agreement.coefficients import Coefficient
from quality.agreement.conger import conger_kappa
from quality.agreement.estimate import estimate
from quality.agreement.intervals import IntervalOptions
from quality.agreement.pairs import pair_matrix
from quality.agreement.patterns import PatternTable
from quality.agreement.values import ValueTable
from quality.answers import AnswerSet

LABELS = (1, 2, 3, 4, 5)
OVERLAP = 5
RESAMPLES = 1000
MIN_SHARED = 20
SEED = 20261122


def simulated(n_tasks: int, n_workers: int) -> AnswerSet:
    """Five answers a task by distinct workers whose activity has a heavy tail, in the order they come in; 5 labels."""
    rng = np.random.default_rng(SEED)
    activity = np.cumsum(1.0 / np.arange(1, n_workers + 1) ** 0.75)
    activity /= activity[-1]
    worker = np.empty((n_tasks, OVERLAP), dtype=np.int32)
    open_ = np.arange(n_tasks)
    while open_.size:  # a task that drew a worker twice draws again
        drawn = np.sort(np.searchsorted(activity, rng.random((open_.size, OVERLAP))), axis=1)
        worker[open_] = np.minimum(drawn, n_workers - 1)
        open_ = open_[(worker[open_, 1:] == worker[open_, :-1]).any(axis=1)]
    truth = np.searchsorted(np.cumsum([0.4, 0.3, 0.15, 0.1]), rng.random(n_tasks)).astype(np.int32)
    skill = rng.beta(8, 3, n_workers).astype(np.float32)
    slip = rng.random((n_tasks, OVERLAP), dtype=np.float32) > skill[worker]
    step = rng.integers(1, len(LABELS), (n_tasks, OVERLAP), dtype=np.int32)
    label = (truth[:, None] + np.where(slip, step, 0)) % len(LABELS)
    task = np.repeat(np.arange(n_tasks, dtype=np.int32), OVERLAP)
    arrival = rng.permutation(n_tasks * OVERLAP).astype(np.int32)
    columns = (task, worker.reshape(-1), label.astype(np.int32).reshape(-1))
    del worker, label, truth, slip, step
    return AnswerSet(*(column[arrival] for column in columns), range(n_tasks), range(n_workers), LABELS)


def chosen(table: PatternTable) -> list[Coefficient]:
    """All nominal, ordinal coefficients that a table of patterns gives."""
    plain = ("percent_agreement", "fleiss_kappa", "fleiss_kappa_gwet", "brennan_prediger", "gwet_ac1")
    picked: list[Coefficient] = [alpha_of(table, "nominal"), alpha_of(table, "ordinal")]
    picked += [coefficient(metric, table) for metric in plain]
    for weights in ("linear", "quadratic", "ordinal"):
        for metric in ("percent_agreement", "gwet_ac2", "fleiss_kappa", "brennan_prediger"):
            picked.append(coefficient(metric, table, weights=weights))
    return picked


def ours(report: Report, n_tasks: int, n_workers: int) -> None:
    """The two bars at full size: coefficients with resamples, the pair matrix."""
    answers = simulated(n_tasks, n_workers)
    sizes = {"tasks": n_tasks, "answers": answers.n_answers, "labels": 5, "workers": n_workers}
    loaded = peak_memory_mb()
    options = IntervalOptions(method="percentile", resamples=RESAMPLES)
    with timed() as build:
        table = PatternTable.from_answers(answers)
    with timed() as resampled:
        results = estimate(table, chosen(table), options=options, rng=SEED)
    with timed() as identity:
        conger = [conger_kappa(answers, weights=weights) for weights in ("identity", "quadratic")]
    total = build.wall_seconds + resampled.wall_seconds + identity.wall_seconds
    peak = peak_memory_mb()
    report.say(f"  {len(results)} coefficients from {len(table.patterns)} patterns, {RESAMPLES} resamples; 2 Conger")
    report.figure("patterns from answers", build.wall_seconds, "s", **sizes)
    report.figure(f"{len(results)} coefficients, {RESAMPLES} resamples", resampled.wall_seconds, "s", **sizes)
    report.figure("Conger plain, quadratic", identity.wall_seconds, "s", **sizes)
    report.figure("all nominal, ordinal coefficients with intervals", total, "s", bar=("<=", 1.0), **sizes)
    report.figure("peak memory, answers included", peak, "MB", bar=("<=", 400.0), after_loading=round(loaded), **sizes)
    assert all(result.value is not None for result in (*results, *conger))
    with timed() as spread:
        wide = with_worker_spread(results[0], answers, alpha_of(table, "nominal"))
    report.figure(
        "alpha's interval over workers too", spread.wall_seconds, "s", se=results[0].se, both=wide.se_with_workers
    )
    pair_matrix(simulated(200, 20), min_shared=2)  # compiled code is loaded once per process
    with timed() as pairs:
        matrix = pair_matrix(answers, min_shared=MIN_SHARED)
    report.figure(
        "pair matrix", pairs.wall_seconds, "s", bar=("<=", 6.0), pairs=len(matrix), min_shared=MIN_SHARED, **sizes
    )
    report.figure("peak memory with the pair matrix", peak_memory_mb(), "MB", **sizes)


def many_values(report: Report, n_tasks: int) -> None:
    """Continuous answers, 500 labels: no cell per pair of values."""
    rng = np.random.default_rng(SEED)
    for name, count in (("continuous values", n_tasks * OVERLAP), ("500 labels", 500)):
        truth = rng.random((n_tasks, 1))
        value = np.clip(truth + rng.normal(0, 0.1, (n_tasks, OVERLAP)), 0, 1)
        label = np.rint(value * (count - 1)).astype(np.int32).reshape(-1)
        task = np.repeat(np.arange(n_tasks, dtype=np.int32), OVERLAP)
        worker = np.tile(np.arange(OVERLAP, dtype=np.int32), n_tasks)
        table = ValueTable.from_answers(AnswerSet.from_arrays(task, worker, label))
        for scale in ("nominal", "ordinal", "interval", "ratio"):
            with timed() as seconds:
                krippendorff_alpha(table, scale=scale, interval=IntervalOptions(method="linearised"))
            report.figure(f"alpha {scale}, {name}", seconds.wall_seconds, "s", tasks=n_tasks, values=len(table.labels))
    report.figure("peak memory with many values", peak_memory_mb(), "MB", tasks=n_tasks)


def peers(report: Report, n_tasks: int, n_workers: int, *, with_matrix: bool) -> None:
    """Each peer's point estimate next to ours: seconds, the ratio, the gap between the values.

    Peers get the table they ask for ready-made; ours starts from the answers in the order they came in.
    """
    answers = simulated(n_tasks, n_workers)
    counts = answers.counts.astype(np.int64)
    size = {"tasks": n_tasks, "workers": n_workers}

    def run(title: str, module: str, theirs: Callable[[Any], float], mine: Callable[[], float | None]) -> None:
        try:
            peer = importlib.import_module(module)
        except ImportError:
            report.say(f"  {title}: skipped, the package {module.split('.')[0]} is not installed here")
            return
        with timed() as slow:
            expected = theirs(peer)
        fast, value = best_of(mine)
        assert value is not None
        report.figure(f"{title}: peer", slow.wall_seconds, "s", **size)
        report.figure(f"{title}: ours, from answers", fast.wall_seconds, "s", **size)
        report.figure(f"{title}: times faster", slow.wall_seconds / fast.wall_seconds, "×", gap=abs(expected - value))

    def point(metric: str) -> Callable[[], float | None]:
        def reckon() -> float | None:
            own = PatternTable.from_answers(answers)
            return estimate(own, [coefficient(metric, own)])[0].value

        return reckon

    if with_matrix:
        by_worker = np.full((n_workers, n_tasks), np.nan)
        by_worker[answers.worker, answers.task] = answers.label + 1
        run(
            "krippendorff alpha nominal from workers × tasks",
            "krippendorff",
            lambda peer: peer.alpha(reliability_data=by_worker, level_of_measurement="nominal"),
            lambda: krippendorff_alpha(answers, interval=False).value,
        )
        return
    for scale in ("nominal", "ordinal"):
        run(
            f"krippendorff alpha {scale} from counts",
            "krippendorff",
            lambda peer, scale=scale: peer.alpha(value_counts=counts, level_of_measurement=scale),
            lambda scale=scale: krippendorff_alpha(answers, scale=scale, interval=False).value,
        )
    run(
        "statsmodels Fleiss",
        "statsmodels.stats.inter_rater",
        lambda peer: peer.fleiss_kappa(counts),
        point("fleiss_kappa"),
    )
    by_task = answers.label[np.argsort(answers.task, kind="stable")].reshape(n_tasks, OVERLAP) + 1
    run(
        "irrCAC AC1, workers as five columns",
        "irrCAC.raw",
        lambda peer: peer.CAC(importlib.import_module("pandas").DataFrame(by_task), digits=12).gwet()["est"][
            "coefficient_value"
        ],
        point("gwet_ac1"),
    )
    _scikit(by_task, run)


def _scikit(by_task: Any, run: Callable[..., None]) -> None:
    """All ten pairs of five complete columns: scikit-learn's Cohen against our pair matrix."""
    n_tasks = len(by_task)
    panel = AnswerSet.from_arrays(
        np.repeat(np.arange(n_tasks), OVERLAP), np.tile(np.arange(OVERLAP), n_tasks), by_task.reshape(-1) - 1
    )

    def theirs(peer: Any) -> float:
        pairs = [(a, b) for a in range(OVERLAP) for b in range(a)]
        return float(np.mean([peer.cohen_kappa_score(by_task[:, a], by_task[:, b]) for a, b in pairs]))

    run(
        "scikit-learn Cohen, ten pairs",
        "sklearn.metrics",
        theirs,
        lambda: float(np.mean(pair_matrix(panel, min_shared=MIN_SHARED).kappa)),
    )


def best_of(mine: Callable[[], float | None], rounds: int = 3) -> tuple[Timing, float | None]:
    """The quickest of a few rounds: ours takes milliseconds, where one reading is mostly noise."""
    best, value = Timing(wall_seconds=float("inf")), None
    for _ in range(rounds):
        with timed() as seconds:
            value = mine()
        if seconds.wall_seconds < best.wall_seconds:
            best = seconds
    return best, value


def main() -> None:
    """Run all parts; exits 1 where a bar is missed."""
    report = start("Agreement: coefficients with intervals, pair matrix, peers")
    ours(report, 20_000 if report.quick else 1_000_000, 1_000 if report.quick else 20_000)
    many_values(report, 2_000 if report.quick else 100_000)
    report.say("\n  peers, point estimates only")
    peers(report, 2_000 if report.quick else 200_000, 100 if report.quick else 5_000, with_matrix=False)
    peers(report, 1_000 if report.quick else 20_000, 50 if report.quick else 500, with_matrix=True)
    report.finish()


if __name__ == "__main__":
    main()
