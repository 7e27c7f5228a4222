"""The alternative annotator test reproduces its paper, along with cases small enough to do by hand."""

import csv
import os
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from quality.answers import AnswerSet
from quality.models_vs_humans.alt_test import alt_test, benjamini_yekutieli

PUBLISHED = Path(__file__).parent / "alt_test_published.csv"
DATA = os.environ.get("ASSAY_DATA")


def _published():
    with PUBLISHED.open() as lines:
        return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def _votes(path):
    people, models = [], defaultdict(dict)
    with path.open(newline="") as lines:
        for row in csv.DictReader(lines):
            if row["kind"] == "human":
                people.append((row["item"], row["rater"], row["label"]))
            else:
                models[row["rater"]][row["item"]] = row["label"]
    return AnswerSet.from_records(people), models


@pytest.mark.data
@pytest.mark.skipif(DATA is None, reason="ASSAY_DATA names no folder of public data")
def test_every_published_pair_is_reproduced():
    rows, votes, checked = _published(), {}, 0
    for row in rows:
        path = Path(DATA) / "llm" / f"alttest_{row['dataset']}.csv"
        if not path.exists():
            pytest.skip(f"{path.name} is not among the data")
        if path not in votes:
            votes[path] = _votes(path)
        people, models = votes[path]
        result = alt_test(people, models[row["llm"]], epsilon=float(row["epsilon"]), scale=row["scale"])
        assert int((result.n_shared >= 30).sum()) == int(row["annotators_tested"]), row
        # Half a unit of the second decimal, and a hair, since some shares lie exactly between two roundings.
        assert abs(result.winning_rate - float(row["omega_published"])) <= 0.005 + 1e-9, row
        assert abs(result.advantage - float(row["rho_published"])) <= 0.005 + 1e-9, row
        checked += 1
    assert checked == 52


def _crowd(n_tasks, model_right):
    """Three people who always say a; the model says a on the first ``model_right`` tasks."""
    people = AnswerSet.from_records(
        [(task, worker, "a") for task in range(n_tasks) for worker in ("p", "q", "r")], labels=("a", "b")
    )
    return people, {task: "a" if task < model_right else "b" for task in range(n_tasks)}


def test_a_model_that_always_agrees_passes():
    result = alt_test(*_crowd(30, 30))
    assert result.p_value.tolist() == [0.0, 0.0, 0.0]
    assert (result.winning_rate, result.advantage, result.passes) == (1.0, 1.0, True)


def test_a_model_that_never_agrees_fails():
    result = alt_test(*_crowd(30, 0))
    assert result.p_value.tolist() == [1.0, 1.0, 1.0]
    assert (result.winning_rate, result.advantage, result.passes) == (0.0, 0.0, False)


def test_the_t_statistic_by_hand():
    # 27 ties and 3 losses of 30: mean d = .1, variance = 30·.09/29, against epsilon .2.
    result = alt_test(*_crowd(30, 27), epsilon=0.2)
    statistic = (0.1 - 0.2) / np.sqrt(30 * 0.09 / 29 / 30)
    from scipy.stats import t

    assert result.p_value == pytest.approx([t.cdf(statistic, 29)] * 3)
    assert result.model_share == pytest.approx([0.9] * 3)
    assert result.person_share == pytest.approx([1.0] * 3)


def test_a_label_no_person_may_give_never_matches():
    people, _ = _crowd(30, 30)
    assert alt_test(people, dict.fromkeys(range(30), "refusal")).advantage == 0.0


def test_on_an_interval_scale_nearness_counts():
    people = AnswerSet.from_records(
        [(task, worker, label) for task in range(30) for worker, label in (("p", 1), ("q", 4), ("r", 5))]
    )
    result = alt_test(people, dict.fromkeys(range(30), 3), scale="interval")
    # To (4, 5): 1 is 3.5 off, 3 is 1.6. To (1, 5): 4 is 2.2 off, 3 is 2. To (1, 4): 5 is 2.9 off, 3 is 1.6.
    assert result.model_share.tolist() == [1.0, 1.0, 1.0]
    assert result.person_share.tolist() == [0.0, 0.0, 0.0]
    worse = alt_test(people, dict.fromkeys(range(30), "no idea"), scale="interval")
    assert worse.model_share.tolist() == [0.0, 0.0, 0.0]
    with pytest.raises(ValueError, match="label 'good' is not a number"):
        alt_test(AnswerSet.from_records([("t", "p", "good")]), {"t": 1}, scale="interval")


def test_nobody_to_test_is_said():
    result = alt_test(*_crowd(29, 29))
    assert np.isnan(result.winning_rate)
    assert not result.passes
    assert result.reason == "nobody shares 30 tasks with the model and another person; the most is 29"


def test_tasks_with_one_person_do_not_count():
    people = AnswerSet.from_records([(task, "p", "a") for task in range(40)], labels=("a", "b"))
    assert alt_test(people, dict.fromkeys(range(40), "a")).n_shared.tolist() == [0]


def test_benjamini_yekutieli_by_hand():
    # With three tests the harmonic sum is 11/6: the steps at .05 are .00909, .01818, .02727.
    assert benjamini_yekutieli(np.array([0.02, 0.001, 0.018]), 0.05).tolist() == [True, True, True]
    assert benjamini_yekutieli(np.array([0.03, 0.001, 0.019]), 0.05).tolist() == [False, True, False]


def test_bad_input_is_named():
    people, model = _crowd(30, 30)
    with pytest.raises(ValueError, match=r"epsilon is 1\.5"):
        alt_test(people, model, epsilon=1.5)
    with pytest.raises(ValueError, match="min_tasks is 1"):
        alt_test(people, model, min_tasks=1)
    twice = AnswerSet.from_records([("t", "p", "a"), ("t", "p", "b")], repeats="keep")
    with pytest.raises(ValueError, match="worker 'p' answers task 't' twice"):
        alt_test(twice, {"t": "a"})
