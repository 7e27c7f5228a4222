"""The work page: claim, answer, next; each POST leads to a page that may be reloaded."""

from __future__ import annotations

import pytest
from cast import Cast
from django.test import Client
from django.urls import reverse

from crowd.models import Answer, Assignment, Event, Project


def url(name: str, project: Project) -> str:
    return reverse(name, args=[project.uid])


def in_hand(cast: Cast) -> Assignment:
    return Assignment.objects.get(worker=cast.worker, state="active")


def send(client: Client, cast: Cast, assignment: Assignment, choice: str = "2"):
    return client.post(url("work-submit", cast.project), {"assignment": str(assignment.uid), "choice": choice})


def test_opening_the_page_claims_nothing(cast: Cast, worker_client: Client) -> None:
    page = worker_client.get(url("work", cast.project))
    assert page.status_code == 200
    assert page.templates[0].name == "worker/start.html"
    assert Assignment.objects.count() == 0


def test_claiming_by_get_is_refused(cast: Cast, worker_client: Client) -> None:
    assert worker_client.get(url("work-claim", cast.project)).status_code == 405
    assert Assignment.objects.count() == 0


def test_claiming_leads_to_the_task(cast: Cast, worker_client: Client) -> None:
    claimed = worker_client.post(url("work-claim", cast.project))
    assert (claimed.status_code, claimed["Location"]) == (302, url("work", cast.project))
    page = worker_client.get(claimed["Location"])
    assert page.templates[0].name == "worker/task.html"
    assert in_hand(cast).task.payload["text"] in page.content.decode()
    assert page["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"


def test_sending_stores_the_label_at_that_place_then_shows_the_next_task(cast: Cast, worker_client: Client) -> None:
    worker_client.post(url("work-claim", cast.project))
    first = in_hand(cast)
    sent = send(worker_client, cast, first, choice="1")
    assert (sent.status_code, sent["Location"]) == (302, url("work", cast.project))
    assert Answer.objects.get().value == "neutral"
    assert in_hand(cast).task_id != first.task_id


def test_a_double_click_stores_one_answer(cast: Cast, worker_client: Client) -> None:
    worker_client.post(url("work-claim", cast.project))
    first = in_hand(cast)
    send(worker_client, cast, first)
    second = in_hand(cast)
    again = send(worker_client, cast, first)
    assert again["Location"] == url("work", cast.project)
    assert Answer.objects.count() == 1
    assert in_hand(cast).pk == second.pk
    assert "counts once" in worker_client.get(again["Location"]).content.decode()


def test_another_answer_from_an_old_page_leaves_the_first_in_place(cast: Cast, worker_client: Client) -> None:
    worker_client.post(url("work-claim", cast.project))
    first = in_hand(cast)
    send(worker_client, cast, first, choice="0")
    again = send(worker_client, cast, first, choice="2")
    assert "Your first answer stands" in worker_client.get(again["Location"]).content.decode()
    assert list(Answer.objects.values_list("value", flat=True)) == ["negative"]


@pytest.mark.parametrize("choice", ["", "3", "-1", "positive", "9" * 400])
def test_a_choice_that_is_none_sends_nothing(cast: Cast, worker_client: Client, choice: str) -> None:
    worker_client.post(url("work-claim", cast.project))
    sent = send(worker_client, cast, in_hand(cast), choice=choice)
    assert "please choose an answer first" in worker_client.get(sent["Location"]).content.decode()
    assert Answer.objects.count() == 0
    assert in_hand(cast).state == "active"


def test_reloading_the_page_keeps_the_same_task(cast: Cast, worker_client: Client) -> None:
    worker_client.post(url("work-claim", cast.project))
    held = in_hand(cast).pk
    for _ in range(2):
        worker_client.get(url("work", cast.project))
        worker_client.post(url("work-claim", cast.project))
    assert [row.pk for row in Assignment.objects.all()] == [held]


def test_skipping_needs_a_reason_and_keeps_it(cast: Cast, worker_client: Client) -> None:
    worker_client.post(url("work-claim", cast.project))
    held = in_hand(cast)
    body = {"assignment": str(held.uid)}
    worker_client.post(url("work-skip", cast.project), body)
    held.refresh_from_db()
    assert held.state == "active"
    worker_client.post(url("work-skip", cast.project), body | {"reason": "broken", "detail": "half a sentence"})
    held.refresh_from_db()
    assert held.state == "skipped"
    assert Event.objects.get(kind="task_skipped").detail == {"reason": "broken: half a sentence"}
    assert in_hand(cast).task_id != held.task_id


def test_giving_back_ends_the_lease_and_leads_home(cast: Cast, worker_client: Client) -> None:
    worker_client.post(url("work-claim", cast.project))
    held = in_hand(cast)
    gone = worker_client.post(url("work-release", cast.project), {"assignment": str(held.uid)})
    held.refresh_from_db()
    assert (gone["Location"], held.state) == (reverse("home"), "released")


def test_acting_on_a_task_that_was_given_back_says_so(cast: Cast, worker_client: Client) -> None:
    worker_client.post(url("work-claim", cast.project))
    held = in_hand(cast)
    worker_client.post(url("work-release", cast.project), {"assignment": str(held.uid)})
    sent = send(worker_client, cast, held)
    assert "no longer in your hands" in worker_client.get(sent["Location"]).content.decode()
    assert Answer.objects.count() == 0


@pytest.mark.parametrize("name", ["work-submit", "work-renew", "work-skip", "work-release"])
@pytest.mark.parametrize("assignment", ["", "not-a-uuid"])
def test_a_broken_form_changes_nothing(cast: Cast, worker_client: Client, name: str, assignment: str) -> None:
    worker_client.post(url("work-claim", cast.project))
    body = {"assignment": assignment, "choice": "1", "reason": "other"}
    assert worker_client.post(url(name, cast.project), body).status_code == 302
    assert in_hand(cast).state == "active"
