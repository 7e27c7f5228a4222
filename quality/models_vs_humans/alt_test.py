"""The alternative annotator test: may this model stand in for one of these people?"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student_t

from quality.answers import AnswerSet

Floats = NDArray[np.floating[Any]]
Index = NDArray[np.integer[Any]]


@dataclass(frozen=True, kw_only=True, eq=False)
class AltTestResult:
    """One test per person, with the share of people the model beats; W people of the answer set.

    p_value: (W,), nan where a person shares fewer than ``min_tasks`` tasks with the model; rejected: (W,) bool, the
    model holds up against this person; n_shared: (W,) tasks compared. model_share, person_share: (W,), how often each
    does at least as well as the other. winning_rate (ω): share of tested people with a rejection; advantage (ρ): mean
    ``model_share``; both nan when nobody could be tested, as ``reason`` then says. passes: ω ≥ .5.
    """

    workers: tuple[Hashable, ...]
    p_value: Floats
    rejected: NDArray[np.bool_]
    n_shared: NDArray[np.int64]
    model_share: Floats
    person_share: Floats
    winning_rate: float
    advantage: float
    passes: bool
    epsilon: float
    reason: str = ""


def alt_test(
    people: AnswerSet,
    model: Mapping[Any, Hashable],
    *,
    epsilon: float = 0.1,
    level: float = 0.05,
    min_tasks: int = 30,
    scale: Literal["nominal", "interval"] = "nominal",
) -> AltTestResult:
    """Test the model's labels (task -> label) against each person, the other people being the yardstick.

    On every task with at least two people, a person's answer and the model's are each scored by the share of the
    *other* people who gave it; with ``scale="interval"``, where labels are numbers, by how near it is to their
    answers (root mean square). H0: the model does as well as the person less than ``epsilon`` short of how often the
    person does as well as the model; one-sided t test, Benjamini-Yekutieli over the people at ``level``. ``epsilon``
    is what a person costs more than a model: .2 experts, .15 skilled workers, .1 a crowd. Without any variance the
    p-value is 0 or 1, by the side the mean is on.

    Raises ValueError on fractional votes, repeated answers, a label of people's that is not a number on an interval
    scale, or an ``epsilon``, ``level``, ``min_tasks`` out of range.
    Calderon, Reichart & Dror (2025).
    """
    if people.weight is not None:
        raise ValueError("the answers carry weights; people's votes are whole")
    if not (0 <= epsilon < 1 and 0 < level < 1):
        raise ValueError(f"epsilon is {epsilon}, level is {level}; both are shares under 1")
    if min_tasks < 2:
        raise ValueError(f"min_tasks is {min_tasks}; a variance needs at least 2")
    _refuse_repeats(people)
    given = model_labels(people, model)[people.task]
    total = np.bincount(people.task, minlength=people.n_tasks)[people.task]
    used = (total >= 2) & (given != NO_ANSWER)
    task, worker, label, given = people.task[used], people.worker[used], people.label[used], given[used]
    if scale == "nominal":
        person_score, model_score = _shares(people, task, label, given)
    else:
        person_score, model_score = _closeness(people, model, task, label)
    W = people.n_workers
    person_wins, model_wins = (person_score >= model_score).astype(float), (model_score >= person_score).astype(float)
    gap = person_wins - model_wins
    n = np.bincount(worker, minlength=W)
    tested = n >= min_tasks
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(worker, weights=gap, minlength=W) / n
        variance = np.bincount(worker, weights=(gap - mean[worker]) ** 2, minlength=W) / (n - 1)
        model_share = np.bincount(worker, weights=model_wins, minlength=W) / n
        person_share = np.bincount(worker, weights=person_wins, minlength=W) / n
        statistic = (mean - epsilon) / np.sqrt(variance / n)
    p_value = np.full(W, np.nan)
    flat = tested & (variance <= 0)
    p_value[flat] = (mean[flat] >= epsilon).astype(float)
    spread = tested & ~flat
    p_value[spread] = student_t.cdf(statistic[spread], n[spread] - 1)
    rejected = np.zeros(W, dtype=bool)
    rejected[tested] = benjamini_yekutieli(p_value[tested], level)
    if not tested.any():
        reason = f"nobody shares {min_tasks} tasks with the model and another person; the most is {n.max(initial=0)}"
        rate = advantage = float("nan")
    else:
        reason, rate, advantage = "", float(rejected[tested].mean()), float(model_share[tested].mean())
    return AltTestResult(
        workers=tuple(people.workers),
        p_value=p_value,
        rejected=rejected,
        n_shared=n,
        model_share=model_share,
        person_share=person_share,
        winning_rate=rate,
        advantage=advantage,
        passes=rate >= 0.5,
        epsilon=epsilon,
        reason=reason,
    )


NO_ANSWER = -2
OUTSIDE = -1


def model_labels(people: AnswerSet, model: Mapping[Any, Hashable]) -> NDArray[np.int64]:
    """The model's label index per task: (n_tasks,); -1 for a label no person could give, -2 without an answer."""
    place = {label: i for i, label in enumerate(people.labels)}
    return np.array(
        [place.get(model[task], OUTSIDE) if task in model else NO_ANSWER for task in people.tasks], dtype=np.int64
    )


