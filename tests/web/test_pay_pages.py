"""The pages of pay: approved, rejected, contested; bonuses checked first; batches by two people."""

from __future__ import annotations

import re
from collections.abc import Callable

from cast import Cast
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crowd.enums import PayeeMethod
from crowd.models import Appeal, Batch, BatchLine, Bonus, Membership, PayReview
from crowd.policies.payees import Payee
from crowd.services.appeals import appeal_rejection
from crowd.services.payees import set_payee


def address(cast: Cast, name: str, *arguments: object) -> str:
    return reverse(name, args=[cast.project.uid, *arguments])


def read(client: Client, where: str) -> str:
    response = client.get(where)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def states() -> list[str]:
    return list(PayReview.objects.order_by("answer_id").values_list("state", flat=True))


def test_ticked_pay_is_approved(cast: Cast, owner_client: Client) -> None:
    answers = [cast.answer(worker).answer for worker in cast.workers[:2]]
    assert "0.02" in read(owner_client, address(cast, "manage-pay"))
    owner_client.post(address(cast, "manage-pay-approve"))
    assert states() == ["pending", "pending"]
    owner_client.post(address(cast, "manage-pay-approve"), {"answer": [str(answers[0].uid)]})
    assert states() == ["approved", "pending"]


def test_a_second_appeal_with_another_reason_is_refused_on_the_page(cast: Cast, log_in: Callable[..., Client]) -> None:
    answer = cast.answer(cast.worker).answer
    log_in(cast.owner).post(address(cast, "manage-pay-reject", answer.uid), {"reason": "wrong", "evidence": "the text"})
    worker = log_in(cast.worker.user)
    where = reverse("me-appeal", args=[answer.uid])
    worker.post(where, {"reason": "it does not"})
    page = worker.post(where, {"reason": "something else"}, follow=True).content.decode()
    assert "your first reason is the one that is judged" in page
    assert [row.reason for row in Appeal.objects.all()] == ["it does not"]


def test_a_rejection_needs_reason_with_evidence_and_somebody_else_judges_its_appeal(
    cast: Cast, log_in: Callable[..., Client]
) -> None:
    owner, manager = log_in(cast.owner), log_in(cast.manager)
    answer = cast.answer(cast.worker).answer
    do = address(cast, "manage-pay-reject", answer.uid)
    owner.post(do, {"reason": "wrong"})
    owner.post(do, {"evidence": "see"})
    assert states() == ["pending"]
    owner.post(do, {"reason": "wrong", "evidence": "the text says so"})
    review = PayReview.objects.get()
    assert (review.state, review.reason, review.evidence) == ("rejected", "wrong", {"shown": "the text says so"})
    assert "the text says so" in read(owner, address(cast, "manage-pay") + "?state=rejected")
    appeal = appeal_rejection(worker=cast.worker, answer_uid=answer.uid, reason="it does not")
    assert "No appeal waits for you." in read(owner, address(cast, "manage-pay-appeals"))
    assert "it does not" in read(manager, address(cast, "manage-pay-appeals"))
    decide = address(cast, "manage-pay-appeal-decide", appeal.uid)
    owner.post(decide, {"outcome": "denied", "reason": "no"})
    assert Appeal.objects.get().state == "open"
    manager.post(decide, {"outcome": "granted", "reason": "right"})
    assert Appeal.objects.get().state == "granted"
    assert states() == ["approved"]


def test_bonuses_are_checked_first_then_paid(cast: Cast, owner_client: Client) -> None:
    csv = f"key,worker,amount,reason\nb1,{cast.worker.uid},0.50,good work\n"
    checked = owner_client.post(address(cast, "manage-bonuses"), {"csv": csv}, follow=True).content.decode()
    assert "Would pay 1 bonuses, 0.50" in checked
    assert not Bonus.objects.exists()
    owner_client.post(address(cast, "manage-bonuses"), {"csv": csv, "pay": "1"})
    assert Bonus.objects.get().amount_micros == 500_000
    bad = owner_client.post(address(cast, "manage-bonuses"), {"csv": "key,worker\nb,x\n"}, follow=True)
    assert 'class="message warning"' in bad.content.decode()


def test_a_batch_goes_its_way_by_two_people(cast: Cast, log_in: Callable[..., Client]) -> None:
    owner, finance = log_in(cast.owner), log_in(cast.finance)
    answer = cast.answer(cast.worker).answer
    set_payee(worker=cast.worker, payee=Payee(method=PayeeMethod.PAYPAL, recipient="w1@example.org"))
    owner.post(address(cast, "manage-pay-approve"), {"answer": [str(answer.uid)]})
    text = read(finance, address(cast, "manage-batches"))
    assert "to 1 worker" in text
    assert "The ledger balances." in text
    finance.post(address(cast, "manage-batch-make"), {"format": "paypal_csv", "options": "{"})
    assert not Batch.objects.exists()
    finance.post(address(cast, "manage-batch-make"), {"format": "paypal_csv"})
    batch = Batch.objects.get()
    move = address(cast, "manage-batch-move", batch.uid)
    assert "Somebody else must approve it." in read(finance, address(cast, "manage-batch", batch.uid))
    assert "w1@example.org" not in read(finance, address(cast, "manage-batch", batch.uid))
    for client, step, state in (
        (finance, "approve", "draft"),
        (owner, "approve", "approved"),
        (finance, "export", "exported"),
        (finance, "send", "sent"),
    ):
        client.post(move, {"step": step})
        batch.refresh_from_db()
        assert batch.state == state
    file = finance.get(address(cast, "manage-batch-file", batch.uid))
    assert b"w1@example.org" in file.content
    assert file["Content-Disposition"].startswith("attachment;")
    end = address(cast, "manage-batch-end", batch.uid)
    finance.post(end, {"outcome": "failed", "line": "1"})
    assert BatchLine.objects.get().state == "pending"
    finance.post(end, {"outcome": "settled"})
    assert BatchLine.objects.get().state == "settled"


def test_the_list_of_pay_costs_as_many_queries_for_one_as_for_three(cast: Cast, owner_client: Client) -> None:
    counts = []
    for workers in (cast.workers[:1], cast.workers[1:3]):
        for worker in workers:
            cast.answer(worker)
        owner_client.get(address(cast, "manage-pay"))
        with CaptureQueriesContext(connection) as captured:
            owner_client.get(address(cast, "manage-pay"))
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_finance_finds_the_way_from_home(cast: Cast, log_in: Callable[..., Client]) -> None:
    assert Membership.objects.filter(user=cast.finance, role="finance").exists()
    page = log_in(cast.finance).get(reverse("home")).content.decode()
    assert address(cast, "manage-batches") in page
