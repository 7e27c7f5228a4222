"""Exports over HTTP: streamed at once, or a file that a job makes; never for workers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from callers import as_user, as_worker, problem, url
from cast import Cast
from django.utils import timezone

from crowd.enums import KeyScope
from crowd.models import Event, Export, StoredFile
from crowd.services.file_jobs import discard_old_files, work_off_files
from crowd.services.refit import refit_project

pytestmark = pytest.mark.django_db


def answered(cast: Cast) -> None:
    cast.gold()
    for worker in cast.workers[:2]:
        cast.answer(worker)
    refit_project(project_id=cast.project.pk)


def body_of(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_rows_are_streamed_at_once(cast: Cast) -> None:
    answered(cast)
    response = as_user(cast, cast.manager).get(url(cast, "exports/answers?format=csv"))
    assert (response.status_code, response["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert response["Content-Disposition"] == f'attachment; filename="answers-{cast.project.uid}.csv"'
    lines = body_of(response).decode().splitlines()
    assert lines[0].startswith("task,worker,label,")
    assert len(lines) == 3


@pytest.mark.parametrize("kind", ["consensus", "answers", "tasks", "agreement", "trust", "events", "payouts"])
def test_every_kind_comes_as_json_lines(cast: Cast, kind: str) -> None:
    answered(cast)
    response = as_user(cast, cast.owner).get(url(cast, f"exports/{kind}?format=jsonl"))
    assert (response.status_code, response["Content-Type"]) == (200, "application/x-ndjson")
    assert len(body_of(response)) > 0


@pytest.mark.parametrize(
    "tail",
    ["exports/nothing", "exports/tasks?format=csv", "exports/answers?min_confidence=0.5", "exports/events?since=x"],
)
def test_what_makes_no_sense_is_refused(cast: Cast, tail: str) -> None:
    assert problem(as_user(cast, cast.manager).get(url(cast, tail))) == (422, "invalid_input")


def test_a_filter_that_is_none_is_named(cast: Cast) -> None:
    owner = as_user(cast, cast.owner)
    refused = owner.get(url(cast, "exports/answers?sinse=2026-01-01"))
    assert problem(refused) == (422, "invalid_input")
    detail = "is none of state, min_confidence, since, style, format"
    assert refused.json()["errors"] == [{"pointer": "/sinse", "detail": detail}]
    body = {"kind": "answers", "sinse": "2026-01-01T00:00:00Z"}
    assert problem(owner.post(url(cast, "exports"), body, format="json")) == (422, "invalid_input")


def test_a_file_is_ordered_polled_and_fetched(cast: Cast) -> None:
    answered(cast)
    client = as_user(cast, cast.manager)
    order = {"kind": "consensus", "format": "jsonl", "min_confidence": 0.2, "since": "2026-01-01T00:00:00Z"}
    response = client.post(url(cast, "exports"), order, format="json", headers={"Idempotency-Key": "k"})
    body = response.json()
    assert (response.status_code, body["state"], body["file_url"]) == (202, "queued", None)
    again = client.post(url(cast, "exports"), order, format="json", headers={"Idempotency-Key": "k"})
    assert again.json()["id"] == body["id"]
    assert problem(client.get(f"{body['url']}/file")) == (409, "conflict")
    work_off_files()
    done = client.get(body["url"]).json()
    assert (done["state"], done["rows"]) == ("finished", Export.objects.get().rows)
    fetched = client.get(done["file_url"])
    content = body_of(fetched)
    assert (int(fetched["Content-Length"]), len(content)) == (done["size_bytes"], done["size_bytes"])
    streamed = client.get(url(cast, "exports/consensus?format=jsonl&min_confidence=0.2&since=2026-01-01T00:00:00Z"))
    assert content == body_of(streamed)
    assert Event.objects.filter(kind="export_ready", subject=body["id"]).count() == 1
    past = timezone.now() - timedelta(seconds=1)
    Export.objects.update(expires_at=past)
    StoredFile.objects.update(expires_at=past)
    discard_old_files()
    assert problem(client.get(f"{body['url']}/file")) == (410, "expired")
    assert client.get(body["url"]).json()["state"] == "expired"


def test_a_waiting_export_is_cancelled_once(cast: Cast) -> None:
    client = as_user(cast, cast.manager)
    address = client.post(url(cast, "exports"), {"kind": "answers"}, format="json").json()["url"]
    assert client.post(f"{address}/cancel").json()["state"] == "cancelled"
    assert problem(client.post(f"{address}/cancel")) == (409, "conflict")


def test_neither_workers_nor_strangers_reach_an_export(cast: Cast) -> None:
    answered(cast)
    manager = as_user(cast, cast.manager)
    address = manager.post(url(cast, "exports"), {"kind": "answers"}, format="json").json()["url"]
    work_off_files()
    for user in (cast.worker.user, cast.stranger, cast.finance):
        client = as_user(cast, user)
        tails = [url(cast, "exports"), url(cast, "exports/answers"), address, f"{address}/file"]
        assert [client.get(tail).status_code for tail in tails] == [404] * 4
    assert as_worker(cast).get(f"{address}/file").status_code == 403


def test_payouts_ask_for_the_scope_finance(cast: Cast) -> None:
    answered(cast)
    without = as_user(cast, cast.manager, KeyScope.PROJECT_WRITE)
    assert problem(without.get(url(cast, "exports/payouts"))) == (403, "permission_denied")
    assert problem(without.post(url(cast, "exports"), {"kind": "payouts"}, format="json"))[0] == 403
    both = as_user(cast, cast.manager, KeyScope.PROJECT_WRITE, KeyScope.FINANCE)
    address = both.post(url(cast, "exports"), {"kind": "payouts"}, format="json").json()["url"]
    work_off_files()
    assert both.get(f"{address}/file").status_code == 200
    assert problem(without.get(address))[0] == 403
