"""The posterior of a worker's gold accuracy is exact; the sequential test keeps its promises."""

from math import log

import numpy as np
import pytest
from scipy.stats import beta

from quality.skill.gold import GoldTest, accuracy_posterior, probability_below


def test_posterior_without_golds_is_the_prior():
    estimate = accuracy_posterior(0, 0)
    assert estimate.mean == pytest.approx(2 / 3)
    assert (estimate.low, estimate.high) == pytest.approx(beta(2, 1).ppf([0.025, 0.975]))


def test_posterior_counts_right_and_wrong_golds():
    estimate = accuracy_posterior(8, 2, prior=(1.0, 1.0))
    assert (estimate.right, estimate.wrong, estimate.mean) == (8, 2, 0.75)
    assert (estimate.low, estimate.high) == pytest.approx(beta(9, 3).ppf([0.025, 0.975]))


def test_probability_below_a_bar_has_a_closed_form():
    # Beta(2, 1) has the distribution function x².
    assert probability_below(0.65, 0, 0) == pytest.approx(0.4225)
    assert probability_below(0.65, 2, 0) == pytest.approx(0.65**4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: accuracy_posterior(-1, 0), "right is -1"),
        (lambda: accuracy_posterior(1, 0, prior=(0.0, 1.0)), "prior"),
        (lambda: accuracy_posterior(1, 0, level=1.0), "level"),
        (lambda: probability_below(1.5, 0, 0), "bar is 1.5"),
        (lambda: GoldTest(good=0.4, bad=0.5), "good is 0.4"),
        (lambda: GoldTest(alpha=0.0), "alpha is 0.0"),
        (lambda: GoldTest.for_labels(1), "n_labels is 1"),
        (lambda: GoldTest().verdict(float("nan")), "not a number"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_each_gold_adds_its_log_likelihood_ratio():
    test = GoldTest.for_labels(4)
    assert test.update(0.0, True) == pytest.approx(log(0.25 / 0.75))
    assert test.update(1.0, False) == pytest.approx(1.0 + log(0.75 / 0.25))


def test_thresholds_are_walds():
    test = GoldTest()
    assert test.bad_at == pytest.approx(log(95))
    assert test.good_at == pytest.approx(log(5 / 99))
    assert test.verdict(0.0) == "undecided"


def test_three_wrong_golds_in_a_row_are_not_yet_a_verdict_with_two_labels():
    test, llr = GoldTest(), 0.0
    for _ in range(3):
        llr = test.update(llr, False)
    assert test.verdict(llr) == "undecided"


def test_a_good_worker_who_turns_bad_is_caught_as_fast_as_one_just_cleared():
    test, llr = GoldTest.for_labels(3), 0.0
    for _ in range(1_000):
        llr = test.update(llr, True)
    assert test.verdict(llr) == "good"
    wrong = 0
    while test.verdict(llr) != "bad":
        llr, wrong = test.update(llr, False), wrong + 1
    assert wrong == int(np.ceil((test.bad_at - test.good_at) / log((2 / 3) / 0.25)))


def _first_verdicts(test: GoldTest, accuracy: float, rng: np.random.Generator) -> tuple[list[str], list[int]]:
    verdicts, golds = [], []
    for _ in range(1_500):
        llr, n = 0.0, 0
        while test.verdict(llr) == "undecided":
            llr, n = test.update(llr, bool(rng.random() < accuracy)), n + 1
        verdicts.append(test.verdict(llr))
        golds.append(n)
    return verdicts, golds


@pytest.mark.parametrize("n_labels", [2, 3, 5])
def test_error_rates_hold_for_guessers_as_well_as_honest_workers(n_labels):
    test, rng = GoldTest.for_labels(n_labels), np.random.default_rng(n_labels)
    guesser, _ = _first_verdicts(test, 1 / n_labels, rng)
    honest, _ = _first_verdicts(test, 0.75, rng)
    assert guesser.count("good") / 1_500 <= 0.06
    assert honest.count("bad") / 1_500 <= 0.015


def test_fewer_golds_are_needed_when_guessing_is_harder():
    rng = np.random.default_rng(7)
    means = [float(np.mean(_first_verdicts(GoldTest.for_labels(k), 1 / k, rng)[1])) for k in (2, 3, 5)]
    assert means == pytest.approx([30, 12, 7], abs=3)