def benjamini_yekutieli(p_values: Floats, level: float) -> NDArray[np.bool_]:
    """Which hypotheses to reject so that the false discovery rate is at most ``level`` under any dependence."""
    m = len(p_values)
    order = np.argsort(p_values, kind="stable")
    harmonic = float((1 / np.arange(1, m + 1)).sum())
    under = p_values[order] <= np.arange(1, m + 1) * level / (m * harmonic)
    rejected = np.zeros(m, dtype=bool)
    if under.any():
        rejected[order[: int(np.flatnonzero(under)[-1]) + 1]] = True
    return rejected


def _shares(people: AnswerSet, task: Index, label: Index, given: Index) -> tuple[Floats, Floats]:
    """How many of the other people gave the person's answer, and the model's: (n,), (n,).

    Both scores share the divisor, the number of other people, so comparing the counts is comparing the shares.
    """
    counts = people.counts
    known = given >= 0
    model_score = np.where(known, counts[task, np.where(known, given, 0)] - (given == label), 0.0)
    return counts[task, label] - 1.0, model_score


def _closeness(people: AnswerSet, model: Mapping[Any, Hashable], task: Index, label: Index) -> tuple[Floats, Floats]:
    """Minus the summed squared distance of the person's answer, and the model's, to the other people's: (n,), (n,)."""
    value = np.array([_number(name) for name in people.labels])
    if np.isnan(value).any():
        bad = people.labels[int(np.flatnonzero(np.isnan(value))[0])]
        raise ValueError(f"label {bad!r} is not a number, which an interval scale needs")
    model_value = np.array([_number(model.get(name)) for name in people.tasks])[task]
    mine, everyone = value[label], value[people.label]
    number = np.bincount(people.task, minlength=people.n_tasks)[task] - 1.0
    total = np.bincount(people.task, weights=everyone, minlength=people.n_tasks)[task] - mine
    squares = np.bincount(people.task, weights=everyone**2, minlength=people.n_tasks)[task] - mine**2
    person_score = -(number * mine**2 - 2 * mine * total + squares)
    model_score = -(number * model_value**2 - 2 * model_value * total + squares)
    # A reply that is no number is farther off than any number.
    return person_score, np.where(np.isnan(model_value), -np.inf, model_score)


def _number(label: Any) -> float:
    try:
        return float(label)
    except (TypeError, ValueError):
        return float("nan")


def _refuse_repeats(people: AnswerSet) -> None:
    key = people.task.astype(np.int64) * people.n_workers + people.worker
    values, first, count = np.unique(key, return_index=True, return_counts=True)
    if len(values) and count.max() > 1:
        row = first[int(np.argmax(count))]
        raise ValueError(
            f"worker {people.workers[people.worker[row]]!r} answers task {people.tasks[people.task[row]]!r} twice"
        )
