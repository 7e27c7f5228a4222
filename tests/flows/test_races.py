"""Races with real threads on a real database: never one answer too many, never one lost."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from at_once import race
from cast import Cast, make_cast
from django.db.models import Count, F, Q

from crowd.enums import TaskState
from crowd.errors import BudgetExhausted, DomainError
from crowd.models import Answer, Assignment, BudgetShard, IdempotencyRecord, Task, Transaction
from crowd.queries.workers import ledger_balance_micros
from crowd.services.answers import submit_answer
from crowd.services.assignments import claim_task
from crowd.services.idempotency import Outcome, run_once
from crowd.services.processing import process_answer
from crowd.services.sweep import work_off

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def work_until_done(cast: Cast, n: int) -> int:
    """Claim and answer until there is nothing left; how many answers."""
    answers = 0
    while True:
        claim = claim_task(project_uid=cast.project.uid, worker=cast.workers[n])
        if claim.assignment is None:
            return answers
        value = cast.project.label_values[(n + answers) % 3]
        submit_answer(assignment_uid=claim.assignment.uid, worker=cast.workers[n], value=value)
        answers += 1


def assert_exact(cast: Cast) -> None:
    """Every promise about places, answers and money."""
    places = Task.objects.exclude(state=TaskState.GOLD).annotate(
        held=Count(
            "assignments", filter=Q(assignments__holds_place=True, assignments__state__in=["active", "submitted"])
        )
    )
    assert list(places.exclude(overlap=F("open_slots") + F("held"))) == []
    twice = Answer.objects.values("task", "worker").annotate(n=Count("id")).filter(n__gt=1)
    assert list(twice) == []
    assert ledger_balance_micros(cast.project) == 0


def test_many_workers_fill_every_place_exactly() -> None:
    cast = make_cast(tasks=15, workers=8, min_overlap=3, max_overlap=3)
    done = race([lambda n=n: work_until_done(cast, n) for n in range(8)])
    assert sum(done) == Answer.objects.count()
    # Some may have been told to wait for a place that then came to nobody: they come again.
    for n in range(8):
        work_until_done(cast, n)
    per_task = Task.objects.annotate(n=Count("answers")).values_list("n", flat=True)
    assert list(per_task) == [3] * 15
    assert_exact(cast)


def test_the_last_place_goes_to_one_of_many() -> None:
    cast = make_cast(tasks=1, workers=8, min_overlap=1, max_overlap=1)
    replies = race([lambda n=n: cast.claim(cast.workers[n]).state for n in range(8)])
    assert sorted(replies) == ["assigned"] + ["wait"] * 7
    assert_exact(cast)


def test_one_worker_in_many_tabs_holds_one_task() -> None:
    cast = make_cast(tasks=8, workers=1)
    replies = race([lambda: cast.claim().assignment for _ in range(8)])
    assert len({reply.pk for reply in replies}) == 1
    assert Assignment.objects.count() == 1


def test_simultaneous_submits_store_one_answer() -> None:
    cast = make_cast(tasks=1)
    assignment = cast.claim().assignment
    assert assignment is not None
    replies = race(
        [lambda: submit_answer(assignment_uid=assignment.uid, worker=cast.worker, value="neutral") for _ in range(8)]
    )
    assert sorted(reply.is_replay for reply in replies) == [False] + [True] * 7
    assert Answer.objects.count() == 1


def test_simultaneous_processing_happens_once() -> None:
    cast = make_cast(tasks=1)
    answer = cast.answer(cast.worker, is_processed=False).answer
    replies = race([lambda: process_answer(answer_id=answer.pk) for _ in range(8)])
    assert sorted(replies) == [False] * 7 + [True]
    assert Transaction.objects.count() == 1


def test_a_budget_is_never_overspent_nor_left_unused() -> None:
    cast = make_cast(tasks=8, workers=8, price_micros=20_000, budget_micros=5 * 20_000 + 19_999)
    replies = race([lambda n=n: cast.claim(cast.workers[n]).state for n in range(8)])
    assert sum(reply == "assigned" for reply in replies) == 5
    assert sum(isinstance(reply, BudgetExhausted) for reply in replies) == 3
    assert sum(BudgetShard.objects.values_list("left_micros", flat=True)) == 19_999
    assert_exact(cast)


def test_simultaneous_repeats_of_a_post_act_once() -> None:
    cast = make_cast(tasks=1)
    acted: list[int] = []

    def act() -> Outcome:
        acted.append(1)
        return Outcome(201, {"n": len(acted)})

    replies = race([lambda: run_once(user=cast.owner, key="k", request_digest="d", act=act) for _ in range(20)])
    assert sorted(is_replay for _, is_replay in replies) == [False] + [True] * 19
    assert {outcome.body["n"] for outcome, _ in replies} == {1}
    assert IdempotencyRecord.objects.count() == 1


def test_working_while_jobs_run_keeps_every_promise() -> None:
    cast = make_cast(tasks=10, workers=6, min_overlap=2, max_overlap=4, target_confidence=0.9)
    cast.gold(4)
    cast.configure(gold_rate=0.2)
    stop = threading.Event()

    def jobs() -> int:
        rounds = 0
        while not stop.is_set():
            if not work_off():
                # No full batch waits: what spins takes the processor from those who make work.
                stop.wait(0.01)
            rounds += 1
        return rounds

    def work(n: int) -> int:
        done = 0
        for _ in range(60):
            try:
                done += work_until_done(cast, n)
            except DomainError:
                break  # suspended by the golds
        return done

    def people() -> list[Any]:
        try:
            return race([lambda n=n: work(n) for n in range(6)])
        finally:
            stop.set()

    _, _, done = race([jobs, jobs, people])
    while work_off():
        pass
    work_off()
    assert not [reply for reply in done if isinstance(reply, Exception)]
    assert Answer.objects.filter(processed_at__isnull=True).count() == 0
    assert Answer.objects.count() == sum(done) == Transaction.objects.count()
    over = Task.objects.exclude(state=TaskState.GOLD).annotate(n=Count("answers", filter=Q(answers__holds_place=True)))
    assert list(over.filter(n__gt=cast.project.max_overlap)) == []
    assert_exact(cast)
