"""The review of pay: approved, rejected with grounds, reinstated; silence pays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cast import Cast, make_cast
from django.utils import timezone

from crowd.enums import AccountKind, EventKind, PayState, SurplusPay
from crowd.errors import BudgetExhausted, Conflict, InvalidInput, NotFound
from crowd.models import Answer, BudgetShard, Entry, Event, PayReview
from crowd.policies.pay import Terms
from crowd.queries.exactness import broken_promises
from crowd.services.answers import submit_answer
from crowd.services.assignments import expire_assignment
from crowd.services.budgets import add_to_budget
from crowd.services.pay_review import (
    approve_answer,
    approve_by_silence,
    approve_many,
    close_unappealed,
    reject_answer,
    reverse_rejection,
)
from crowd.services.pay_terms import set_pay_terms
from crowd.services.processing import process_answer
from crowd.services.workers import enrol, worker_of_user

pytestmark = pytest.mark.django_db

PRICE = 20_000
EVIDENCE = {"gold": "three of three wrong"}


@pytest.fixture
def cast() -> Cast:
    return make_cast(tasks=3, budget_micros=5 * PRICE)


def owed(cast: Cast) -> int:
    rows = Entry.objects.filter(account__project=cast.project, account__kind=AccountKind.WORKER_PAYABLE)
    return -sum(entry.amount_micros for entry in rows)


def left(cast: Cast) -> int:
    return sum(shard.left_micros for shard in BudgetShard.objects.filter(project=cast.project))


def reject(cast: Cast, answer: Answer) -> PayReview:
    return reject_answer(
        project=cast.project, answer_uid=answer.uid, actor=cast.manager, reason="random", evidence=EVIDENCE
    )


def state(answer: Answer) -> str:
    return PayReview.objects.get(answer=answer).state


def test_an_answers_pay_waits_for_its_review_for_fourteen_days(cast: Cast) -> None:
    answer = cast.answer(cast.worker).answer
    review = PayReview.objects.get(answer=answer)
    assert (review.state, review.amount_micros) == (PayState.PENDING, PRICE)
    assert review.due_at == answer.created_at + timedelta(days=14)


def test_silence_approves_what_is_due_and_nothing_else(cast: Cast) -> None:
    answer = cast.answer(cast.worker).answer
    assert approve_by_silence(now=answer.created_at + timedelta(days=14, seconds=-1)) == 0
    assert approve_by_silence(now=answer.created_at + timedelta(days=14)) == 1
    review = PayReview.objects.get(answer=answer)
    assert (review.state, review.decided_by) == (PayState.APPROVED, None)
    assert approve_by_silence(now=timezone.now() + timedelta(days=99)) == 0


def test_a_project_sets_its_own_periods_for_answers_to_come(cast: Cast) -> None:
    before = cast.answer(cast.worker).answer
    set_pay_terms(project=cast.project, terms=Terms(review_days=3), actor=cast.owner)
    after = cast.answer(cast.worker).answer
    days = [(PayReview.objects.get(answer=a).due_at - a.created_at).days for a in (before, after)]
    assert days == [14, 3]
    with pytest.raises(InvalidInput) as refusal:
        set_pay_terms(project=cast.project, terms=Terms(review_days=31, appeal_days=1), actor=cast.owner)
    assert [problem.pointer for problem in refusal.value.problems] == ["/review_days", "/appeal_days"]


def test_approval_is_final_and_may_be_repeated(cast: Cast) -> None:
    answer = cast.answer(cast.worker).answer
    for _ in range(2):
        review = approve_answer(project=cast.project, answer_uid=answer.uid, actor=cast.manager)
        assert (review.state, review.decided_by) == (PayState.APPROVED, cast.manager)
    assert Event.objects.filter(kind=EventKind.PAY_APPROVED).count() == 1
    with pytest.raises(Conflict):
        reject(cast, answer)
    assert owed(cast) == PRICE


@pytest.mark.parametrize(("reason", "evidence"), [(" ", EVIDENCE), ("random", {}), ("x" * 2001, EVIDENCE)])
def test_a_rejection_without_grounds_is_refused(cast: Cast, reason: str, evidence: dict[str, str]) -> None:
    answer = cast.answer(cast.worker).answer
    with pytest.raises(InvalidInput):
        reject_answer(project=cast.project, answer_uid=answer.uid, actor=cast.manager, reason=reason, evidence=evidence)
    assert state(answer) == PayState.PENDING


def test_a_rejection_reverses_the_entry_and_holds_the_budget_until_it_is_final(cast: Cast) -> None:
    answer = cast.answer(cast.worker).answer
    review = reject(cast, answer)
    assert (review.state, review.reason, review.evidence) == (PayState.REJECTED, "random", EVIDENCE)
    assert (owed(cast), left(cast)) == (0, 4 * PRICE)
    assert reject(cast, answer).round == 1, "the same rejection again is replayed"
    assert review.appeal_until is not None
    assert close_unappealed(now=review.appeal_until) == 0
    assert close_unappealed(now=review.appeal_until + timedelta(seconds=1)) == 1
    assert (state(answer), left(cast), owed(cast)) == (PayState.FINAL, 5 * PRICE, 0)
    assert not any(broken_promises(cast.project).values())


def test_a_rejection_is_reversed_by_a_further_entry_once(cast: Cast) -> None:
    answer = cast.answer(cast.worker).answer
    reject(cast, answer)
    for _ in range(2):
        review = reverse_rejection(project=cast.project, answer_uid=answer.uid, actor=cast.owner, reason="a mistake")
        assert (review.state, owed(cast), left(cast)) == (PayState.APPROVED, PRICE, 4 * PRICE)
    assert Entry.objects.filter(transaction__answer=answer).count() == 6
    assert not any(broken_promises(cast.project).values())


def test_a_final_rejection_is_paid_after_all_from_a_budget_that_covers_it() -> None:
    cast = make_cast(tasks=3, budget_micros=PRICE)
    answer = cast.answer(cast.worker).answer
    reject(cast, answer)
    close_unappealed(now=timezone.now() + timedelta(days=30))
    cast.answer(cast.workers[1])
    with pytest.raises(BudgetExhausted):
        reverse_rejection(project=cast.project, answer_uid=answer.uid, actor=None, reason="the gold was wrong")
    assert (state(answer), owed(cast)) == (PayState.FINAL, PRICE)
    add_to_budget(project=cast.project, amount_micros=PRICE, actor=cast.owner)
    reverse_rejection(project=cast.project, answer_uid=answer.uid, actor=None, reason="the gold was wrong")
    assert (state(answer), owed(cast), left(cast)) == (PayState.APPROVED, 2 * PRICE, 0)
    assert not any(broken_promises(cast.project).values())


def test_pay_that_was_not_rejected_has_no_rejection_to_reverse(cast: Cast) -> None:
    answer = cast.answer(cast.worker).answer
    with pytest.raises(Conflict):
        reverse_rejection(project=cast.project, answer_uid=answer.uid, actor=cast.owner, reason="why not")
    with pytest.raises(NotFound):
        approve_answer(project=make_cast().project, answer_uid=answer.uid, actor=cast.owner)


def test_nobody_decides_about_their_own_pay(cast: Cast) -> None:
    enrol(project=cast.project, worker=worker_of_user(cast.manager))
    answer = cast.answer(worker_of_user(cast.manager)).answer
    with pytest.raises(Conflict):
        approve_answer(project=cast.project, answer_uid=answer.uid, actor=cast.manager)
    now = timezone.now()
    assert approve_many(project=cast.project, actor=cast.manager, answer_uids=None, until=now) == 0
    assert approve_many(project=cast.project, actor=cast.owner, answer_uids=None, until=now) == 1


def test_many_are_approved_at_once_until_a_moment(cast: Cast) -> None:
    first, second = cast.answer(cast.worker).answer, cast.answer(cast.worker).answer
    third = cast.answer(cast.workers[1]).answer
    reject(cast, third)
    args = {"project": cast.project, "actor": cast.manager}
    assert approve_many(**args, answer_uids=None, until=first.created_at) == 1
    named = [second.uid, third.uid]
    assert approve_many(**args, answer_uids=named, until=timezone.now()) == 1
    assert [state(a) for a in (first, second, third)] == ["approved", "approved", "rejected"]


def test_a_late_answer_earns_what_its_claim_said(cast: Cast) -> None:
    claim = cast.claim()
    assert claim.assignment is not None
    cast.configure(price_micros=1)
    expire_assignment(assignment_id=claim.assignment.pk, now=timezone.now() + timedelta(days=1))
    late = submit_answer(assignment_uid=claim.assignment.uid, worker=cast.worker, value="neutral").answer
    process_answer(answer_id=late.pk)
    assert owed(cast) == PRICE


@pytest.mark.parametrize(("surplus", "earned"), [(SurplusPay.NOTHING, 0), (SurplusPay.FULL, PRICE)])
def test_surplus_work_is_paid_by_policy(surplus: SurplusPay, earned: int) -> None:
    cast = make_cast(tasks=1, min_overlap=1, max_overlap=1, budget_micros=5 * PRICE)
    set_pay_terms(project=cast.project, terms=Terms(surplus=surplus), actor=cast.owner)
    claim = cast.claim()
    assert claim.assignment is not None
    expire_assignment(assignment_id=claim.assignment.pk, now=timezone.now() + timedelta(days=1))
    cast.answer(cast.workers[1])
    late = submit_answer(assignment_uid=claim.assignment.uid, worker=cast.worker, value="neutral").answer
    process_answer(answer_id=late.pk)
    assert late.is_surplus
    assert owed(cast) == PRICE + earned
    assert not any(broken_promises(cast.project).values())
