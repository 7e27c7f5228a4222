"""A plan's figures agree with exact sums and with simulation."""

from collections import Counter
from itertools import product

import numpy as np
import pytest

from quality.design.planning import golds_for_width, golds_to_verdict, majority_accuracy, overlap_for, plan_project
from quality.skill.gold import GoldTest, accuracy_posterior


@pytest.mark.parametrize(("overlap", "n_labels"), [(1, 2), (2, 2), (3, 2), (4, 3), (5, 3), (4, 5)])
def test_majority_accuracy_is_exact(overlap, n_labels):
    expected = 0.0
    for votes in product(range(n_labels), repeat=overlap):
        counts = Counter(votes)
        top = max(counts.values())
        winners = [label for label, count in counts.items() if count == top]
        chance = np.prod([0.7 if vote == 0 else 0.3 / (n_labels - 1) for vote in votes])
        expected += chance * (0 in winners) / len(winners)
    assert majority_accuracy(overlap, n_labels, 0.7) == pytest.approx(expected)


def test_condorcet():
    # Three workers of accuracy .8 with two labels: .8³ + 3 · .8² · .2.
    assert majority_accuracy(3, 2, 0.8) == pytest.approx(0.896)
    assert overlap_for(0.89, 2, 0.8) == 3
    assert overlap_for(0.9, 2, 0.8) == 5
    assert overlap_for(0.99, 2, 0.5) is None


@pytest.mark.parametrize("n_labels", [2, 3, 5])
@pytest.mark.parametrize("guesses", [True, False])
def test_walds_count_of_golds_agrees_with_simulation(n_labels, guesses):
    test, rng = GoldTest.for_labels(n_labels), np.random.default_rng(n_labels)
    accuracy, golds = (1 / n_labels if guesses else 0.75), []
    for _ in range(1_000):
        llr, n = 0.0, 0
        while test.verdict(llr) == "undecided":
            llr, n = test.update(llr, bool(rng.random() < accuracy)), n + 1
        golds.append(n)
    predicted = golds_to_verdict(test, accuracy)
    assert predicted <= np.mean(golds) * 1.05
    assert predicted >= np.mean(golds) * 0.65


def test_a_worker_between_good_and_bad_takes_longest():
    test = GoldTest()
    counts = [golds_to_verdict(test, accuracy) for accuracy in (0.5, 0.63, 0.75)]
    assert counts[1] > counts[0]
    assert counts[1] > counts[2]


def test_golds_for_a_width_are_just_enough():
    n = golds_for_width(0.2)
    estimate = accuracy_posterior(round(0.8 * n), n - round(0.8 * n))
    assert estimate.high - estimate.low <= 0.2
    assert golds_for_width(0.1) > 3 * n
    assert golds_for_width(0.001, most=1_000) is None


def test_a_plan_adds_up():
    plan = plan_project(n_tasks=1_000, n_workers=20, n_labels=2, accuracy=0.8, target=0.89, price=0.05)
    assert plan.overlap == 3
    assert plan.n_answers == 3_000 + 20 * plan.golds_per_worker
    assert plan.cost == pytest.approx(0.05 * plan.n_answers)
    assert plan_project(n_tasks=1, n_workers=1, n_labels=2, accuracy=0.5, target=0.9, price=1) is None


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="overlap is 0"):
        majority_accuracy(0, 2, 0.7)
    with pytest.raises(ValueError, match="target is 1"):
        overlap_for(1, 2, 0.7)
    with pytest.raises(ValueError, match="accuracy is 1"):
        golds_to_verdict(GoldTest(), 1)
    with pytest.raises(ValueError, match="n_tasks is -1"):
        plan_project(n_tasks=-1, n_workers=1, n_labels=2, accuracy=0.7, target=0.9, price=1)
    with pytest.raises(ValueError, match="width is 2"):
        golds_for_width(2)
