"""Races for money: whoever comes first, nobody is paid twice, nothing is lost, a file is written once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from at_once import race
from cast import Cast, make_cast
from django.db.models import Sum
from django.utils import timezone

from crowd.enums import AccountKind, BatchFormat, BatchState, LineState, PayeeMethod, PayState
from crowd.errors import BudgetExhausted, Conflict
from crowd.models import Batch, BatchFile, BatchLine, Bonus, Entry, PaidEntry, PayReview, Transaction
from crowd.policies.payees import Payee
from crowd.queries.exactness import broken_promises
from crowd.queries.soundness import broken_books
from crowd.services.appeals import appeal_rejection, decide_appeal, grant_unanswered
from crowd.services.batches import approve_batch, cancel_batch, export_batch, make_batch, mark_sent
from crowd.services.bonuses import pay_bonus
from crowd.services.pay_review import approve_answer, approve_by_silence, approve_many, reject_answer
from crowd.services.payees import set_payee
from crowd.services.payments import end_payments

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

PRICE = 120_000
ANSWERS = 6


def paid_cast(*, is_approved: bool = True) -> Cast:
    """Three workers with two answers each, who can be paid."""
    cast = make_cast(tasks=2, workers=3, min_overlap=3, max_overlap=3, price_micros=PRICE, budget_micros=20 * PRICE)
    for n, worker in enumerate(cast.workers):
        set_payee(worker=worker, payee=Payee(method=PayeeMethod.PAYPAL, recipient=f"w{n}@example.org"))
        for _ in range(2):
            cast.answer(worker)
    if is_approved:
        approve_many(project=cast.project, actor=cast.owner, answer_uids=None, until=timezone.now())
    return cast


def draft(cast: Cast) -> Batch:
    made = make_batch(project=cast.project, batch_format=BatchFormat.PAYPAL_CSV, options={}, maker=cast.finance)
    return made.batch


def step(act: Callable[..., Any], cast: Cast, batch: Batch) -> Callable[[], Any]:
    return lambda: act(project=cast.project, batch_uid=batch.uid, actor=cast.owner)


def balance(kind: AccountKind) -> int:
    return -int(Entry.objects.filter(account__kind=kind).aggregate(n=Sum("amount_micros"))["n"] or 0)


def assert_sound(cast: Cast) -> None:
    broken = broken_promises(cast.project) | broken_books(cast.project)
    assert {name: n for name, n in broken.items() if n} == {}


def conflicts(replies: list[Any]) -> int:
    """How many were refused; anything else that went wrong is an error of the test."""
    refused = [reply for reply in replies if isinstance(reply, Exception)]
    assert all(isinstance(reply, Conflict) for reply in refused), refused
    return len(refused)


def test_of_four_who_draft_at_once_one_gets_what_is_due() -> None:
    cast = paid_cast()
    replies = race([lambda: draft(cast)] * 4)
    assert conflicts(replies) == 3
    assert BatchLine.objects.count() == 3
    assert BatchLine.objects.aggregate(n=Sum("amount_micros"))["n"] == ANSWERS * PRICE
    # An entry for each answer, and that of the payout, once each.
    assert PaidEntry.objects.count() == ANSWERS + 3
    assert (balance(AccountKind.WORKER_PAYABLE), balance(AccountKind.WORKER_TRANSIT)) == (0, ANSWERS * PRICE)
    assert_sound(cast)


def test_those_who_approve_at_once_approve_it_once_and_those_who_cancel_meanwhile_win_or_lose() -> None:
    cast = paid_cast()
    batch = draft(cast)
    assert conflicts(race([step(approve_batch, cast, batch)] * 4)) == 0
    assert cast.project.events.filter(kind="batch_approved").count() == 1
    export, cancel = step(export_batch, cast, batch), step(cancel_batch, cast, batch)
    replies = race([export, cancel, export, cancel])
    batch.refresh_from_db()
    assert conflicts(replies) == 2
    if batch.state == BatchState.EXPORTED:
        assert (BatchFile.objects.count(), balance(AccountKind.WORKER_TRANSIT)) == (1, ANSWERS * PRICE)
    else:
        assert (batch.state, BatchFile.objects.count()) == (BatchState.CANCELLED, 0)
        assert (balance(AccountKind.WORKER_PAYABLE), balance(AccountKind.WORKER_TRANSIT)) == (ANSWERS * PRICE, 0)
    assert_sound(cast)


def test_those_who_export_at_once_get_the_same_bytes() -> None:
    cast = paid_cast()
    batch = draft(cast)
    approve_batch(project=cast.project, batch_uid=batch.uid, actor=cast.owner)
    files = race([step(export_batch, cast, batch)] * 6)
    assert conflicts(files) == 0
    assert {(file.pk, bytes(file.content), file.sha256) for file in files} == {
        (file.pk, bytes(file.content), file.sha256) for file in [BatchFile.objects.get()]
    }
    assert cast.project.events.filter(kind="batch_exported").count() == 1
    again = export_batch(project=cast.project, batch_uid=batch.uid, actor=cast.finance)
    assert bytes(again.content) == bytes(files[0].content)


def test_a_payment_ends_once_however_many_settle_or_fail_it() -> None:
    cast = paid_cast()
    batch = draft(cast)
    approve_batch(project=cast.project, batch_uid=batch.uid, actor=cast.owner)
    export_batch(project=cast.project, batch_uid=batch.uid, actor=cast.owner)
    mark_sent(project=cast.project, batch_uid=batch.uid, actor=cast.owner)

    def end(outcome: LineState) -> Callable[[], Any]:
        args: dict[str, Any] = {"project": cast.project, "batch_uid": batch.uid, "actor": cast.finance}
        return lambda: end_payments(**args, numbers=[1, 2, 3], outcome=outcome, reason="closed")

    replies = race([end(LineState.SETTLED), end(LineState.FAILED), end(LineState.SETTLED), end(LineState.FAILED)])
    assert conflicts(replies) == 2
    states = set(BatchLine.objects.values_list("state", flat=True))
    assert len(states) == 1
    kind = AccountKind.WORKER_PAID if states == {LineState.SETTLED} else AccountKind.WORKER_PAYABLE
    assert (balance(kind), balance(AccountKind.WORKER_TRANSIT)) == (ANSWERS * PRICE, 0)
    assert_sound(cast)
    # What failed is owed, and goes out once more, once.
    replies = race([lambda: draft(cast)] * 3)
    assert conflicts(replies) == (3 if states == {LineState.SETTLED} else 2)
    assert_sound(cast)


def test_an_appeal_decided_while_a_batch_is_drafted_is_in_it_or_in_the_next() -> None:
    cast = paid_cast(is_approved=False)
    lost = PayReview.objects.filter(worker=cast.worker).select_related("answer").first()
    assert lost is not None
    uid = lost.answer.uid
    reject_answer(project=cast.project, answer_uid=uid, actor=cast.manager, reason="empty", evidence={"n": 1})
    appeal = appeal_rejection(worker=cast.worker, answer_uid=uid, reason="it is right")
    approve_many(project=cast.project, actor=cast.owner, answer_uids=None, until=timezone.now())

    def decide(is_granted: bool) -> Callable[[], Any]:
        args: dict[str, Any] = {"project": cast.project, "appeal_uid": appeal.uid, "judge": cast.owner}
        return lambda: decide_appeal(**args, is_granted=is_granted, reason="read it")

    replies = race([lambda: draft(cast), decide(True), lambda: draft(cast), decide(False), grant_unanswered])
    assert conflicts(replies[1:4:2]) == 1, "the first decision stands"
    lost.refresh_from_db()
    is_owed = lost.state == PayState.APPROVED
    assert lost.state in (PayState.APPROVED, PayState.FINAL)
    assert_sound(cast)
    race([lambda: draft(cast)] * 2)
    assert_sound(cast)
    paid = BatchLine.objects.filter(account__worker=cast.worker).aggregate(n=Sum("amount_micros"))["n"]
    assert paid == (2 if is_owed else 1) * PRICE
    assert balance(AccountKind.WORKER_PAYABLE) == 0


def test_pay_that_is_approved_rejected_and_silent_at_once_is_decided_once() -> None:
    cast = paid_cast(is_approved=False)
    PayReview.objects.update(due_at=timezone.now())
    uid = PayReview.objects.filter(worker=cast.worker).values_list("answer__uid", flat=True).first()
    assert uid is not None
    grounds: dict[str, Any] = {"reason": "empty", "evidence": {"n": 1}}
    replies = race(
        [
            lambda: approve_answer(project=cast.project, answer_uid=uid, actor=cast.owner),
            lambda: reject_answer(project=cast.project, answer_uid=uid, actor=cast.manager, **grounds),
            lambda: draft(cast),
            approve_by_silence,
        ]
    )
    review = PayReview.objects.get(answer__uid=uid)
    assert review.state in (PayState.APPROVED, PayState.REJECTED)
    assert isinstance(replies[0 if review.state == PayState.REJECTED else 1], Conflict)
    approve_by_silence()
    race([lambda: draft(cast)] * 2)
    owed = ANSWERS - (review.state == PayState.REJECTED)
    assert BatchLine.objects.aggregate(n=Sum("amount_micros"))["n"] == owed * PRICE
    assert_sound(cast)


def test_a_bonus_is_paid_once_and_the_last_of_the_budget_to_one_of_two() -> None:
    cast = paid_cast()
    args: dict[str, Any] = {
        "project": cast.project,
        "worker_uid": cast.worker.uid,
        "reason": "kind",
        "actor": cast.owner,
    }
    replies = race([lambda: pay_bonus(**args, key="b", amount_micros=PRICE)] * 4)
    assert len({bonus.pk for bonus in replies}) == 1
    assert (Bonus.objects.count(), Transaction.objects.filter(kind="bonus").count()) == (1, 1)
    left = (20 - ANSWERS - 1) * PRICE
    replies = race([lambda n=n: pay_bonus(**args, key=f"c{n}", amount_micros=left) for n in range(2)])
    assert sum(isinstance(reply, BudgetExhausted) for reply in replies) == 1
    assert Bonus.objects.count() == 2
    assert_sound(cast)
