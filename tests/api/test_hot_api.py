"""The plain views of claim and submit: the same as the long way in everything but its cost."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from callers import as_worker, problem, url
from cast import Cast
from django.utils import timezone
from rest_framework.test import APIClient

from api import auth
from crowd.enums import KeyScope
from crowd.models import Answer, ApiKey, User, Worker
from crowd.services.projects import pause_project

pytestmark = pytest.mark.django_db


def claimed(client: APIClient, cast: Cast) -> dict[str, Any]:
    return client.post(url(cast, "claim"), {}, format="json").json()["assignment"]


def submit(client: APIClient, assignment: dict[str, Any], **body: Any) -> Any:
    return client.post(f"/api/v1/assignments/{assignment['id']}/submit", body, format="json")


def with_session(worker: Worker) -> APIClient:
    client = APIClient()
    client.force_login(User.objects.get(pk=worker.user_id))
    return client


def test_a_session_and_a_key_get_the_same_reply(cast: Cast) -> None:
    by_key = as_worker(cast).post(url(cast, "claim"), {}, format="json")
    by_session = with_session(cast.worker).post(url(cast, "claim"), {}, format="json")
    assert by_key.json() == by_session.json()
    assert by_key.headers["Content-Type"] == by_session.headers["Content-Type"]


def test_next_brings_the_next_task(cast: Cast) -> None:
    client = as_worker(cast)
    first = claimed(client, cast)
    reply = submit(client, first, value="neutral", next=True)
    assert (reply.status_code, reply.json()["state"]) == (201, "accepted")
    following = reply.json()["next"]
    assert following["state"] == "assigned"
    assert following["assignment"].keys() == first.keys()
    last = submit(client, following["assignment"], value="neutral", next=True)
    assert last.json()["next"] == {"state": "finished"}


def test_next_over_a_session_is_the_same(cast: Cast) -> None:
    client = with_session(cast.worker)
    reply = submit(client, claimed(client, cast), value="neutral", next=True)
    assert (reply.status_code, reply.json()["next"]["state"]) == (201, "assigned")


def test_a_refused_next_leaves_the_answer_accepted(cast: Cast) -> None:
    client = as_worker(cast)
    first = claimed(client, cast)
    pause_project(project=cast.project, actor=cast.owner)
    reply = submit(client, first, value="neutral", next=True)
    assert reply.status_code == 201
    assert (reply.json()["next"]["state"], reply.json()["next"]["code"]) == ("refused", "project_closed")
    assert Answer.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({}, "/value"), ({"value": None}, "/value"), ({"value": "neutral", "next": "perhaps"}, "/next")],
)
def test_a_body_that_is_wrong_is_pointed_at(cast: Cast, body: dict[str, Any], pointer: str) -> None:
    client = as_worker(cast)
    response = submit(client, claimed(client, cast), **body)
    assert problem(response) == (422, "invalid_input")
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


def test_a_list_is_no_body(cast: Cast) -> None:
    client = as_worker(cast)
    address = f"/api/v1/assignments/{claimed(client, cast)['id']}/submit"
    assert problem(client.post(address, ["neutral"], format="json")) == (422, "invalid_input")


def test_no_key_an_unknown_key_and_a_key_without_the_scope(cast: Cast) -> None:
    nobody, stranger, reader = APIClient(), APIClient(), APIClient()
    stranger.credentials(HTTP_AUTHORIZATION="Bearer assay_unknown")
    reader.credentials(HTTP_AUTHORIZATION=f"Bearer {cast.key_of(cast.stranger, KeyScope.PROJECT_READ)}")
    replies = [client.post(url(cast, "claim"), {}, format="json") for client in (nobody, stranger, reader)]
    assert [reply.status_code for reply in replies] == [401, 401, 403]
    assert [reply.headers.get("WWW-Authenticate") for reply in replies[:2]] == ["Bearer", "Bearer"]
    assert problem(replies[1]) == (401, "authentication_failed")
    assert problem(replies[2]) == (403, "permission_denied")


def test_a_revoked_key_works_for_seconds_at_most(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    client = as_worker(cast)
    claimed(client, cast)
    ApiKey.objects.filter(user__worker=cast.worker).update(revoked_at=timezone.now())
    later = time.monotonic() + auth.TRUSTED_SECONDS
    monkeypatch.setattr(auth.time, "monotonic", lambda: later)
    assert problem(client.post(url(cast, "claim"), {}, format="json")) == (401, "authentication_failed")


def test_a_key_ends_to_the_second(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    ends = timezone.now() + timedelta(seconds=1)
    ApiKey.objects.filter(user__worker=cast.worker).update(expires_at=ends)
    client = as_worker(cast)
    claimed(client, cast)
    monkeypatch.setattr(auth.timezone, "now", lambda: ends)
    assert problem(client.post(url(cast, "claim"), {}, format="json")) == (401, "authentication_failed")


def test_another_method_and_another_host_are_refused(cast: Cast) -> None:
    client = as_worker(cast)
    assert client.get(url(cast, "claim")).status_code == 405
    assert client.post(url(cast, "claim"), {}, format="json", headers={"host": "evil.example"}).status_code == 400


def test_the_reply_may_not_be_framed_sniffed_or_cached(cast: Cast) -> None:
    reply = as_worker(cast).post(url(cast, "claim"), {}, format="json")
    assert reply["X-Content-Type-Options"] == "nosniff"
    assert reply["X-Frame-Options"] == "DENY"
    assert reply["Cache-Control"] == "no-store"
    assert reply["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
