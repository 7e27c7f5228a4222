"""Processing: what follows from an answer, exactly once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cast import make_cast
from django.utils import timezone

from crowd.enums import TaskState, VoteState, WorkerKind
from crowd.models import Answer, Consensus, Entry, Skill, Task, Transaction
from crowd.queries.answers import unprocessed
from crowd.queries.workers import ledger_balance_micros, payout_report
from crowd.services import processing
from crowd.services.processing import process_answer, process_or_postpone
from crowd.services.workers import NewWorker, add_workers

pytestmark = pytest.mark.django_db


def test_agreeing_answers_complete_the_task() -> None:
    cast = make_cast(tasks=1)
    for worker in cast.workers[:2]:
        cast.answer(worker, "positive")
    task = cast.task()
    assert (task.state, task.open_slots, task.overlap) == (TaskState.COMPLETE, 0, 2)
    assert (task.consensus.label_index, task.consensus.answers) == (2, 2)
    assert sum(task.consensus.posterior) == pytest.approx(1)
    assert task.consensus.confidence == pytest.approx(task.consensus.posterior[2])


def test_the_preview_is_the_posterior_of_the_default_matrices() -> None:
    cast = make_cast(tasks=1)
    cast.answer(cast.workers[0], "positive")
    # Accuracy .7 of an unknown worker over three labels: .7, .15, .15 under a uniform prevalence.
    assert cast.task().consensus.posterior == pytest.approx([0.15, 0.15, 0.7])


def test_disagreeing_answers_ask_for_one_more() -> None:
    cast = make_cast(tasks=1)
    cast.answer(cast.workers[0], "positive")
    cast.answer(cast.workers[1], "negative")
    task = cast.task()
    assert (task.state, task.overlap, task.open_slots, task.is_open) == (TaskState.OPEN, 3, 1, True)


def test_a_task_still_uncertain_at_the_maximum_is_disputed() -> None:
    cast = make_cast(tasks=1)
    for worker, value in zip(cast.workers, ("positive", "negative", "neutral"), strict=False):
        cast.answer(worker, value)
    task = cast.task()
    assert (task.state, task.overlap, task.is_open) == (TaskState.DISPUTED, 3, False)
    assert cast.project.events.filter(kind="task_disputed", subject=task.uid).count() == 1


def test_processing_twice_changes_nothing_more() -> None:
    cast = make_cast(tasks=1)
    answer = cast.answer(cast.workers[0], "positive").answer
    before = (Transaction.objects.count(), Consensus.objects.get().updated_at)
    assert process_answer(answer_id=answer.pk) is False
    assert (Transaction.objects.count(), Consensus.objects.get().updated_at) == before


def test_each_answer_is_paid_once_and_the_books_balance() -> None:
    cast = make_cast(tasks=2)
    for worker in cast.workers[:2]:
        for _ in range(2):
            cast.answer(worker)
    owed = {line.worker: (line.micros, line.answers) for line in payout_report(cast.project)}
    assert owed == dict.fromkeys(cast.workers[:2], (40000, 2))
    assert ledger_balance_micros(cast.project) == 0
    assert Entry.objects.count() == 8


def test_a_models_vote_stays_in_the_shadow_until_it_counts() -> None:
    cast = make_cast(tasks=1)
    shadow, counted = add_workers(
        project=cast.project,
        workers=[
            NewWorker(name="shy", kind=WorkerKind.FUNCTION),
            NewWorker(name="bold", kind=WorkerKind.FUNCTION),
        ],
        actor=cast.owner,
    )
    cast.project.enrolments.filter(worker=counted.worker).update(vote_state=VoteState.COUNTED)
    cast.answer(shadow.worker, "negative")
    assert not Consensus.objects.exists()
    cast.answer(counted.worker, "positive")
    task = cast.task()
    assert task.consensus.answers == 1
    # A model's vote fills no place: the people's minimum still has to come.
    assert (task.state, task.open_slots) == (TaskState.OPEN, 2)


def test_gold_is_scored_and_shapes_the_skill() -> None:
    cast = make_cast(tasks=3)
    cast.gold(2, "positive")
    cast.configure(gold_rate=1.0)
    right = cast.answer(cast.worker, "positive").answer
    wrong = cast.answer(cast.worker, "negative").answer
    skill = Skill.objects.get(worker=cast.worker)
    assert (skill.gold_right, skill.gold_wrong) == (1, 1)
    assert skill.mean == pytest.approx((2 + 1) / (3 + 2))
    assert 0 < skill.low < skill.mean < skill.high < 1
    assert list(Answer.objects.order_by("id").values_list("id", "is_correct")) == [(right.pk, True), (wrong.pk, False)]
    assert not Consensus.objects.exists()


def test_gold_is_paid_like_any_other_task() -> None:
    cast = make_cast()
    cast.gold(1)
    cast.configure(gold_rate=1.0)
    cast.answer(cast.worker, "negative")
    assert [line.micros for line in payout_report(cast.project)] == [20_000]


def test_an_answer_that_cannot_be_processed_is_postponed_listed_and_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make_cast(tasks=1)
    answer = cast.answer(cast.workers[0], is_processed=False).answer

    def fail(**_: object) -> None:
        raise RuntimeError("the disk is on fire")

    with monkeypatch.context() as patch:
        patch.setattr(processing, "update_consensus", fail)
        assert process_or_postpone(answer_id=answer.pk) is False
        assert process_or_postpone(answer_id=answer.pk) is False
    answer.refresh_from_db()
    assert (answer.processed_at, answer.process_attempts) == (None, 2)
    assert list(unprocessed()) == []
    assert Transaction.objects.count() == 0
    event = cast.project.events.get(kind="processing_failed")
    assert event.detail == {"error": "RuntimeError: the disk is on fire"}
    Answer.objects.update(process_after=timezone.now() - timedelta(seconds=1))
    assert list(unprocessed()) == [answer]
    assert process_or_postpone(answer_id=answer.pk) is True
    assert Transaction.objects.count() == 1


def test_places_nobody_holds_are_withdrawn_on_completion() -> None:
    cast = make_cast(tasks=1, min_overlap=2, max_overlap=5)
    Task.objects.update(overlap=4, open_slots=4)
    for worker in cast.workers[:2]:
        cast.answer(worker, "positive")
    task = cast.task()
    assert (task.state, task.overlap, task.open_slots) == (TaskState.COMPLETE, 2, 0)


def test_a_place_that_is_lent_on_completion_may_still_be_filled() -> None:
    cast = make_cast(tasks=1, min_overlap=2, max_overlap=5)
    Task.objects.update(overlap=4, open_slots=4)
    cast.claim(cast.workers[3])
    for worker in cast.workers[:2]:
        cast.answer(worker, "positive")
    assert cast.task().overlap == 3
    late = cast.answer(cast.workers[3], "positive").answer
    assert late.holds_place
    assert cast.task().state == TaskState.COMPLETE
