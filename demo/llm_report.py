"""What a model's votes are worth beside people's: accuracy, calibration, tests, cost, consensus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay_client.shapes import Json
from demo.project import CURRENCY, LABELS
from quality.aggregation import MODELS
from quality.aggregation.model_votes import count_models
from quality.answers import AnswerSet
from quality.models_vs_humans.alt_test import alt_test
from quality.models_vs_humans.calibration import SoftVoteCalibrator, log_loss
from quality.models_vs_humans.posterior_test import posterior_test

BINS = 10
FEW_PEOPLE = 3


@dataclass(frozen=True)
class RaterVotes:
    """A rater's votes as the API lists them, with its progress and the forecast made before."""

    name: str
    worker: str
    rows: list[Json]
    run: Json
    forecast: Json


def report(
    answers: Sequence[tuple[str, str, str]],
    votes: Sequence[RaterVotes],
    truth: Mapping[str, str],
    *,
    golds: Mapping[str, str],
    group: str,
) -> None:
    """Print it all."""
    people = AnswerSet.from_records(answers, labels=LABELS)
    fitted = MODELS["dawid-skene"]().fit(people)
    for rater in votes:
        _one(rater, people, fitted, truth, golds)
    few = _first_of_each(answers, FEW_PEOPLE)
    given = [(row["task"], rater.worker, row["label"]) for rater in votes for row in _real(rater)]
    groups = {rater.worker: group for rater in votes}
    print(
        f"\nConsensus against the mean of 20 ratings, {len(truth)} tasks; the two raters are one group, one vote a task"
    )
    for title, rows in (
        ("every answer of people", list(answers)),
        (f"the first {FEW_PEOPLE} people of each task", few),
    ):
        alone = _accuracy(AnswerSet.from_records(rows, labels=LABELS), truth)
        both = AnswerSet.from_records([*rows, *given], labels=LABELS)
        print(
            f"  {title:<34} without the model {alone:.3f}   with it, pooled "
            f"{_accuracy(count_models(both, groups), truth):.3f}   counted as two people {_accuracy(both, truth):.3f}"
        )
    print("The server keeps both in the shadow until its own gate finds them good enough: see GET …/models.")


def _one(rater: RaterVotes, people: AnswerSet, fitted: Any, truth: Mapping[str, str], golds: Mapping[str, str]) -> None:
    model = {row["task"]: row["label"] for row in _real(rater)}
    right = sum(truth[task] == label for task, label in model.items())
    print(f"\n{rater.name}: {right} of {len(model)} votes right ({right / max(1, len(model)):.3f})")
    soft = [row for row in rater.rows if row["is_gold"] and row["probabilities"] is not None]
    if len(soft) >= 10:
        q = np.array([row["probabilities"] for row in soft])
        y = np.array([LABELS.index(golds[row["task"]]) for row in soft])
        fitted_q = SoftVoteCalibrator().cross_fitted(q, y, rng=np.random.default_rng(0))
        print(
            f"  calibration on {len(y)} golds, cross-fitted: "
            f"log loss {log_loss(q, y):.3f} → {log_loss(fitted_q, y):.3f}, "
            f"calibration error {calibration_error(q, y):.3f} → {calibration_error(fitted_q, y):.3f}"
        )
    else:
        print(f"  calibration: cannot say yet, {len(soft)} golds with probabilities")
    test = alt_test(people, model)
    if np.isnan(test.winning_rate):
        print(f"  alternative annotator test: cannot say yet ({test.reason})")
    else:
        verdict = "passes" if test.passes else "does not pass"
        print(f"  alternative annotator test: ω {test.winning_rate:.2f}, ρ {test.advantage:.2f}: {verdict}")
    pooled = posterior_test(people, fitted, model)
    if np.isnan(pooled.gap):
        print(f"  against the posterior of people: cannot say yet, {pooled.n_tasks} tasks are shared")
    else:
        print(
            f"  against the posterior of people: gap {pooled.gap:.3f} [{pooled.low:.3f}, {pooled.high:.3f}] on "
            f"{pooled.n_tasks} tasks: {'passes' if pooled.passes else 'does not pass'}"
        )
    cost, expected = rater.run["cost_micros"] / 1e6, rater.forecast["cost_micros"]
    print(
        f"  cost {cost:.6f} {CURRENCY} for {rater.run['votes']} votes; forecast for {rater.forecast['tasks']} tasks, "
        f"golds not counted, {expected['expected'] / 1e6:.6f} "
        f"[{expected['low'] / 1e6:.6f}, {expected['high'] / 1e6:.6f}]; "
        f"{rater.run['abstentions']} abstentions, {rater.run['failures']} failures"
    )
    if rater.run["pause_code"]:
        on_golds = [row for row in rater.rows if row["is_gold"] and row["label"] is not None]
        right = sum(golds[row["task"]] == row["label"] for row in on_golds)
        print(f"  the server suspended it after {right} of {len(on_golds)} golds right: it votes on no more tasks")


def calibration_error(q: Any, y: Any) -> float:
    """Expected calibration error of the top label, in ten bins of equal width."""
    top, right = q.max(axis=1), q.argmax(axis=1) == y
    which = np.minimum((top * BINS).astype(int), BINS - 1)
    return float(
        sum((which == b).mean() * abs(top[which == b].mean() - right[which == b].mean()) for b in np.unique(which))
    )


def _real(rater: RaterVotes) -> list[Json]:
    return [row for row in rater.rows if not row["is_gold"] and row["label"] is not None]


def _first_of_each(answers: Sequence[tuple[str, str, str]], size: int) -> list[tuple[str, str, str]]:
    seen: dict[str, int] = {}
    kept = []
    for answer in answers:
        seen[answer[0]] = seen.get(answer[0], 0) + 1
        if seen[answer[0]] <= size:
            kept.append(answer)
    return kept


def _accuracy(answers: AnswerSet, truth: Mapping[str, str]) -> float:
    fitted = MODELS["dawid-skene"]().fit(answers)
    best = fitted.posterior.argmax(axis=1)
    right = sum(truth[str(task)] == fitted.labels[k] for task, k in zip(fitted.tasks, best, strict=True))
    return float(right / len(fitted.tasks))
