"""Work over the API: claim, submit, repeat; and what a worker must never see."""

from __future__ import annotations

import json
from typing import Any

import pytest
from callers import as_worker, problem, url
from cast import Cast, make_cast

from crowd.models import Answer, Assignment, Task
from crowd.services.processing import process_answer
from crowd.services.projects import pause_project

pytestmark = pytest.mark.django_db


def submit(client: Any, body: dict[str, Any], value: Any, **headers: str) -> Any:
    return client.post(f"/api/v1/assignments/{body['id']}/submit", {"value": value}, format="json", headers=headers)


def test_claim_submit_and_the_next(cast: Cast) -> None:
    client = as_worker(cast)
    seen = []
    for _ in range(2):
        claim = client.post(url(cast, "claim"), {}, format="json").json()
        assert claim["state"] == "assigned"
        seen.append(claim["assignment"]["payload"]["text"])
        reply = submit(client, claim["assignment"], "neutral")
        assert (reply.status_code, reply.json()["state"]) == (201, "accepted")
    assert sorted(seen) == ["text 1", "text 2"]
    assert client.post(url(cast, "claim"), {}, format="json").json() == {"state": "finished"}


def test_a_repeated_submit_is_replayed_and_a_changed_one_refused(cast: Cast) -> None:
    client = as_worker(cast)
    assignment = client.post(url(cast, "claim"), {}, format="json").json()["assignment"]
    first = submit(client, assignment, "neutral")
    assert (submit(client, assignment, "neutral").status_code, first.status_code) == (200, 201)
    assert problem(submit(client, assignment, "positive")) == (409, "already_submitted")


def test_an_idempotency_key_replays_the_stored_outcome(cast: Cast) -> None:
    client = as_worker(cast)
    assignment = client.post(url(cast, "claim"), {}, format="json").json()["assignment"]
    first = submit(client, assignment, "neutral", **{"Idempotency-Key": "once"})
    again = submit(client, assignment, "neutral", **{"Idempotency-Key": "once"})
    assert (again.status_code, again.json(), again["Idempotent-Replay"]) == (201, first.json(), "true")
    assert problem(submit(client, assignment, "positive", **{"Idempotency-Key": "once"})) == (
        422,
        "idempotency_key_reused",
    )
    assert Answer.objects.count() == 1


def test_a_refused_request_leaves_its_key_free(cast: Cast) -> None:
    client = as_worker(cast)
    assignment = client.post(url(cast, "claim"), {}, format="json").json()["assignment"]
    assert problem(submit(client, assignment, "happy", **{"Idempotency-Key": "once"})) == (422, "invalid_answer")
    assert submit(client, assignment, "neutral", **{"Idempotency-Key": "once"}).status_code == 201


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b'{"value": NaN}', "NaN"),
        (b'{"value": "a\\u0000b"}', "/value holds a NUL"),
        (b'{"value": "\\ud800"}', "surrogate"),
        (b'{"value": "\xff"}', "not UTF-8: byte 11"),
        (b'{"value": ', "not JSON"),
        (b'{"value": ' + b"[" * 100 + b"]" * 100 + b"}", "deeper than 64"),
        (b'{"value": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "deeper than 64"),
        (b'{"value": 1e999}', "too large"),
    ],
)
def test_a_body_that_cannot_be_stored_is_refused_in_a_sentence(cast: Cast, raw: bytes, words: str) -> None:
    client = as_worker(cast)
    assignment = client.post(url(cast, "claim"), {}, format="json").json()["assignment"]
    address = f"/api/v1/assignments/{assignment['id']}/submit"
    response = client.post(address, raw, content_type="application/json")
    assert problem(response) == (400, "parse_error")
    assert words in response.json()["detail"]


def test_a_missing_value_is_pointed_at(cast: Cast) -> None:
    client = as_worker(cast)
    assignment = client.post(url(cast, "claim"), {}, format="json").json()["assignment"]
    response = client.post(f"/api/v1/assignments/{assignment['id']}/submit", {}, format="json")
    assert problem(response) == (422, "invalid_input")
    assert response.json()["errors"] == [{"pointer": "/value", "detail": "This field is required."}]


def test_renew_release_and_skip(cast: Cast) -> None:
    client = as_worker(cast)
    first = client.post(url(cast, "claim"), {}, format="json").json()["assignment"]
    address = f"/api/v1/assignments/{first['id']}"
    assert client.post(f"{address}/renew", {}, format="json").json()["deadline"] > first["deadline"]
    assert client.post(f"{address}/release", {}, format="json").json()["state"] == "released"
    assert problem(client.post(f"{address}/renew", {}, format="json")) == (409, "stale_lease")
    second = client.post(url(cast, "claim"), {}, format="json").json()["assignment"]
    skipped = client.post(f"/api/v1/assignments/{second['id']}/skip", {"reason": "unclear"}, format="json")
    assert skipped.json()["state"] == "skipped"


def test_a_paused_project_says_so(cast: Cast) -> None:
    pause_project(project=cast.project, actor=cast.owner)
    assert problem(as_worker(cast).post(url(cast, "claim"), {}, format="json")) == (409, "project_closed")


def test_an_exhausted_budget_says_so() -> None:
    cast = make_cast(budget_micros=0)
    assert problem(as_worker(cast).post(url(cast, "claim"), {}, format="json")) == (409, "budget_exhausted")


def test_gold_and_real_assignments_cannot_be_told_apart() -> None:
    cast = make_cast(tasks=3)
    cast.gold(3)
    real = as_worker(cast, 0).post(url(cast, "claim"), {}, format="json").json()
    cast.configure(gold_rate=1.0)
    gold = as_worker(cast, 1).post(url(cast, "claim"), {}, format="json").json()
    assert Assignment.objects.filter(is_gold=True).count() == 1

    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shape(inner) for key, inner in value.items()}
        return type(value).__name__

    assert shape(gold) == shape(real)
    for key in ("answer_type", "labels", "price", "project"):
        assert gold["assignment"][key] == real["assignment"][key]
    told = json.dumps(gold).replace(gold["assignment"]["payload"]["text"], "")
    assert "gold" not in told


def test_the_reply_to_a_gold_answer_tells_nothing() -> None:
    cast = make_cast(tasks=3)
    cast.gold(1, "positive")
    cast.configure(gold_rate=1.0)
    client = as_worker(cast)
    gold = client.post(url(cast, "claim"), {}, format="json").json()["assignment"]
    reply = submit(client, gold, "negative")
    process_answer(answer_id=Answer.objects.get().pk)
    again = submit(client, gold, "negative")
    assert set(reply.json()) == {"id", "state", "value", "created_at"}
    assert again.json() == reply.json()


def test_ids_that_a_worker_sees_do_not_count_up(cast: Cast) -> None:
    assignment = as_worker(cast).post(url(cast, "claim"), {}, format="json").json()["assignment"]
    numbers = {str(pk) for pk in Task.objects.values_list("id", flat=True)}
    assert not numbers & {str(value) for value in assignment.values()}
    assert "key" not in assignment
