"""Accuracy of every model on public crowds with true labels, beside the peers measured on the same files.

    python benchmarks/truth.py --data FOLDER

FOLDER holds NAME/{labels,truth}.csv and PEERS.csv. The bars are those of docs/methods/auto.md.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.frame import start, timed
from benchmarks.public_crowds import PublicCrowd, read_crowds
from quality.aggregation import MODELS
from quality.aggregation.auto import Auto
from quality.aggregation.dawid_skene import DawidSkene
from quality.aggregation.incidence import incidence
from quality.aggregation.stack import family_weights, fit_stack
from quality.errors import ConvergenceWarning

DAWID_SKENE_OF_PEERS: Mapping[str, DawidSkene] = {
    # One prior for all workers, whose diagonal is .7, instead of one drawn to the crowd's own matrix.
    "ds, one prior": DawidSkene(prior_strength=5.0, pool_strength=1e9, least_gain=0.0, max_iter=300),
    "ds, likelihood": DawidSkene(prior_strength=0.0, least_gain=0.0, max_iter=500),
}
"""Dawid-Skene as the peers fit it, beside the default."""

PEER_OF: Mapping[str, str] = {
    "majority": "crowdkit_MV",
    "weighted-vote": "crowdkit_Wawa",
    "one-coin": "crowdkit_OneCoin",
    "dawid-skene": "",
    "ds, one prior": "paper_DS_acc",
    "ds, likelihood": "peerannot_DS",
    "ibcc": "paper_IBCC_acc",
    "ebcc": "paper_EBCC5",
    "glad": "crowdkit_GLAD",
    "mace": "crowdkit_MACE",
    "bwa": "paper_BWA",
}
"""The peer that implements the same model; none has Dawid-Skene with a prior drawn to the crowd's matrix."""

TOLERANCE = 0.005
QUICK = ["bluebird", "face", "CF"]
SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
"""Shares of the accuracy models among which the leave-one-out figure chooses."""


def main() -> None:
    report = start("Accuracy on public crowds", configure=_options)
    if report.data is None:
        raise SystemExit("give the folder of the public crowds: --data FOLDER")
    warnings.simplefilter("ignore", ConvergenceWarning)
    names = [*PEER_OF, "auto"]
    report.say(f"  {'':<13}" + "".join(f"{name:>16}" for name in names) + f"{'best peer':>11}")
    table: dict[str, dict[str, float]] = {}
    crowds = list(read_crowds(report.data, QUICK if report.quick else None))
    seconds = dict.fromkeys(names, 0.0)
    for crowd in crowds:
        row: dict[str, float] = {}
        for name in names:
            # a model that costs minutes runs where there is a peer's figure to compare it with
            if name == "glad" and PEER_OF[name] not in crowd.peers:
                continue
            with timed() as t:
                result = _model(name).fit(crowd.answers)
            seconds[name] += t.cpu_seconds
            row[name] = float(crowd.right(result.best).mean())
        table[crowd.name] = row
        cells = "".join(_cell(row.get(name), crowd.peers.get(PEER_OF.get(name, ""))) for name in names)
        report.say(f"  {crowd.name:<13}{cells}{crowd.best_peer:>11.4f}")
    report.say("  (behind each accuracy, the peer's for the same model)\n")
    for name in names:
        values = [row[name] for row in table.values() if name in row]
        report.figure(f"{name}: mean accuracy", float(np.mean(values)), "share", sets=len(values))
        report.figure(f"{name}: CPU for all sets", seconds[name], "s")
        if PEER_OF.get(name):
            gaps = {
                crowd.name: table[crowd.name][name] - crowd.peers[PEER_OF[name]]
                for crowd in crowds
                if name in table[crowd.name] and PEER_OF[name] in crowd.peers
            }
            worst = min(gaps, key=lambda key: gaps[key])
            behind = ",".join(key for key, gap in gaps.items() if gap < -TOLERANCE) or "none"
            report.figure(
                f"{name}: worst gap to its peer", gaps[worst], "share", bar=(">=", -TOLERANCE), set=worst, behind=behind
            )
    _judge_auto(report, crowds, table)
    if report.options.leave_one_out:
        _leave_one_out(report, crowds)
    report.finish()


def _options(parser: Any) -> None:
    parser.add_argument("--leave-one-out", action="store_true", help="choose the shares of auto without each set")


def _model(name: str) -> Any:
    return DAWID_SKENE_OF_PEERS[name] if name in DAWID_SKENE_OF_PEERS else MODELS[name]()


def _cell(ours: float | None, peer: float | None) -> str:
    if ours is None:
        return f"{'':>16}"
    return f"{ours:>9.4f}" + (f"/{peer:.4f}" if peer is not None else f"{'':>7}")


def _judge_auto(report: Any, crowds: list[PublicCrowd], table: dict[str, dict[str, float]]) -> None:
    everywhere = set.intersection(*(set(crowd.peers) for crowd in crowds))
    means = {peer: float(np.mean([crowd.peers[peer] for crowd in crowds])) for peer in everywhere}
    best = max(means, key=lambda peer: means[peer])
    auto = np.array([table[crowd.name]["auto"] for crowd in crowds])
    hindsight = np.array([crowd.best_peer for crowd in crowds])
    report.figure("best single peer: mean accuracy", means[best], "share", peer=best)
    report.figure("best peer for each set with hindsight: mean accuracy", float(hindsight.mean()), "share")
    report.figure("auto: gain over the best single peer", float(auto.mean()) - means[best], "share", bar=(">=", 0.01))
    worst = int(np.argmin(auto - hindsight))
    report.figure(
        "auto: worst gap to the best peer of a set",
        float((auto - hindsight)[worst]),
        "share",
        bar=(">=", -0.03),
        set=crowds[worst].name,
    )


def _leave_one_out(report: Any, crowds: list[PublicCrowd]) -> None:
    """Choose the share of the accuracy models on all sets but one, judge it on that one."""
    scores, correlated = np.empty((len(crowds), len(SHARES))), np.empty(len(crowds), dtype=bool)
    for i, crowd in enumerate(crowds):
        stack = fit_stack(incidence(crowd.answers), Auto().subtypes)
        correlated[i] = bool(stack.subtypes)
        groups = {family: [m.posterior for m in stack.members if m.family == family] for family in stack.weights}
        for j, share in enumerate(SHARES):
            weights = family_weights(bool(stack.subtypes), share)
            mean = sum(weight * np.mean(groups[family], axis=0) for family, weight in weights.items())
            scores[i, j] = float(crowd.right(np.asarray(mean).argmax(axis=1)).mean())
    for kind, label in ((False, "independent"), (True, "correlated")):
        if (correlated == kind).any():
            means = " ".join(
                f"{s:g}:{v:.4f}" for s, v in zip(SHARES, scores[correlated == kind].mean(axis=0), strict=True)
            )
            report.say(f"  share of the accuracy models, {label} errors: {means}")
    judged = np.empty(len(crowds))
    for i in range(len(crowds)):
        others = (np.arange(len(crowds)) != i) & (correlated == correlated[i])
        judged[i] = scores[i, int(np.argmax(scores[others].mean(axis=0))) if others.any() else 0]
    hindsight = np.array([crowd.best_peer for crowd in crowds])
    report.figure("auto, shares chosen without the set: mean accuracy", float(judged.mean()), "share")
    report.figure("auto, shares chosen without the set: worst gap", float((judged - hindsight).min()), "share")


if __name__ == "__main__":
    main()
