"""A worker cannot tell gold from other tasks, and a payload cannot act in the page."""

from __future__ import annotations

import re

from cast import Cast
from django.test import Client
from django.urls import reverse

from crowd.models import Assignment, Task
from crowd.services.tasks import NewTask, add_tasks


def task_page(client: Client, cast: Cast) -> str:
    client.post(reverse("work-claim", args=[cast.project.uid]))
    return client.get(reverse("work", args=[cast.project.uid])).content.decode()


def without_what_differs(page: str) -> str:
    """Without ids, tokens, the text of the task and the clock."""
    page = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UID", page)
    page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "TOKEN", page)
    page = re.sub(r'(<p class="payload-text"[^>]*>).*?</p>', r"\1</p>", page)
    page = re.sub(r'data-seconds-left="\d+"', "LEFT", page)
    return re.sub(r'aria-live="off">\d+:\d\d<', "CLOCK", page)


def test_gold_page_differs_from_a_real_one_in_its_text_only(cast: Cast, log_in) -> None:
    cast.gold(3)
    client = log_in(cast.worker.user)
    real = task_page(client, cast)
    assert not Assignment.objects.get().is_gold
    Assignment.objects.all().delete()
    cast.configure(gold_rate=1.0)
    gold = task_page(client, cast)
    assert Assignment.objects.get().is_gold
    assert without_what_differs(gold) == without_what_differs(real)
    assert "gold" not in without_what_differs(gold)


def test_markup_in_a_payload_is_shown_and_not_run(cast: Cast, worker_client: Client) -> None:
    Task.objects.all().update(is_open=False, state="cancelled")
    evil = '<script>alert(1)</script><img src=x onerror="alert(2)">'
    add_tasks(
        project=cast.project,
        tasks=[NewTask(key="evil", payload={"text": evil, '"><b>': evil, "lang": '"><script>'})],
        actor=cast.owner,
    )
    page = task_page(worker_client, cast)
    assert "<script>alert" not in page
    assert "<img" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2
    assert '<p class="payload-text" dir="auto">' in page


def test_language_of_a_payload_is_declared(cast: Cast, worker_client: Client) -> None:
    Task.objects.all().update(payload={"text": "שלום", "lang": "he"})
    assert 'dir="auto" lang="he">שלום</p>' in task_page(worker_client, cast)


def test_label_titles_are_escaped(cast: Cast, worker_client: Client) -> None:
    labels = [{"value": "a", "title": "<b>A</b>"}, {"value": "b"}, {"value": "c", "title": "C"}]
    cast.configure(labels=labels, name="<i>name</i>", instructions="<script>x</script>")
    page = task_page(worker_client, cast)
    assert "&lt;b&gt;A&lt;/b&gt;" in page
    assert "<i>name" not in page
    assert "<script>x" not in page


def test_a_task_of_another_worker_cannot_be_answered(cast: Cast, worker_client: Client) -> None:
    other = cast.claim(cast.workers[1]).assignment
    assert other is not None
    for name in ("work-submit", "work-renew", "work-skip", "work-release"):
        body = {"assignment": str(other.uid), "choice": "0", "reason": "other"}
        assert worker_client.post(reverse(name, args=[cast.project.uid]), body).status_code == 404
    other.refresh_from_db()
    assert other.state == "active"
