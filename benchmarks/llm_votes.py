"""What models' votes do to a consensus, and what keeps them honest: tests against published figures, pooling, the gate.

    python benchmarks/llm_votes.py --data FOLDER [--part alt-test …]

FOLDER holds llm/NAME.csv (`item,rater,kind,label,truth,prob`) and crowd/NAME/{labels,truth}.csv with PEERS.csv. The
consensus is made by the calls that the server's full fit makes: `count_models`, then the default model.
"""

from __future__ import annotations

import csv
import json
import sys
import warnings
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.frame import Report, start
from benchmarks.llm_crowds import part_bad_models, part_copies
from benchmarks.llm_sets import VotedSet, read_voted, voted_names
from quality.aggregation import MODELS, DawidSkene
from quality.answers import AnswerSet
from quality.errors import ConvergenceWarning
from quality.models_vs_humans.alt_test import alt_test
from quality.models_vs_humans.gate import GateVerdict, judge_model
from quality.models_vs_humans.harm_test import harm_test
from quality.models_vs_humans.prediction_powered import estimate_prevalence
from quality.models_vs_humans.routing import certify

PUBLISHED = Path(__file__).resolve().parents[1] / "tests" / "quality" / "models_vs_humans"


def main() -> None:
    report = start("Models' votes", configure=_options)
    if report.data is None:
        raise SystemExit("give the folder of the public data: --data FOLDER")
    warnings.simplefilter("ignore", ConvergenceWarning)
    for name, part in PARTS.items():
        if report.options.part in (None, name):
            report.say(f"\n{name}")
            part(report)
    report.finish()


def _options(parser: Any) -> None:
    parser.add_argument("--part", choices=list(PARTS), default=None, help="one part only")


def part_alt_test(report: Report) -> None:
    """All published winning rates and advantages at two decimals."""
    with (PUBLISHED / "alt_test_published.csv").open() as lines:
        rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    sets: dict[str, VotedSet] = {}
    met = 0
    for row in rows:
        name = f"alttest_{row['dataset']}"
        voted = sets.setdefault(name, read_voted(report.data, name))
        people = AnswerSet.from_records(voted.people_records)
        found = alt_test(people, voted.models[row["llm"]], epsilon=float(row["epsilon"]), scale=row["scale"])  # type: ignore[arg-type]
        # Half a unit of the second decimal, and a hair, since some shares lie exactly between two roundings.
        met += (
            abs(found.winning_rate - float(row["omega_published"])) <= 0.005 + 1e-9
            and abs(found.advantage - float(row["rho_published"])) <= 0.005 + 1e-9
        )
    report.figure("published pairs of winning rate and advantage met", met, "pairs", bar=(">=", 52), of=len(rows))


def part_prevalence(report: Report) -> None:
    """The twelve published cases to 1e-9; coverage in a simulation."""
    worst, cases = 0.0, json.loads((PUBLISHED / "ppi_cases.json").read_text())["cases"]
    for case in cases:
        cells = [case[name] for name in ("both", "people_only", "model_only", "neither")]
        elsewhere = np.repeat([1, 0], [case["model_elsewhere"], case["n_elsewhere"] - case["model_elsewhere"]])
        found = estimate_prevalence(np.repeat([1, 1, 0, 0], cells), np.repeat([1, 0, 1, 0], cells), elsewhere)
        wanted = [case["power"], case["value"], *case["interval"], case["model_alone"]]
        got = [found.power, found.value, found.low, found.high, found.model_alone]
        worst = max(worst, *(abs(a - b) for a, b in zip(wanted, got, strict=True)))
    report.figure("PPI++: worst gap to the authors' package", worst, "", bar=("<=", 1e-9), cases=len(cases))
    rng, runs = np.random.default_rng(11), 500 if report.quick else 4_000
    for is_uneven in (False, True):
        covered = np.mean([_covers(rng, is_uneven) for _ in range(runs)])
        name = f"PPI++: coverage of 95 % intervals, {'uneven' if is_uneven else 'even'} sampling"
        report.figure(name, covered, "share", bar=(">=", 0.93), runs=runs)
        report.figure(name + ", not more than", covered, "share", bar=("<=", 0.97))


def _covers(rng: np.random.Generator, is_uneven: bool) -> bool:
    half = np.arange(4_000) < 2_000
    truth = rng.random(4_000) < np.where(half, 0.2, 0.5)
    model = np.where(rng.random(4_000) < 0.8, truth, rng.random(4_000) < 0.7)
    chance = np.where(half, 0.05, 0.15) if is_uneven else np.full(4_000, 0.1)
    picked = rng.random(4_000) < chance
    elsewhere = model if is_uneven else model[~picked]
    found = estimate_prevalence(truth[picked], model[picked], elsewhere, inclusion=chance[picked])
    return found.low <= 0.35 <= found.high


