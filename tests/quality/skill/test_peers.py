"""Peer evidence: what the others say, without the worker's own answer."""

from __future__ import annotations

import numpy as np
import pytest

from quality.aggregation.dawid_skene import DawidSkene
from quality.answers import AnswerSet
from quality.skill.peers import peer_evidence

EVEN = np.array([0.5, 0.5])
GOOD = np.array([[0.9, 0.1], [0.1, 0.9]])


def answers(rows: list[tuple[str, str, int]]) -> AnswerSet:
    return AnswerSet.from_records(rows, labels=(0, 1))


def test_the_own_answer_is_left_out() -> None:
    given = answers([("t", "a", 0), ("t", "b", 0), ("t", "c", 1)])
    confusion = np.stack([GOOD] * 3)
    found = peer_evidence(given, EVEN, confusion, counted=np.array([True]))
    # For a: b and c cancel out. For c: a and b say 0 with odds 81 to 1.
    assert found.agreed == pytest.approx([0.5, 0.5, 1 / 82])
    assert found.agreed + found.differed == pytest.approx([1, 1, 1])


def test_alone_on_a_task_there_are_no_others() -> None:
    given = answers([("t", "a", 0), ("u", "a", 1), ("u", "b", 1)])
    found = peer_evidence(given, EVEN, np.stack([GOOD] * 2), counted=np.array([True] * 2))
    assert found.tasks.tolist() == [1, 1]


def test_tasks_that_do_not_count_are_left_out() -> None:
    given = answers([("t", "a", 0), ("t", "b", 0)])
    found = peer_evidence(given, EVEN, np.stack([GOOD] * 2), counted=np.array([False]))
    assert (found.agreed.tolist(), found.tasks.tolist()) == ([0.0, 0.0], [0, 0])


def test_a_guesser_among_good_workers_stands_out() -> None:
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 2, 300)
    rows = []
    for t, true in enumerate(truth):
        for w, accuracy in (("a", 0.9), ("b", 0.9), ("c", 0.9), ("guesser", 0.5)):
            rows.append((f"t{t}", w, int(true if rng.random() < accuracy else 1 - true)))
    given = answers(rows)
    result = DawidSkene().fit(given)
    assert result.confusion is not None
    found = peer_evidence(given, result.prevalence, result.confusion, counted=np.ones(300, dtype=np.bool_))
    share = dict(zip(given.workers, found.agreed / found.tasks, strict=True))
    assert share["guesser"] == pytest.approx(0.5, abs=0.07)
    assert min(share["a"], share["b"], share["c"]) > 0.8


def test_a_rare_label_needs_more_agreement() -> None:
    given = answers([("t", "a", 1), ("t", "b", 1)])
    found = peer_evidence(given, np.array([0.9, 0.1]), np.stack([GOOD] * 2), counted=np.array([True]))
    assert found.agreed == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize("broken", ["prevalence", "confusion", "counted"])
def test_shapes_that_do_not_fit_are_named(broken: str) -> None:
    given = answers([("t", "a", 0), ("t", "b", 0)])
    arrays = {"prevalence": EVEN, "confusion": np.stack([GOOD] * 2), "counted": np.array([True])}
    arrays[broken] = arrays[broken][:0]
    with pytest.raises(ValueError, match=broken):
        peer_evidence(given, arrays["prevalence"], arrays["confusion"], counted=arrays["counted"])
