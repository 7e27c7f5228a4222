"""How many guessers, how many honest workers each trust rule suspends, and after how many golds; simulated."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from frame import Report, start
from scipy.special import betainc

from crowd.enums import TrustLevel
from crowd.policies.trust import GoldRecord, decide_trust, gold_test
from quality.skill.gold import GoldTest

SEED = 20261122
HONEST = 0.75
NEVER = np.iinfo(np.int64).max
Z_95, Z_99 = 1.959964, 2.575829

# (n_workers, n_golds) of right answers, number of labels -> the gold after which each worker is out, NEVER if never.
Rule = Callable[[NDArray[np.bool_], int], NDArray[np.int64]]


def first(hits: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The gold (1, 2, …) of the first True in each row, NEVER where there is none."""
    return np.where(hits.any(axis=1), hits.argmax(axis=1) + 1, NEVER)


def counts(right: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Right answers so far, golds so far."""
    return right.cumsum(axis=1), np.broadcast_to(np.arange(1, right.shape[1] + 1), right.shape)


def under_share(after: int, share: float) -> Rule:
    """Out when the observed accuracy is under ``share`` from the ``after``-th gold on."""

    def rule(right: NDArray[np.bool_], n_labels: int) -> NDArray[np.int64]:  # noqa: ARG001
        good, n = counts(right)
        return first((n >= after) & (good < share * n))

    return rule


def three_strikes(right: NDArray[np.bool_], n_labels: int) -> NDArray[np.int64]:  # noqa: ARG001
    """Out at the third wrong gold."""
    return first((~right).cumsum(axis=1) >= 3)


def wilson(z: float, share: float) -> Rule:
    """Out when the upper limit of Wilson's interval is under ``share``."""

    def rule(right: NDArray[np.bool_], n_labels: int) -> NDArray[np.int64]:  # noqa: ARG001
        good, n = counts(right)
        p = good / n
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return first(centre + half < share)

    return rule


def beta_below(share: float, certainty: float) -> Rule:
    """Out when a Beta(2, 1) posterior puts the accuracy under ``share`` with that certainty."""

    def rule(right: NDArray[np.bool_], n_labels: int) -> NDArray[np.int64]:  # noqa: ARG001
        good, n = counts(right)
        return first(betainc(good + 2.0, n - good + 1.0, share) > certainty)

    return rule


def plain_test(right: NDArray[np.bool_], n_labels: int) -> NDArray[np.int64]:
    """Wald's test with alpha .01 and beta .05, held between its thresholds."""
    test = GoldTest(good=HONEST, bad=1 / n_labels, alpha=0.01, beta=0.05)
    up, down = np.log((1 - test.bad) / (1 - test.good)), np.log(test.bad / test.good)
    llr = np.zeros(len(right))
    out = np.full(len(right), NEVER)
    for n in range(right.shape[1]):
        llr = np.clip(llr + np.where(right[:, n], down, up), test.good_at, test.bad_at)
        out = np.where((out == NEVER) & (llr >= test.bad_at - 1e-9), n + 1, out)
    return out


def ladder(reached: TrustLevel) -> Rule:
    """The server's own policy, gold by gold: when a worker first stands at the level ``reached``."""

    def rule(right: NDArray[np.bool_], n_labels: int) -> NDArray[np.int64]:
        test = gold_test(n_labels)
        return np.array([_climb(row.tolist(), n_labels, test, reached) for row in right])

    return rule


def _climb(row: list[bool], n_labels: int, test: GoldTest, reached: TrustLevel) -> int:
    record, level, is_warned = GoldRecord(), TrustLevel.NEW, False
    for n, is_right in enumerate(row, start=1):
        record = record.after(is_right, test)
        decision = decide_trust(level=level, is_warned=is_warned, record=record, n_labels=n_labels)
        if test.verdict(record.llr) == "good":
            is_warned = False
        if decision is None:
            continue
        if decision.level == level:
            is_warned = True
        level = decision.level
        if level == reached:
            return n
    return NEVER


OWN = "Assay: one rung a gold, P(below) > .95 + test"
RULES: dict[str, Rule] = {
    "accuracy under .6 after 5": under_share(5, 0.6),
    "accuracy under .6 after 10": under_share(10, 0.6),
    "three strikes": three_strikes,
    "Wilson 95 % upper limit under .65": wilson(Z_95, 0.65),
    "Wilson 99 % upper limit under .65": wilson(Z_99, 0.65),
    "Beta(2,1): P(p < .65) > .99": beta_below(0.65, 0.99),
    "SPRT alone, alpha .01, beta .05": plain_test,
    OWN: ladder(TrustLevel.SUSPENDED),
    "  … of which only restricted, for a week": ladder(TrustLevel.RESTRICTED),
}


def share_by(out: NDArray[np.int64], golds: int) -> float:
    """Share of workers who are out within so many golds."""
    return float((out <= golds).mean())


def table(report: Report, n_workers: int, n_golds: int) -> dict[tuple[str, int], dict[str, NDArray[np.int64]]]:
    """Print each rule's row; returns the golds at which workers went, by rule, number of labels, population."""
    rng = np.random.default_rng(SEED)
    gone: dict[tuple[str, int], dict[str, NDArray[np.int64]]] = {}
    for n_labels in (2, 3, 5):
        guessers = rng.random((n_workers, n_golds)) < 1 / n_labels
        honest = rng.random((n_workers, n_golds)) < HONEST
        turned = np.concatenate([rng.random((n_workers, n_golds)) < HONEST + 0.15, guessers], axis=1)
        report.say(f"{n_labels} labels, {n_workers} workers a population: guessers out by 10 20 30 40 golds (median),")
        report.say(
            f"  honest workers of accuracy {HONEST} out by 40 and by {n_golds}, good ones turned guessers by 40 more"
        )
        for name, rule in RULES.items():
            out = {"guessers": rule(guessers, n_labels), "honest": rule(honest, n_labels)}
            late = rule(turned, n_labels) - n_golds
            caught = out["guessers"][out["guessers"] != NEVER]
            shares = " ".join(f"{share_by(out['guessers'], n):5.3f}" for n in (10, 20, 30, 40))
            median = f"{np.median(caught):4.0f}" if len(caught) else "   –"
            kept = late > 0
            after = float((late[kept] <= 40).mean()) if kept.any() else float("nan")
            report.say(
                f"  {name:<46} {shares} ({median})  honest {share_by(out['honest'], 40):6.4f} "
                f"{share_by(out['honest'], n_golds):6.4f}  turned {after:5.3f}"
            )
            gone[name, n_labels] = out
        report.say("")
    return gone


def configure(parser: argparse.ArgumentParser) -> None:
    """The sizes of the populations."""
    parser.add_argument("--workers", type=int, default=10_000, help="workers a population (default 10000)")
    parser.add_argument("--golds", type=int, default=100, help="golds a worker answers at most (default 100)")


def main() -> None:
    """Print the table, then hold our own rule to its bars."""
    report = start("Who is suspended by which rule", configure=configure)
    n_workers = 4000 if report.quick else report.options.workers
    gone = table(report, n_workers, max(40, report.options.golds))
    for n_labels in (2, 3, 5):
        own = gone[OWN, n_labels]
        honest = share_by(own["honest"], 40)
        report.figure("honest workers suspended within 40 golds", honest, "share", bar=("<=", 0.01), labels=n_labels)
        caught = share_by(own["guessers"], 30)
        bar = (">=", 0.95) if n_labels == 3 else None
        report.figure("guessers suspended within 30 golds", caught, "share", bar=bar, labels=n_labels)
    report.finish()


if __name__ == "__main__":
    main()
