"""The outlook before a project starts: exact against the majority's own formula and against a simulated crowd."""

from __future__ import annotations

import numpy as np
import pytest

from quality.design.outlook import expected_course
from quality.design.planning import majority_accuracy


@pytest.mark.parametrize("n_labels", [2, 3, 6])
@pytest.mark.parametrize("overlap", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("accuracy", [0.6, 0.93])
def test_with_a_fixed_overlap_it_is_the_accuracy_of_the_majority(overlap: int, n_labels: int, accuracy: float) -> None:
    course = expected_course(accuracy=accuracy, n_labels=n_labels, target=1.0, min_overlap=overlap, max_overlap=overlap)
    assert course.answers == pytest.approx(overlap)
    assert course.right == pytest.approx(majority_accuracy(overlap, n_labels, accuracy), abs=1e-12)


def test_worked_by_hand_for_two_labels() -> None:
    # Odds 4: one vote is 0.8 sure, two alike 16/17. Two alike (0.68) end it at 2 answers; else the third decides.
    course = expected_course(accuracy=0.8, n_labels=2, target=0.9, min_overlap=2, max_overlap=3)
    assert course.answers == pytest.approx(2 * 0.68 + 3 * 0.32)
    assert course.right == pytest.approx(0.64 + 0.32 * 0.8)
    assert course.sure == pytest.approx(0.68)


def test_a_simulated_crowd_does_the_same() -> None:
    rng = np.random.default_rng(5)
    accuracy, n_labels, target = 0.7, 4, 0.9
    odds = accuracy * (n_labels - 1) / (1 - accuracy)
    answers, right, sure = [], [], []
    for _ in range(20_000):
        counts = np.zeros(n_labels)
        for n in range(1, 8):
            vote = 0 if rng.random() < accuracy else int(rng.integers(1, n_labels))
            counts[vote] += 1
            posterior = odds**counts / (odds**counts).sum()
            if (n >= 2 and posterior.max() >= target) or n == 7:
                break
        answers.append(n)
        sure.append(posterior.max() >= target)
        best = np.flatnonzero(counts == counts.max())
        right.append(0 in best and 1 / len(best))
    course = expected_course(accuracy=accuracy, n_labels=n_labels, target=target, min_overlap=2, max_overlap=7)
    assert course.answers == pytest.approx(np.mean(answers), abs=0.05)
    assert course.right == pytest.approx(np.mean(right), abs=0.01)
    assert course.sure == pytest.approx(np.mean(sure), abs=0.01)


@pytest.mark.parametrize(
    "wrong",
    [{"accuracy": 0.5}, {"accuracy": 1.0}, {"n_labels": 1}, {"target": 0.0}, {"min_overlap": 4}, {"max_overlap": 26}],
)
def test_values_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    values = {"accuracy": 0.8, "n_labels": 2, "target": 0.9, "min_overlap": 2, "max_overlap": 3} | wrong
    with pytest.raises(ValueError, match=r"out of range|lies between"):
        expected_course(**values)  # type: ignore[arg-type]