def part_gate(report: Report) -> None:
    """People alone against people with the models that the gate lets in, and with all of them."""
    for name in voted_names(report.data):
        voted = read_voted(report.data, name)
        people = AnswerSet.from_records(voted.people_records, labels=voted.labels)
        fitted = DawidSkene().fit(people)
        verdicts = {rater: judge_model(people, fitted, votes) for rater, votes in voted.models.items()}
        passed = _admitted(voted, verdicts)
        tests = ",".join(sorted({verdict.test for verdict in verdicts.values()}))
        report.say(f"  {name}: {len(passed)} of {len(verdicts)} models pass ({tests}) {' '.join(map(str, passed))}")
        if voted.truth:
            alone, gated, ungated = (voted.accuracy(chosen) for chosen in ([], passed, list(voted.models)))
            report.figure(f"{name}: people alone", alone, "accuracy", tasks=len(voted.truth))
            report.figure(f"{name}: gain with gated models", gated - alone, "share", bar=(">=", 0.0))
            report.figure(f"{name}: gain with every model, ungated", ungated - alone, "share")
        else:
            _against_held_out_people(report, voted)


def _admitted(voted: VotedSet, verdicts: Mapping[Hashable, GateVerdict]) -> list[Hashable]:
    """The models that hold up against people and whose votes, one model after the other, do no harm."""
    admitted: list[Hashable] = []
    for rater in sorted(verdicts, key=lambda rater: -(verdicts[rater].figures.get("advantage") or 0.0)):
        if not verdicts[rater].passes:
            continue
        among = [*admitted, rater]
        harm = harm_test(voted.answers(among), {name: name for name in among}, rater, MODELS["auto"]())
        if harm.does_harm is False:
            admitted.append(rater)
    return admitted


def _against_held_out_people(report: Report, voted: VotedSet) -> None:
    """No truth: two people a task make the consensus, what the others say most is taken for it."""
    rng = np.random.default_rng(0)
    by_task: dict[Hashable, list[tuple[Hashable, Hashable, Hashable]]] = defaultdict(list)
    for record in voted.people_records:
        by_task[record[0]].append(record)
    kept, truth = [], {}
    for task, records in by_task.items():
        order = [records[i] for i in rng.permutation(len(records))]
        kept += order[:2]
        rest = [label for _, _, label in order[2:]]
        if rest:
            counts = {label: rest.count(label) for label in rest}
            top = [label for label, count in counts.items() if count == max(counts.values())]
            if len(top) == 1:
                truth[task] = top[0]
    if len(truth) < 100:
        return
    people = AnswerSet.from_records(kept, labels=voted.labels)
    fitted = DawidSkene().fit(people)
    part = replace(voted, people_records=kept, truth=truth)
    passed = _admitted(part, {rater: judge_model(people, fitted, votes) for rater, votes in voted.models.items()})
    alone, gated, ungated = (part.accuracy(chosen) for chosen in ([], passed, list(voted.models)))
    report.say(
        f"    two people a task against the others' plurality ({len(truth)} tasks): people alone {alone:.3f}, "
        f"with the {len(passed)} that pass {gated:.3f}, with all {ungated:.3f}"
    )


def part_routing(report: Report) -> None:
    """Certified routing: how often the promise is broken, on resamples of public votes."""
    voted = read_voted(report.data, "chatbotarena_cascade_cal")
    votes = [(prob, label == voted.truth[item]) for item, label, prob in voted.probable]
    sure, right = np.array([v[0] for v in votes]), np.array([v[1] for v in votes])
    rng, runs = np.random.default_rng(0), 1_000
    for size in (500, 200, 50):
        violations, refusals, coverage = 0, 0, []
        for _ in range(runs):
            order = rng.permutation(len(votes))
            here, there = order[:size], order[size:]
            certificate = certify(sure[here], right[here], alpha=0.2, delta=0.1)
            accepted = np.zeros(len(there), dtype=bool)
            if certificate.threshold is None:
                refusals += 1
            else:
                accepted = sure[there] >= certificate.threshold
                violations += bool(accepted.any() and (~right[there][accepted]).mean() > 0.2)
            coverage.append(accepted.mean())
        report.figure(f"routing, {size} tasks: violations", violations / runs, "share", bar=("<=", 0.1), runs=runs)
        report.figure(f"routing, {size} tasks: coverage", float(np.mean(coverage)), "share")
        bar = (">=", 1.0) if size == 50 else None
        report.figure(f"routing, {size} tasks: refused", refusals / runs, "share", bar=bar)
        if size == 50:
            report.say(f"    {certify(sure[:50], right[:50], alpha=0.2, delta=0.1).reason}")


PARTS: Mapping[str, Callable[[Report], None]] = {
    "alt-test": part_alt_test,
    "prevalence": part_prevalence,
    "copies": part_copies,
    "bad-models": part_bad_models,
    "gate": part_gate,
    "routing": part_routing,
}


if __name__ == "__main__":
    main()
