"""kill -9 while a model is being asked: no vote is lost, and none is paid for twice."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fake_endpoint import FakeEndpoint, fake_endpoint, says, text
from running_server import PATIENCE_SECONDS, RunningServer

pytestmark = pytest.mark.race

PLAN: dict[str, Any] = {
    "name": "Raters crash",
    "labels": [{"value": "negative"}, {"value": "positive"}],
    "min_overlap": 2,
    "max_overlap": 2,
    "target_confidence": 0.8,
    "price": {"amount": "0.01", "currency": "USD"},
    "budget": {"amount": "100.00", "currency": "USD"},
    "gold_rate": 0,
}
TASKS = 12
# The server is killed while the model has been asked so often and has not replied to the last.
ASKED_BEFORE = 6


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningServer]:
    monkeypatch.setenv("ASSAY_LOCAL_MODELS", "1")
    running = RunningServer(tmp_path)
    running.start()
    yield running
    running.kill()


@pytest.fixture
def endpoint() -> Iterator[FakeEndpoint]:
    with fake_endpoint(says("positive")) as served:
        yield served


def end_lease(folder: Path) -> None:
    """Let the time pass in which the dead process's lease keeps others from the run; there must be such a lease."""
    with closing(sqlite3.connect(folder / "assay.sqlite3")) as rows, rows:
        ended = rows.execute("UPDATE crowd_raterrun SET leased_until = created_at WHERE leased_until IS NOT NULL")
        assert ended.rowcount == 1


def test_a_killed_worker_loses_no_vote_and_pays_for_none_twice(
    server: RunningServer, endpoint: FakeEndpoint, tmp_path: Path
) -> None:
    in_the_air, killed = threading.Event(), threading.Event()
    answer = endpoint.answer

    def until_killed(body: dict[str, Any]) -> Any:
        if len(endpoint.bodies) >= ASKED_BEFORE:
            in_the_air.set()
            assert killed.wait(PATIENCE_SECONDS)
        return answer(body)

    endpoint.answer = until_killed
    manager = server.accounts["manager"]["key"]
    project = server.call("POST", "/projects", manager, PLAN).json()["id"]
    base = f"/projects/{project}"
    tasks = [{"key": f"t{i}", "payload": {"text": f"review {i}"}} for i in range(TASKS)]
    assert server.call("POST", f"{base}/tasks", manager, {"tasks": tasks}).status_code == 201
    server.call("POST", f"{base}/launch", manager, {})
    prompt = server.call("POST", f"{base}/prompts", manager, {"name": "p"}).json()["id"]
    plan = {
        "name": "m",
        "kind": "llm",
        "prompt": prompt,
        "spec": {"base_url": endpoint.url, "model": "fake-1b"},
        "input_price_micros": 1_000_000,
        "output_price_micros": 0,
    }
    created = server.call("POST", f"{base}/raters", manager, plan)
    assert created.status_code == 201, created.text
    rater = f"{base}/raters/{created.json()['id']}"
    assert server.call("POST", f"{rater}/launch", manager, {}).status_code == 200
    assert in_the_air.wait(PATIENCE_SECONDS), "the rater did not get there"
    server.kill()
    killed.set()
    end_lease(tmp_path)
    server.start()

    def progress() -> dict[str, Any]:
        return server.call("GET", f"{rater}/progress", manager).json()

    server.wait_until(lambda: progress()["state"] == "idle")
    server.kill()
    rows = sqlite3.connect(tmp_path / "assay.sqlite3")
    answered = rows.execute("SELECT t.key FROM crowd_answer a JOIN crowd_task t ON t.id = a.task_id").fetchall()
    assert sorted(answered) == sorted((f"t{i}",) for i in range(TASKS))
    assert rows.execute("SELECT count(*) FROM crowd_votedetail").fetchone() == (TASKS,)
    assert rows.execute("SELECT count(*) FROM crowd_votefailure").fetchone() == (0,)
    # Booked once for each vote: 100 tokens at a micro-unit.
    assert rows.execute(
        "SELECT count(*), sum(actual_micros) FROM crowd_modelcost WHERE state = 'settled'"
    ).fetchone() == (
        TASKS,
        TASKS * 100,
    )
    assert rows.execute("SELECT count(*) FROM crowd_modelcost WHERE state = 'held'").fetchone() == (0,)
    assert rows.execute("SELECT sum(left_micros) FROM crowd_budgetshard").fetchone() == (100_000_000 - TASKS * 100,)
    rows.close()
    # What was in the air at a kill was asked again with the same key, and only that: a provider that honours the key
    # has answered, and charged, each task once.
    assert len(endpoint.charged) == TASKS
    asked: dict[str, set[str]] = {}
    for body, headers in zip(endpoint.bodies, endpoint.headers, strict=True):
        asked.setdefault(text(body), set()).add(headers["Idempotency-Key"])
    assert {len(keys) for keys in asked.values()} == {1}
    assert len(endpoint.bodies) <= TASKS + 4
    assert json.dumps(sorted(asked)).count("review") == TASKS
