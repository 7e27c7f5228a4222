"""The work page asks for every answer type, stores what the form says, and loses nothing that was filled in."""

from __future__ import annotations

import re
from typing import Any

import pytest
from cast import Cast
from django.test import Client
from django.urls import reverse
from questions import ASKED, Asked

from crowd.models import Answer, Assignment, Task
from crowd.services.tasks import NewGold, add_golds
from web.worker.questions import question_of

EVERY = pytest.mark.parametrize("asked", ASKED.values(), ids=list(ASKED))
# What is wrong, with what the worker is told.
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("multiple_choice", {}, "0 labels are chosen; choose 1 to 2"),
    ("multiple_choice", {"choice": ["0", "1", "2"]}, "3 labels are chosen; choose 1 to 2"),
    ("multiple_choice", {"choice": ["7"]}, "please choose an answer first"),
    ("number", {}, "please give a number first"),
    ("number", {"number": "warm"}, "what you typed is not a number"),
    ("number", {"number": "1e999"}, "what you typed is not a number"),
    ("number", {"number": "9" * 5000}, "what you typed is not a number"),
    ("number", {"number": "1,5"}, "what you typed is not a number"),
    ("number", {"number": "300"}, "300 is outside -10 to 200"),
    ("number", {"number": "99.7"}, "99.7 is not a multiple of 0.5"),
    ("text", {"words": " \n"}, "please write an answer first"),
    ("pairwise", {"choice": "3"}, "please choose an answer first"),
    ("ranking", {"place-0": "1", "place-1": "2"}, "give every item a place of its own"),
    ("ranking", {"place-0": "1", "place-1": "1", "place-2": "2"}, "give every item a place of its own"),
    ("ranking", {"place-0": "1", "place-1": "2", "place-2": "99"}, "give every item a place of its own"),
]


def address(cast: Cast, name: str = "work") -> str:
    return reverse(name, args=[cast.project.uid])


def begin(cast: Cast, client: Client) -> dict[str, str]:
    client.post(address(cast, "work-claim"))
    return {"assignment": str(Assignment.objects.get(worker=cast.worker, state="active").uid)}


def show(cast: Cast, client: Client) -> str:
    return client.get(address(cast)).content.decode()


@EVERY
def test_the_form_stores_the_answer(db: None, log_in, asked: Asked) -> None:
    cast = asked.cast()
    client = log_in(cast.worker.user)
    body = begin(cast, client)
    assert client.get(address(cast)).status_code == 200
    client.post(address(cast, "work-submit"), body | asked.form)
    assert Answer.objects.get().value == asked.value
    assert Assignment.objects.get(state="active").uid != body["assignment"]


@EVERY
def test_more_time_without_script_keeps_what_is_filled_in(db: None, log_in, asked: Asked) -> None:
    cast = asked.cast()
    client = log_in(cast.worker.user)
    body = begin(cast, client)
    before = filled_in(show(cast, client))
    client.post(address(cast, "work-renew"), body | asked.form)
    assert before == {}
    assert filled_in(show(cast, client)) == plain(asked.form)


@EVERY
def test_a_draft_on_the_server_fills_the_form_of_its_own_task_only(db: None, log_in, asked: Asked) -> None:
    cast = asked.cast()
    client = log_in(cast.worker.user)
    body = begin(cast, client)
    assert client.post(address(cast, "work-draft"), body | asked.form).status_code == 204
    assert filled_in(show(cast, client)) == plain(asked.form)
    client.post(address(cast, "work-submit"), body | asked.form)
    assert filled_in(show(cast, client)) == {}


@pytest.mark.parametrize(("kind", "form", "told"), WRONG)
def test_a_wrong_answer_is_explained_with_nothing_lost(
    db: None, log_in, kind: str, form: dict[str, Any], told: str
) -> None:
    cast = ASKED[kind].cast()
    client = log_in(cast.worker.user)
    body = begin(cast, client)
    page = client.post(address(cast, "work-submit"), body | form, follow=True).content.decode()
    assert told in re.sub(r"&#x27;", "'", page)
    assert Answer.objects.count() == 0
    if kind in ("number", "text"):
        assert filled_in(page) == {name: [value] for name, value in form.items() if value.strip()}


def test_a_draft_that_is_too_long_is_left_to_the_browser(db: None, log_in) -> None:
    cast = ASKED["text"].cast()
    client = log_in(cast.worker.user)
    body = begin(cast, client)
    assert client.post(address(cast, "work-draft"), body | {"words": "x" * 120_001}).status_code == 413
    assert filled_in(show(cast, client)) == {}


def test_a_draft_keeps_nothing_but_the_fields_of_answers(db: None, log_in) -> None:
    cast = ASKED["text"].cast()
    client = log_in(cast.worker.user)
    client.post(address(cast, "work-draft"), begin(cast, client) | {"words": "a", "csrfmiddlewaretoken": "b", "x": "c"})
    assert client.session["draft"]["fields"] == {"words": ["a"]}


