"""Hostile input to the API and to pages is refused or taken as text: never a 500, never markup in a page."""

from __future__ import annotations

import json
from typing import Any

import pytest
from callers import as_user, as_worker, url
from cast import Cast
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crowd.models import Assignment, Membership, Project, Task, User

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script>"
HOSTILE = [
    "'; DROP TABLE crowd_task; --",
    "' OR '1'='1",
    "{{ 7*7 }}{% load x %}${7*7}#{7*7}<%= 7*7 %>",
    SCRIPT,
    '"><img src=x onerror=alert(1)>',
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "/etc/passwd\x00.csv",
    "=cmd|' /C calc'!A0",
    "\x00",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    "‮" * 50,
    "9" * 400,
    "-1e309",
    "A" * 100_000,
    "%s%s%n%x",
    "\r\nSet-Cookie: a=b",
]


def survives(response: Any, sent: str) -> None:
    """Answered, by something other than an accident, and with no tag of the sender's in a page."""
    assert response.status_code < 500, (response.status_code, sent[:80])
    assert "Set-Cookie: a=b" not in str(response.headers)
    if response.headers.get("Content-Type", "").startswith("text/html"):
        page = response.content.decode()
        assert SCRIPT not in page
        assert "<img src=x" not in page
        assert "49" not in page or "{{ 7*7 }}" not in sent or "7*7" in page


@pytest.mark.parametrize("text", HOSTILE)
def test_the_api_takes_hostile_texts_as_texts(cast: Cast, text: str) -> None:
    claimed = cast.claim().assignment
    assert claimed is not None
    owner, worker = as_user(cast, cast.owner), as_worker(cast)
    tasks = {"tasks": [{"key": text[:300], "payload": {"text": text}}]}
    for address, body in (
        (url(cast, "tasks"), tasks),
        (url(cast, "golds"), {"golds": [{"key": text[:300], "payload": {"text": text}, "labels": [text]}]}),
        ("/api/v1/projects", {"name": text, "labels": [{"value": text, "title": text}], "instructions": text}),
        (url(cast, "webhooks"), {"url": text, "events": [text]}),
        (url(cast, "exports"), {"kind": text, "format": text}),
        (url(cast, "workers"), {"workers": [{"name": text, "email": text}]}),
    ):
        survives(owner.post(address, body, format="json"), text)
    survives(worker.post(f"/api/v1/assignments/{claimed.uid}/submit", {"value": text}, format="json"), text)
    for query in ("tasks?key=", "tasks?state=", "answers?worker=", "events?kind=", "tasks?cursor=", "tasks?order="):
        name, _, _ = query.partition("?")
        survives(owner.get(url(cast, name), {query.partition("?")[2].rstrip("="): text[:2000]}), text)
    assert Task.objects.filter(project=cast.project, key="t1").exists()


@pytest.mark.parametrize("text", HOSTILE)
def test_pages_take_hostile_texts_as_texts(cast: Cast, text: str) -> None:
    claimed = cast.claim().assignment
    assert claimed is not None
    anybody, worker, owner = Client(), Client(), Client()
    worker.force_login(cast.worker.user)
    owner.force_login(cast.owner)
    project = cast.project.uid
    survives(anybody.post(reverse("log-in"), {"username": text, "password": text, "next": text}), text)
    survives(anybody.get(reverse("log-in"), {"next": text[:2000]}), text)
    survives(anybody.post(reverse("sign-up"), {"email": text}), text)
    survives(anybody.post(reverse("language"), {"language": text, "next": text}), text)
    answer = {"assignment": str(claimed.uid), "value": text, "label": text, "comment": text}
    survives(worker.post(reverse("work-submit", args=[project]), answer), text)
    survives(worker.post(reverse("work-submit", args=[project]), {"assignment": text}), text)
    survives(worker.post(reverse("work-draft", args=[project]), {"assignment": text, "value": text}), text)
    survives(worker.post(reverse("profile-keep"), {"name": text, "language": text, "time_zone": text}), text)
    survives(owner.get(reverse("manage", args=[project]), {"filter": text[:2000], "page": text[:2000]}), text)


