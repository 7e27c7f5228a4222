"""Twenty repeats of one POST at once, over HTTP against a real server: one effect."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from cast import make_cast
from django.db import connection
from running_server import RunningServer

from crowd.errors import InProgress
from crowd.services import idempotency
from crowd.services.idempotency import Outcome, run_once

pytestmark = pytest.mark.race


def test_twenty_repeats_at_once_make_one_project(tmp_path: Path) -> None:
    server = RunningServer(tmp_path)
    server.start()
    try:
        key = server.accounts["manager"]["key"]
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "twenty"}
        body = {"name": "Once", "labels": [{"value": "a"}, {"value": "b"}]}
        before = len(server.call("GET", "/projects", key).json()["results"])

        def post(_: int) -> httpx.Response:
            return httpx.post(server.url("/api/v1/projects"), json=body, headers=headers, timeout=60)

        with ThreadPoolExecutor(20) as pool:
            replies = list(pool.map(post, range(20)))
        done = [reply for reply in replies if reply.status_code == 201]
        early = [reply for reply in replies if reply.status_code != 201]
        assert {(reply.json()["id"], reply.headers["ETag"]) for reply in done} == {
            (done[0].json()["id"], done[0].headers["ETag"])
        }
        assert sorted(reply.headers.get("Idempotent-Replay", "false") for reply in done)[:1] == ["false"]
        assert all((reply.status_code, reply.json()["code"]) == (409, "in_progress") for reply in early)
        assert all("Retry-After" in reply.headers for reply in early)
        assert len(server.call("GET", "/projects", key).json()["results"]) == before + 1
        other = httpx.post(server.url("/api/v1/projects"), json=body | {"name": "Other"}, headers=headers, timeout=60)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    finally:
        server.kill()


@pytest.mark.django_db(transaction=True)
def test_a_repeat_of_a_long_call_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite makes the repeat wait for the first call's transaction")
    monkeypatch.setattr(idempotency, "WAIT_SECONDS", 0.2)
    cast = make_cast(tasks=1)
    begun, end = threading.Event(), threading.Event()

    def slowly() -> Outcome:
        begun.set()
        assert end.wait(30)
        return Outcome(200, {}, headers={"ETag": '"1"'})

    def first() -> None:
        run_once(user=cast.owner, key="k", request_digest="d", act=slowly)
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    assert begun.wait(30)
    try:
        with pytest.raises(InProgress):
            run_once(user=cast.owner, key="k", request_digest="d", act=slowly)
    finally:
        end.set()
        thread.join(30)
    outcome, is_replay = run_once(user=cast.owner, key="k", request_digest="d", act=slowly)
    assert (outcome.headers, is_replay) == ({"ETag": '"1"'}, True)
