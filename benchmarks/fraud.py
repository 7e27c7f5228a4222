"""How many planted frauds each signal finds, and how many honest workers it troubles; simulated, with intervals."""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from frame import Report, start
from fraud_crowds import LABELS, Crowd, Planted, crowd
from scipy.stats import beta

from crowd.policies.signals import Suspect, longest_runs, no_information, pace_signals, shared_error_signals
from quality.aggregation import DawidSkene
from quality.results import AggregationResult
from quality.skill.collusion import benjamini_yekutieli, count_tail, shared_errors
from quality.skill.peers import peer_counts
from quality.skill.speed import answering_speed

LEVEL = 0.05
# What each signal is there to find, and whom it must leave alone.
ONE_WORKER = {
    "too_fast": ("fast",),
    "clockwork": ("clockwork",),
    "straight_lining": ("constant",),
    "no_information": ("constant", "random", "fast", "clockwork"),
}
EVERYBODY = Planted(copier_pairs=2, ring=3, constant=1, random=1, fast=1, clockwork=1)
SIZES = ({"overlap": 5, "n_golds": 40}, {"overlap": 3, "n_golds": 40}, {"overlap": 5, "n_golds": 0})
Found = set[tuple[int, int]]


def interval(hits: int, of: int) -> tuple[float, float]:
    """Clopper and Pearson's 95 % interval of a share."""
    low = float(beta.ppf(0.025, hits, of - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.975, hits + 1, of - hits)) if hits < of else 1.0
    return low, high


def by_matrices_alone(made: Crowd, fitted: AggregationResult) -> Found:
    """The pairs found when the tasks' difficulty is not left out: errors independent given the truth."""
    assert fitted.confusion is not None
    answers, truth = made.answers, fitted.best
    pairs: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for task in range(answers.n_tasks):
        rows = np.flatnonzero(answers.task == task)
        for i in rows.tolist():
            for j in rows.tolist():
                if answers.worker[i] < answers.worker[j]:
                    pairs[int(answers.worker[i]), int(answers.worker[j])].append((i, j))
    tested, p_values = [], []
    for (a, b), rows in pairs.items():
        if len(rows) < 10:
            continue
        first, second = np.array(rows).T
        k = truth[answers.task[first]]
        both = fitted.confusion[a, k] * fitted.confusion[b, k]
        chance = np.clip(both.sum(axis=1) - both[np.arange(len(k)), k], 0.0, 1.0)
        wrong = (answers.label[first] == answers.label[second]) & (answers.label[first] != k)
        tested.append((answers.workers[a], answers.workers[b]))
        p_values.append(count_tail(chance, int(wrong.sum())))
    flagged = benjamini_yekutieli(np.array(p_values), LEVEL)
    return {(min(p), max(p)) for p, flag in zip(tested, flagged, strict=True) if flag}


def within_tasks(made: Crowd, fitted: AggregationResult) -> Found:
    """The pairs that the server flags."""
    found = shared_error_signals(made.answers, fitted, people=set(made.answers.workers))
    return {(one.worker_id, one.other_id) for one in found if one.other_id is not None}


def within_tasks_hochberg(made: Crowd, fitted: AggregationResult) -> Found:
    """The pairs that Benjamini-Hochberg would flag, which rests on the tests' dependence being harmless."""
    rows = shared_errors(made.answers, fitted, level=LEVEL)
    return {(min(r.first, r.second), max(r.first, r.second)) for r in rows if r.is_flagged}


WAYS: dict[str, Callable[[Crowd, AggregationResult], Found]] = {
    "matrices alone, Benjamini-Yekutieli": by_matrices_alone,
    "within tasks, Benjamini-Hochberg": within_tasks_hochberg,
    "within tasks, Benjamini-Yekutieli (the server's)": within_tasks,
}


