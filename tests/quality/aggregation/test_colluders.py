"""Colluders in the fit: workers who all copy one of them do not carry the consensus."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_crowds import quietly

from quality.aggregation import Auto, DawidSkene, Majority, discount_groups
from quality.simulation import simulate_crowd


@pytest.fixture(scope="module")
def crowd():
    """Twelve of forty workers copy a thirteenth, and get six answers a task with the honest ones."""
    return simulate_crowd(5, n_tasks=1500, n_workers=40, n_labels=3, overlap=6, skill=(5, 3), colluders=0.3)


def accuracy(crowd, model, answers=None):
    return crowd.accuracy(quietly(model, crowd.answers if answers is None else answers).best)


def test_auto_finds_the_colluders_all_of_them(crowd):
    notes = " ".join(quietly(Auto(), crowd.answers).notes)
    assert f"{int((crowd.kind == 'colluder').sum())} workers give the same answers" in notes


def test_auto_is_more_accurate_than_the_majority_they_are_in(crowd):
    assert accuracy(crowd, Auto()) > accuracy(crowd, Majority()) + 0.02


def test_a_declared_group_is_worth_more_than_an_undeclared_one(crowd):
    group = {int(worker): "ring" for worker in (crowd.kind == "colluder").nonzero()[0]}
    declared = discount_groups(crowd.answers, group, 1.0)
    assert accuracy(crowd, DawidSkene(), declared) > accuracy(crowd, DawidSkene()) + 0.02
