"""The pages of golds: list, new ones, the preview of a correction, what it then changed."""

from __future__ import annotations

import re

import pytest
from cast import Cast
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crowd.enums import TrustLevel
from crowd.models import Gold, Restitution
from crowd.services.restitution import work_off_restitution


def address(cast: Cast, name: str, *arguments: object) -> str:
    return reverse(name, args=[cast.project.uid, *arguments])


def read(client: Client, where: str, data: dict[str, object] | None = None) -> str:
    response = client.get(where, data or {})
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def misled(cast: Cast) -> Gold:
    """A worker suspended by golds of which one was wrong itself: until it is corrected."""
    cast.gold(3, label="negative")
    cast.configure(gold_rate=1.0)
    while cast.enrolment().trust_level != TrustLevel.SUSPENDED:
        if not Gold.objects.filter(is_active=True).exclude(task__answers__worker=cast.worker).exists():
            cast.gold(3, label="negative")
        cast.answer(cast.worker, "positive")
    return Gold.objects.order_by("id")[0]


def test_the_list_says_how_each_gold_was_answered(cast: Cast, owner_client: Client) -> None:
    cast.gold(1)
    cast.configure(gold_rate=1.0)
    cast.answer(cast.workers[0], "positive")
    cast.answer(cast.workers[1], "negative")
    text = read(owner_client, address(cast, "manage-golds"))
    assert re.search(r"g1 gold 1 Positive 2 2 50\s% ", text)


@pytest.mark.parametrize(("state", "shown"), [("active", ["g2"]), ("retired", ["g1"]), ("x", ["g2", "g1"])])
def test_the_list_is_narrowed_by_state(cast: Cast, owner_client: Client, state: str, shown: list[str]) -> None:
    cast.gold(2)
    Gold.objects.filter(task__key="g1").update(is_active=False)
    page = owner_client.get(address(cast, "manage-golds"), {"state": state}).content.decode()
    assert re.findall(r'class="key"><a [^>]+>(g\d)</a>', page) == shown


def test_the_list_costs_as_many_queries_for_one_as_for_three(cast: Cast, owner_client: Client) -> None:
    counts = []
    for _ in range(2):
        cast.gold(1)
        owner_client.get(address(cast, "manage-golds"))
        with CaptureQueriesContext(connection) as captured:
            owner_client.get(address(cast, "manage-golds"))
        counts.append(len(captured))
        cast.gold(1)
    assert counts[0] == counts[1]


def test_a_gold_is_added(cast: Cast, owner_client: Client) -> None:
    form = {"key": "g9", "content": "Fine!", "right": ["1", "2"], "reason": "it says so"}
    assert "g9" in owner_client.post(address(cast, "manage-golds-add"), form, follow=True).content.decode()
    gold = Gold.objects.get()
    assert (gold.task.key, gold.task.payload, gold.labels) == ("g9", {"text": "Fine!"}, ["neutral", "positive"])
    form = {"key": "g10", "content": '{"text": "Fine!", "product": "kettle"}', "right": "2"}
    owner_client.post(address(cast, "manage-golds-add"), form)
    assert Gold.objects.get(task__key="g10").task.payload == {"text": "Fine!", "product": "kettle"}


def test_a_gold_that_is_refused_keeps_what_was_typed(cast: Cast, owner_client: Client) -> None:
    form = {"key": "t1", "content": "Typed at length", "right": "2"}
    page = owner_client.post(address(cast, "manage-golds-add"), form, follow=True).content.decode()
    assert "Typed at length</textarea>" in page
    assert 'class="message warning"' in page
    page = owner_client.post(
        address(cast, "manage-golds-add"), {"key": "t9", "content": "x"}, follow=True
    ).content.decode()
    assert "give at least one right answer" in page
    assert not Gold.objects.exists()


def test_a_correction_shows_what_it_will_change_then_what_it_changed(cast: Cast, owner_client: Client) -> None:
    misled(cast)
    wrong = cast.project.skills.get().gold_wrong
    for place, gold in enumerate(Gold.objects.filter(task__answers__worker=cast.worker).order_by("id")):
        where = address(cast, "manage-gold", gold.task.uid)
        text = read(owner_client, where, {"try": "1", "right": "2"})
        assert "With Positive as right" in text
        assert "Answers that become right 1" in text
        assert "Workers concerned 1" in text
        restored = re.search(r"Levels given back (\d)", text)
        assert restored is not None
        assert cast.enrolment().trust_level == TrustLevel.SUSPENDED
        done = owner_client.post(address(cast, "manage-gold-correct", gold.task.uid), {"right": "2", "reason": "ours"})
        row = Restitution.objects.latest("id")
        assert done["Location"] == address(cast, "manage-restitution", row.uid)
        work_off_restitution(restitution_id=row.pk)
        came_true = cast.enrolment().trust_level != TrustLevel.SUSPENDED
        assert came_true == (restored[1] == "1"), place
        if came_true:
            break
    assert cast.enrolment().trust_level == TrustLevel.NEW
    text = read(owner_client, address(cast, "manage-restitution", row.uid))
    assert "answers scored anew 1" in text
    assert "levels given back 1" in text
    assert cast.project.skills.get().gold_wrong < wrong


def test_a_correction_to_the_same_labels_is_none(cast: Cast, owner_client: Client) -> None:
    gold = cast.gold(1)[0]
    text = read(owner_client, address(cast, "manage-gold", gold.task.uid), {"try": "1", "right": "2"})
    assert "These are its right answers already." in text
    text = read(owner_client, address(cast, "manage-gold", gold.task.uid), {"try": "1"})
    assert "give at least one right answer" in text


def test_a_correction_needs_a_reason(cast: Cast, owner_client: Client) -> None:
    gold = cast.gold(1)[0]
    where = address(cast, "manage-gold", gold.task.uid) + "?try=1&right=0"
    form = {"right": "0", "reason": " ", "next": where}
    assert owner_client.post(address(cast, "manage-gold-correct", gold.task.uid), form)["Location"] == where
    assert not Restitution.objects.exists()


def test_a_gold_is_retired_with_a_reason(cast: Cast, owner_client: Client) -> None:
    gold = cast.gold(1)[0]
    for reason, is_active in (("", True), ("leaked", False)):
        owner_client.post(address(cast, "manage-gold-retire", gold.task.uid), {"reason": reason})
        gold.refresh_from_db()
        assert gold.is_active == is_active
    assert cast.project.events.latest("id").detail == {"reason": "leaked"}


def test_another_projects_gold_is_not_there(cast: Cast, owner_client: Client) -> None:
    assert owner_client.get(address(cast, "manage-gold", cast.task().uid)).status_code == 404
