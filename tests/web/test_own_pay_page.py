"""A worker sees how the money stands, contests a rejection, says where the money goes."""

from __future__ import annotations

import re

import pytest
from cast import Cast, make_cast
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crowd.models import Appeal, PayeeDetails, PayReview, Worker
from crowd.services.pay_review import reject_answer

REASON = "blank on purpose"


def words(client: Client) -> str:
    page = client.get(reverse("me-pay")).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def reject(cast: Cast, worker: Worker | None = None) -> str:
    answer = cast.answer(worker or cast.worker).answer
    reject_answer(
        project=cast.project, answer_uid=answer.uid, actor=cast.owner, reason=REASON, evidence={"note": "see the task"}
    )
    return str(answer.uid)


def test_pay_stands_in_review_until_it_is_approved(cast: Cast, worker_client: Client) -> None:
    cast.answer(cast.worker)
    assert "Sentiment 0.02 USD 0.00 USD 0.00 USD 0.00 USD" in words(worker_client).replace("\xa0", " ")


def test_a_rejection_has_its_reason_and_an_appeal(cast: Cast, worker_client: Client) -> None:
    answer = reject(cast)
    assert f"Why: {REASON}" in words(worker_client)
    body = {"reason": "It was not blank."}
    sent = worker_client.post(reverse("me-appeal", args=[answer]), body, follow=True).content.decode()
    assert "silence decides for you" in sent
    assert Appeal.objects.get().reason == "It was not blank."
    assert PayReview.objects.get().state == "appealed"
    assert "Your appeal: It was not blank." in words(worker_client)


def test_an_appeal_needs_words(cast: Cast, worker_client: Client) -> None:
    answer = reject(cast)
    page = worker_client.post(reverse("me-appeal", args=[answer]), {"reason": " "}, follow=True).content.decode()
    assert "say what was wrong with the rejection" in page
    assert Appeal.objects.count() == 0


def test_nobody_sees_or_contests_another_persons_rejection(cast: Cast, worker_client: Client) -> None:
    answer = reject(cast, cast.workers[1])
    assert REASON not in words(worker_client)
    assert worker_client.post(reverse("me-appeal", args=[answer]), {"reason": "mine"}).status_code == 404
    assert Appeal.objects.count() == 0


def test_payee_details_are_kept_and_shown_masked(cast: Cast, worker_client: Client) -> None:
    body = {"method": "paypal", "recipient": "ada@example.org"}
    assert worker_client.post(reverse("me-payee"), body)["Location"] == reverse("me-pay")
    assert PayeeDetails.objects.get().recipient == "ada@example.org"
    page = words(worker_client)
    assert "a…@example.org" in page
    assert "ada@example.org" not in worker_client.get(reverse("me-pay")).content.decode()


def test_payee_details_that_cannot_be_paid_to_are_explained_at_their_field(cast: Cast, worker_client: Client) -> None:
    response = worker_client.post(reverse("me-payee"), {"method": "sepa", "recipient": "DE00 1234", "name": "Ada"})
    assert response.status_code == 422
    assert "this is no valid IBAN; check its digits" in response.content.decode()
    assert PayeeDetails.objects.count() == 0


@pytest.mark.parametrize(("name", "method"), [("me-pay", "get"), ("me-payee", "post")])
def test_own_pay_needs_a_log_in(db: None, name: str, method: str) -> None:
    assert getattr(Client(), method)(reverse(name))["Location"] == f"{reverse('log-in')}?next={reverse(name)}"


def test_three_rejections_cost_as_many_queries_as_one(db: None, log_in) -> None:
    cast = make_cast(tasks=3)
    client = log_in(cast.worker.user)
    counts = []
    for rejected in (1, 3):
        while PayReview.objects.filter(state="rejected").count() < rejected:
            reject(cast)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("me-pay")).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]
