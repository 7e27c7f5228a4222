"""Dawid & Skene's own estimates come out of plain maximum likelihood."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from anaesthesia import CONFUSION, LOG_LIKELIHOOD, PREVALENCE, UNCERTAIN, anaesthesia

from quality.aggregation import DawidSkene
from quality.results import AggregationResult


@pytest.fixture(scope="module")
def fit() -> AggregationResult:
    return DawidSkene(prior_strength=0, tol=1e-9, least_gain=0, max_iter=500).fit(anaesthesia())


def test_prevalence_is_as_published(fit):
    assert fit.prevalence == pytest.approx(PREVALENCE, abs=5e-5)


def test_log_likelihood_is_as_published(fit):
    assert fit.objective[-1] == pytest.approx(LOG_LIKELIHOOD, abs=5e-5)
    assert fit.objective_name == "log-likelihood"


def test_error_rates_are_as_published(fit):
    assert np.abs(fit.confusion - np.array(CONFUSION)).max() <= 0.005


@pytest.mark.parametrize("patient", UNCERTAIN)
def test_uncertain_patients_are_as_published(fit, patient):
    assert fit.posterior[patient - 1] == pytest.approx(UNCERTAIN[patient], abs=0.005)
