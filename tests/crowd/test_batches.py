"""Batches: what is due goes out once, by two people, whole units, frozen; what does not arrive is owed again."""

from __future__ import annotations

from typing import Any

import pytest
from cast import Cast, make_cast
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crowd.enums import AccountKind, BatchFormat, BatchState, LineState, PayeeMethod
from crowd.errors import Conflict, InvalidInput, NotFound
from crowd.models import Batch, BatchFile, BatchLine, Entry, PaidEntry, User, Worker
from crowd.policies.payees import Payee
from crowd.queries.exactness import broken_promises
from crowd.services.batches import Made, approve_batch, cancel_batch, export_batch, make_batch, mark_sent
from crowd.services.pay_review import approve_many, reject_answer, reverse_rejection
from crowd.services.payees import set_payee
from crowd.services.payments import end_payments

pytestmark = pytest.mark.django_db

PRICE = 124_000


@pytest.fixture
def cast() -> Cast:
    cast = make_cast(tasks=6, price_micros=PRICE, budget_micros=20 * PRICE)
    for worker in cast.workers[:3]:
        pay_to(worker)
    return cast


def pay_to(worker: Worker, recipient: str = "") -> None:
    address = recipient or f"{worker.name}@example.org"
    set_payee(worker=worker, payee=Payee(method=PayeeMethod.PAYPAL, recipient=address))


def approve_all(cast: Cast) -> None:
    approve_many(project=cast.project, actor=cast.owner, answer_uids=None, until=timezone.now())


def make(cast: Cast, batch_format: BatchFormat = BatchFormat.PAYPAL_CSV, **options: Any) -> Made:
    return make_batch(project=cast.project, batch_format=batch_format, options=options, maker=cast.finance)


def send(cast: Cast, batch: Batch) -> None:
    approve_batch(project=cast.project, batch_uid=batch.uid, actor=cast.owner)
    export_batch(project=cast.project, batch_uid=batch.uid, actor=cast.finance)
    mark_sent(project=cast.project, batch_uid=batch.uid, actor=cast.finance)


def end(cast: Cast, batch: Batch, outcome: LineState, *numbers: int, reason: str = "account closed") -> Batch:
    return end_payments(
        project=cast.project,
        batch_uid=batch.uid,
        numbers=list(numbers) or None,
        outcome=outcome,
        reason="" if outcome == LineState.SETTLED else reason,
        actor=cast.finance,
    )


def held(cast: Cast, kind: AccountKind, n: int = 0) -> int:
    rows = Entry.objects.filter(account__worker=cast.workers[n], account__kind=kind)
    return -sum(entry.amount_micros for entry in rows)


def amounts(batch: Batch) -> list[tuple[int, int]]:
    lines = BatchLine.objects.filter(batch=batch).order_by("number")
    return [(line.amount_micros, line.carried_micros) for line in lines]


def step(act: Any, cast: Cast, batch: Batch, actor: User) -> Any:
    return act(project=cast.project, batch_uid=batch.uid, actor=actor)


def test_only_approved_pay_goes_out_in_whole_units_and_the_rest_is_carried(cast: Cast) -> None:
    cast.answer(cast.worker)
    approve_all(cast)
    cast.answer(cast.worker)
    first = make(cast)
    assert amounts(first.batch) == [(120_000, 4_000)]
    assert (held(cast, AccountKind.WORKER_PAYABLE), held(cast, AccountKind.WORKER_TRANSIT)) == (128_000, 120_000)
    approve_all(cast)
    for _ in range(2):
        cast.answer(cast.worker)
    approve_all(cast)
    assert amounts(make(cast).batch) == [(370_000, 6_000)]
    assert held(cast, AccountKind.WORKER_PAYABLE) == 6_000
    assert not any(broken_promises(cast.project).values())


def test_what_a_batch_covers_is_covered_once(cast: Cast) -> None:
    cast.answer(cast.worker)
    approve_all(cast)
    make(cast)
    with pytest.raises(Conflict):
        make(cast)
    assert PaidEntry.objects.count() == Entry.objects.filter(account__kind=AccountKind.WORKER_PAYABLE).count() == 2
    assert Batch.objects.count() == 1


def test_whoever_is_left_out_is_named_with_the_reason(cast: Cast) -> None:
    for worker in cast.workers[:3]:
        cast.answer(worker)
    cast.answer(cast.workers[3])
    set_payee(worker=cast.workers[1], payee=Payee(method=PayeeMethod.WISE, recipient="R-1", name="Bo"))
    approve_all(cast)
    made = make(cast)
    assert [(left.worker, left.owed_micros, left.reason) for left in made.left_out] == [
        (cast.workers[1], PRICE, "wants to be paid by wise; this batch pays by paypal"),
        (cast.workers[3], PRICE, "has not said where the money should go"),
    ]
    assert [line.account.worker for line in made.batch.lines.order_by("number")] == [cast.workers[0], cast.workers[2]]


def test_less_than_a_unit_waits() -> None:
    cast = make_cast(price_micros=9_999)
    pay_to(cast.worker)
    cast.answer(cast.worker)
    approve_all(cast)
    with pytest.raises(Conflict) as refusal:
        make(cast)
    assert "less than the smallest unit" in str(refusal.value)
    cast.answer(cast.worker)
    approve_all(cast)
    assert amounts(make(cast).batch) == [(10_000, 9_998)]


def test_a_rejected_answer_is_not_paid_and_a_reinstated_one_is(cast: Cast) -> None:
    lost = cast.answer(cast.worker).answer
    cast.answer(cast.worker)
    reject_answer(project=cast.project, answer_uid=lost.uid, actor=cast.manager, reason="empty", evidence={"text": ""})
    approve_all(cast)
    assert amounts(make(cast).batch) == [(120_000, 4_000)]
    reverse_rejection(project=cast.project, answer_uid=lost.uid, actor=cast.owner, reason="a mistake")
    assert amounts(make(cast).batch) == [(120_000, 8_000)]


