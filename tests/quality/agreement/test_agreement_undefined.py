"""Undefined cases give no value but a reason, never NaN, never 1, never an exception."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from quality.agreement import AgreementResult, PatternTable, krippendorff_alpha
from quality.agreement.conger import conger_kappa
from quality.agreement.icc import ICC_TYPES, icc
from quality.agreement.ranks import kendall_w
from quality.agreement.report import ReportOptions, agreement_report
from quality.answers import AnswerSet

CASES = {
    "no answers at all": [],
    "one answer": [("t1", "w1", 1)],
    "one worker": [("t1", "w1", 1), ("t2", "w1", 2)],
    "one task, alike": [("t1", "w1", 1), ("t1", "w2", 1)],
    "one task, apart": [("t1", "w1", 1), ("t1", "w2", 2)],
    "one label": [(t, w, 1) for t in "abc" for w in "xyz"],
    "no overlap": [("t1", "w1", 1), ("t2", "w2", 2), ("t3", "w1", 1)],
    "alike but for a lone answer": [
        ("t1", "w1", 1),
        ("t1", "w2", 1),
        ("t2", "w1", 1),
        ("t2", "w2", 1),
        ("t3", "w1", 2),
    ],
}
REASONS = {
    "no answers at all": "no_pairable_units",
    "one answer": "no_pairable_units",
    "one worker": "no_pairable_units",
    "one task, alike": "no_variation",
    "one task, apart": "too_few_units",
    "one label": "no_variation",
    "no overlap": "no_pairable_units",
    "alike but for a lone answer": "no_variation",
}
# The share of agreeing pairs is a fact, not corrected for anything: it is defined wherever two answers meet.
UNCORRECTED = {"percent_agreement", "percent_agreement_all"}


@pytest.mark.parametrize("scale", ["nominal", "ordinal", "interval", "ratio"])
@pytest.mark.parametrize("case", CASES)
def test_no_coefficient_makes_a_value_up(case, scale):
    answers = AnswerSet.from_records(CASES[case])

    found = agreement_report(answers, ReportOptions(scale=scale))

    for name, result in found.items():
        if name in UNCORRECTED:
            continue
        if name == "krippendorff_alpha" and case == "one task, apart":
            # A lone task has alpha 0 whatever it holds: the figure comes with its warning, without an interval.
            assert (result.value, result.reason, result.low) == (0.0, "too_few_units", None)
            continue
        assert result.value is None, name
        assert result.reason, name
        assert (result.se, result.low, result.high) == (None, None, None), name


@pytest.mark.parametrize("case", CASES)
def test_alpha_says_why(case):
    result = krippendorff_alpha(AnswerSet.from_records(CASES[case]))

    assert result.reason == REASONS[case]


@pytest.mark.parametrize("case", CASES)
def test_the_report_is_json_without_nan(case):
    found = agreement_report(AnswerSet.from_records(CASES[case]), ReportOptions(scale="interval"))

    text = json.dumps({name: result.as_dict() for name, result in found.items()}, allow_nan=False)

    assert "NaN" not in text


def test_a_declared_label_that_nobody_gave_does_not_make_constant_answers_agree():
    answers = AnswerSet.from_records(CASES["one label"], labels=(1, 2))

    found = agreement_report(answers)

    assert {name for name, result in found.items() if result.value is not None} == UNCORRECTED


def test_total_disagreement_is_a_value_without_an_interval():
    table = PatternTable(np.array([[1, 1]]), np.array([4]), labels=(1, 2))

    result = krippendorff_alpha(table)

    assert result.value == pytest.approx(-0.75)
    assert result.reason is None
    assert (result.low, result.high, result.method) == (None, None, None)
    assert "pull the value alike" in result.notes[0]


def test_empty_tasks_change_nothing():
    some = PatternTable(np.array([[2, 0], [1, 1], [0, 2]]), np.array([3, 2, 4]), labels="ab")
    with_empty = PatternTable(np.array([[0, 0], [2, 0], [1, 1], [0, 2]]), np.array([9, 3, 2, 4]), labels="ab")

    for scale in ("nominal", "ordinal"):
        one, other = (krippendorff_alpha(table, scale=scale) for table in (some, with_empty))
        assert (other.value, other.se, other.tasks) == (one.value, pytest.approx(one.se), one.tasks)
        assert other.low == pytest.approx(one.low, abs=0.05)


def test_negative_numbers_have_no_ratio_scale():
    answers = AnswerSet.from_records([("t1", "w1", -1), ("t1", "w2", 2), ("t2", "w1", 3), ("t2", "w2", 4)])

    assert krippendorff_alpha(answers, scale="ratio").reason == "negative_values"


def test_text_has_no_interval_scale():
    answers = AnswerSet.from_records([("t1", "w1", "a"), ("t1", "w2", "b")])

    with pytest.raises(ValueError, match="'a' is not a finite number"):
        krippendorff_alpha(answers, scale="interval")


def test_soft_answers_are_refused():
    answers = AnswerSet.from_arrays(
        np.array([0, 0]), np.array([0, 0]), np.array([0, 1]), weight=np.array([0.5, 0.5]), repeats="keep"
    )

    with pytest.raises(ValueError, match="one label per answer"):
        krippendorff_alpha(answers)


def test_an_unknown_scale_is_named():
    with pytest.raises(ValueError, match="'cardinal'"):
        krippendorff_alpha(AnswerSet.from_records(CASES["one label"]), scale="cardinal")


def test_coefficients_that_need_all_answers_say_so_when_some_are_missing():
    answers = AnswerSet.from_records([("t1", "w1", 1), ("t1", "w2", 2), ("t2", "w2", 1), ("t2", "w3", 1)])

    assert kendall_w(answers).reason == "incomplete_table"
    assert [icc(answers, kind=kind).reason for kind in ICC_TYPES[2:]] == ["incomplete_table"] * 4
    assert icc(answers, kind="ICC(1,1)").value == pytest.approx(_one_way([[1, 2], [1, 1]]))


def _one_way(groups: list[list[int]]) -> float:
    means = [sum(group) / 2 for group in groups]
    grand = sum(means) / 2
    between = 2 * sum((mean - grand) ** 2 for mean in means)
    within = sum((x - mean) ** 2 for group, mean in zip(groups, means, strict=True) for x in group) / 2
    return (between - within) / (between + within)


def test_more_labels_than_fit_are_refused_by_conger():
    records = [(t, w, (t + w) % 60) for t in range(60) for w in range(2)]

    result = conger_kappa(AnswerSet.from_records(records))

    assert (result.value, result.reason) == (None, "too_many_labels")


def test_as_dict_never_holds_a_number_that_is_not_finite():
    result = AgreementResult(metric="x", value=0.5).with_interval(se=math.nan, low=-math.inf, high=1.0, method="bca")

    assert result.as_dict()["se"] is None
    assert result.as_dict()["low"] is None
