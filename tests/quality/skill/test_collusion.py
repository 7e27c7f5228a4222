"""Workers who copy each other are found by their shared mistakes; honest crowds are left alone."""

from itertools import product

import numpy as np
import pytest

from quality.aggregation.dawid_skene import DawidSkene
from quality.aggregation.majority import Majority
from quality.answers import AnswerSet
from quality.skill.collusion import benjamini_hochberg, count_tail, shared_errors


def _crowd(seed, copiers, n_tasks=200, n_workers=15, overlap=6):
    """Of the workers 0 and 1 the second copies the first on every common task, if ``copiers``."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(4, size=n_tasks)
    records = []
    for task in range(n_tasks):
        workers = sorted(int(w) for w in rng.choice(n_workers, overlap, replace=False))
        said = {w: int(truth[task] if rng.random() < 0.7 else (truth[task] + rng.integers(1, 4)) % 4) for w in workers}
        if copiers and 0 in said and 1 in said:
            said[1] = said[0]
        records += [(task, w, label) for w, label in said.items()]
    return AnswerSet.from_records(records, labels=range(4))


def _test(answers, **kwargs):
    return shared_errors(answers, DawidSkene(threads=1, max_iter=500).fit(answers), **kwargs)


def test_copiers_are_found():
    found = _test(_crowd(0, copiers=True, n_tasks=1600))
    assert {found[0].first, found[0].second} == {0, 1}
    assert found[0].is_flagged
    assert found[0].observed > 3 * found[0].expected


def test_honest_crowds_are_left_alone():
    flagged = [any(pair.is_flagged for pair in _test(_crowd(seed, copiers=False))) for seed in range(12)]
    assert sum(flagged) <= 2


def test_agreeing_on_what_is_right_is_no_collusion():
    answers = AnswerSet.from_records([(t, w, t % 2) for t in range(40) for w in range(4)])
    assert all(not pair.is_flagged and pair.observed == 0 for pair in _test(answers))


def test_pairs_with_few_common_tasks_are_not_tested():
    answers = AnswerSet.from_records([(t, w, t % 2) for t in range(9) for w in range(3)])
    assert _test(answers) == []
    assert _test(AnswerSet.from_records([], labels=(0, 1))) == []


def test_tail_is_exact():
    chance = np.array([0.1, 0.5, 0.3, 0.8])
    for observed in range(5):
        expected = sum(
            np.prod(np.where(outcome, chance, 1 - chance))
            for outcome in product((0, 1), repeat=4)
            if sum(outcome) >= observed
        )
        assert count_tail(chance, observed) == pytest.approx(expected)


def test_long_tails_are_exact_too():
    from scipy.stats import binom

    for at in (220, 300, 420):
        assert count_tail(np.full(1_000, 0.2), at) == pytest.approx(binom.sf(at - 1, 1_000, 0.2), rel=1e-9)


def test_benjamini_hochberg_by_hand():
    assert benjamini_hochberg(np.array([0.04, 0.01, 0.03]), 0.05).tolist() == [True, True, True]
    assert benjamini_hochberg(np.array([0.06, 0.01, 0.04]), 0.05).tolist() == [False, True, False]
    assert benjamini_hochberg(np.array([]), 0.05).tolist() == []


def test_bad_input_is_named():
    answers = _crowd(0, copiers=False, n_tasks=20)
    with pytest.raises(ValueError, match="no confusion matrices"):
        shared_errors(answers, Majority().fit(answers))
    with pytest.raises(ValueError, match="tasks or workers differ"):
        shared_errors(_crowd(1, copiers=False, n_tasks=30), DawidSkene(threads=1, max_iter=500).fit(answers))
    with pytest.raises(ValueError, match="level is 2"):
        _test(answers, level=2)
