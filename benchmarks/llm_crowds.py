"""Parts of `llm_votes` that put simulated models beside real crowds: copies, re-prompts, bad models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.frame import Report
from benchmarks.public_crowds import PublicCrowd, read_crowd, read_crowds
from quality.aggregation import MODELS, DawidSkene
from quality.aggregation.model_votes import count_models
from quality.answers import AnswerSet
from quality.models_vs_humans.drift import drift_test
from quality.models_vs_humans.gate import GateVerdict, judge_model


def part_copies(report: Report) -> None:
    """Five copies, five re-prompts: what they do to a real crowd."""
    crowd = read_crowd(report.data / "crowd", "product")
    rng = np.random.default_rng(0)
    once = _simulated(crowd, rng, 0.8)
    alone, one = _accuracy(crowd, {}), _accuracy(crowd, {"m0": once})
    report.figure("product: people alone", alone, "accuracy")
    report.figure("product: with one vote of a simulated 80 % model", one, "accuracy")
    copies = {f"m{i}": once for i in range(5)}
    moved = [
        float(np.abs(_fit(crowd, votes).probabilities - _fit(crowd, {}).probabilities).max())
        for votes in ({"m0": once}, copies)
    ]
    further = float(np.abs(_fit(crowd, copies).probabilities - _fit(crowd, {"m0": once}).probabilities).max())
    report.figure("product: farthest that one vote moves a posterior", moved[0], "probability")
    report.figure("product: five copies against one vote, farthest", further, "probability", bar=("<=", 1e-9))
    # A vote of the common one with chance √ρ, else one of its own: errors then correlate at ρ.
    five = {
        f"m{i}": np.where(rng.random(len(once)) < np.sqrt(0.6), once, _simulated(crowd, rng, 0.8)) for i in range(5)
    }
    pooled = _accuracy(crowd, five)
    report.figure("product: five re-prompts at ρ = .6, pooled", pooled, "accuracy", bar=(">=", 0.945))
    discounted = _accuracy(crowd, five, rule="discount", correlation={"one family": 0.6})
    report.figure("product: five re-prompts at ρ = .6, discounted", discounted, "accuracy", bar=(">=", 0.945))
    answers = _with_models(crowd, five)
    naive = float(crowd.right(MODELS["auto"]().fit(answers).best).mean())
    report.figure("product: the same counted as five raters, for comparison", naive, "accuracy")


def part_bad_models(report: Report) -> None:
    """An uninformative model on every public crowd; how fast an adversarial one falls."""
    names = ["bluebird", "face", "CF", "rte"] if report.quick else None
    worst: dict[str, float] = {"gated": 0.0, "counted all the same": 0.0}
    for crowd in read_crowds(report.data / "crowd", names):
        rng = np.random.default_rng(1)
        share = crowd.answers.counts.sum(axis=0) / crowd.answers.n_answers
        vote = rng.choice(crowd.answers.n_labels, size=crowd.answers.n_tasks, p=share)
        verdict = _judge(crowd, vote)
        alone, forced = _accuracy(crowd, {}), _accuracy(crowd, {"m0": vote})
        gated = forced if verdict.passes else alone
        report.say(
            f"  {crowd.name:<13} people alone {alone:.4f}  counted all the same {forced:.4f}  gate: "
            f"{verdict.test} {verdict.passes}"
        )
        worst["gated"] = min(worst["gated"], gated - alone)
        worst["counted all the same"] = min(worst["counted all the same"], forced - alone)
    for name, loss in worst.items():
        bar = (">=", -0.005) if name == "gated" else None
        report.figure(f"uninformative model, {name}: worst change of accuracy", loss, "share", bar=bar)
    rng, runs = np.random.default_rng(2), 2_000
    for n_labels in (2, 3, 5):
        golds = np.array([_golds_until_demoted(rng, n_labels) for _ in range(runs)])
        late = float((golds > 30).mean())
        report.figure(
            f"adversarial after a good past, {n_labels} labels: not demoted in 30 golds",
            late, "share", bar=("<=", 0.01), mean=round(float(golds.mean()), 1),
        )  # fmt: skip
        kept = np.mean([_golds_until_demoted(rng, n_labels, accuracy=0.8, most=100) > 100 for _ in range(runs)])
        report.figure(f"as good as ever, {n_labels} labels: demoted within 100 golds", 1 - float(kept), "share")


def _golds_until_demoted(
    rng: np.random.Generator, n_labels: int, *, accuracy: float = 0.1, reference: float = 0.8, most: int = 200
) -> int:
    """Golds that a model of ``accuracy`` is given until it is demoted, after fifty at the reference."""
    test = drift_test(reference, n_labels)
    llr = 0.0
    for right in rng.random(50) < reference:
        llr = test.update(llr, bool(right))
        if test.verdict(llr) == "bad":
            llr = 0.0
    for count, right in enumerate(rng.random(most) < accuracy, start=1):
        llr = test.update(llr, bool(right))
        if test.verdict(llr) == "bad":
            return count
    return most + 1


def _simulated(crowd: PublicCrowd, rng: np.random.Generator, accuracy: float) -> NDArray[np.intp]:
    """Labels of a model of that accuracy for every task: (T,); where the truth is unknown, at random."""
    K, T = crowd.answers.n_labels, crowd.answers.n_tasks
    true = np.where(crowd.truth >= 0, crowd.truth, rng.integers(0, K, T))
    return np.where(rng.random(T) < accuracy, true, (true + rng.integers(1, K, T)) % K)


def _with_models(crowd: PublicCrowd, models: Mapping[str, NDArray[Any]]) -> AnswerSet:
    base, T, W = crowd.answers, crowd.answers.n_tasks, crowd.answers.n_workers
    if not models:
        return base
    tasks = [base.task, *(np.arange(T, dtype=np.int32) for _ in models)]
    workers = [base.worker, *(np.full(T, W + i, dtype=np.int32) for i in range(len(models)))]
    labels = [base.label, *(label.astype(np.int32) for label in models.values())]
    return AnswerSet(
        task=np.concatenate(tasks),
        worker=np.concatenate(workers),
        label=np.concatenate(labels),
        tasks=base.tasks,
        workers=(*base.workers, *models),
        labels=base.labels,
    )


def _fit(crowd: PublicCrowd, models: Mapping[str, NDArray[Any]], **rule: Any) -> Any:
    groups = dict.fromkeys(models, "one family")
    return MODELS["auto"]().fit(count_models(_with_models(crowd, models), groups, **rule))


def _accuracy(crowd: PublicCrowd, models: Mapping[str, NDArray[Any]], **rule: Any) -> float:
    return float(crowd.right(_fit(crowd, models, **rule).best).mean())


def _judge(crowd: PublicCrowd, vote: NDArray[Any]) -> GateVerdict:
    # A server holds one answer of a worker to a task; these files repeat some.
    base = crowd.answers
    _, first = np.unique(base.task.astype(np.int64) * base.n_workers + base.worker, return_index=True)
    people = replace(base, task=base.task[first], worker=base.worker[first], label=base.label[first])
    labels = {task: base.labels[label] for task, label in zip(base.tasks, vote.tolist(), strict=True)}
    return judge_model(people, DawidSkene().fit(people), labels)
