"""The gate uses the strictest test that the data allow, says which, and lets no model in that does harm."""

import numpy as np
import pytest

from quality.aggregation import DawidSkene
from quality.answers import AnswerSet
from quality.models_vs_humans.drift import drift_test
from quality.models_vs_humans.gate import judge_model
from quality.models_vs_humans.harm_test import harm_test
from quality.simulation import simulate_crowd


def _people(n_tasks, n_workers, overlap, seed=0):
    crowd = simulate_crowd(seed, n_tasks=n_tasks, n_workers=n_workers, n_labels=3, overlap=overlap)
    return crowd, dict(enumerate(crowd.true.tolist()))


def _judge(people, votes):
    return judge_model(people, DawidSkene().fit(people), votes)


def test_a_crowd_whose_people_share_many_tasks_gets_the_alternative_annotator_test():
    crowd, truth = _people(200, 6, 4)
    verdict = _judge(crowd.answers, truth)
    assert (verdict.test, verdict.passes, verdict.n_tasks) == ("alt_test", True, 200)
    assert verdict.figures["people_tested"] == 6


def test_a_crowd_whose_people_share_few_tasks_gets_the_posterior_test_and_hears_so():
    crowd, truth = _people(100, 40, 3)
    verdict = _judge(crowd.answers, truth)
    assert (verdict.test, verdict.passes) == ("posterior_test", True)
    assert verdict.reason.startswith("posterior test, since only 0 people share 30 tasks")


def test_a_guesser_passes_neither():
    rng = np.random.default_rng(1)
    for workers in (6, 40):
        crowd, _ = _people(200, workers, 4)
        assert _judge(crowd.answers, dict(enumerate(rng.integers(0, 3, 200).tolist()))).passes is False


def test_one_person_a_task_allows_no_verdict():
    crowd, truth = _people(200, 6, 1)
    verdict = _judge(crowd.answers, truth)
    assert (verdict.test, verdict.passes, verdict.n_tasks) == ("none", None, 0)
    assert verdict.reason.startswith("cannot say yet")


def _with_model(crowd, votes):
    base = crowd.answers
    n = base.n_tasks
    return AnswerSet.from_arrays(
        np.concatenate([base.task, np.arange(n)]),
        np.concatenate([base.worker, np.full(n, base.n_workers)]),
        np.concatenate([base.label, votes]),
        workers=[*base.workers, "model"],
    )


def test_a_good_model_does_no_harm_and_a_biased_one_does():
    crowd, truth = _people(400, 12, 4)
    y = np.array([truth[i] for i in range(400)])
    rng = np.random.default_rng(3)
    good = np.where(rng.random(400) < 0.9, y, (y + 1) % 3)
    found = harm_test(_with_model(crowd, good), {"model": "family"}, "model", DawidSkene())
    assert (found.n_tasks, found.does_harm) == (400, False)
    assert found.low <= found.gain <= found.high
    # Majority knows no confusion matrices: a vote that is always wrong pulls its consensus down.
    from quality.aggregation import Majority

    bad = harm_test(_with_model(crowd, (y + 1) % 3), {"model": "family"}, "model", Majority())
    assert bad.does_harm is True
    assert bad.gain < 0


def test_harm_cannot_be_said_on_few_tasks():
    crowd, truth = _people(20, 12, 4)
    found = harm_test(_with_model(crowd, np.array(list(truth.values()))), {"model": "f"}, "model", DawidSkene())
    assert found.does_harm is None
    assert found.reason.startswith("only 20 tasks")


@pytest.mark.parametrize("n_labels", [2, 3, 5])
def test_a_model_that_turns_adversarial_is_found_within_30_golds(n_labels):
    rng, test = np.random.default_rng(4), drift_test(0.8, n_labels)
    late = 0
    for _ in range(500):
        llr = test.good_at
        for count in range(1, 31):
            llr = test.update(llr, bool(rng.random() < 0.1))
            if test.verdict(llr) == "bad":
                assert count >= 5  # nobody falls by a slip
                break
        else:
            late += 1
    assert late <= 5


def test_a_model_as_good_as_ever_is_seldom_demoted():
    rng, test = np.random.default_rng(5), drift_test(0.8, 3)
    fallen = 0
    for _ in range(500):
        llr = 0.0
        for _ in range(50):
            llr = test.update(llr, bool(rng.random() < 0.8))
            if test.verdict(llr) == "bad":
                fallen += 1
                break
    assert fallen <= 15


def test_a_model_admitted_near_guessing_has_a_test_all_the_same():
    test = drift_test(0.0, 2)
    assert (test.good, test.bad) == (0.6, 0.5)
    with pytest.raises(ValueError, match=r"reference is 1\.5"):
        drift_test(1.5, 2)
