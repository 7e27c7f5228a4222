"""Raters over the API: set up, previewed with a forecast, launched, watched; no key and no private address gets out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from callers import as_user, as_worker, problem, url
from cast import Cast
from django.db import connection
from django.test.utils import CaptureQueriesContext
from fake_batches import FakeBatches
from fake_endpoint import FakeEndpoint, completion, fake_endpoint, says
from raters_at_work import chat_rater, vote, work
from rest_framework.test import APIClient

from crowd.enums import WorkerKind
from crowd.models import Rater, RaterCall
from crowd.services.raters import NewRater, create_rater

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _local(settings: Any) -> None:
    settings.ARE_LOCAL_MODELS_ALLOWED = True


@pytest.fixture
def endpoint() -> Iterator[FakeEndpoint]:
    with fake_endpoint(says("positive")) as served:
        yield served


@pytest.fixture
def client(cast: Cast) -> APIClient:
    return as_user(cast, cast.manager)


def post(client: APIClient, cast: Cast, tail: str, body: dict[str, Any]) -> Any:
    return client.post(url(cast, tail), body, format="json")


def new(endpoint: str, prompt: str, **changes: Any) -> dict[str, Any]:
    spec = {"base_url": endpoint, "model": "fake-1b"} | changes.pop("spec", {})
    plan = {"name": "m", "kind": "llm", "prompt": prompt, "input_price_micros": 0, "output_price_micros": 0}
    return plan | {"spec": spec} | changes


def test_from_a_prompt_to_votes(cast: Cast, client: APIClient, endpoint: FakeEndpoint) -> None:
    prompt = post(client, cast, "prompts", {"name": "plain"})
    assert prompt.status_code == 201
    assert prompt.json()["version"] == 1
    pool = {"name": "shots", "examples": [{"payload": {"text": "Lovely."}, "label": "positive"}]}
    assert post(client, cast, "example-pools", pool).status_code == 201
    body = new(
        endpoint.url,
        prompt.json()["id"],
        spec={"pool": "shots", "shots": 1},
        input_price_micros=1_000_000,
        output_price_micros=2_000_000,
    )
    created = post(client, cast, "raters", body)
    assert created.status_code == 201
    rater = f"raters/{created.json()['id']}"
    before = client.get(url(cast, f"{rater}/forecast")).json()
    assert (before["tasks"], before["is_measured"]) == (2, False)
    assert before["cost_micros"]["low"] < before["cost_micros"]["expected"] < before["cost_micros"]["high"]
    shown = client.get(url(cast, f"{rater}/preview")).json()["prompts"]
    assert [message["role"] for message in shown[0]["messages"]] == ["system", "user", "assistant", "user"]
    assert "text 1" in shown[0]["messages"][-1]["content"]
    assert endpoint.bodies == []
    assert post(client, cast, f"{rater}/preview", {"tasks": 2}).status_code == 202
    work(Rater.objects.get())
    preview = client.get(url(cast, f"{rater}/preview")).json()
    assert preview["state"] == "finished"
    assert [row["label"] for row in preview["tried"]] == ["positive", "positive"]
    after = client.get(url(cast, f"{rater}/forecast")).json()
    assert (after["is_measured"], after["sampled"]) == (True, 2)
    assert after["cost_micros"] == {"expected": 240, "low": 240, "high": 240}
    assert client.get(url(cast, f"{rater}/progress")).json()["state"] == "not_launched"
    assert post(client, cast, f"{rater}/launch", {}).json()["state"] == "running"
    work(Rater.objects.get())
    progress = client.get(url(cast, f"{rater}/progress")).json()
    # What the preview paid for is not paid for again.
    assert (progress["state"], progress["votes"], progress["cost_micros"]) == ("idle", 2, 240)
    assert len(endpoint.bodies) == 2


def test_failures_are_listed_by_reason_and_tried_again(cast: Cast, client: APIClient, endpoint: FakeEndpoint) -> None:
    endpoint.answer = lambda body: completion("")
    rater = chat_rater(cast, endpoint.url)
    vote(cast, rater)
    tail = f"raters/{rater.uid}/failures"
    rows = client.get(url(cast, tail)).json()["results"]
    assert [(row["task"], row["reason"]) for row in rows] == [("t2", "empty"), ("t1", "empty")]
    assert client.get(url(cast, f"{tail}?reason=timeout")).json()["results"] == []
    assert post(client, cast, f"{tail}/retry", {}).json() == {"retried": 2}


def test_a_batch_is_followed_and_cancelled(cast: Cast, client: APIClient, endpoint: FakeEndpoint) -> None:
    endpoint.batches = FakeBatches(answer=endpoint.answer, status="in_progress")
    prompt = post(client, cast, "prompts", {"name": "plain"}).json()["id"]
    wrong = post(client, cast, "raters", new(endpoint.url, prompt, is_batched=True, batch_discount_percent=101))
    assert [error["pointer"] for error in wrong.json()["errors"]] == ["/batch_discount_percent"]
    body = post(client, cast, "raters", new(endpoint.url, prompt, is_batched=True)).json()
    assert (body["is_batched"], body["batch_discount_percent"]) == (True, 50)
    rater = f"raters/{body['id']}"
    assert problem(post(client, cast, f"{rater}/batch/cancel", {})) == (409, "conflict")
    post(client, cast, f"{rater}/launch", {})
    work(Rater.objects.get())
    progress = client.get(url(cast, f"{rater}/progress")).json()
    batch = progress["batch"]
    assert (progress["state"], batch["state"], batch["host_id"], batch["calls_made"], batch["is_cancelled"]) == (
        "running", "submitted", "batch_1", 2, False,
    )  # fmt: skip
    assert progress["seconds_left"]["low"] == 0
    cancelled = post(client, cast, f"{rater}/batch/cancel", {})
    assert (cancelled.status_code, cancelled.json()["batch"]["is_cancelled"]) == (202, True)
    for _ in range(2):
        work(Rater.objects.get())
    progress = client.get(url(cast, f"{rater}/progress")).json()
    assert (progress["state"], progress["pause_code"], progress["batch"]["state"]) == (
        "paused", "batch_cancelled", "ended",
    )  # fmt: skip


def test_a_rater_is_renewed_when_another_model_answers(cast: Cast, client: APIClient, endpoint: FakeEndpoint) -> None:
    rater = chat_rater(cast, endpoint.url, concurrency=1)
    tail = f"raters/{rater.uid}"
    assert problem(post(client, cast, f"{tail}/renew", {})) == (409, "conflict")
    names = iter(["old", "new"])
    plain = endpoint.answer
    endpoint.answer = lambda body: plain(body) | {"model": next(names, "new")}
    vote(cast, rater)
    assert client.get(url(cast, f"{tail}/progress")).json()["pause_code"] == "snapshot_changed"
    fresh = post(client, cast, f"{tail}/renew", {})
    assert (fresh.status_code, fresh.json()["replaces"], fresh.json()["spec"]["snapshot"]) == (
        201, str(rater.uid), "new",
    )  # fmt: skip


def test_the_same_rater_twice_is_a_conflict(cast: Cast, client: APIClient, endpoint: FakeEndpoint) -> None:
    prompt = post(client, cast, "prompts", {"name": "plain"}).json()["id"]
    assert post(client, cast, "raters", new(endpoint.url, prompt)).status_code == 201
    assert problem(post(client, cast, "raters", new(endpoint.url, prompt, name="other"))) == (409, "conflict")
    assert post(client, cast, "raters", new(endpoint.url, prompt, spec={"seed": 5})).status_code == 201
    again = post(client, cast, "prompts", {"name": "plain", "user": "Judge: {{ payload.text }}"}).json()
    assert again["version"] == 2
    assert post(client, cast, "raters", new(endpoint.url, again["id"])).status_code == 201
    assert len({rater.worker_id for rater in Rater.objects.all()}) == 3


@pytest.mark.parametrize(
    ("base_url", "pointer"),
    [
        ("http://127.0.0.1:8080/v1", "/spec/base_url"),
        ("https://169.254.169.254/latest", "/spec/base_url"),
        ("https://[::1]/v1", "/spec/base_url"),
        ("https://user:secret@api.example.org/v1", "/spec/base_url"),
        ("file:///etc/passwd", "/spec/base_url"),
    ],
)
def test_an_address_inside_is_refused_unless_the_settings_allow_it(
    cast: Cast, client: APIClient, settings: Any, base_url: str, pointer: str
) -> None:
    settings.ARE_LOCAL_MODELS_ALLOWED = False
    prompt = post(client, cast, "prompts", {"name": "plain"}).json()["id"]
    reply = post(client, cast, "raters", new(base_url, prompt))
    assert reply.status_code == 422
    assert [error["pointer"] for error in reply.json()["errors"]] == [pointer]
    assert "secret" not in reply.content.decode()


def test_a_name_that_leads_inside_is_refused_when_it_is_called(cast: Cast, settings: Any) -> None:
    rater = chat_rater(cast, "https://localhost:9/v1")
    settings.ARE_LOCAL_MODELS_ALLOWED = False
    run = vote(cast, rater)
    assert run.failures == 2
    assert "not a public address" in rater.failures.first().detail


def test_a_key_goes_to_its_own_host_and_is_never_shown(
    cast: Cast, client: APIClient, endpoint: FakeEndpoint, settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    settings.MODEL_KEYS = {"FAKE_KEY": "127.0.0.1"}
    monkeypatch.setenv("FAKE_KEY", "sk-very-secret")
    monkeypatch.setenv("OTHER_KEY", "sk-other-secret")
    prompt = post(client, cast, "prompts", {"name": "plain"}).json()["id"]
    for base_url, name in (("https://evil.example/v1", "FAKE_KEY"), (endpoint.url, "OTHER_KEY")):
        reply = post(client, cast, "raters", new(base_url, prompt, spec={"key_name": name}))
        assert [error["pointer"] for error in reply.json()["errors"]] == ["/spec/key_name"]
    created = post(client, cast, "raters", new(endpoint.url, prompt, spec={"key_name": "FAKE_KEY"}))
    endpoint.answer = lambda body: (400, {}, "the key sk-very-secret is unknown")
    vote(cast, Rater.objects.get())
    assert {headers["Authorization"] for headers in endpoint.headers} == {"Bearer sk-very-secret"}
    failures = client.get(url(cast, f"raters/{created.json()['id']}/failures")).content.decode()
    everything = created.content.decode() + failures + caplog.text + str(list(RaterCall.objects.values()))
    assert "very-secret" not in everything
    assert "the key … is unknown" in failures


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"name": "x", "user": "no payload"}, ["/user"]),
        ({"name": "x", "user": "{{ payload.text }} {{ gold.label }}"}, ["/user"]),
        ({"name": "x", "user": "{{ payload.__class__.__mro__ }}{% load x %}"}, ["/user"]),
        ({"name": "x", "system": "{{ payload.text }}"}, ["/system"]),
        ({"name": "x", "words": {"happy": "yes"}}, ["/words/happy"]),
        ({"name": "x", "words": {"positive": "Negative"}}, ["/words"]),
    ],
)
def test_a_prompt_that_cannot_be_is_refused(
    cast: Cast, client: APIClient, body: dict[str, Any], pointers: list[str]
) -> None:
    reply = post(client, cast, "prompts", body)
    assert reply.status_code == 422
    assert [error["pointer"] for error in reply.json()["errors"]] == pointers


def test_an_example_that_is_a_gold_is_refused(cast: Cast, client: APIClient) -> None:
    cast.gold()
    body = {"name": "shots", "examples": [{"payload": {"text": "gold 1"}, "label": "positive"}]}
    reply = post(client, cast, "example-pools", body)
    assert [error["pointer"] for error in reply.json()["errors"]] == ["/examples/0/payload"]


def test_a_worker_sees_nothing_of_raters(cast: Cast) -> None:
    rater = chat_rater(cast, "http://127.0.0.1:9/v1")
    for tail in ("raters", f"raters/{rater.uid}/preview", f"raters/{rater.uid}/failures", "prompts", "example-pools"):
        assert as_worker(cast).get(url(cast, tail)).status_code == 403


def test_lists_cost_the_same_with_more_rows(cast: Cast, client: APIClient) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            for tail in ("raters", "prompts", "example-pools"):
                assert client.get(url(cast, tail)).status_code == 200
        return len(captured)

    def add(n: int) -> None:
        chat_rater(cast, "http://127.0.0.1:9/v1", name=f"m{n}", spec={"seed": n})
        spec = {"type": "keyword", "labels": {"positive": [f"word{n}"]}}
        create_rater(
            project=cast.project, new=NewRater(name=f"f{n}", kind=WorkerKind.FUNCTION, spec=spec), actor=cast.owner
        )
        shot = {"name": f"p{n}", "examples": [{"payload": {"text": str(n)}, "label": "positive"}]}
        assert post(client, cast, "example-pools", json.loads(json.dumps(shot))).status_code == 201

    add(1)
    queries()
    few = queries()
    add(2)
    add(3)
    assert queries() == few