def test_fields_that_are_not_to_be_set_are_not_set(cast: Cast) -> None:
    owner, stranger = as_user(cast, cast.owner), as_user(cast, cast.stranger)
    before = Project.objects.values().get(pk=cast.project.pk)
    smuggled = {
        "id": 1,
        "uid": str(cast.owner.uid),
        "state": "archived",
        "created_by": cast.stranger.pk,
        "budget_spent_micros": -(10**12),
        "is_dirty": True,
        "refit_lease": str(cast.owner.uid),
    }
    assert owner.patch(url(cast), smuggled, format="json").status_code < 500
    after = Project.objects.values().get(pk=cast.project.pk)
    assert {name: after[name] for name in ("id", "uid", "state", "created_by_id")} == {
        name: before[name] for name in ("id", "uid", "state", "created_by_id")
    }
    body = {"name": "mine", "is_staff": True, "is_superuser": True, "email": "olga@example.org", "role": "owner"}
    for method in (stranger.patch, stranger.post):
        assert method("/api/v1/me", body, format="json").status_code < 500
    client = Client()
    client.force_login(cast.stranger)
    client.post(reverse("profile-keep"), body)
    row = User.objects.get(pk=cast.stranger.pk)
    assert (row.is_staff, row.is_superuser, row.email) == (False, False, "sam@example.org")
    assert not Membership.objects.filter(user=cast.stranger).exists()


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..\\x.csv", "a\r\nb.csv", 'a"; filename="b', "=1+1.csv", "x" * 5000]
)
def test_names_of_files_lead_nowhere(cast: Cast, name: str) -> None:
    owner = as_user(cast, cast.owner)
    survives(owner.post(f"{url(cast, 'imports')}?format=csv", b"key,text\nz,1\n", content_type="text/csv"), name)
    response = owner.generic(
        "POST", url(cast, "imports"), b"key,text\nz,1\n", "text/csv", QUERY_STRING=f"name={name!r}"
    )
    survives(response, name)
    for address in ("panels/../../settings", "exports/..%2f..%2fetc%2fpasswd", "exports/%00"):
        assert owner.get(url(cast, address)).status_code in (301, 400, 404, 422)


@pytest.mark.parametrize(
    "body",
    [
        b"{" * 50_000,
        b"[" * 50_000 + b"]" * 50_000,
        b'{"tasks": [' + b'{"key":"a","payload":{"t":"x"}},' * 20_000 + b"{}]}",
        b'{"tasks": "' + b"\xff\xfe" * 1000 + b'"}',
        b'{"tasks": [{"key": "\x00"}]}',
        b'{"tasks": [{"key": "a", "payload": ' + b'{"a":' * 200 + b"1" + b"}" * 200 + b"}]}",
        b"\x1f\x8b\x08" + b"\x00" * 100,
        b"",
    ],
)
def test_bodies_that_are_huge_deep_or_broken_are_refused(cast: Cast, body: bytes) -> None:
    owner = as_user(cast, cast.owner)
    before = Task.objects.count()
    response = owner.post(url(cast, "tasks"), body, content_type="application/json")
    assert 400 <= response.status_code < 500
    assert (response["Content-Type"], Task.objects.count()) == ("application/problem+json", before)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.sampled_from(HOSTILE[:14]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(value=values)
def test_no_value_makes_the_server_stumble(cast: Cast, value: Any) -> None:
    live = Assignment.objects.filter(worker=cast.worker, state="active").first() or cast.claim().assignment
    owner, worker = as_user(cast, cast.owner), as_worker(cast)
    for client, address, body in (
        (owner, url(cast, "tasks"), {"tasks": value}),
        (owner, url(cast, "tasks"), {"tasks": [{"key": "k", "payload": value}, value]}),
        (owner, "/api/v1/projects", {"name": "n", "labels": value, "answer_options": value}),
        *([(worker, f"/api/v1/assignments/{live.uid}/submit", {"value": value})] if live else []),
    ):
        response = client.post(address, json.dumps(body).encode(errors="replace"), content_type="application/json")
        assert response.status_code < 500, (address, body)
