"""A worker's matrix has an interval in each cell, and what the answers tell is shared out."""

from __future__ import annotations

import numpy as np
import pytest

from quality.answers import AnswerSet
from quality.skill.by_label import information_shares, mutual_information, share_intervals
from quality.skill.peers import peer_counts, peer_evidence


def test_a_cell_has_its_share_with_jeffreys_interval() -> None:
    share, low, high = share_intervals(np.array([[7.0, 3.0], [0.0, 0.0]]))
    assert share[0].tolist() == [0.7, 0.3]
    # Brown, Cai, DasGupta 2001: Jeffreys' interval of 3 of 10.
    assert (low[0, 1], high[0, 1]) == pytest.approx((0.0927, 0.6058), abs=5e-4)
    assert np.isnan([share[1], low[1], high[1]]).all()
    assert (share_intervals(np.array([0.0, 5.0]))[1][0], share_intervals(np.array([0.0, 5.0]))[2][1]) == (0.0, 1.0)


def test_a_perfect_answer_tells_the_whole_label_and_a_constant_one_nothing() -> None:
    perfect, constant = np.eye(3), np.array([[0, 1, 0]] * 3, dtype=float)
    told = mutual_information(np.stack([perfect, constant]), np.full(3, 1 / 3))
    assert told == pytest.approx([np.log(3), 0.0])


def test_who_answers_without_looking_carries_next_to_nothing() -> None:
    counts = np.stack([np.eye(3) * 100, np.array([[0, 100, 0]] * 3, dtype=float)])
    found = information_shares(counts, np.array([300, 300]), np.full(3, 1 / 3), rng=np.random.default_rng(1))
    assert found.share[0] > 0.97
    assert found.share_low[0] <= found.share[0] <= found.share_high[0]


def test_the_others_counts_add_up_to_the_evidence_of_peers() -> None:
    rng = np.random.default_rng(4)
    records = [(t, w, int(rng.integers(3))) for t in range(30) for w in range(4)]
    answers = AnswerSet.from_records(records, labels=(0, 1, 2))
    confusion = np.stack([np.full((3, 3), 0.15) + np.eye(3) * 0.55] * 4)
    ask = {"counted": np.ones(30, dtype=bool)}
    counts = peer_counts(answers, np.full(3, 1 / 3), confusion, **ask)
    evidence = peer_evidence(answers, np.full(3, 1 / 3), confusion, **ask)
    assert counts.trace(axis1=1, axis2=2) == pytest.approx(evidence.agreed)
    assert counts.sum(axis=(1, 2)) == pytest.approx(evidence.tasks)
    given = np.array([[sum(1 for _, w, g in records if (w, g) == (i, k)) for k in range(3)] for i in range(4)])
    assert counts.sum(axis=1) == pytest.approx(given)
