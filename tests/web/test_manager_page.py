"""The manager's page: figures as they stand in the database, launch and pause."""

from __future__ import annotations

import re

import pytest
from cast import Cast
from django.test import Client
from django.urls import reverse

from crowd.models import Event, Project
from crowd.services.refit import refit_project, request_refit


def page_of(client: Client, project: Project, query: str = "") -> str:
    response = client.get(reverse("manage", args=[project.uid]) + query)
    assert response.status_code == 200
    return response.content.decode()


def words(page: str) -> str:
    """What stands between the tags, blanks folded."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def refit(cast: Cast) -> None:
    request_refit(project=cast.project)
    assert refit_project(project_id=cast.project.pk)


def test_a_new_project_says_what_is_still_to_come(cast: Cast, owner_client: Client) -> None:
    text = words(page_of(owner_client, cast.project))
    assert "0 / 2" in text
    assert "measured with the first full fit" in text
    assert "No task has a counted answer yet." in text
    assert "Nothing is owed yet." in text


def test_header_counts_tasks_answers_and_money(cast: Cast, owner_client: Client) -> None:
    cast.configure(budget_micros=None)
    for worker in cast.workers[:2]:
        for _ in range(2):
            cast.answer(worker)
    text = words(page_of(owner_client, cast.project))
    assert "2 / 2" in text
    assert "0.08 USD" in text
    assert "no budget set" in text


def test_agreement_comes_with_interval_n_and_age(cast: Cast, owner_client: Client) -> None:
    for worker, value in zip(cast.workers[:2], ("positive", "negative"), strict=True):
        for _ in range(2):
            cast.answer(worker, value)
    refit(cast)
    text = words(page_of(owner_client, cast.project))
    assert "n = 2 tasks, 4 answers · as of" in text
    assert "−0.50" in text  # two tasks, each with one of either label


def test_trust_table_shows_gold_interval_and_reason(cast: Cast, owner_client: Client) -> None:
    cast.gold(8, label="negative")
    cast.configure(gold_rate=1.0)
    while cast.enrolment().trust_level != "suspended":
        cast.answer(cast.worker, "positive")
    page = page_of(owner_client, cast.project)
    wrong = cast.project.skills.get().gold_wrong
    assert f">0 / {wrong}</td>" in page
    assert cast.project.trust_changes.latest("id").reason in page
    assert '<g class="level-suspended"><title>w1: ' in page
    rows = re.findall(r'<th scope="row"><span dir="auto">(w\d)</span>', page)
    assert rows == ["w1", "w2", "w3", "w4"]  # the one with evidence first


def test_least_sure_task_comes_first_with_its_posterior(cast: Cast, owner_client: Client) -> None:
    cast.answer(cast.workers[0], "positive")
    task = cast.workers[0].answers.get().task
    for worker in cast.workers[1:]:
        cast.answer(worker, "positive")
    page = page_of(owner_client, cast.project)
    keys = re.findall(r'<th scope="row" class="key">(t\d)</th>', page)
    confidences = [float(c) for c in re.findall(r'<td class="num">(\d+\.\d)\s%</td>', page)]
    assert sorted(keys) == ["t1", "t2"]
    assert confidences == sorted(confidences)
    assert task.key in keys
    assert 'aria-label="Negative ' in page


def test_payouts_add_up_and_the_ledger_balances(cast: Cast, owner_client: Client) -> None:
    for worker in cast.workers[:2]:
        cast.answer(worker)
    text = words(page_of(owner_client, cast.project))
    assert "w1 1 0.02 USD" in text
    assert "Total 0.04 USD" in text
    assert "The ledger balances." in text


@pytest.mark.parametrize("query", ["?tasks=99", "?tasks=x", "?workers=-1", "?events=0"])
def test_a_page_number_without_sense_shows_a_page(cast: Cast, owner_client: Client, query: str) -> None:
    page_of(owner_client, cast.project, query)


def test_pause_then_launch(cast: Cast, owner_client: Client) -> None:
    for name, state, kind in (("pause", "paused", "project_paused"), ("launch", "live", "project_launched")):
        done = owner_client.post(reverse(f"manage-{name}", args=[cast.project.uid]))
        assert done["Location"] == reverse("manage", args=[cast.project.uid])
        cast.project.refresh_from_db()
        assert cast.project.state == state
        newest = Event.objects.order_by("-id").first()
        assert newest is not None
        assert (newest.kind, newest.actor) == (kind, cast.owner)


def test_launching_without_tasks_says_why_not(cast: Cast, owner_client: Client) -> None:
    cast.configure(state="archived")
    page = owner_client.post(reverse("manage-launch", args=[cast.project.uid]), follow=True).content.decode()
    assert "it cannot become live" in page


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_launching_takes_a_post(cast: Cast, owner_client: Client, method: str) -> None:
    assert getattr(owner_client, method)(reverse("manage-pause", args=[cast.project.uid])).status_code == 405
    assert Project.objects.get().state == "live"
