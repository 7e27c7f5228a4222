"""Raters who err together count as fewer votes."""

import numpy as np
import pytest

from quality.answers import AnswerSet
from quality.models_vs_humans.correlation import effective_votes, error_correlation, vote_weight


def _raters(shared, n_tasks=2_000, seed=0):
    """Three raters who are wrong on a fifth of the tasks, a share of the time together."""
    rng = np.random.default_rng(seed)
    common = rng.random(n_tasks) < 0.2
    records = []
    for rater in ("x", "y", "z"):
        wrong = np.where(rng.random(n_tasks) < shared, common, rng.random(n_tasks) < 0.2)
        records += [(task, rater, "no" if wrong[task] else "yes") for task in range(n_tasks)]
    return AnswerSet.from_records(records, labels=("yes", "no")), dict.fromkeys(range(n_tasks), "yes")


def test_phi_by_hand():
    # Errors of x on tasks 0, 1; of y on 1, 2; four tasks: φ = (1·1 − 1·1) / 4 = 0. With z = x, φ(x, z) = 1.
    wrong = {"x": {0, 1}, "y": {1, 2}, "z": {0, 1}}
    answers = AnswerSet.from_records([(t, r, "no" if t in wrong[r] else "yes") for r in "xyz" for t in range(4)])
    result = error_correlation(answers, dict.fromkeys(range(4), "yes"), ["x", "y", "z"])
    assert result.phi.tolist() == [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
    assert result.n_shared.tolist() == [[4] * 3] * 3
    assert result.pooled == pytest.approx(1 / 3)


def test_recovers_the_correlation_with_its_interval():
    # Two raters share an error source with probability .7 each: φ = .49.
    result = error_correlation(*_raters(0.7), ["x", "y", "z"])
    assert result.pooled == pytest.approx(0.49, abs=0.05)
    assert result.low < 0.49 < result.high
    assert result.effective_votes == pytest.approx(3 / (1 + 2 * result.pooled))


def test_independent_raters_keep_their_votes():
    assert error_correlation(*_raters(0.0), ["x", "y", "z"]).effective_votes > 2.7


def test_copies_are_worth_one_vote():
    assert effective_votes(5, 1.0) == pytest.approx(1.0)
    assert vote_weight(5, 1.0) == pytest.approx(0.2)
    assert effective_votes(5, 0.6) == pytest.approx(5 / 3.4)
    assert effective_votes(5, 0.0) == 5.0
    assert effective_votes(0, 0.5) == 0.0


def test_raters_who_never_err_have_no_correlation():
    answers = AnswerSet.from_records([(t, r, "yes") for t in range(9) for r in "xy"], labels=("yes", "no"))
    result = error_correlation(answers, dict.fromkeys(range(9), "yes"), ["x", "y"])
    assert np.isnan(result.phi[0, 1])
    assert np.isnan(result.effective_votes)
    assert "right and wrong at times" in result.reason


def test_same_interval_every_time():
    first, second = (error_correlation(*_raters(0.5, 300), ["x", "y"]) for _ in range(2))
    assert (first.low, first.high) == (second.low, second.high)


def test_bad_input_is_named():
    answers, truth = _raters(0.5, 20)
    with pytest.raises(ValueError, match="rater 'nobody' has no answers"):
        error_correlation(answers, truth, ["x", "nobody"])
    with pytest.raises(ValueError, match="at least two"):
        error_correlation(answers, truth, ["x"])
    with pytest.raises(ValueError, match="correlation is 2"):
        vote_weight(3, 2)
