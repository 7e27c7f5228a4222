"""kill -9 in the middle of the work: nothing acknowledged is lost, everything is processed after the restart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running_server import RunningServer

pytestmark = pytest.mark.race

PLAN: dict[str, Any] = {
    "name": "Crash",
    "labels": [{"value": "yes"}, {"value": "no"}],
    "min_overlap": 2,
    "max_overlap": 2,
    "target_confidence": 0.8,
    "price": {"amount": "0.01", "currency": "USD"},
    "gold_rate": 0,
}
TASKS = 12


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path)
    running.start()
    yield running
    running.kill()


def test_a_killed_server_goes_on_where_it_was(server: RunningServer) -> None:
    manager = server.accounts["manager"]["key"]
    project = server.call("POST", "/projects", manager, PLAN).json()["id"]
    base = f"/projects/{project}"
    tasks = [{"key": f"t{i}", "payload": {"text": str(i)}} for i in range(TASKS)]
    assert server.call("POST", f"{base}/tasks", manager, {"tasks": tasks}).status_code == 201
    server.call("POST", f"{base}/launch", manager, {})
    added = server.call("POST", f"{base}/workers", manager, {"workers": [{"name": "a"}, {"name": "b"}]}).json()
    keys = [worker["key"] for worker in added["workers"]]
    acknowledged = []

    def work(key: str, answers: int) -> None:
        for _ in range(answers):
            claim = server.call("POST", f"{base}/claim", key, {}).json()
            address = f"/assignments/{claim['assignment']['id']}/submit"
            reply = server.call("POST", address, key, {"value": "yes"})
            assert reply.status_code == 201
            acknowledged.append(reply.json()["id"])

    work(keys[0], TASKS)
    work(keys[1], TASKS // 2)
    held = server.call("POST", f"{base}/claim", keys[1], {}).json()["assignment"]
    server.kill()
    server.start()
    assert server.call("POST", f"{base}/claim", keys[1], {}).json()["assignment"]["id"] == held["id"]
    work(keys[1], TASKS - TASKS // 2)

    def status() -> dict[str, Any]:
        return server.call("GET", base, manager).json()["status"]

    server.wait_until(lambda: status()["pending_answers"] == 0 and not status()["is_refit_pending"])
    stored = [row["id"] for row in server.call("GET", f"{base}/answers", manager).json()["results"]]
    assert sorted(stored) == sorted(acknowledged)
    assert len(stored) == 2 * TASKS
    assert status()["tasks_complete"] == TASKS
    assert status()["cost"]["amount"] == f"{2 * TASKS / 100:.6f}"
    runs = {row["run"] for row in server.call("GET", f"{base}/consensus", manager).json()["results"]}
    assert len(runs) == 1
    assert None not in runs
