"""PatternTable: every way of collapsing tasks gives the same distinct count vectors."""

from __future__ import annotations

import numpy as np
import pytest

from quality.agreement import PatternTable
from quality.answers import AnswerSet


@pytest.mark.parametrize(("labels", "overlap"), [(2, 2), (5, 5), (12, 9), (48, 4), (48, 60)])
def test_patterns_are_the_distinct_rows_of_the_count_table(labels, overlap):
    rng = np.random.default_rng(labels)
    tasks = 200
    task = np.repeat(np.arange(tasks), overlap)
    label = np.minimum(rng.geometric(0.5, len(task)) - 1, labels - 1)
    answers = AnswerSet.from_arrays(task, np.tile(np.arange(overlap), tasks), label, labels=range(labels))

    table, rows = PatternTable.with_rows(answers)

    expected, multiplicity = np.unique(answers.counts, axis=0, return_counts=True)
    order = np.lexsort(table.patterns.T[::-1])
    assert (table.patterns[order] == expected).all()
    assert (table.multiplicity[order] == multiplicity).all()
    assert (table.patterns[rows] == answers.counts).all()


def test_tasks_without_answers_have_no_row():
    answers = AnswerSet.from_arrays(np.array([0, 0, 3]), np.array([0, 1, 0]), np.array([1, 1, 0]), tasks="abcd")

    table, rows = PatternTable.with_rows(answers)

    assert rows.tolist()[1:3] == [-1, -1]
    assert table.patterns[rows[[0, 3]]].tolist() == [[0, 2], [1, 0]]
    assert table.workers == 2


def test_one_label_against_the_rest():
    table = PatternTable(np.array([[2, 1, 0], [2, 0, 1], [0, 3, 0]]), np.array([4, 5, 6]), labels="abc", workers=3)

    own = table.binarised("a")

    assert own.labels == ("a", "other")
    assert own.patterns.tolist() == [[0, 3], [2, 1]]
    assert own.multiplicity.tolist() == [6, 9]
    with pytest.raises(ValueError, match="'z'"):
        table.binarised("z")


@pytest.mark.parametrize(
    ("patterns", "multiplicity", "problem"),
    [
        ([[1, 1, 1]], [1], r"shape \(1, 3\)"),
        ([[1, 1]], [1, 2], "multiplicity"),
        ([[-1, 1]], [1], "negative"),
        ([[1, 1]], [-1], "negative"),
    ],
)
def test_shapes_and_counts_are_checked(patterns, multiplicity, problem):
    with pytest.raises(ValueError, match=problem):
        PatternTable(np.array(patterns), np.array(multiplicity), labels="ab")
