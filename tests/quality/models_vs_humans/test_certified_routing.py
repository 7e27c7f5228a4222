"""A routing certificate holds as often as it says, refuses when it cannot know."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from quality.models_vs_humans.routing import certify, upper_error

DATA = os.environ.get("ASSAY_DATA")


def test_upper_bound_is_clopper_pearson():
    assert upper_error(0, 20, 0.1) == pytest.approx(1 - 0.1 ** (1 / 20))
    assert binom.cdf(3, 50, upper_error(3, 50, 0.05)) == pytest.approx(0.05)
    assert upper_error(4, 4, 0.1) == 1.0


def _simulated(rng, n):
    confidence = rng.random(n)
    return confidence, rng.random(n) < 0.6 + 0.4 * confidence


def _violation(rng, n=400):
    certificate = certify(*_simulated(rng, n), alpha=0.15, delta=0.1)
    # The error of what is accepted at λ or more is .4 (1 − (1 + λ) / 2).
    return certificate.threshold is not None and 0.4 * (1 - (1 + certificate.threshold) / 2) > 0.15


def test_violations_stay_within_delta():
    rng = np.random.default_rng(3)
    assert np.mean([_violation(rng) for _ in range(1_000)]) <= 0.1


@pytest.mark.data
@pytest.mark.skipif(DATA is None, reason="ASSAY_DATA names no folder of public data")
def test_violations_stay_within_delta_on_public_votes():
    path = Path(DATA) / "llm" / "chatbotarena_cascade_cal.csv"
    if not path.exists():
        pytest.skip(f"{path.name} is not among the data")
    with path.open(newline="") as lines:
        votes = [row for row in csv.DictReader(lines) if row["kind"] == "llm"]
    confidence = np.array([float(row["prob"]) for row in votes])
    right = np.array([row["label"] == row["truth"] for row in votes])
    rng, violations, coverage = np.random.default_rng(0), 0, []
    for _ in range(1_000):
        order = rng.permutation(len(votes))
        here, there = order[:500], order[500:]
        certificate = certify(confidence[here], right[here], alpha=0.2, delta=0.1)
        assert not certify(confidence[here[:50]], right[here[:50]], alpha=0.2, delta=0.1).is_certified
        accepted = np.zeros(len(there), dtype=bool)
        if certificate.threshold is not None:
            accepted = confidence[there] >= certificate.threshold
            violations += bool((~right[there][accepted]).mean() > 0.2)
        coverage.append(accepted.mean())
    assert violations <= 100
    assert np.mean(coverage) > 0.7


def test_fifty_tasks_are_too_few_even_without_an_error():
    certificate = certify(np.linspace(0.5, 1, 50), np.ones(50, bool), alpha=0.2, delta=0.1)
    assert certificate.threshold is None
    assert certificate.reason == f"cannot certify yet: needs about {certificate.needed} more calibration tasks"
    assert 1 <= certificate.needed <= 20


def test_a_model_that_errs_too_often_is_not_asked_for_more_tasks():
    certificate = certify(np.linspace(0, 1, 300), np.arange(300) % 2 == 0, alpha=0.2)
    assert certificate.needed is None
    assert "are wrong" in certificate.reason


def test_a_reliable_model_may_decide_everything():
    certificate = certify(np.linspace(0.5, 1, 400), np.ones(400, bool), alpha=0.1)
    assert certificate.coverage >= 0.95
    assert certificate.n_wrong == 0


def test_a_cascade_shares_its_risk():
    rng = np.random.default_rng(1)
    confidence, right = _simulated(rng, 500)
    alone = certify(confidence, right, alpha=0.15)
    cascade = certify(confidence, right, alpha=0.15, judges=4)
    assert cascade.threshold is None or cascade.threshold >= alone.threshold


def test_equal_confidences_are_accepted_together():
    certificate = certify(np.full(200, 0.9), np.ones(200, bool), alpha=0.1)
    assert (certificate.threshold, certificate.coverage) == (0.9, 1.0)


def test_nothing_to_calibrate_on():
    certificate = certify([], [], alpha=0.1)
    assert certificate.threshold is None
    assert certificate.needed > 0


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"confidence\[1\] is not a number"):
        certify([0.5, float("nan")], [True, True], alpha=0.1)
    with pytest.raises(ValueError, match="shape"):
        certify([0.5], [True, True], alpha=0.1)
    with pytest.raises(ValueError, match="alpha is 0"):
        certify([0.5], [True], alpha=0)
    with pytest.raises(ValueError, match="n_wrong is 3"):
        upper_error(3, 2, 0.1)
