"""Log-in, home, the worker's own record."""

from __future__ import annotations

import re

import pytest
from cast import Cast, make_cast
from django.test import Client
from django.urls import reverse

from crowd.models import Answer
from crowd.policies.standing import STEP, disclosed_answers


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_logging_in_leads_to_the_page_that_was_asked_for(cast: Cast) -> None:
    target = reverse("manage", args=[cast.project.uid])
    body = {"username": "OLGA@example.org", "password": "correct horse", "next": target}
    assert Client().post(reverse("log-in"), body)["Location"] == target


def test_a_wrong_password_is_told_without_telling_which_part(cast: Cast) -> None:
    pages = [
        Client().post(reverse("log-in"), {"username": name, "password": "wrong"}).content.decode()
        for name in ("olga@example.org", "nobody@example.org")
    ]
    for page in pages:
        assert "No account has this e-mail address with this password." in page


def test_log_in_does_not_lead_to_another_site(cast: Cast) -> None:
    body = {"username": "olga@example.org", "password": "correct horse", "next": "https://evil.example/"}
    assert Client().post(reverse("log-in"), body)["Location"] == reverse("home")


def test_logging_out_is_a_post_that_ends_the_session(owner_client: Client) -> None:
    assert owner_client.get(reverse("log-out")).status_code == 405
    assert owner_client.post(reverse("log-out"))["Location"] == reverse("log-in")
    assert owner_client.get(reverse("home")).status_code == 302


def test_home_shows_a_worker_price_and_own_answers(cast: Cast, worker_client: Client) -> None:
    cast.answer(cast.worker)
    text = words(worker_client.get(reverse("home")).content.decode())
    assert "Price per answer 0.02 USD" in text
    assert "You have answered 1" in text
    assert "That you manage" not in text


def test_home_shows_a_manager_progress(cast: Cast, owner_client: Client) -> None:
    for worker in cast.workers[:2]:
        cast.answer(worker)
        cast.answer(worker)
    cast.gold(3)  # golds are not tasks to finish
    text = words(owner_client.get(reverse("home")).content.decode())
    assert "2 / 2 (100 %)" in text
    assert "To work on" not in text


def test_home_of_a_stranger_is_empty(cast: Cast, log_in) -> None:
    assert "No project yet" in log_in(cast.stranger).get(reverse("home")).content.decode()


def test_earnings_come_from_the_ledger_with_what_is_pending(cast: Cast, worker_client: Client) -> None:
    cast.answer(cast.worker)
    cast.answer(cast.worker, is_processed=False)
    cast.answer(cast.workers[1])
    text = words(worker_client.get(reverse("me")).content.decode())
    assert "Confirmed in all 0.02 USD" in text
    assert "Sentiment 1 0.02 USD 0.02 USD" in text


def test_a_decision_is_a_notice_with_its_reason(cast: Cast, worker_client: Client) -> None:
    cast.gold(8, label="negative")
    cast.configure(gold_rate=1.0)
    while cast.enrolment().trust_level != "suspended":
        cast.answer(cast.worker, "positive")
    text = words(worker_client.get(reverse("me")).content.decode())
    assert "gold answers wrong: accuracy under" in text
    assert "gold-sequential-test, version 2" in text


def test_own_skill_moves_only_every_so_many_answers(db: None, log_in) -> None:
    cast = make_cast(tasks=STEP + 5, gold_rate=1.0)
    cast.gold(STEP + 5)
    client = log_in(cast.worker.user)
    seen = []
    for _ in range(STEP + 4):
        cast.answer(cast.worker)
        found = re.search(r"Evidence: (\d+) tests right", client.get(reverse("me")).content.decode())
        seen.append(int(found[1]) if found else None)
    golds = Answer.objects.order_by("id")[:STEP]
    right = sum(answer.is_correct is True for answer in golds)
    assert seen == [None] * (STEP - 1) + [right] * 5
    assert right > 0


@pytest.mark.parametrize(("answers", "shown"), [(0, 0), (19, 0), (20, 20), (39, 20), (40, 40)])
def test_disclosure_is_in_steps(answers: int, shown: int) -> None:
    assert disclosed_answers(answers) == shown
