"""PPI++ agrees with the authors' package; its interval covers."""

import json
from pathlib import Path

import numpy as np
import pytest

from quality.models_vs_humans.prediction_powered import estimate_prevalence

CASES = json.loads((Path(__file__).parent / "ppi_cases.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['name']}-{case['n_elsewhere']}")
def test_agrees_with_the_authors_package(case):
    cells = [case[name] for name in ("both", "people_only", "model_only", "neither")]
    people = np.repeat([1, 1, 0, 0], cells)
    model = np.repeat([1, 0, 1, 0], cells)
    elsewhere = np.repeat([1, 0], [case["model_elsewhere"], case["n_elsewhere"] - case["model_elsewhere"]])
    estimate = estimate_prevalence(people, model, elsewhere)
    assert estimate.power == pytest.approx(case["power"], abs=1e-9)
    assert estimate.value == pytest.approx(case["value"], abs=1e-9)
    assert (estimate.low, estimate.high) == pytest.approx(tuple(case["interval"]), abs=1e-9)
    assert estimate.model_alone == pytest.approx(case["model_alone"], abs=1e-9)


def _covers(rng, weighted):
    truth = rng.random(4_000) < np.where(np.arange(4_000) < 2_000, 0.2, 0.5)
    model = np.where(rng.random(4_000) < 0.8, truth, rng.random(4_000) < 0.7)
    chance = np.full(4_000, 0.1) if not weighted else np.where(np.arange(4_000) < 2_000, 0.05, 0.15)
    picked = rng.random(4_000) < chance
    estimate = estimate_prevalence(
        truth[picked], model[picked], model[~picked] if not weighted else model, inclusion=chance[picked]
    )
    return estimate.low <= 0.35 <= estimate.high


@pytest.mark.parametrize("weighted", [False, True])
def test_interval_covers(weighted):
    rng = np.random.default_rng(11)
    coverage = np.mean([_covers(rng, weighted) for _ in range(2_000)])
    assert 0.93 <= coverage <= 0.97


def test_a_useless_model_is_ignored():
    rng = np.random.default_rng(0)
    people = np.tile([1, 0], 50)
    estimate = estimate_prevalence(people, np.tile([0, 1], 50), rng.random(500))
    assert estimate.power == 0.0
    assert estimate.value == 0.5
    assert estimate.effective_sample == pytest.approx(100)


def test_a_good_model_is_worth_more_people():
    people = np.tile([1, 0], 50)
    assert estimate_prevalence(people, people, np.tile([1, 0], 5_000)).effective_sample > 1_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 0], [1], [1]), "shape"),
        (([1], [1], [1]), "at least 2"),
        (([1, 0], [1, 0], []), "at least 2"),
        (([1, 2], [1, 0], [1]), r"people\[1\] is 2.0"),
        (([1, 0], [1, float("nan")], [1]), r"model_there\[1\] is nan"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        estimate_prevalence(*arguments)


def test_bad_inclusion_is_named():
    with pytest.raises(ValueError, match=r"inclusion\[1\] is 0.0"):
        estimate_prevalence([1, 0], [1, 0], [1], inclusion=[0.5, 0.0])
