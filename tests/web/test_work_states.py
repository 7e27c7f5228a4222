"""What the worker is told when there is no task, or when the time is over: a page of its own for each state."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cast import LABELS, Cast, make_cast
from decisions import suspend
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crowd.models import Answer, Assignment, Project, Task
from crowd.services.assignments import expire_assignment


def url(name: str, project: Project) -> str:
    return reverse(name, args=[project.uid])


def after_claim(client: Client, cast: Cast):
    return client.post(url("work-claim", cast.project), follow=True)


def let_time_run_out(assignment: Assignment) -> None:
    past = timezone.now() - timedelta(minutes=1)
    Assignment.objects.filter(pk=assignment.pk).update(deadline=past)


def test_waits_while_others_hold_the_rest(cast: Cast, worker_client: Client) -> None:
    for worker in cast.workers[1:3]:
        cast.claim(worker)
    Task.objects.filter(open_slots__gt=0).update(overlap=0, open_slots=0, is_open=False)
    page = after_claim(worker_client, cast)
    assert page.redirect_chain == [(url("work-wait", cast.project), 302)]
    assert page.templates[0].name == "worker/wait.html"
    assert 'data-retry-seconds="3"' in page.content.decode()


def test_finished_after_the_last_task(cast: Cast, worker_client: Client) -> None:
    for _ in range(2):
        cast.answer(cast.worker)
    Task.objects.update(state="complete", is_open=False)
    page = after_claim(worker_client, cast)
    assert page.redirect_chain == [(url("work-finished", cast.project), 302)]
    assert "You are finished here" in page.content.decode()


def test_paused_project_says_so_and_still_takes_what_is_in_hand(cast: Cast, worker_client: Client) -> None:
    after_claim(worker_client, cast)
    held = Assignment.objects.get()
    cast.configure(state="paused")
    assert worker_client.get(url("work", cast.project)).templates[0].name == "worker/task.html"
    body = {"assignment": str(held.uid), "choice": "0"}
    page = worker_client.post(url("work-submit", cast.project), body, follow=True)
    assert Answer.objects.count() == 1
    assert page.templates[0].name == "worker/closed.html"
    assert "It is paused." in page.content.decode()


def test_used_up_budget_has_a_page(db: None, log_in) -> None:
    cast = make_cast(budget_micros=20_000)
    cast.claim(cast.workers[1])
    page = after_claim(log_in(cast.worker.user), cast)
    assert page.redirect_chain == [(url("work-no-budget", cast.project), 302)]
    assert "budget is used up" in page.content.decode()


def test_suspension_shows_its_reason(cast: Cast, worker_client: Client) -> None:
    change = suspend(cast, cast.worker)
    page = after_claim(worker_client, cast)
    assert page.templates[0].name == "worker/suspended.html"
    assert change.reason in page.content.decode()


def test_more_time_by_script_gives_the_seconds(cast: Cast, worker_client: Client) -> None:
    after_claim(worker_client, cast)
    held = Assignment.objects.get()
    let_time_run_out(held)
    body = {"assignment": str(held.uid)}
    reply = worker_client.post(url("work-renew", cast.project), body, headers={"accept": "application/json"})
    assert reply.json() == {"seconds_left": 60}
    held.refresh_from_db()
    assert held.deadline > timezone.now() + timedelta(seconds=50)


def test_more_time_without_script_keeps_the_choice(cast: Cast, worker_client: Client) -> None:
    after_claim(worker_client, cast)
    body = {"assignment": str(Assignment.objects.get().uid), "choice": "1"}
    page = worker_client.post(url("work-renew", cast.project), body, follow=True).content.decode()
    assert 'value="1" required data-key="2" checked' in page
    assert page.count("checked>") == 2  # the choice, and the check box of the help


def test_an_expired_lease_cannot_be_renewed(cast: Cast, worker_client: Client) -> None:
    after_claim(worker_client, cast)
    held = Assignment.objects.get()
    let_time_run_out(held)
    expire_assignment(assignment_id=held.pk, now=timezone.now())
    body = {"assignment": str(held.uid)}
    assert worker_client.post(url("work-renew", cast.project), body).status_code == 302
    held.refresh_from_db()
    assert held.state == "expired"


@pytest.mark.parametrize("is_place_taken", [False, True])
def test_a_late_answer_is_kept_in_the_same_words_whatever_became_of_it(
    cast: Cast, worker_client: Client, is_place_taken: bool
) -> None:
    after_claim(worker_client, cast)
    held = Assignment.objects.get()
    let_time_run_out(held)
    expire_assignment(assignment_id=held.pk, now=timezone.now())
    if is_place_taken:
        Task.objects.filter(pk=held.task_id).update(overlap=0, open_slots=0, is_open=False)
    body = {"assignment": str(held.uid), "choice": "2"}
    page = worker_client.post(url("work-submit", cast.project), body, follow=True)
    answer = Answer.objects.get()
    assert (answer.value, answer.is_surplus) == (LABELS[2], is_place_taken)
    assert "Your answer came after its time had run out. It was kept." in page.content.decode()


def test_an_answer_in_time_gets_no_such_message(cast: Cast, worker_client: Client) -> None:
    after_claim(worker_client, cast)
    body = {"assignment": str(Assignment.objects.get().uid), "choice": "2"}
    page = worker_client.post(url("work-submit", cast.project), body, follow=True)
    assert list(page.context["messages"]) == []
