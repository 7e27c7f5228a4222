"""Random sequences of everything that moves money, killed at any statement: every promise holds after each step."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import pytest
from cast import Cast, make_cast
from django.test import override_settings
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test
from pay_besides import WORKERS, BesidesAnswers, crashes, numbers

from crowd.enums import AppealState, BatchFormat, BatchState, CoursePay, LineState, PayeeMethod, PayState, SurplusPay
from crowd.errors import BudgetExhausted, Conflict
from crowd.models import Answer, Appeal, Assignment, Batch, BatchLine, Bonus, PayReview
from crowd.policies.pay import Terms
from crowd.policies.payees import Payee
from crowd.queries.exactness import broken_promises
from crowd.queries.soundness import broken_books
from crowd.services.answers import submit_answer
from crowd.services.appeals import appeal_rejection, decide_appeal, grant_unanswered
from crowd.services.assignments import claim_task, expire_assignment
from crowd.services.batches import approve_batch, cancel_batch, export_batch, make_batch, mark_sent
from crowd.services.bonuses import pay_bonus
from crowd.services.budgets import add_to_budget
from crowd.services.pay_review import (
    approve_answer,
    approve_by_silence,
    close_unappealed,
    reject_answer,
    reverse_rejection,
)
from crowd.services.pay_terms import set_pay_terms
from crowd.services.payees import set_payee
from crowd.services.payments import end_payments
from crowd.services.prices import set_price_rule
from crowd.services.processing import process_answer

PRICE = 13_337
picks = st.integers(0, 9)
later = st.sampled_from([timedelta(days=8), timedelta(days=15)])


class Pay(BesidesAnswers):
    """A small project under everything that books, takes back, pays out."""

    cast: Cast

    @initialize(
        budget=st.sampled_from([None, 3 * PRICE + 5, 40 * PRICE]),
        surplus=st.sampled_from(SurplusPay),
        pay=st.sampled_from(CoursePay),
    )
    def set_up(self, budget: int | None, surplus: SurplusPay, pay: CoursePay) -> None:
        self.cast = make_cast(
            tasks=4, workers=WORKERS, min_overlap=1, price_micros=PRICE, budget_micros=budget, gold_rate=0.2
        )
        self.cast.gold(1)
        self.project = self.cast.project
        set_pay_terms(project=self.project, terms=Terms(surplus=surplus), actor=self.cast.owner)
        for n, worker in enumerate(self.cast.workers):
            set_payee(worker=worker, payee=Payee(method=PayeeMethod.PAYPAL, recipient=f"w{n}@example.org"))
        self.set_up_besides(pay)
        self.now = timezone.now()
        self.bonuses = self.rules = 0
        self.files: dict[int, bytes] = {}

    def review(self, pick: int, *states: PayState) -> PayReview | None:
        rows = list(PayReview.objects.filter(project=self.project, state__in=states).order_by("id"))
        return rows[pick % len(rows)] if rows else None

    def batch(self, *states: BatchState) -> Batch | None:
        return Batch.objects.filter(project=self.project, state__in=states).order_by("id").first()

    @rule(n=numbers, crash=crashes)
    def claim(self, n: int, crash: int | None) -> None:
        worker = self.cast.workers[n]
        self.do(lambda: claim_task(project_uid=self.project.uid, worker=worker), crash)

    @rule(n=numbers, crash=crashes, is_late=st.booleans(), is_processed=st.booleans())
    def answer(self, n: int, crash: int | None, is_late: bool, is_processed: bool) -> None:
        worker = self.cast.workers[n]
        self.do(lambda: claim_task(project_uid=self.project.uid, worker=worker), None)
        held = Assignment.objects.filter(worker=worker, state="active").first()
        if held is None:
            return
        if is_late:
            expire_assignment(assignment_id=held.pk, now=timezone.now() + timedelta(days=1))
        given = self.do(lambda: submit_answer(assignment_uid=held.uid, worker=worker, value="neutral"), crash)
        assert given.answer.assignment_id == held.pk
        if is_processed:
            self.process(crash)

    @rule(crash=crashes)
    def process(self, crash: int | None) -> None:
        waiting = Answer.objects.filter(project=self.project, processed_at=None).order_by("id").first()
        if waiting is not None:
            self.do(lambda: process_answer(answer_id=waiting.pk), crash)

    @rule(pick=picks, crash=crashes)
    def approve(self, pick: int, crash: int | None) -> None:
        review = self.review(pick, PayState.PENDING)
        if review is not None:
            uid = review.answer.uid
            self.do(lambda: approve_answer(project=self.project, answer_uid=uid, actor=self.cast.manager), crash)
            review.refresh_from_db()
            assert review.state == PayState.APPROVED

    @rule(pick=picks, crash=crashes)
    def reject(self, pick: int, crash: int | None) -> None:
        review = self.review(pick, *PayState)
        if review is None:
            return
        outcome = self.do(
            lambda: reject_answer(
                project=self.project,
                answer_uid=review.answer.uid,
                actor=self.cast.manager,
                reason="random",
                evidence={"n": 1},
            ),
            crash,
        )
        may = review.state in (PayState.PENDING, PayState.REJECTED)
        assert isinstance(outcome, PayReview if may else Conflict)

    @rule(pick=picks, crash=crashes)
    def reverse(self, pick: int, crash: int | None) -> None:
        review = self.review(pick, PayState.REJECTED, PayState.APPEALED, PayState.FINAL)
        if review is None:
            return
        outcome = self.do(
            lambda: reverse_rejection(
                project=self.project, answer_uid=review.answer.uid, actor=None, reason="the gold was wrong"
            ),
            crash,
        )
        if isinstance(outcome, BudgetExhausted):
            assert review.state == PayState.FINAL, "what may still be appealed has its budget"
        else:
            assert outcome.state == PayState.APPROVED

    @rule(pick=picks, crash=crashes)
    def appeal(self, pick: int, crash: int | None) -> None:
        review = self.review(pick, PayState.REJECTED)
        if review is not None:
            uid, worker = review.answer.uid, review.worker
            self.do(lambda: appeal_rejection(worker=worker, answer_uid=uid, reason="no"), crash)
            assert Appeal.objects.filter(review=review, round=review.round).count() == 1

    @rule(is_granted=st.booleans(), crash=crashes)
    def judge(self, is_granted: bool, crash: int | None) -> None:
        appeal = Appeal.objects.filter(review__project=self.project, state=AppealState.OPEN).first()
        if appeal is None:
            return
        args = {"project": self.project, "appeal_uid": appeal.uid, "is_granted": is_granted, "reason": "read it"}
        assert isinstance(self.do(lambda: decide_appeal(**args, judge=self.cast.manager), None), Conflict)
        self.do(lambda: decide_appeal(**args, judge=self.cast.owner), crash)
        appeal.refresh_from_db()
        assert appeal.state == (AppealState.GRANTED if is_granted else AppealState.DENIED)

    @rule(after=later, crash=crashes)
    def let_time_pass(self, after: timedelta, crash: int | None) -> None:
        now = timezone.now() + after
        for act in (approve_by_silence, grant_unanswered, close_unappealed):
            self.do(lambda act=act: act(now=now), crash)  # type: ignore[misc]
        assert not PayReview.objects.filter(state=PayState.PENDING, due_at__lte=now).exists()
        assert not Appeal.objects.filter(state=AppealState.OPEN, answer_by__lt=now).exists()

    @rule(n=numbers, amount=st.integers(1, 50_000), crash=crashes, is_again=st.booleans())
    def bonus(self, n: int, amount: int, crash: int | None, is_again: bool) -> None:
        self.bonuses += not is_again or self.bonuses == 0
        key = f"b{self.bonuses}"
        earlier = Bonus.objects.filter(project=self.project, key=key).first()
        worker = self.cast.workers[n] if earlier is None else earlier.worker
        micros = amount if earlier is None else earlier.amount_micros
        args: dict[str, Any] = {"key": key, "worker_uid": worker.uid, "amount_micros": micros, "reason": "good"}
        self.do(lambda: pay_bonus(project=self.project, **args, actor=self.cast.manager), crash)
        assert Bonus.objects.filter(project=self.project, key=key).count() <= 1

    @rule(crash=crashes)
    def make_a_batch(self, crash: int | None) -> None:
        self.do(
            lambda: make_batch(
                project=self.project, batch_format=BatchFormat.PAYPAL_CSV, options={}, maker=self.cast.finance
            ),
            crash,
        )

    @rule(step=st.sampled_from(["approve", "export", "send", "cancel"]), crash=crashes)
    def move_a_batch(self, step: str, crash: int | None) -> None:
        act, state = {
            "approve": (approve_batch, BatchState.DRAFT),
            "export": (export_batch, BatchState.APPROVED),
            "send": (mark_sent, BatchState.EXPORTED),
            "cancel": (cancel_batch, BatchState.DRAFT),
        }[step]
        batch = self.batch(state)
        if batch is None:
            return
        args = {"project": self.project, "batch_uid": batch.uid}
        if step == "approve":
            assert isinstance(self.do(lambda: act(**args, actor=self.cast.finance), None), Conflict)
        self.do(lambda: act(**args, actor=self.cast.owner), crash)
        batch.refresh_from_db()
        assert batch.state != state

    @rule(outcome=st.sampled_from([LineState.SETTLED, LineState.FAILED, LineState.RETURNED]), crash=crashes)
    def end_a_payment(self, outcome: LineState, crash: int | None) -> None:
        before = LineState.SETTLED if outcome == LineState.RETURNED else LineState.PENDING
        states = [BatchState.SENT, BatchState.DONE]
        line = BatchLine.objects.filter(batch__project=self.project, batch__state__in=states, state=before).first()
        if line is not None:
            args: dict[str, Any] = {"numbers": [line.number], "outcome": outcome, "reason": "closed"}
            uid, actor = line.batch.uid, self.cast.finance
            self.do(lambda: end_payments(project=self.project, batch_uid=uid, **args, actor=actor), crash)
            line.refresh_from_db()
            assert line.state == outcome

    @rule(base=st.integers(0, 2 * PRICE), crash=crashes)
    def change_the_price(self, base: int, crash: int | None) -> None:
        body = {"base_micros": base, "factors": []}
        self.do(lambda: set_price_rule(project=self.project, body=body, actor=self.cast.owner), crash)

    @rule(amount=st.integers(1, PRICE), crash=crashes)
    def raise_the_budget(self, amount: int, crash: int | None) -> None:
        self.do(lambda: add_to_budget(project=self.project, amount_micros=amount, actor=self.cast.owner), crash)
        self.project.refresh_from_db()

    @invariant()
    def every_promise_holds(self) -> None:
        if not hasattr(self, "cast"):
            return
        broken = broken_promises(self.project) | broken_books(self.project)
        assert {name: n for name, n in broken.items() if n} == {}
        for batch in Batch.objects.filter(project=self.project, file__isnull=False).select_related("file"):
            content = bytes(batch.file.content)
            assert self.files.setdefault(batch.pk, content) == content, "a file is what it was when it was written"


@pytest.mark.django_db
@override_settings(ARE_LOCAL_MODELS_ALLOWED=True)
def test_no_sequence_breaks_a_promise_about_money() -> None:
    run_state_machine_as_test(
        Pay,
        settings=settings(
            max_examples=int(os.environ.get("ASSAY_PAY_EXAMPLES", "6")),
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