def test_an_order_to_rank_is_drawn_anew_for_every_assignment_and_kept_for_it(db: None, log_in) -> None:
    many = {"items": [{"id": f"i{i}", "text": f"item {i}"} for i in range(12)]}
    cast = Asked("ranking", many, {}, None).cast()
    orders = set()
    for worker in cast.workers[:3]:
        client = log_in(worker.user)
        client.post(address(cast, "work-claim"))
        first, again = (re.findall(r'name="place-(\d+)"', show(cast, client)) for _ in range(2))
        assert first == again
        assert sorted(map(int, first)) == list(range(12))
        orders.add(tuple(first))
    assert len(orders) == 3


def test_the_payload_of_somebody_elses_ranking_is_not_read(db: None, log_in) -> None:
    cast = ASKED["ranking"].cast()
    other = cast.claim(cast.workers[1]).assignment
    assert other is not None
    body = {"assignment": str(other.uid)} | ASKED["ranking"].form
    assert log_in(cast.worker.user).post(address(cast, "work-submit"), body).status_code == 404
    assert Answer.objects.count() == 0


def test_a_number_has_its_bounds_in_the_form(db: None, log_in) -> None:
    cast = ASKED["number"].cast()
    client = log_in(cast.worker.user)
    begin(cast, client)
    page = show(cast, client)
    assert 'step="0.5" min="-10" max="200"' in page
    assert "(°C)" in page


def test_gold_of_every_type_looks_like_other_tasks(db: None, log_in, monkeypatch: pytest.MonkeyPatch) -> None:
    # The order of a ranking is drawn from the assignment's id; one seed for both lets the pages be compared.
    monkeypatch.setattr("web.worker.desk.question_of", lambda *args, **of: question_of(*args, **of | {"seed": ""}))
    for kind, asked in ASKED.items():
        cast = asked.cast(tasks=1)
        client = log_in(cast.worker.user)
        real = anonymous(begin(cast, client), show(cast, client))
        Assignment.objects.filter(project=cast.project).delete()
        add_golds(
            project=cast.project,
            golds=[NewGold(key="g", payload=asked.payload, labels=(asked.value,), reason="because")],
            actor=cast.owner,
        )
        cast.configure(gold_rate=1.0)
        gold = anonymous(begin(cast, client), show(cast, client))
        assert Assignment.objects.get(project=cast.project).is_gold, kind
        assert gold == real, kind


def test_unknown_entries_and_wrong_kinds_are_shown_as_they_are(cast: Cast, worker_client: Client) -> None:
    Task.objects.all().update(payload={"text": 5, "html": ["x"], "colour": {"r": 1}, "items": "none", "lang": 3})
    begin(cast, worker_client)
    page = show(cast, worker_client)
    for name, words in (("text", "5"), ("colour", "{&quot;r&quot;: 1}"), ("items", "none")):
        assert f'<dt dir="auto">{name}</dt><dd dir="auto">{words}</dd>' in page


def test_candidates_stand_with_the_payload_where_the_form_does_not_show_them(cast: Cast, worker_client: Client) -> None:
    Task.objects.all().update(payload={"prompt": "Any of them rude?", "responses": ["Hi", {"text": "Go", "by": "m"}]})
    begin(cast, worker_client)
    page = show(cast, worker_client)
    listed = re.search(r'<ol class="payload-items">.*?</ol>', page, re.S)
    assert listed is not None
    assert re.findall(r'<p class="payload-text" dir="auto">(.*?)</p>', listed[0]) == ["Hi", "Go", "by: m"]


def filled_in(page: str) -> dict[str, list[str]]:
    """What a browser would send of the answer form."""
    form = re.search(r'<form id="answer".*?</form>', page, re.S)
    assert form is not None
    found: dict[str, list[str]] = {}
    for attributes in re.findall(r"<input ([^>]*)>", form[0]):
        name = re.search(r'name="(\w+)"', attributes)
        value = re.search(r'value="([^"]*)"', attributes)
        assert name is not None
        assert value is not None
        is_in = attributes.endswith("checked") if 'name="choice"' in attributes else name[1] == "number" and value[1]
        if is_in:
            found.setdefault(name[1], []).append(value[1])
    for words in re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", form[0], re.S):
        if words.strip():
            found["words"] = [words.replace("\r", "")]
    for name, options in re.findall(r'<select name="([\w-]+)"[^>]*>(.*?)</select>', form[0], re.S):
        found |= {name: re.findall(r'value="(\d+)" selected', options)} if "selected" in options else {}
    return found


def plain(form: dict[str, Any]) -> dict[str, list[str]]:
    return {
        name: sorted(value) if isinstance(value, list) else [value.replace("\r", "")] for name, value in form.items()
    }


def anonymous(body: dict[str, str], page: str) -> str:
    page = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UID", page)
    page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "TOKEN", page)
    page = re.sub(r'data-seconds-left="\d+"|aria-live="off">\d+:\d\d<', "CLOCK", page)
    assert body["assignment"] not in page
    return page
