"""A worker who gets worse is noticed; one who does not seldom is, however often one looks."""

from __future__ import annotations

import numpy as np
import pytest

from quality.skill.drift import drift_test


@pytest.mark.parametrize("accuracy", [0.95, 0.75, 0.5])
def test_false_alarms_are_held_over_a_whole_history(accuracy: float) -> None:
    rng = np.random.default_rng(11)
    alarms = [drift_test((rng.random(150) < accuracy).tolist(), seed=i).p_value <= 0.05 for i in range(300)]
    # Two standard errors above .05; the bound itself is Ville's.
    assert np.mean(alarms) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 300)


def test_a_good_worker_turned_guesser_is_noticed_with_the_place() -> None:
    rng = np.random.default_rng(12)
    tests = [drift_test([*(rng.random(60) < 0.95), *(rng.random(40) < 0.4)], seed=i) for i in range(60)]
    assert np.mean([test.p_value <= 0.005 for test in tests]) >= 0.95
    assert abs(np.median([test.since or 0 for test in tests]) - 60) <= 3


def test_looking_again_never_changes_what_was_seen() -> None:
    row = (np.random.default_rng(13).random(80) < 0.7).tolist()
    p_values = [drift_test(row[:n], seed=4).p_value for n in range(81)]
    assert p_values == sorted(p_values, reverse=True), "the highest wealth so far only grows"
    assert drift_test([]).since is None


def test_a_worker_who_gets_better_is_no_alarm() -> None:
    assert drift_test([False] * 20 + [True] * 60, seed=1).p_value > 0.2
