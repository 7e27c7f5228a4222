"""Calibrated soft votes mean what they say, on golds the fit has not seen."""

import numpy as np
import pytest
from scipy.special import softmax

from quality.models_vs_humans.calibration import SoftVoteCalibrator, log_loss


def _model(n, temperature, bias, seed=0):
    """Honest probabilities, the labels drawn from them, and what a skewed, overconfident model reports."""
    rng = np.random.default_rng(seed)
    honest_logs = rng.normal(0, 1.5, (n, 3))
    honest = softmax(honest_logs, axis=1)
    truth = np.array([rng.choice(3, p=row) for row in honest])
    reported = softmax((np.log(honest) - bias) * temperature, axis=1)
    return honest, truth, reported


def test_recovers_temperature_with_bias():
    bias = np.array([0.8, 0.0, -0.8])
    honest, truth, reported = _model(4_000, 2.0, bias)
    fitted = SoftVoteCalibrator().fit(reported, truth)
    assert fitted.temperature == pytest.approx(2.0, abs=0.15)
    assert fitted.bias == pytest.approx(bias, abs=0.12)
    assert np.abs(fitted.apply(reported) - honest).mean() < 0.02


def test_label_bias_is_mended_where_a_temperature_could_not():
    _, truth, reported = _model(300, 3.0, np.array([1.5, 0.0, -1.5]))
    crossed = SoftVoteCalibrator().cross_fitted(reported, truth, rng=np.random.default_rng(0))
    assert log_loss(crossed, truth) < 0.6 * log_loss(reported, truth)


def test_cross_fitting_never_sees_the_truth_it_predicts():
    _, truth, reported = _model(60, 2.0, np.zeros(3))
    calibrator = SoftVoteCalibrator(n_folds=60)
    straight = calibrator.cross_fitted(reported, truth, rng=np.random.default_rng(0))
    changed = truth.copy()
    changed[7] = (truth[7] + 1) % 3
    other = calibrator.cross_fitted(reported, changed, rng=np.random.default_rng(0))
    assert other[7] == pytest.approx(straight[7], abs=1e-9)
    assert not np.allclose(other[8], straight[8], atol=1e-6)


def test_without_gold_nothing_changes():
    fitted = SoftVoteCalibrator().fit(np.empty((0, 3)), np.empty(0, int))
    votes = np.array([[0.7, 0.2, 0.1]])
    assert fitted.temperature == pytest.approx(1.0)
    assert fitted.apply(votes) == pytest.approx(votes)


def test_few_golds_change_little():
    fitted = SoftVoteCalibrator().fit(np.full((3, 3), 1 / 3), np.zeros(3, int))
    assert fitted.apply([[1 / 3, 1 / 3, 1 / 3]])[0, 0] < 0.75


def test_renaming_labels_renames_the_bias():
    _, truth, reported = _model(500, 1.5, np.array([0.5, 0.0, -0.5]))
    turn = np.array([2, 0, 1])
    straight = SoftVoteCalibrator().fit(reported, truth)
    turned = SoftVoteCalibrator().fit(reported[:, turn], np.argsort(turn)[truth])
    assert turned.bias == pytest.approx(straight.bias[turn], abs=1e-3)


def test_certain_votes_do_not_break_it():
    votes = np.eye(3)[[0, 1, 2, 0]]
    fitted = SoftVoteCalibrator().fit(votes, [0, 1, 2, 1])
    assert np.isfinite(fitted.apply(votes)).all()
    assert np.isfinite(log_loss(votes, [0, 1, 2, 1]))


def test_bad_input_is_named():
    calibrator = SoftVoteCalibrator()
    with pytest.raises(ValueError, match="row 1 is"):
        calibrator.fit([[0.5, 0.5], [0.9, 0.9]], [0, 1])
    with pytest.raises(ValueError, match=r"truth\[0\] is 2"):
        calibrator.fit([[0.5, 0.5]], [2])
    with pytest.raises(ValueError, match="n_folds"):
        SoftVoteCalibrator(n_folds=1)
    with pytest.raises(ValueError, match="3 labels, the calibration 2"):
        calibrator.fit([[0.5, 0.5]], [0]).apply([[0.2, 0.3, 0.5]])
