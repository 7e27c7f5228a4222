"""Rules of the pay machine for what a project pays besides answers: courses, and the calls of models."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cast import Cast
from courses import RIGHT, WRONG, make_course
from crashing import crash_then_again
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from raters_at_work import chat_rater

from crowd.enums import AttemptState, CallState, CostState, CoursePart, CoursePay
from crowd.errors import DomainError
from crowd.models import Attempt, Course, Entry, ModelCost, Rater, RaterCall, RaterRun
from crowd.policies.training import is_paid
from crowd.services.model_calls import cost_key
from crowd.services.model_costs import release_model_cost, reserve_model_cost, settle_model_cost
from crowd.services.rater_runs import launch_rater
from crowd.services.stale_holds import STALE_AFTER, release_stale_holds
from crowd.services.training import Progress, answer_step, close_idle, start_attempt

WORKERS = 3
numbers = st.integers(0, WORKERS - 1)
# At which statement the first try dies; None: it does not.
crashes = st.none() | st.integers(0, 30)


class BesidesAnswers(RuleBasedStateMachine):
    """Courses with pay; models whose calls are settled, released, or left behind by a process that died."""

    cast: Cast
    course: Course
    rater: Rater
    run: RaterRun
    calls = 0

    def set_up_besides(self, pay: CoursePay) -> None:
        """A course of a few items, a model at work."""
        plan = {"training_price_micros": 3_001, "exam_price_micros": 5_003, "retry_after_seconds": 0}
        self.course = make_course(self.cast, training=2, exam=4, pay=pay, **plan)
        self.rater = chat_rater(self.cast, "http://127.0.0.1:9")
        self.run = launch_rater(rater=self.rater, actor=self.cast.owner)

    def do(self, act: Callable[[], Any], crash: int | None) -> Any:
        """The act, perhaps killed and tried again; a refusal by the rules is an outcome, too."""
        try:
            return crash_then_again(act, crash)
        except DomainError as refusal:
            return refusal

    @rule(n=numbers, part=st.sampled_from(CoursePart), is_right=st.booleans(), crash=crashes)
    def answer_in_a_course(self, n: int, part: CoursePart, is_right: bool, crash: int | None) -> None:
        worker, uid = self.cast.workers[n], self.course.uid
        begun = self.do(lambda: start_attempt(course_uid=uid, worker=worker, part=part), crash)
        if isinstance(begun, Progress) and begun.step is not None:
            step_uid, value = begun.step.uid, RIGHT if is_right else WRONG
            given = self.do(lambda: answer_step(step_uid=step_uid, worker=worker, value=value), crash)
            assert isinstance(given, Progress)

    @rule(crash=crashes)
    def close_idle_attempts(self, crash: int | None) -> None:
        self.do(lambda: close_idle(now=timezone.now() + timedelta(days=2)), crash)
        assert not Attempt.objects.filter(course=self.course, state=AttemptState.RUNNING).exists()

    @rule(amount=st.integers(0, 20_000), share=st.sampled_from([None, 0, 0.5, 1, 3]), crash=crashes)
    def call_a_model(self, amount: int, share: float | None, crash: int | None) -> None:
        self.calls += 1
        key = f"call-{self.cast.project.pk}-{self.calls}"
        args: dict[str, Any] = {"project": self.cast.project, "worker": self.rater.worker, "amount_micros": amount}
        self.do(lambda: reserve_model_cost(**args, key=key), crash)
        if ModelCost.objects.filter(key=key).exists():
            if share is None:
                self.do(lambda: release_model_cost(key=key), crash)
            else:
                self.do(lambda: settle_model_cost(key=key, actual_micros=int(amount * share)), crash)

    @rule(amount=st.integers(1, 20_000), sent=st.integers(0, 1))
    def die_with_a_call_in_the_air(self, amount: int, sent: int) -> None:
        self.calls += 1

        @transaction.atomic
        def intend() -> None:
            call = RaterCall.objects.create(
                rater=self.rater,
                run=self.run,
                payload_hash=f"{self.calls:064}",
                part="vote",
                fence=1,
                sent=sent,
                reserved_micros=amount,
                created_at=timezone.now(),
            )
            reserve_model_cost(
                project=self.cast.project, worker=self.rater.worker, amount_micros=amount, key=cost_key(call)
            )

        self.do(intend, None)

    @rule(is_late=st.booleans(), crash=crashes)
    def sweep_stale_holds(self, is_late: bool, crash: int | None) -> None:
        waiting = RaterCall.objects.filter(rater=self.rater, state=CallState.INTENDED)
        before = waiting.count()
        now = timezone.now() + (2 * STALE_AFTER if is_late else timedelta(0))
        self.do(lambda: release_stale_holds(now=now), crash)
        held = ModelCost.objects.filter(worker=self.rater.worker, state=CostState.HELD).count()
        assert (waiting.count(), held) == ((0, 0) if is_late else (before, before))

    @invariant()
    def courses_pay_once_what_was_answered(self) -> None:
        if not hasattr(self, "course"):
            return
        for attempt in Attempt.objects.filter(course=self.course).select_related("course"):
            paid = Entry.objects.filter(
                transaction__idempotency_key=f"attempt:{attempt.uid}:pay", account__worker=attempt.worker
            ).aggregate(sum=Sum("amount_micros", default=0))["sum"]
            pays = is_paid(CoursePay(self.course.pay), AttemptState(attempt.state))
            answered = attempt.steps.filter(answered_at__isnull=False)
            owed = answered.aggregate(sum=Sum("reserved_micros", default=0))["sum"]
            is_over = attempt.state != AttemptState.RUNNING
            assert -paid == (owed if is_over and pays else 0)
