"""The expected gain of more answers is exact."""

from itertools import product

import numpy as np
import pytest

from quality.design.gain import best_look_ahead, even_matrix, expected_gain
from quality.design.priority import gain_per_price


def test_one_answer_gains_nothing_where_two_do():
    matrix = even_matrix(3, 0.75)
    assert expected_gain([0.8, 0.1, 0.1], matrix, 1).tolist() == [0.0]
    assert expected_gain([0.8, 0.1, 0.1], matrix, 2)[0] > 0.01


def test_gain_is_exact_over_all_outcomes():
    rng = np.random.default_rng(0)
    matrix, q = rng.dirichlet(np.ones(3), 3), rng.dirichlet(np.ones(3))
    for n in range(4):
        expected = sum(
            max(q[k] * np.prod([matrix[k, label] for label in labels]) for k in range(3))
            for labels in product(range(3), repeat=n)
        )
        assert expected_gain(q, matrix, n)[0] == pytest.approx(expected - q.max(), abs=1e-12)


def test_gain_grows_with_the_number_of_answers():
    gains = [expected_gain([0.5, 0.3, 0.2], even_matrix(3, 0.7), n)[0] for n in range(5)]
    assert gains[0] == 0.0
    assert (np.diff(gains) >= 0).all()


def test_guessers_gain_nothing():
    assert expected_gain([[0.5, 0.5], [0.9, 0.1]], np.full((2, 2), 0.5), 3).tolist() == [0.0, 0.0]


def test_look_ahead_weighs_the_price():
    net, look = best_look_ahead([[0.8, 0.1, 0.1]], even_matrix(3, 0.75), ahead=3, price=0.001, value=1.0)
    assert net[0] > 0
    assert look[0] >= 2
    assert best_look_ahead([[0.8, 0.1, 0.1]], even_matrix(3, 0.75), ahead=3, price=0.5, value=1.0)[0][0] < 0


def test_many_labels_cut_the_look_ahead_short():
    posterior = np.full((1, 60), 1 / 60)
    net, look = best_look_ahead(posterior, even_matrix(60, 0.7), ahead=5, price=0.001, value=1.0)
    assert look[0] <= 2
    assert net[0] > 0
    assert gain_per_price(posterior, price=1.0, ahead=5)[0] > 0


def test_priority_is_gain_per_price():
    posterior = [[0.8, 0.1, 0.1], [0.4, 0.3, 0.3], [1.0, 0.0, 0.0]]
    worth = gain_per_price(posterior, price=1.0)
    assert worth[1] > worth[0] > worth[2] == 0.0
    dear = gain_per_price(posterior, price=[1.0, 100.0, 1.0])
    assert dear[0] == worth[0]
    assert dear[1] == pytest.approx(worth[1] / 100)
    assert dear[0] > dear[1]


def test_bad_input_is_named():
    matrix = even_matrix(2, 0.7)
    with pytest.raises(ValueError, match=r"posterior\[1\] is"):
        expected_gain([[0.5, 0.5], [0.9, 0.9]], matrix, 1)
    with pytest.raises(ValueError, match="rows that sum to 1"):
        expected_gain([[0.5, 0.5]], [[1, 1], [0, 1]], 1)
    with pytest.raises(ValueError, match="look less far"):
        expected_gain(np.full((1, 30), 1 / 30), even_matrix(30, 0.7), 5)
    with pytest.raises(ValueError, match="ahead is 0"):
        best_look_ahead([[0.5, 0.5]], matrix, ahead=0, price=0, value=1)
    with pytest.raises(ValueError, match=r"price\[0\] is 0.0"):
        gain_per_price([[0.5, 0.5]], price=0)
    with pytest.raises(ValueError, match="accuracy is 1"):
        even_matrix(2, 1)
