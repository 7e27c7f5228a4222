"""Whom to ask next: whoever gains most for the money, nobody where nobody is worth it."""

import numpy as np
import pytest

from quality.design.gain import even_matrix, expected_gain
from quality.design.next_rater import RaterOption, choose_next


def _option(name, accuracy, price, most=1, n_labels=2):
    return RaterOption(name=name, matrix=even_matrix(n_labels, accuracy), price=price, most=most)


PERSON, EXPERT = _option("person", 0.75, 5.0, most=3), _option("expert", 0.99, 50.0)


def test_a_cheap_model_is_asked_before_a_person():
    found = choose_next([0.5, 0.5], [PERSON, _option("model", 0.75, 0.1)], value=100)
    assert (found.name, found.answers, found.gain) == ("model", 1, pytest.approx(0.25))
    assert found.net == pytest.approx(100 * 0.25 - 0.1)
    assert found.gain_per_price == pytest.approx(2.5)


def test_a_person_is_asked_where_the_model_cannot_turn_the_consensus():
    found = choose_next([0.8, 0.2], [PERSON, _option("model", 0.75, 0.1)], value=1_000)
    assert (found.name, found.answers) == ("person", 2)
    assert found.gain == pytest.approx(float(expected_gain([[0.8, 0.2]], PERSON.matrix, 2)[0]))


def test_an_expert_is_asked_where_people_are_no_better_than_guessing():
    weak = _option("person", 0.51, 5.0, most=3)
    assert choose_next([0.5, 0.5], [weak, EXPERT], value=1_000).name == "expert"


def test_nobody_is_asked_about_what_is_certain_or_worthless():
    assert choose_next([0.999, 0.001], [PERSON, EXPERT], value=100).name is None
    assert choose_next([0.5, 0.5], [PERSON, EXPERT], value=0).name is None
    assert choose_next([0.5, 0.5], [], value=100).name is None


def test_the_better_of_two_free_models_comes_first():
    free = [_option("weak", 0.6, 0.0), _option("good", 0.9, 0.0)]
    found = choose_next([0.5, 0.5], free, value=1)
    assert (found.name, found.gain_per_price) == ("good", np.inf)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="at least 0"):
        choose_next([0.5, 0.5], [_option("model", 0.7, -1.0)], value=1)
