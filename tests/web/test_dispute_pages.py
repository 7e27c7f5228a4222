"""The pages of disputes: blind, ordered, decided one by one or together."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from cast import Cast, make_cast
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crowd.enums import TaskState
from crowd.models import Adjudication, Consensus, Task


@pytest.fixture
def disputed(db: None) -> Cast:
    """Three tasks on which three workers have given three labels."""
    made = make_cast(tasks=3)
    for worker, value in zip(made.workers[:3], ("negative", "positive", "neutral"), strict=True):
        for _ in range(3):
            made.answer(worker, value)
    assert Task.objects.filter(state=TaskState.DISPUTED).count() == 3
    return made


def page_of(client: Client, cast: Cast, key: str = "") -> str:
    name, more = ("manage-dispute", [cast.task(key).uid]) if key else ("manage-disputes", [])
    response = client.get(reverse(name, args=[cast.project.uid, *more]))
    assert response.status_code == 200
    return response.content.decode()


def decide(client: Client, cast: Cast, key: str, **fields: str) -> str:
    address = reverse("manage-dispute-decide", args=[cast.project.uid, cast.task(key).uid])
    return client.post(address, fields, follow=True).content.decode()


def unsure(cast: Cast, **confidence: float) -> None:
    for key, value in confidence.items():
        Consensus.objects.filter(task=cast.task(key)).update(confidence=value)


def keys(page: str) -> list[str]:
    return re.findall(r'<th scope="row" class="key"><a [^>]+>(t\d)</a>', page)


def test_the_queue_puts_the_likeliest_change_first(disputed: Cast, log_in: Callable[..., Client]) -> None:
    unsure(disputed, t1=0.6, t2=0.4, t3=0.5)
    page = page_of(log_in(disputed.owner), disputed)
    assert keys(page) == ["t2", "t3", "t1"]
    assert re.findall(r'<td class="num">(\d+)\s%</td>', page) == ["60", "50", "40"]


def test_neither_page_tells_who_answered_or_how_often(disputed: Cast, log_in: Callable[..., Client]) -> None:
    client = log_in(disputed.owner)
    for page in (page_of(client, disputed), page_of(client, disputed, "t1")):
        assert not re.search(r">\s*w\d\s*<", page)
        given = re.search(r'<ul class="given">(.*?)</ul>', page, re.S)
        assert given is not None
        assert re.findall(r">(\w+)</li>", given[1]) == ["Negative", "Neutral", "Positive"]


def test_own_work_is_left_to_somebody_else(disputed: Cast, log_in: Callable[..., Client]) -> None:
    worker = disputed.worker
    disputed.project.memberships.create(user=worker.user, role="adjudicator")
    client = log_in(worker.user)
    page = page_of(client, disputed)
    assert "Nothing waits for you" in page
    assert "3 more have your own answer" in page
    address = reverse("manage-dispute", args=[disputed.project.uid, disputed.task("t1").uid])
    assert client.get(address).status_code == 404


def test_a_decision_settles_the_task_and_shows_the_next(disputed: Cast, log_in: Callable[..., Client]) -> None:
    unsure(disputed, t1=0.4, t2=0.5, t3=0.6)
    page = decide(log_in(disputed.owner), disputed, "t1", choice="2", reason="it says so")
    decision = Adjudication.objects.get()
    assert (decision.task.key, decision.label_index, decision.reason) == ("t1", 2, "it says so")
    assert disputed.task("t1").state == TaskState.COMPLETE
    assert "<h1>Dispute t2</h1>" in page
    assert "Decided: Positive." in page


def test_the_end_of_the_queue_begins_again_with_what_was_passed_over(
    disputed: Cast, log_in: Callable[..., Client]
) -> None:
    unsure(disputed, t1=0.4, t2=0.5, t3=0.6)
    client = log_in(disputed.owner)
    assert 'id="next"' not in page_of(client, disputed, "t3")
    assert str(disputed.task("t3").uid) in page_of(client, disputed, "t2")
    assert "<h1>Dispute t1</h1>" in decide(client, disputed, "t3", choice="0", reason="clear")


def test_without_a_reason_nothing_is_decided_and_the_choice_stays(
    disputed: Cast, log_in: Callable[..., Client]
) -> None:
    page = decide(log_in(disputed.owner), disputed, "t1", choice="2", reason="  ")
    assert "please give the reason" in page
    assert not Adjudication.objects.exists()
    assert re.search(r'value="2" required[^>]* checked', page)


def test_without_a_choice_nothing_is_decided_and_the_reason_stays(
    disputed: Cast, log_in: Callable[..., Client]
) -> None:
    page = decide(log_in(disputed.owner), disputed, "t1", reason="long thought about")
    assert "please choose an answer first" in page
    assert "long thought about</textarea>" in page


def test_ticked_tasks_are_decided_together(disputed: Cast, log_in: Callable[..., Client]) -> None:
    ticked = [str(disputed.task(key).uid) for key in ("t1", "t3")]
    address = reverse("manage-disputes-decide", args=[disputed.project.uid])
    form = {"task": ticked, "label": "0", "reason": "the same product"}
    page = log_in(disputed.owner).post(address, form, follow=True).content.decode()
    assert "2 tasks were decided." in page
    assert keys(page) == ["t2"]
    assert set(Adjudication.objects.values_list("task__key", "label_index", "reason")) == {
        ("t1", 0, "the same product"),
        ("t3", 0, "the same product"),
    }


def test_of_ticked_tasks_those_decided_meanwhile_are_named(disputed: Cast, log_in: Callable[..., Client]) -> None:
    decide(log_in(disputed.manager), disputed, "t1", choice="1", reason="first")
    ticked = [str(disputed.task(key).uid) for key in ("t1", "t2")]
    address = reverse("manage-disputes-decide", args=[disputed.project.uid])
    form = {"task": ticked, "label": "0", "reason": "second"}
    page = log_in(disputed.owner).post(address, form, follow=True).content.decode()
    assert "1 task was decided." in page
    assert "the first decision stands" in page
    assert Adjudication.objects.get(task__key="t1").label_index == 1


@pytest.mark.parametrize("fields", [{"label": "7", "reason": "x"}, {"label": "0"}, {"label": "0", "reason": "x"}])
def test_a_bulk_decision_needs_tasks_label_and_reason(
    disputed: Cast, log_in: Callable[..., Client], fields: dict[str, str]
) -> None:
    address = reverse("manage-disputes-decide", args=[disputed.project.uid])
    page = log_in(disputed.owner).post(address, fields, follow=True).content.decode()
    assert 'class="message warning"' in page
    assert not Adjudication.objects.exists()


def test_the_queue_costs_as_many_queries_for_one_as_for_three(disputed: Cast, log_in: Callable[..., Client]) -> None:
    client, address = log_in(disputed.owner), reverse("manage-disputes", args=[disputed.project.uid])
    client.get(address)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        counts.append(len(captured))
        for key in ("t1", "t2"):
            decide(client, disputed, key, choice="0", reason="clear")
        # Decisions leave messages and a draft in the session: the first page takes them away.
        client.get(address)
    assert counts[0] == counts[1]
    assert json.dumps(keys(client.get(address).content.decode())) == '["t3"]'


def test_an_adjudicator_finds_the_way_from_home(disputed: Cast, log_in: Callable[..., Client]) -> None:
    disputed.project.memberships.create(user=disputed.stranger, role="adjudicator")
    client = log_in(disputed.stranger)
    assert reverse("manage-disputes", args=[disputed.project.uid]) in client.get(reverse("home")).content.decode()
    assert f'href="{reverse("manage", args=[disputed.project.uid])}"' not in page_of(client, disputed)
