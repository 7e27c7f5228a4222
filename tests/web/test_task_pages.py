"""The list of tasks, what is done to several at once, the history of one."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from cast import Cast
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crowd.enums import TaskState
from crowd.models import Consensus, Event, Task
from crowd.queries.task_list import entropy_bits
from crowd.services.adjudication import adjudicate_task
from crowd.services.consensus import settle_after_fit
from crowd.services.task_control import send_to_expert
from crowd.services.tasks import NewTask, add_tasks


def at(cast: Cast, name: str, *more: object) -> str:
    return reverse(name, args=[cast.project.uid, *more])


def keys(page: str) -> list[str]:
    return re.findall(r'<th scope="row" class="key"><a [^>]+>([^<]+)</a>', page)


def listed(client: Client, cast: Cast, query: str = "") -> list[str]:
    return keys(client.get(f"{at(cast, 'manage-tasks')}?{query}").content.decode())


def steer(client: Client, cast: Cast, *tasks: str, **fields: str) -> str:
    sent = {"task": [str(cast.task(key).uid) for key in tasks], **fields}
    return client.post(at(cast, "manage-tasks-steer"), sent, follow=True).content.decode()


@pytest.fixture
def answered(cast: Cast) -> Cast:
    """t1 and t2 with two answers each that differ, a gold that has been answered, t3 without any."""
    cast.gold(1)
    for worker, value in zip(cast.workers[:2], ("negative", "positive"), strict=True):
        cast.answer(worker, value)
        cast.answer(worker, value)
    add_tasks(project=cast.project, tasks=[NewTask(key="t3", payload={"text": "new"})], actor=cast.owner)
    Consensus.objects.filter(task=cast.task("t1")).update(confidence=0.9, label_index=0, posterior=[0.9, 0.05, 0.05])
    Consensus.objects.filter(task=cast.task("t2")).update(confidence=0.5, label_index=2, posterior=[0.5, 0, 0.5])
    return cast


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", ["t3", "t2", "t1"]),
        ("state=open&key=t3", ["t3"]),
        ("below=60", ["t2"]),
        ("order=least_sure", ["t2", "t1"]),
        ("contested=on", ["t2", "t1"]),
        ("state=complete", []),
        ("state=gold", ["t3", "t2", "t1"]),
        ("below=x&order=y&after=z", ["t3", "t2", "t1"]),
    ],
)
def test_the_list_is_narrowed_and_holds_no_gold(
    answered: Cast, owner_client: Client, query: str, wanted: list[str]
) -> None:
    assert listed(owner_client, answered, query) == wanted


@pytest.mark.parametrize("order", ["newest", "least_sure"])
def test_pages_follow_each_other_without_a_gap(
    answered: Cast, owner_client: Client, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    monkeypatch.setattr("web.manager.task_pages.PER_PAGE", 1)
    Consensus.objects.filter(project=answered.project).update(confidence=0.5)
    found, address = [], f"?order={order}"
    while address:
        page = owner_client.get(at(answered, "manage-tasks") + address).content.decode()
        found += keys(page)
        following = re.search(r'href="([^"]+)">Further tasks', page)
        address = following[1].replace("&amp;", "&") if following else ""
    assert found == (["t3", "t2", "t1"] if order == "newest" else ["t1", "t2"])


def test_entropy_is_in_bits() -> None:
    assert entropy_bits([0.5, 0, 0.5]) == 1
    assert entropy_bits([1.0, 0.0]) == 0
    assert entropy_bits(None) is None


def test_the_list_costs_the_same_for_one_and_three(answered: Cast, owner_client: Client) -> None:
    def queries(query: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            owner_client.get(at(answered, "manage-tasks") + query)
        return len(captured)

    queries("")
    assert queries("?key=t1") == queries("")


def test_ticked_tasks_are_changed_and_the_others_named(answered: Cast, owner_client: Client) -> None:
    Task.objects.filter(key="t2").update(state=TaskState.COMPLETE, is_open=False)
    page = steer(owner_client, answered, "t1", "t2", action="cancel", reason="spam")
    assert "1 task was changed." in page
    assert "t2 was not changed: the task is complete" in page
    assert (answered.task("t1").state, answered.task("t3").state) == ("cancelled", "open")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"action": "cancel"}, "give the reason"),
        ({"action": "extend", "amount": "x", "reason": "y"}, "Nothing was done"),
        ({"action": "melt", "reason": "y"}, "Nothing was done"),
    ],
)
def test_what_is_not_said_is_not_done(
    answered: Cast, owner_client: Client, fields: dict[str, str], sentence: str
) -> None:
    assert sentence in steer(owner_client, answered, "t1", **fields)
    assert "choose 1 to 200 tasks" in steer(owner_client, answered, action="cancel", reason="x")
    assert answered.task("t1").state == "open"


def test_more_answers_and_a_priority_for_several(answered: Cast, owner_client: Client) -> None:
    before = answered.task("t1").overlap
    steer(owner_client, answered, "t1", action="extend", amount="2", reason="look again")
    steer(owner_client, answered, "t1", "t3", action="priority", amount="7")
    assert answered.task("t1").overlap == before + 2
    page = owner_client.get(at(answered, "manage-tasks")).content.decode()
    assert re.findall(r'<td class="num">(\d+)</td></tr>', page) == ["7", "0", "7"]


def test_a_task_sent_to_an_expert_waits_for_one_whatever_a_fit_says(answered: Cast, owner_client: Client) -> None:
    steer(owner_client, answered, "t1", "t3", action="expert", reason="matters")
    task = answered.task("t1")
    assert (task.state, task.open_slots, answered.task("t3").state) == ("disputed", 0, "open")
    Consensus.objects.filter(task=task).update(confidence=0.999)
    settle_after_fit(task_ids=[task.pk], project=answered.project, at=timezone.now())
    assert answered.task("t1").state == "disputed"
    send_to_expert(project=answered.project, task_uid=task.uid, reason="again", actor=answered.owner)
    assert Event.objects.filter(kind="task_disputed", subject=task.uid).count() == 1
    adjudicate_task(
        project=answered.project, task_uid=task.uid, adjudicator=answered.owner, value="neutral", reason="clear"
    )
    assert answered.task("t1").state == "complete"


def test_the_history_of_a_task_shows_all_of_it(answered: Cast, owner_client: Client) -> None:
    steer(owner_client, answered, "t1", action="extend", amount="1", reason="one more look")
    page = owner_client.get(at(answered, "manage-task", answered.task("t1").uid)).content.decode()
    assert "text 1" in page
    for name in ("w1", "w2"):
        assert page.count(f">{name}<") >= 3, name
    assert "one more look" in page
    assert "0.04\xa0USD" in page
    steps = re.findall(r'<td dir="auto">(Negative|Neutral|Positive) ([\d.]+)\xa0%</td>', page)
    assert steps[0][0] == "Negative"
    assert len(steps) == 2


def test_a_history_costs_the_same_for_one_answer_and_three(cast: Cast, owner_client: Client) -> None:
    cast.configure(min_overlap=3)
    cast.answer(cast.worker)

    def queries(key: str) -> int:
        address = at(cast, "manage-task", cast.task(key).uid)
        owner_client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert owner_client.get(address).status_code == 200
        return len(captured)

    key = Task.objects.get(answers__worker=cast.worker).key
    with_one = queries(key)
    for worker in cast.workers[1:3]:
        cast.answer(worker)
        cast.answer(worker)
    assert queries(key) == with_one


def test_a_gold_has_no_page_among_tasks(cast: Cast, owner_client: Client) -> None:
    gold = cast.gold(1)[0]
    assert owner_client.get(at(cast, "manage-task", gold.task.uid)).status_code == 404


def test_the_audit_trail_is_narrowed_and_paged(
    answered: Cast, log_in: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = log_in(answered.manager)
    address = at(answered, "manage-audit")

    def whats(query: str = "") -> list[str]:
        page = client.get(address + query).content.decode()
        return re.findall(r"UTC</th><td>([^<]+)</td>", page)

    everything = whats()
    assert everything[0] == "Tasks Added"
    assert "Project Created" in everything
    assert whats("?kind=project_launched") == ["Project Launched"]
    assert whats("?before=2020-01-01") == []
    assert whats("?after=2020-01-01&subject=x&kind=y") == everything
    monkeypatch.setattr("web.manager.audit.PER_PAGE", 2)
    found, query = [], "?"
    while query:
        page = client.get(address + query).content.decode()
        found += re.findall(r"UTC</th><td>([^<]+)</td>", page)
        following = re.search(r'href="([^"]+)">Earlier events', page)
        query = following[1].replace("&amp;", "&") if following else ""
    assert found == everything
