"""Fixed overlaps replayed offline."""

from __future__ import annotations

import pytest
from tiny_corpus import some_snippets

from demo.overlap import against_fixed, majority_labels, replay_fixed_overlap
from demo.project import LABELS, Plan, choose_material
from demo.workers import DemoWorker, demo_workers
from quality.answers import AnswerSet

MATERIAL = choose_material(some_snippets(), Plan(tasks=12, golds_per_label=2, seed=5))
WORKERS = demo_workers(MATERIAL, lambda _text: "neutral")
REPLAYED = [worker for worker in WORKERS if worker.origin == "replayed"]


def _constant(label):
    return DemoWorker(name=f"always {label}", origin="planted", answer=lambda _text: label)


def test_raters_who_always_agree_with_the_truth_are_always_right():
    fixed = replay_fixed_overlap(MATERIAL, REPLAYED, 3, draws=2)
    assert (fixed.answers, fixed.majority.value, fixed.dawid_skene.value) == (36, 1.0, 1.0)
    assert fixed.hits == dict.fromkeys(MATERIAL.truth, 1.0)


def test_one_constant_voter_is_right_as_often_as_its_label_is_true():
    fixed = replay_fixed_overlap(MATERIAL, [_constant("positive")], 1, draws=1)
    truth = list(MATERIAL.truth.values())
    assert fixed.majority.value == pytest.approx(truth.count("positive") / len(truth))


def test_the_same_seed_draws_the_same_people():
    first, again = (replay_fixed_overlap(MATERIAL, WORKERS, 2, draws=3) for _ in range(2))
    assert first == again


def test_a_models_vote_enters_the_fit_and_not_the_majority():
    people = [_constant("positive")]
    alone = replay_fixed_overlap(MATERIAL, people, 1, draws=1)
    with_models = replay_fixed_overlap(MATERIAL, people, 1, models=REPLAYED, draws=1)
    assert with_models.majority == alone.majority
    assert with_models.answers == alone.answers
    assert with_models.dawid_skene.value == 1.0


def test_more_people_than_there_are_is_refused():
    with pytest.raises(ValueError, match="an overlap of 6 needs as many workers, there are 5"):
        replay_fixed_overlap(MATERIAL, REPLAYED, 6)


def test_the_difference_is_paired_by_task():
    fixed = replay_fixed_overlap(MATERIAL, REPLAYED, 3, draws=1)
    keys = list(MATERIAL.truth)
    adaptive = dict.fromkeys(keys, True) | dict.fromkeys(keys[:3], False)
    difference = against_fixed(adaptive, fixed)
    assert difference.value == pytest.approx(-0.25)
    assert difference.low < -0.25 < difference.high


def test_equal_votes_go_to_the_first_label_of_the_label_set():
    answers = AnswerSet.from_records([("t", "a", "positive"), ("t", "b", "neutral")], labels=LABELS)
    assert majority_labels(answers) == {"t": "neutral"}