def test_the_maker_cannot_approve(cast: Cast) -> None:
    cast.answer(cast.worker)
    approve_all(cast)
    batch = make(cast).batch
    with pytest.raises(Conflict):
        step(approve_batch, cast, batch, cast.finance)
    assert step(approve_batch, cast, batch, cast.owner).approved_by == cast.owner
    assert step(approve_batch, cast, batch, cast.manager).approved_by == cast.owner, "done already: nothing changes"


def test_steps_come_in_their_order(cast: Cast) -> None:
    cast.answer(cast.worker)
    approve_all(cast)
    batch = make(cast).batch
    for act in (export_batch, mark_sent):
        with pytest.raises(Conflict):
            step(act, cast, batch, cast.finance)
    with pytest.raises(Conflict):
        end(cast, batch, LineState.SETTLED)
    step(approve_batch, cast, batch, cast.owner)
    with pytest.raises(Conflict):
        step(mark_sent, cast, batch, cast.finance)
    step(export_batch, cast, batch, cast.finance)
    with pytest.raises(Conflict):
        step(cancel_batch, cast, batch, cast.finance)
    assert step(mark_sent, cast, batch, cast.finance).state == BatchState.SENT
    with pytest.raises(NotFound):
        step(mark_sent, make_cast(), batch, cast.finance)


def test_exporting_again_gives_the_same_bytes_whatever_changed_since(cast: Cast) -> None:
    cast.answer(cast.worker)
    approve_all(cast)
    batch = make(cast, note="June").batch
    step(approve_batch, cast, batch, cast.owner)
    first = step(export_batch, cast, batch, cast.finance)
    assert bytes(first.content) == b"w1@example.org,0.12,USD," + batch.uid.hex[:20].encode() + b"-1,June,PayPal\r\n"
    pay_to(cast.worker, "other@example.org")
    cast.answer(cast.worker)
    again = step(export_batch, cast, batch, cast.owner)
    assert (bytes(again.content), again.sha256) == (bytes(first.content), first.sha256)
    assert BatchFile.objects.count() == 1


def test_a_settled_batch_is_done(cast: Cast) -> None:
    for worker in cast.workers[:2]:
        cast.answer(worker)
    approve_all(cast)
    batch = make(cast).batch
    send(cast, batch)
    assert end(cast, batch, LineState.SETTLED, 1).state == BatchState.SENT
    for _ in range(2):
        assert end(cast, batch, LineState.SETTLED).state == BatchState.DONE
    assert (held(cast, AccountKind.WORKER_TRANSIT), held(cast, AccountKind.WORKER_PAID)) == (0, 120_000)


@pytest.mark.parametrize("is_returned", [False, True])
def test_money_that_did_not_arrive_is_owed_again_and_goes_out_again(cast: Cast, is_returned: bool) -> None:
    cast.answer(cast.worker)
    approve_all(cast)
    batch = make(cast).batch
    send(cast, batch)
    if is_returned:
        end(cast, batch, LineState.SETTLED)
    outcome = LineState.RETURNED if is_returned else LineState.FAILED
    for _ in range(2):
        end(cast, batch, outcome, 1)
    assert held(cast, AccountKind.WORKER_PAYABLE) == PRICE
    assert held(cast, AccountKind.WORKER_TRANSIT) == held(cast, AccountKind.WORKER_PAID) == 0
    again = make(cast).batch
    assert amounts(again) == [(120_000, 4_000)]
    assert held(cast, AccountKind.WORKER_PAYABLE) == 4_000
    with pytest.raises(Conflict):
        end(cast, batch, LineState.SETTLED, 1)


def test_a_failure_needs_a_reason_and_a_line_that_is_there(cast: Cast) -> None:
    cast.answer(cast.worker)
    approve_all(cast)
    batch = make(cast).batch
    send(cast, batch)
    with pytest.raises(InvalidInput):
        end(cast, batch, LineState.FAILED, reason=" ")
    with pytest.raises(InvalidInput) as refusal:
        end(cast, batch, LineState.SETTLED, 1, 7)
    assert [problem.pointer for problem in refusal.value.problems] == ["/lines/7"]
    assert BatchLine.objects.get().state == LineState.PENDING


def test_a_cancelled_batch_gives_everything_back(cast: Cast) -> None:
    for worker in cast.workers[:2]:
        cast.answer(worker)
    approve_all(cast)
    batch = make(cast).batch
    for _ in range(2):
        assert step(cancel_batch, cast, batch, cast.finance).state == BatchState.CANCELLED
    assert (held(cast, AccountKind.WORKER_PAYABLE), held(cast, AccountKind.WORKER_TRANSIT)) == (PRICE, 0)
    assert amounts(make(cast).batch) == [(120_000, 4_000)] * 2
    with pytest.raises(Conflict):
        step(approve_batch, cast, batch, cast.owner)


def test_a_format_that_cannot_pay_the_currency_is_refused(cast: Cast) -> None:
    with pytest.raises(InvalidInput) as refusal:
        make(cast, BatchFormat.SEPA_XML)
    assert refusal.value.problems[0].pointer == "/format"


def test_three_workers_take_no_more_statements_than_one(cast: Cast) -> None:
    counts = []
    for people in (1, 3):
        for worker in cast.workers[:people]:
            cast.answer(worker)
        approve_all(cast)
        with CaptureQueriesContext(connection) as queries:
            make(cast)
        counts.append(len(queries))
    assert counts[0] == counts[1]
