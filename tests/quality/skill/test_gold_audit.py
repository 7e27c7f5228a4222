"""Gold audits: leaks are told from luck, wrong golds from hard ones."""

from __future__ import annotations

from math import isnan, nan

import numpy as np
import pytest
from scipy.stats import fisher_exact

from quality.skill.gold_audit import discoveries, leak_test, suspect_golds


def test_the_difference_has_newcombes_interval() -> None:
    # Newcombe (1998), table II, method 10: 56/70 against 48/80.
    found = leak_test(old_right=56, old=70, new_right=48, new=80)
    assert (found.difference, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert found.p_value == pytest.approx(fisher_exact(np.array([[56, 14], [48, 32]]), alternative="greater").pvalue)


def test_one_side_alone_says_nothing() -> None:
    found = leak_test(old_right=0, old=0, new_right=3, new=4)
    assert isnan(found.difference)
    assert isnan(found.p_value)


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="5 right of 4"):
        leak_test(old_right=5, old=4, new_right=1, new=2)


def test_few_of_many_tests_stand_out_by_chance() -> None:
    assert discoveries([0.001, 0.04, 0.03, 0.9, nan]) == [True, False, False, False, False]
    assert discoveries([0.01, 0.02, 0.03]) == [True, True, True]
    assert discoveries([]) == []


def crowd(wrong_gold: str | None) -> tuple[list[tuple[str, str, str]], dict[str, list[str]]]:
    """Ten workers of accuracy about .9 on twelve golds; the stored label of one of them may be wrong."""
    rng = np.random.default_rng(11)
    rows = []
    for g in range(12):
        for w in range(10):
            label = "yes" if rng.random() < 0.9 else "no"
            if f"g{g}" == wrong_gold:
                label = "no" if label == "yes" else "yes"
            rows.append((f"g{g}", f"w{w}", label))
    return rows, {f"g{g}": ["yes"] for g in range(12)}


def test_a_gold_that_good_workers_contradict_comes_first() -> None:
    rows, labels = crowd("g7")
    first, second = suspect_golds(rows, labels)[:2]
    assert (first.gold, first.answers, first.likelier_label) == ("g7", 10, "no")
    assert first.probability_bad > 0.99
    assert first.misses > 2 * first.expected_misses
    assert second.probability_bad < 0.05


def test_without_a_wrong_gold_none_is_suspected() -> None:
    rows, labels = crowd(None)
    assert max(row.probability_bad for row in suspect_golds(rows, labels)) < 0.05


def test_guessers_condemn_no_gold() -> None:
    rng = np.random.default_rng(2)
    rows = [(f"g{g}", f"w{w}", str(rng.choice(["yes", "no"]))) for g in range(20) for w in range(8)]
    assert max(row.probability_bad for row in suspect_golds(rows, {f"g{g}": ["yes"] for g in range(20)})) < 0.5


def test_a_gold_nobody_answered_is_as_likely_wrong_as_before() -> None:
    row = suspect_golds([], {"g": ["yes"]})[0]
    assert (row.answers, row.likelier_label) == (0, None)
    assert row.probability_bad == pytest.approx(0.05)


def test_an_unknown_gold_is_named() -> None:
    with pytest.raises(ValueError, match="'h'"):
        suspect_golds([("h", "w", "yes")], {"g": ["yes"]})
