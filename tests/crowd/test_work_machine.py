"""Random sequences of everything that may happen to a project: every promise holds after each step."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cast import Cast, make_cast
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from crowd.enums import AssignmentState, TrustLevel
from crowd.errors import BudgetExhausted, Conflict, ProjectClosed, StaleLease, WorkerSuspended
from crowd.models import Adjudication, Answer, Assignment, Enrolment, Task
from crowd.queries.exactness import broken_promises
from crowd.services.adjudication import override_consensus
from crowd.services.answers import submit_and_claim, submit_answer
from crowd.services.assignments import (
    Claim,
    claim_task,
    expire_assignment,
    release_assignment,
    renew_assignment,
    skip_assignment,
)
from crowd.services.processing import process_answer
from crowd.services.projects import launch_project, pause_project
from crowd.services.task_control import cancel_task, extend_task, take_back
from crowd.services.tasks import NewTask, add_tasks

WORKERS = 4
PRICE = 20_000
worker_numbers = st.integers(0, WORKERS - 1)
values = st.sampled_from(["negative", "neutral", "positive"])


class Work(RuleBasedStateMachine):
    """A small project under every operation; ``answered`` and ``let_go`` are what must hold of it."""

    cast: Cast

    @initialize(budget=st.sampled_from([None, 5 * PRICE + 7, 100 * PRICE]), rate=st.sampled_from([0.0, 0.5]))
    def set_up(self, budget: int | None, rate: float) -> None:
        self.cast = make_cast(
            tasks=3, workers=WORKERS, max_overlap=3, price_micros=PRICE, budget_micros=budget, gold_rate=rate
        )
        self.cast.gold(2)
        self.answered: dict[tuple[int, int], str] = {}
        self.skipped: set[tuple[int, int]] = set()
        self.tasks_added = 3
        self.most = 3

    def worker(self, n: int):  # type: ignore[no-untyped-def]
        return self.cast.workers[n]

    def held(self, n: int) -> Assignment | None:
        live = Assignment.objects.filter(project=self.cast.project, worker=self.worker(n), state="active")
        return live.first()

    def lease(self, n: int, state: AssignmentState) -> Assignment | None:
        ended = Assignment.objects.filter(project=self.cast.project, worker=self.worker(n), state=state)
        return ended.order_by("id").first()

    def is_suspended(self, n: int) -> bool:
        return self.cast.enrolment(self.worker(n)).trust_level == TrustLevel.SUSPENDED

    def check_claim(self, n: int, before: Assignment | None, claim: Claim) -> None:
        if claim.assignment is None:
            assert before is None
            return
        assert before is None or claim.assignment == before
        assert claim.assignment.deadline > timezone.now()
        key = (n, claim.assignment.task_id)
        assert key not in self.answered, "a worker was given a task again"
        assert key not in self.skipped, "a skipped task came again"

    @rule(n=worker_numbers)
    def claim(self, n: int) -> None:
        before = self.held(n)
        state = type(self.cast.project).objects.get(pk=self.cast.project.pk).state
        try:
            claim = claim_task(project_uid=self.cast.project.uid, worker=self.worker(n))
        except WorkerSuspended:
            assert self.is_suspended(n)
        except ProjectClosed:
            assert (state, before) == ("paused", None)
        except BudgetExhausted:
            assert before is None
        else:
            assert not self.is_suspended(n)
            self.check_claim(n, before, claim)

    @rule(n=worker_numbers, value=values)
    def submit(self, n: int, value: str) -> None:
        held = self.held(n)
        if held is None:
            return
        submission = submit_answer(assignment_uid=held.uid, worker=self.worker(n), value=value)
        assert not submission.is_replay
        self.answered[(n, held.task_id)] = value

    @rule(n=worker_numbers, value=values)
    def submit_then_claim(self, n: int, value: str) -> None:
        held = self.held(n)
        if held is None:
            return
        both = submit_and_claim(assignment_uid=held.uid, worker=self.worker(n), value=value)
        self.answered[(n, held.task_id)] = value
        assert (both.claim is None) != (both.refusal is None)
        if both.claim is not None:
            self.check_claim(n, None, both.claim)

    @rule(n=worker_numbers, value=values)
    def submit_late(self, n: int, value: str) -> None:
        expired = self.lease(n, AssignmentState.EXPIRED)
        if expired is None:
            return
        assert not submit_answer(assignment_uid=expired.uid, worker=self.worker(n), value=value).is_replay
        self.answered[(n, expired.task_id)] = value

    @rule(n=worker_numbers)
    def submit_again(self, n: int) -> None:
        done = self.lease(n, AssignmentState.SUBMITTED)
        if done is None:
            return
        value = self.answered[(n, done.task_id)]
        assert submit_answer(assignment_uid=done.uid, worker=self.worker(n), value=value).is_replay

    @rule(n=worker_numbers, value=values)
    def submit_what_was_given_back(self, n: int, value: str) -> None:
        ended = self.lease(n, AssignmentState.RELEASED) or self.lease(n, AssignmentState.SKIPPED)
        if ended is None:
            return
        with pytest.raises(StaleLease):
            submit_answer(assignment_uid=ended.uid, worker=self.worker(n), value=value)

    @rule(n=worker_numbers, verb=st.sampled_from(["renew", "release", "skip"]))
    def end_or_renew(self, n: int, verb: str) -> None:
        held = self.held(n)
        if held is None:
            return
        if verb == "renew":
            assert renew_assignment(assignment_uid=held.uid, worker=self.worker(n)).deadline >= held.deadline
        elif verb == "release":
            release_assignment(assignment_uid=held.uid, worker=self.worker(n))
        else:
            skip_assignment(assignment_uid=held.uid, worker=self.worker(n), reason="no")
            self.skipped.add((n, held.task_id))

    @rule(n=worker_numbers)
    def expire(self, n: int) -> None:
        held = self.held(n)
        if held is not None:
            assert expire_assignment(assignment_id=held.pk, now=timezone.now() + timedelta(days=1))

    @rule()
    def process(self) -> None:
        waiting = Answer.objects.filter(project=self.cast.project, processed_at=None).order_by("id").first()
        if waiting is not None:
            assert process_answer(answer_id=waiting.pk)
            assert not process_answer(answer_id=waiting.pk)

    @rule(is_paused=st.booleans())
    def pause_or_launch(self, is_paused: bool) -> None:
        act = pause_project if is_paused else launch_project
        act(project=self.cast.project, actor=self.cast.owner)

    @rule(n=worker_numbers, level=st.sampled_from([TrustLevel.NEW, TrustLevel.SUSPENDED]))
    def change_trust(self, n: int, level: TrustLevel) -> None:
        Enrolment.objects.filter(project=self.cast.project, worker=self.worker(n)).update(trust_level=level)

    @rule(key=st.sampled_from(["t1", "t2", "t3"]))
    def cancel(self, key: str) -> None:
        try:
            cancel_task(project=self.cast.project, task_uid=self.cast.task(key).uid, reason="no", actor=self.cast.owner)
        except Conflict:
            assert self.cast.task(key).state == "complete"

    @rule(key=st.sampled_from(["t1", "t2", "t3"]), answers=st.integers(1, 2))
    def extend(self, key: str, answers: int) -> None:
        before = self.cast.task(key)
        if before.overlap > 4:
            return
        ask = {"project": self.cast.project, "task_uid": before.uid, "answers": answers}
        try:
            after = extend_task(**ask, reason="more", actor=self.cast.owner)
        except Conflict:
            assert before.state == "cancelled" or Adjudication.objects.filter(task=before).exists()
        else:
            assert (after.overlap, after.open_slots) == (before.overlap + answers, before.open_slots + answers)
            self.most = max(self.most, after.overlap)

    @rule(key=st.sampled_from(["t1", "t2", "t3"]), value=values)
    def override(self, key: str, value: str) -> None:
        task = self.cast.task(key)
        decide = {"project": self.cast.project, "task_uid": task.uid, "actor": self.cast.manager}
        try:
            override_consensus(**decide, value=value, reason="seen it")
        except Conflict:
            assert task.state == "cancelled" or Adjudication.objects.filter(task=task).exists()
        else:
            assert self.cast.task(key).state == "complete"

    @rule(n=worker_numbers)
    def take_back(self, n: int) -> None:
        held = self.held(n)
        if held is not None:
            ended = take_back(project=self.cast.project, assignment_uid=held.uid, reason="late", actor=self.cast.owner)
            assert ended.state == AssignmentState.EXPIRED

    @rule()
    def add_a_task(self) -> None:
        if self.tasks_added < 6:
            self.tasks_added += 1
            new = NewTask(key=f"t{self.tasks_added}", payload={}, priority=self.tasks_added % 2)
            add_tasks(project=self.cast.project, tasks=[new], actor=self.cast.owner)

    @invariant()
    def every_promise_holds(self) -> None:
        if not hasattr(self, "cast"):
            return
        broken = {name: n for name, n in broken_promises(self.cast.project).items() if n}
        assert broken == {}
        stored = Answer.objects.filter(project=self.cast.project).values_list("worker_id", "task_id", "value")
        numbers = {worker.pk: n for n, worker in enumerate(self.cast.workers)}
        assert {(numbers[w], task): value for w, task, value in stored} == self.answered
        assert not Task.objects.filter(project=self.cast.project, overlap__gt=self.most).exists()


@pytest.mark.django_db
def test_no_sequence_of_operations_breaks_a_promise() -> None:
    run_state_machine_as_test(
        Work,
        settings=settings(
            max_examples=12, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
