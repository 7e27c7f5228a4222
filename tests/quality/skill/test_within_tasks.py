"""The chance of a shared error is that of counting every outcome, whatever the task's difficulty."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from quality.aggregation.dawid_skene import DawidSkene
from quality.answers import AnswerSet
from quality.skill.collusion import shared_errors
from quality.skill.within_tasks import shared_chance


def _by_hand(odds: np.ndarray, c: int, i: int, j: int) -> float:
    """P(i and j among the c who gave the label): every set of c workers by its odds."""
    weights = {chosen: np.prod(odds[list(chosen)]) for chosen in combinations(range(len(odds)), c)}
    by_odds = sum(w for chosen, w in weights.items() if {i, j} <= set(chosen)) / sum(weights.values())
    return max(by_odds, c * (c - 1) / (len(odds) * (len(odds) - 1)))


@pytest.mark.parametrize(("n", "c"), [(3, 2), (5, 2), (5, 4), (8, 3), (10, 5)])
def test_the_chance_is_that_of_counting_every_outcome(n: int, c: int) -> None:
    odds = np.random.default_rng(n * c).gamma(1.0, size=(n, 2))
    answers = AnswerSet.from_records([(0, w, 1 if w < c else 0) for w in range(n)], labels=(0, 1))
    first, second = (np.array(side) for side in zip(*combinations(range(n), 2), strict=True))
    chance = shared_chance(answers, np.array([0]), odds, first, second)
    expected = [_by_hand(odds[:, 1], c, i, j) for i, j in zip(first, second, strict=True)]
    assert chance == pytest.approx(np.array(expected))


def test_the_chance_does_not_depend_on_how_hard_the_task_is() -> None:
    odds = np.random.default_rng(1).gamma(1.0, size=(30, 2))
    for n in (6, 30):
        answers = AnswerSet.from_records([(0, w, int(w < 4)) for w in range(n)], labels=(0, 1))
        pairs = (np.array([0, 1]), np.array([5, 3]))
        easy = shared_chance(answers, np.array([0]), odds[:n], *pairs)
        hard = shared_chance(answers, np.array([0]), odds[:n] * 40, *pairs)
        assert easy == pytest.approx(hard)


def test_many_answers_are_approximated_closely() -> None:
    odds = np.random.default_rng(2).gamma(2.0, size=(12, 2))
    answers = AnswerSet.from_records([(0, w, int(w < 4)) for w in range(12)], labels=(0, 1))
    first, second = (np.array(side) for side in zip(*combinations(range(12), 2), strict=True))
    chance = shared_chance(answers, np.array([0]), odds, first, second)
    expected = np.array([_by_hand(odds[:, 1], 4, i, j) for i, j in zip(first, second, strict=True)])
    assert np.abs(chance - expected).max() < 0.05
    assert np.abs(chance - expected).mean() < 0.005


def test_tasks_without_a_second_wrong_answer_or_a_right_one_teach_nothing() -> None:
    records = [(0, 0, 1), (0, 1, 0), (0, 2, 0), (1, 0, 1), (1, 1, 1), (1, 2, 1)]
    answers = AnswerSet.from_records(records, labels=(0, 1))
    odds = np.ones((6, 2))
    assert shared_chance(answers, np.array([0, 0]), odds, np.array([0, 3]), np.array([1, 4])).tolist() == [0.0, 1.0]


def _golds_with_decoys(seed: int) -> tuple[AnswerSet, dict[int, int]]:
    """Twenty honest workers answer sixty golds; on every third a decoy misleads three in five of them."""
    rng = np.random.default_rng(seed)
    records = []
    for task in range(60):
        for worker in range(20):
            right = rng.random() < (0.4 if task % 3 == 0 else 0.85)
            records.append((task, worker, 0 if right else 1 if task % 3 == 0 else int(rng.integers(1, 4))))
    return AnswerSet.from_records(records, labels=range(4)), dict.fromkeys(range(60), 0)


def test_honest_people_misled_together_by_hard_tasks_are_left_alone() -> None:
    for seed in range(5):
        answers, gold = _golds_with_decoys(seed)
        fitted = DawidSkene(threads=1).fit(answers, gold=gold)
        found = shared_errors(answers, fitted)
        assert max(row.observed for row in found) >= 10
        assert [row for row in found if row.is_flagged] == []