def collusion(report: Report, seeds: int) -> None:
    """Pairs: false discoveries in honest crowds and among planted ones, detection."""
    settings = {
        "honest": (Planted(), 0.0),
        "honest, 20 % hard": (Planted(), 0.2),
        "honest, 40 % hard": (Planted(), 0.4),
        "planted": (EVERYBODY, 0.0),
        "planted, 20 % hard": (EVERYBODY, 0.2),
        "planted, 40 % hard": (EVERYBODY, 0.4),
    }
    for size in SIZES:
        for setting, (planted, hard) in settings.items():
            report.say(f"\npairs · {setting} · {size} · {seeds} crowds")
            shares: dict[str, list[float]] = defaultdict(list)
            hits: dict[str, int] = defaultdict(int)
            truly = 0
            for seed in range(seeds):
                made = crowd(seed, planted, hard=hard, **size)
                fitted = DawidSkene(threads=1).fit(made.answers, gold=made.gold)
                truly += len(made.partners)
                for name, way in WAYS.items():
                    found = way(made, fitted)
                    shares[name].append(len(found - made.partners) / max(1, len(found)))
                    hits[name] += len(found & made.partners)
            for name in WAYS:
                rate = float(np.mean(shares[name]))
                error = 1.96 * float(np.std(shares[name], ddof=1)) / np.sqrt(seeds)
                # A crowd without any false discovery may still have some chance of one.
                high = max(rate + error, interval(0, seeds)[1]) if rate == 0 else rate + error
                own = "server" in name
                report.figure(
                    f"false discoveries, {name}",
                    rate,
                    f"±{error:.3f}",
                    bar=("<=", LEVEL + error) if own else None,
                    setting=setting,
                    **size,
                    at_most=round(min(1.0, high), 3),
                )
                if truly:
                    low, high = interval(hits[name], truly)
                    report.figure(
                        f"  planted pairs found, {name}",
                        hits[name] / truly,
                        f"[{low:.2f}, {high:.2f}]",
                        setting=setting,
                        **size,
                    )


def single_workers(report: Report, seeds: int) -> None:
    """Signals about one worker: detection by kind, false alarms among the honest, share of flags that are false."""
    for hard in (0.0, 0.2, 0.4):
        report.say(f"\none worker · {hard:.0%} hard · overlap 5 · {seeds} crowds")
        hits: dict[tuple[str, str], int] = defaultdict(int)
        many: dict[str, int] = defaultdict(int)
        shares: dict[str, list[float]] = defaultdict(list)
        for seed in range(seeds):
            made = crowd(seed, EVERYBODY, hard=hard)
            for name in made.kind.tolist():
                many[name] += 1
            for signal, flagged in _signals(made).items():
                for worker in flagged:
                    hits[signal, str(made.kind[worker])] += 1
                honest = sum(made.kind[worker] == "honest" for worker in flagged)
                shares[signal].append(honest / max(1, len(flagged)))
        for signal, meant in ONE_WORKER.items():
            for name in (*meant, "honest"):
                n, of = hits[signal, name], many[name]
                low, high = interval(n, of)
                report.figure(f"{signal}: {name} flagged", n / of, f"[{low:.3f}, {high:.3f}]", hard=hard, workers=of)
            rate = float(np.mean(shares[signal]))
            error = 1.96 * float(np.std(shares[signal], ddof=1)) / np.sqrt(seeds)
            report.figure(f"{signal}: honest share of flags", rate, f"±{error:.3f}", bar=("<=", LEVEL + error))


def _signals(made: Crowd) -> dict[str, set[int]]:
    answers = made.answers
    workers = [int(str(worker)) for worker in answers.workers]
    worker, label = answers.worker.astype(np.int64), answers.label.astype(np.int64)
    speed = answering_speed(made.seconds, made.length, worker, n_workers=len(workers))
    fitted = DawidSkene(threads=1).fit(answers, gold=made.gold)
    assert fitted.confusion is not None
    assert fitted.prevalence is not None
    counts = peer_counts(answers, fitted.prevalence, fitted.confusion, counted=np.ones(answers.n_tasks, dtype=bool))
    found = [
        *pace_signals(workers, worker, speed),
        *longest_runs(Suspect(workers, worker, label), n_labels=LABELS),
        *no_information(answers.workers, counts, people=set(workers)),
    ]
    by_kind: dict[str, set[int]] = {signal: set() for signal in ONE_WORKER}
    for one in found:
        by_kind[str(one.kind)].add(one.worker_id)
    return by_kind


def configure(parser: argparse.ArgumentParser) -> None:
    """The number of crowds."""
    parser.add_argument("--crowds", type=int, default=100, help="crowds a setting (default 100)")


def main() -> None:
    """Print both tables; exit 1 when false discoveries pass 5 % by more than chance."""
    report = start("Signals of fraud: what they find, whom they trouble", configure=configure)
    seeds = 8 if report.quick else report.options.crowds
    collusion(report, seeds)
    single_workers(report, seeds)
    report.finish()


if __name__ == "__main__":
    main()
