"""Workers who do not look at the tasks stand out; those who do, do not."""

from itertools import groupby, product

import numpy as np
import pytest

from quality.skill.spam import information, longest_run, run_probability


def _longest(labels):
    return max(len(list(run)) for _, run in groupby(labels))


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.7, 0.3), (0.5, 0.3, 0.2)])
@pytest.mark.parametrize("length", [2, 3, 4, 7])
def test_run_probability_is_exact(shares, length):
    expected = sum(
        np.prod([shares[k] for k in labels])
        for labels in product(range(len(shares)), repeat=7)
        if _longest(labels) >= length
    )
    assert run_probability(7, length, np.array(shares)) == pytest.approx(expected, abs=1e-12)


def test_impossible_as_well_as_certain_runs():
    assert run_probability(5, 6, np.array([0.5, 0.5])) == 0.0
    assert run_probability(5, 1, np.array([0.5, 0.5])) == 1.0
    assert run_probability(50, 20, np.array([1.0, 0.0])) == pytest.approx(1.0)


def test_straight_lining_is_found_with_its_label():
    evidence = longest_run([0, 1] + [2] * 30 + [0, 1], [0.4, 0.3, 0.3])
    assert (evidence.longest, evidence.label, evidence.n_answers) == (30, 2, 34)
    assert evidence.p_value < 1e-10


def test_honest_answers_rarely_look_like_runs():
    rng = np.random.default_rng(0)
    shares = [0.6, 0.3, 0.1]
    p_values = [longest_run(rng.choice(3, 80, p=shares), shares).p_value for _ in range(400)]
    assert np.mean(np.array(p_values) <= 0.05) <= 0.07


def test_no_answers_are_no_evidence():
    assert longest_run([], [0.5, 0.5]).p_value == 1.0
    assert information([], [], 2).p_value == 1.0


def test_information_tells_lookers_from_guessers():
    rng = np.random.default_rng(1)
    truth = rng.integers(3, size=60)
    honest = np.where(rng.random(60) < 0.7, truth, rng.integers(3, size=60))
    assert information(honest, truth, 3).p_value == 0.001
    constant = information(np.zeros(60, int), truth, 3)
    assert (constant.information, constant.entropy, constant.p_value) == (0.0, 0.0, 1.0)


def test_guessers_get_even_p_values():
    rng = np.random.default_rng(2)
    p_values = [
        information(rng.integers(3, size=40), rng.integers(3, size=40), 3, n_permutations=99, rng=rng).p_value
        for _ in range(150)
    ]
    assert np.mean(np.array(p_values) <= 0.1) == pytest.approx(0.1, abs=0.06)


def test_an_adversary_carries_information():
    truth = np.tile([0, 1], 30)
    assert information(1 - truth, truth, 2).information == pytest.approx(np.log(2))


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="label_shares"):
        longest_run([0], [0.5, 0.6])
    with pytest.raises(ValueError, match="outside the 2 shares"):
        longest_run([2], [0.5, 0.5])
    with pytest.raises(ValueError, match="consensus holds a label outside"):
        information([0], [3], 3)
    with pytest.raises(ValueError, match="shape"):
        information([0], [0, 1], 3)
