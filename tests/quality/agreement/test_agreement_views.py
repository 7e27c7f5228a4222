"""Views: workers against the rest, labels, tasks, periods, kinds, repeats, differences."""

from __future__ import annotations

import numpy as np
import pytest

from quality.agreement import IntervalOptions, PatternTable, krippendorff_alpha
from quality.agreement.alpha import alpha_of
from quality.agreement.by_kind import between_kappa, kind_agreement
from quality.agreement.by_label import label_agreement
from quality.agreement.by_period import period_agreement
from quality.agreement.by_task import task_disagreement
from quality.agreement.by_worker import coefficient_without_workers, with_worker_spread, worker_agreement
from quality.agreement.catalogue import coefficient
from quality.agreement.cohen import cohen_kappa
from quality.agreement.joint import difference
from quality.agreement.repeats import own_repeats, without_repeats
from quality.agreement.values import as_table
from quality.answers import AnswerSet


def nominal(table: PatternTable):
    return alpha_of(table, "nominal")


def crowd(seed: int = 0, *, tasks: int = 80, accuracy=(0.9, 0.9, 0.8, 0.4), labels: int = 3) -> AnswerSet:
    """Every worker answers three tasks in four."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, labels, tasks)
    shape = (tasks, len(accuracy))
    label = np.where(rng.random(shape) < np.array(accuracy), truth[:, None], rng.integers(0, labels, shape))
    task, worker = np.nonzero(rng.random(shape) < 0.75)
    names = [f"w{i}" for i in range(len(accuracy))]
    return AnswerSet.from_arrays(task, worker, label[task, worker], tasks=range(tasks), workers=names, labels=(1, 2, 3))


@pytest.mark.parametrize("make", [nominal, lambda t: alpha_of(t, "ordinal"), lambda t: coefficient("gwet_ac1", t)])
def test_without_a_worker_is_the_coefficient_of_the_others(make):
    answers = crowd()

    without = coefficient_without_workers(answers, make(PatternTable.from_answers(answers)))

    for worker in range(answers.n_workers):
        table = PatternTable.from_answers(answers.select(answers.worker != worker))
        expected = make(table).values(table, table.multiplicity[None, :].astype(float))[0]
        assert without[worker] == pytest.approx(expected, abs=1e-12)


def test_a_careless_worker_agrees_least_and_pulls_the_group_down():
    answers = crowd()

    found = worker_agreement(answers, nominal(PatternTable.from_answers(answers)))

    assert [entry.worker for entry in found] == ["w0", "w1", "w2", "w3"]
    assert min(found, key=lambda entry: entry.kappa).worker == "w3"
    assert max(found, key=lambda entry: entry.influence).worker in ("w0", "w1")
    assert min(found, key=lambda entry: entry.influence).worker == "w3"
    assert found[3].influence < 0
    assert all(entry.low < entry.kappa < entry.high for entry in found)


def test_a_worker_against_one_other_has_cohens_kappa():
    answers = crowd(accuracy=(0.9, 0.7))
    both = np.isin(answers.task, np.flatnonzero(np.bincount(answers.task) == 2))

    found = worker_agreement(answers, nominal(PatternTable.from_answers(answers)))

    expected = cohen_kappa(answers.select(both)).value
    assert [entry.kappa for entry in found] == pytest.approx([expected, expected])


def test_a_worker_alone_has_a_reason():
    answers = AnswerSet.from_records([("t1", "a", 1), ("t1", "b", 2), ("t2", "a", 2), ("t2", "b", 2), ("t3", "c", 1)])

    lone = worker_agreement(answers, nominal(PatternTable.from_answers(answers)))[2]

    assert (lone.worker, lone.tasks, lone.kappa, lone.reason) == ("c", 0, None, "no_pairable_units")
    assert lone.influence == pytest.approx(0.0)


def test_no_answers_are_no_workers():
    answers = AnswerSet.from_records([])

    assert worker_agreement(answers, nominal(PatternTable.from_answers(answers))) == []
    assert label_agreement(PatternTable.from_answers(answers)) == {}
    assert task_disagreement(answers).answers.tolist() == []
    assert own_repeats(answers) == []


def test_a_continuous_scale_shows_influence_without_kappas():
    rng = np.random.default_rng(8)
    value = np.round(rng.normal(size=(40, 1)) + rng.normal(0, [0.1, 0.1, 2.0], (40, 3)), 6)
    answers = AnswerSet.from_records([(t, w, float(value[t, w])) for t in range(40) for w in range(3)])

    found = worker_agreement(answers, alpha_of(as_table(answers), "interval"))

    assert min(found, key=lambda entry: entry.influence).worker == 2
    assert found[2].without == pytest.approx(
        krippendorff_alpha(answers.select(answers.worker != 2), scale="interval", interval=False).value
    )
    assert {(entry.kappa, entry.reason) for entry in found} == {(None, "too_many_labels")}


def test_workers_like_these_is_wider_than_these_workers():
    answers = crowd(tasks=400)
    table = PatternTable.from_answers(answers)
    plain = krippendorff_alpha(table)

    result = with_worker_spread(plain, answers, nominal(table))

    without = coefficient_without_workers(answers, nominal(table))
    jackknife = np.sqrt(3 / 4 * ((without - without.mean()) ** 2).sum())
    assert result.se_with_workers == pytest.approx(np.hypot(plain.se, jackknife))
    assert result.low_with_workers < plain.low
    assert (result.low, result.se) == (plain.low, plain.se)


def test_each_label_is_judged_against_all_others():
    answers = crowd()
    table = PatternTable.from_answers(answers)

    found = label_agreement(table)

    two = AnswerSet.from_records(
        [(t, w, k == 1) for t, w, k in zip(answers.task, answers.worker, answers.label, strict=True)]
    )
    assert list(found) == [1, 2, 3]
    expected = krippendorff_alpha(two, interval=False).value
    assert found[2]["krippendorff_alpha"].value == pytest.approx(expected)
    assert found[2]["krippendorff_alpha"].prevalence[2] == pytest.approx(np.mean(answers.label[_paired(answers)] == 1))


def _paired(answers: AnswerSet) -> np.ndarray:
    return np.bincount(answers.task, minlength=answers.n_tasks)[answers.task] >= 2


@pytest.mark.parametrize("labels", [range(4), range(60)])
def test_tasks_show_entropy_and_disagreement(labels):
    answers = AnswerSet.from_records(
        [("same", w, 1) for w in "abcd"]
        + [("split", "a", 1), ("split", "b", 2)]
        + [("three", "a", 0), ("three", "b", 0), ("three", "c", 3)]
        + [("lone", "a", 2)],
        labels=labels,
    )

    found = task_disagreement(answers)
    wide = task_disagreement(answers, weights="linear")

    thirds = np.array([1 / 3, 2 / 3])
    assert found.answers.tolist() == [4, 2, 3, 1]
    assert found.entropy == pytest.approx([0, np.log(2), -(thirds * np.log(thirds)).sum(), 0])
    assert found.disagreement == pytest.approx([0, 1, 2 / 3, np.nan], nan_ok=True)
    span = len(labels) - 1
    assert wide.disagreement[1:3] == pytest.approx([1 / span, 2 / 3 * 3 / span])


def test_periods_are_measured_apart():
    answers = crowd(tasks=200)
    week = np.where(answers.task < 100, "w1", "w2").tolist()

    found = period_agreement(answers, week, nominal, options=IntervalOptions())

    assert set(found) == {"w1", "w2"}
    assert found["w1"].value == krippendorff_alpha(answers.select(answers.task < 100)).value
    assert found["w2"].low < found["w2"].value < found["w2"].high
    with pytest.raises(ValueError, match="3 periods"):
        period_agreement(answers, ["x"] * 3, nominal)


def test_a_drop_between_periods_is_found_and_no_drop_is_not():
    before, after, same = crowd(1, tasks=300), crowd(2, tasks=300, accuracy=(0.6,) * 4), crowd(3, tasks=300)

    dropped = difference(*_one_after_the_other(before, after), nominal)
    level = difference(*_one_after_the_other(before, same), nominal)

    assert dropped.high < 0
    assert dropped.p < 1e-6
    assert level.low < 0 < level.high
    assert level.p > 0.01
    assert dropped.shared_tasks == 0
    assert dropped.se == pytest.approx(np.hypot(dropped.first.se, dropped.second.se), rel=0.02)


def _one_after_the_other(first: AnswerSet, second: AnswerSet) -> tuple[AnswerSet, np.ndarray]:
    task = np.concatenate([first.task, second.task + first.n_tasks])
    label = np.concatenate([first.label, second.label])
    joined = AnswerSet.from_arrays(task, np.concatenate([first.worker, second.worker]), label, labels=(1, 2, 3))
    return joined, np.arange(len(task)) >= first.n_answers


def test_tasks_answered_in_both_groups_count_as_pairs():
    answers = crowd(4, tasks=300, accuracy=(0.8,) * 4)
    twin = AnswerSet.from_arrays(
        np.concatenate([answers.task, answers.task]),
        np.concatenate([answers.worker, answers.worker + 4]),
        np.concatenate([answers.label, answers.label]),
        labels=(1, 2, 3),
    )

    found = difference(twin, np.arange(twin.n_answers) >= answers.n_answers, nominal)

    assert found.shared_tasks == np.count_nonzero(np.bincount(answers.task))
    assert (found.value, found.se, found.z) == (pytest.approx(0), pytest.approx(0, abs=1e-12), None)


def test_a_difference_without_a_value_says_why():
    answers = AnswerSet.from_records([("t1", "a", 1), ("t1", "b", 2), ("t2", "a", 2), ("t2", "b", 2), ("t3", "c", 1)])

    found = difference(answers, answers.worker == 2, nominal)

    assert (found.value, found.reason) == (None, "no_pairable_units")


def test_kinds_of_workers_are_kept_apart():
    answers = crowd(5, tasks=400, accuracy=(0.9, 0.9, 0.6, 0.6))

    found = kind_agreement(answers, ["human", "human", "llm", "llm"], nominal, options=IntervalOptions())

    people, between, models = (found[key] for key in (("human", "human"), ("human", "llm"), ("llm", "llm")))
    assert people.value > between.value > models.value
    assert between.low < between.value < between.high


def test_one_worker_against_one_is_cohens_kappa():
    answers = crowd(6, accuracy=(0.9, 0.6))

    found = between_kappa(answers.select(answers.worker == 0), answers.select(answers.worker == 1))
    expected = cohen_kappa(answers)

    assert found.value == pytest.approx(expected.value)
    assert found.se == pytest.approx(expected.se, rel=0.02)


def test_groups_without_a_common_task_say_so():
    answers = AnswerSet.from_records([("t1", "a", 1), ("t2", "b", 2)])

    found = between_kappa(answers.select(answers.worker == 0), answers.select(answers.worker == 1))

    assert (found.value, found.reason) == (None, "no_shared_tasks")


def test_own_repeats_compare_each_answer_with_the_one_before():
    answers = AnswerSet.from_records(
        [("t1", "a", 1), ("t1", "b", 1), ("t1", "a", 1), ("t2", "a", 2), ("t1", "a", 2), ("t2", "a", 2)], repeats="keep"
    )

    first, second = own_repeats(answers)

    assert (first.worker, first.tasks, first.pairs, first.same, first.share) == ("a", 2, 3, 2, pytest.approx(2 / 3))
    assert 0 < first.low < first.share < first.high < 1
    assert (second.worker, second.share, second.reason) == ("b", None, "no_repeats")
    assert [answers.labels[i] for i in without_repeats(answers).label] == [1, 1, 2]
