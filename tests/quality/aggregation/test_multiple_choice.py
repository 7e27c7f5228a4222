"""Label sets come out right, with workers judged by what they tick and what they leave."""

import numpy as np
import pytest

from quality.aggregation.multiple_choice import MultipleChoice
from quality.answer_forms import ChoiceSets
from quality.errors import ConvergenceWarning

LABELS = ("cat", "dog", "fish", "bird", "newt")


def _crowd(seed, n_tasks=200, n_workers=12, overlap=4):
    rng = np.random.default_rng(seed)
    truth = rng.random((n_tasks, 5)) < np.linspace(0.1, 0.5, 5)
    sensitivity, specificity = rng.uniform(0.5, 0.95, n_workers), rng.uniform(0.8, 0.99, n_workers)
    sensitivity[:3], specificity[:3] = 0.5, 0.5
    records = []
    for task in range(n_tasks):
        for worker in rng.choice(n_workers, overlap, replace=False):
            ticks = rng.random(5) < np.where(truth[task], sensitivity[worker], 1 - specificity[worker])
            records.append((task, int(worker), [LABELS[k] for k in np.flatnonzero(ticks)]))
    answers = ChoiceSets.from_records(records, labels=LABELS)
    return answers, truth, sensitivity[list(answers.workers)], specificity[list(answers.workers)]


@pytest.mark.parametrize("seed", range(3))
def test_beats_voting_on_each_label(seed):
    answers, truth, _, _ = _crowd(seed)
    votes = np.array([answers.chosen[answers.task == task].mean(axis=0) > 0.5 for task in range(200)])
    result = MultipleChoice().fit(answers)
    assert ((result.posterior >= 0.5) == truth).mean() > (votes == truth).mean() + 0.02
    assert result.confidence.mean() == pytest.approx(((result.posterior >= 0.5) == truth).all(axis=1).mean(), abs=0.1)


def test_recovers_the_workers_rates():
    answers, _, sensitivity, specificity = _crowd(3, n_tasks=800)
    result = MultipleChoice().fit(answers)
    assert np.abs(result.sensitivity - sensitivity).max() < 0.08
    assert np.abs(result.specificity - specificity).max() < 0.08
    covered = (result.specificity_low <= specificity) & (specificity <= result.specificity_high)
    assert covered.mean() >= 0.75


def test_objective_never_decreases():
    for seed in range(3):
        objective = MultipleChoice().fit(_crowd(seed)[0]).objective
        assert (np.diff(objective) >= -1e-8).all()


def test_the_posterior_of_one_answer_by_hand():
    # Two golds with history so heavy that the rates stand: sensitivity .8, specificity .9; prevalence stays near 1/2.
    answers = ChoiceSets.from_records([("t", "w", ["yes"])], labels=("yes",))
    heavy = 1e9 * np.array([[0.9, 0.1], [0.2, 0.8]])
    result = MultipleChoice(prevalence_strength=1e9).fit(answers, priors={"w": heavy})
    assert result.posterior[0, 0] == pytest.approx(0.8 / (0.8 + 0.1), abs=1e-6)


def test_renaming_labels_renames_the_sets():
    answers, _, _, _ = _crowd(1)
    turn = [3, 0, 4, 1, 2]
    turned = ChoiceSets(
        task=answers.task,
        worker=answers.worker,
        chosen=answers.chosen[:, turn],
        tasks=answers.tasks,
        workers=answers.workers,
        labels=tuple(LABELS[k] for k in turn),
    )
    straight, other = MultipleChoice().fit(answers), MultipleChoice().fit(turned)
    assert other.posterior == pytest.approx(straight.posterior[:, turn], abs=1e-9)
    assert [set(found) for found in other.consensus] == [set(found) for found in straight.consensus]


def test_gold_is_clamped_as_well_as_learnt_from():
    closer = []
    for seed in range(4):
        answers, truth, sensitivity, _ = _crowd(seed, overlap=2)
        gold = {task: [LABELS[k] for k in np.flatnonzero(truth[task])] for task in range(100)}
        result, without = MultipleChoice().fit(answers, gold=gold), MultipleChoice().fit(answers)
        assert np.array_equal(result.posterior[:100], truth[:100].astype(float))
        closer.append([np.abs(fit.sensitivity - sensitivity).mean() for fit in (result, without)])
    with_gold, alone = np.mean(closer, axis=0)
    assert with_gold < 0.9 * alone


def test_history_decides_between_two_workers():
    answers = ChoiceSets.from_records(
        [(task, worker, ticks) for task in range(6) for worker, ticks in (("a", ["cat"]), ("b", ["dog"]))],
        labels=("cat", "dog"),
    )
    good, guess = [[100, 2], [2, 100]], [[100, 100], [100, 100]]
    assert MultipleChoice().fit(answers, priors={"a": good, "b": guess}).consensus == [("cat",)] * 6
    assert MultipleChoice().fit(answers, priors={"a": guess, "b": good}).consensus == [("dog",)] * 6


def test_degenerate_crowds():
    nothing = MultipleChoice().fit(ChoiceSets.from_records([], labels=LABELS))
    assert nothing.consensus == []
    assert nothing.notes == ("there are no answers to learn from",)
    none = MultipleChoice().fit(ChoiceSets.from_records([("t", w, []) for w in "abc"], labels=LABELS))
    assert none.consensus == [()]
    gold = MultipleChoice().fit(ChoiceSets.from_records([("t", "a", ["cat"])], labels=LABELS), gold={"t": ["dog"]})
    assert gold.consensus == [("dog",)]
    split = ChoiceSets.from_records([("t", "a", ["yes"]), ("t", "b", [])], labels=("yes",))
    even = {"a": [[100, 100], [100, 100]], "b": [[100, 100], [100, 100]]}
    assert MultipleChoice(rate_strength=1e-9).fit(split, priors=even).posterior.shape == (1, 1)


def test_a_thousand_answers_on_one_task_do_not_underflow():
    answers = ChoiceSets.from_records([("t", w, ["cat"]) for w in range(1_000)], labels=LABELS)
    assert MultipleChoice().fit(answers).posterior[0].tolist() == pytest.approx([1, 0, 0, 0, 0], abs=1e-6)


def test_warns_when_it_stops_early():
    with pytest.warns(ConvergenceWarning, match="after 1 iterations"):
        MultipleChoice(max_iter=1).fit(_crowd(0)[0])


@pytest.mark.parametrize(
    ("ticks", "message"),
    [
        (["horse"], "worker 'w' gave unknown label 'horse' to task 't'"),
        (["cat", "cat"], "worker 'w' ticked a label of task 't' twice"),
        ("cat", "worker 'w' gave 'cat' to task 't'; a set or list"),
    ],
)
def test_bad_answers_are_named(ticks, message):
    with pytest.raises(ValueError, match=message):
        ChoiceSets.from_records([("t", "w", ticks)], labels=LABELS)


def test_bad_input_is_named():
    answers = ChoiceSets.from_records([("t", "w", ["cat"])], labels=LABELS)
    with pytest.raises(ValueError, match="gold of task 't' holds 'horse'"):
        MultipleChoice().fit(answers, gold={"t": ["horse"]})
    with pytest.raises(ValueError, match="gold names task 'x'"):
        MultipleChoice().fit(answers, gold={"x": []})
    with pytest.raises(ValueError, match="prior of worker 'w'"):
        MultipleChoice().fit(answers, priors={"w": [1, 2]})
    with pytest.raises(ValueError, match="start_rates"):
        MultipleChoice(start_rates=(1.0, 0.9))
