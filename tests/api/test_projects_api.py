"""Projects over the API: created, filled and launched; bad input is refused whole, with pointers."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from callers import as_user, problem, url
from cast import Cast, make_cast
from model_crowds import add_model

from crowd.models import Gold, Project, Task, Worker

pytestmark = pytest.mark.django_db

PLAN: dict[str, Any] = {
    "name": "Tone",
    "labels": [{"value": "good", "title": "Good"}, {"value": "bad"}],
    "price": {"amount": "0.015", "currency": "EUR"},
    "budget": {"amount": "10", "currency": "EUR"},
    "min_overlap": 2,
    "max_overlap": 4,
}


def test_a_project_is_created_as_described(cast: Cast) -> None:
    response = as_user(cast, cast.stranger).post("/api/v1/projects", PLAN, format="json")
    assert response.status_code == 201
    body = response.json()
    assert (body["state"], body["price"], body["budget"]) == (
        "draft",
        {"amount": "0.015000", "currency": "EUR"},
        {"amount": "10.000000", "currency": "EUR"},
    )
    assert body["labels"] == [{"value": "good", "title": "Good"}, {"value": "bad", "title": "bad"}]
    project = Project.objects.get(uid=body["id"])
    assert sum(project.budget_shards.values_list("left_micros", flat=True)) == 10_000_000
    assert project.memberships.get().user == cast.stranger


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"labels": [{"value": "good"}]}, "/labels"),
        ({"labels": [{"value": "good"}, {"value": "good"}]}, "/labels/1/value"),
        ({"labels": "good"}, "/labels"),
        ({"max_overlap": 1}, "/max_overlap"),
        ({"target_confidence": 0.4}, "/target_confidence"),
        ({"target_confidence": 2}, "/target_confidence"),
        ({"price": {"amount": "-1", "currency": "EUR"}}, "/price/amount"),
        ({"price": {"amount": "0.0000001", "currency": "EUR"}}, "/price/amount"),
        ({"price": {"amount": 0.5, "currency": "euro"}}, "/price/currency"),
        ({"price": {"amount": "1", "currency": "USD"}}, "/budget/currency"),
        ({"label_worth": {"amount": "1", "currency": "USD"}}, "/label_worth/currency"),
        ({"label_worth": {"amount": "0", "currency": "EUR"}}, "/label_worth/amount"),
        ({"audit_share": 1.5}, "/audit_share"),
        ({"aggregation_model": "oracle"}, "/aggregation_model"),
        ({"scale": "interval"}, "/labels/0/value"),
        ({"name": ""}, "/name"),
    ],
)
def test_a_bad_description_is_refused_at_its_field(cast: Cast, change: dict[str, Any], pointer: str) -> None:
    before = Project.objects.count()
    response = as_user(cast, cast.owner).post("/api/v1/projects", PLAN | change, format="json")
    assert problem(response) == (422, "invalid_input")
    assert pointer in [error["pointer"] for error in response.json()["errors"]]
    assert Project.objects.count() == before


def test_tasks_are_added_all_or_none(cast: Cast) -> None:
    client = as_user(cast, cast.manager)
    good = {"tasks": [{"key": "a", "payload": {"text": "A"}}, {"key": "b", "payload": {}, "priority": 3}]}
    assert client.post(url(cast, "tasks"), good, format="json").json() == {"created": 2}
    before = Task.objects.count()
    bad = {"tasks": [{"key": "c", "payload": {}}, {"key": "a", "payload": {}}, {"key": "c", "payload": {}}]}
    response = client.post(url(cast, "tasks"), bad, format="json")
    assert problem(response) == (422, "invalid_input")
    assert response.json()["errors"] == [
        {"pointer": "/tasks/1/key", "detail": "the project already has a task 'a'"},
        {"pointer": "/tasks/2/key", "detail": "'c' repeats row 0"},
    ]
    assert Task.objects.count() == before


@pytest.mark.parametrize("body", [{}, {"tasks": []}, {"tasks": [{}]}, {"tasks": [{"key": "x", "payload": "text"}]}, []])
def test_a_malformed_list_is_refused(cast: Cast, body: Any) -> None:
    before = Task.objects.count()
    assert problem(as_user(cast, cast.owner).post(url(cast, "tasks"), body, format="json")) == (422, "invalid_input")
    assert Task.objects.count() == before


def test_a_gold_with_an_unknown_label_is_refused_by_row(cast: Cast) -> None:
    golds = [
        {"key": "g1", "payload": {}, "labels": ["positive"]},
        {"key": "g2", "payload": {}, "labels": ["positive", "x" * 100]},
        {"key": "g3", "payload": {}, "labels": []},
    ]
    response = as_user(cast, cast.owner).post(url(cast, "golds"), {"golds": golds}, format="json")
    assert problem(response) == (422, "invalid_input")
    assert [error["pointer"] for error in response.json()["errors"]] == ["/golds/1/labels/1", "/golds/2/labels"]
    assert len(response.json()["errors"][0]["detail"]) < 250
    assert Gold.objects.count() == 0


def test_workers_come_with_a_key_that_is_shown_once(cast: Cast) -> None:
    client = as_user(cast, cast.owner)
    body = {"workers": [{"name": "nora"}, {"name": "vader", "kind": "function", "model": {"version": "3.3.2"}}]}
    first = client.post(url(cast, "workers"), body, format="json", headers={"Idempotency-Key": "k1"})
    again = client.post(url(cast, "workers"), body, format="json", headers={"Idempotency-Key": "k1"})
    assert [worker["key"].startswith("assay_") for worker in first.json()["workers"]] == [True, True]
    assert again["Idempotent-Replay"] == "true"
    assert [worker["key"] for worker in again.json()["workers"]] == [None, None]
    assert Worker.objects.filter(name__in=["nora", "vader"]).count() == 2


@pytest.mark.parametrize("vote", ["counted", "decides"])
def test_nobody_counts_a_model_by_asking_for_it(cast: Cast, vote: str) -> None:
    client = as_user(cast, cast.owner)
    known = add_model(make_cast(), "known")
    workers = [{"name": "m", "kind": "llm", "vote": vote}, {"id": str(known.uid), "vote": vote}]
    for worker in workers:
        response = client.post(url(cast, "workers"), {"workers": [worker]}, format="json")
        assert response.status_code == 422
        assert [error["pointer"] for error in response.json()["errors"]] == ["/workers/0/vote"]
    assert not cast.project.enrolments.exclude(worker__kind="human").exists()
    quiet = client.post(url(cast, "workers"), {"workers": [workers[0] | {"vote": "shadow"}]}, format="json")
    assert quiet.status_code == 201


def test_a_worker_who_exists_is_enrolled_by_id(cast: Cast) -> None:
    other = make_cast()
    known = other.worker
    client = as_user(cast, cast.owner)
    reply = client.post(url(cast, "workers"), {"workers": [{"id": str(known.uid)}]}, format="json")
    assert reply.json()["workers"] == [{"id": str(known.uid), "name": "w1", "kind": "human", "key": None}]
    assert cast.claim(known).state == "assigned"
    nobody = {"workers": [{"id": str(uuid.uuid4())}, {"kind": "human"}]}
    response = client.post(url(cast, "workers"), nobody, format="json")
    assert [error["pointer"] for error in response.json()["errors"]] == ["/workers/0/id", "/workers/1/name"]


def test_the_same_model_is_not_added_twice(cast: Cast) -> None:
    client = as_user(cast, cast.owner)
    body = {"workers": [{"name": "vader", "kind": "function", "model": {"version": "3.3.2"}}]}
    assert client.post(url(cast, "workers"), body, format="json").status_code == 201
    assert problem(client.post(url(cast, "workers"), body, format="json")) == (409, "conflict")


def test_a_project_without_tasks_does_not_launch(cast: Cast) -> None:
    client = as_user(cast, cast.owner)
    uid = client.post("/api/v1/projects", PLAN, format="json").json()["id"]
    assert problem(client.post(f"/api/v1/projects/{uid}/launch", {}, format="json")) == (409, "conflict")


def test_pause_and_launch_are_repeatable(cast: Cast) -> None:
    client = as_user(cast, cast.owner)
    states = [client.post(url(cast, verb), {}, format="json").json()["state"] for verb in ("pause", "pause", "launch")]
    assert states == ["paused", "paused", "live"]


def test_the_status_counts_what_is_there(cast: Cast) -> None:
    cast.answer(cast.workers[0])
    cast.answer(cast.workers[1], is_processed=False)
    status = as_user(cast, cast.owner).get(url(cast)).json()["status"]
    assert (status["tasks"], status["answers"], status["pending_answers"]) == (2, 2, 1)
    assert status["is_refit_pending"] is True
    assert status["cost"] == {"amount": "0.020000", "currency": "USD"}
