"""kill -9 in the middle of an import and of an export: a server started anew goes on, nothing doubled, nothing lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from running_server import RunningServer

pytestmark = pytest.mark.race

PLAN: dict[str, Any] = {"name": "Moved", "labels": [{"value": "yes"}, {"value": "no"}], "gold_rate": 0}
ROWS = 40_000


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path)
    running.start()
    yield running
    running.kill()


def outlive_leases(folder: Path, table: str) -> None:
    """As if the dead process's lease had run out."""
    with sqlite3.connect(folder / "assay.sqlite3") as database:
        held = database.execute(f"UPDATE {table} SET leased_until = '2000-01-01 00:00:00' WHERE finished_at IS NULL")
        assert held.rowcount == 1


def test_a_killed_import_and_a_killed_export_go_on_without_doubling_anything(
    server: RunningServer, tmp_path: Path
) -> None:
    manager = server.accounts["manager"]["key"]
    project = server.call("POST", "/projects", manager, PLAN).json()["id"]
    content = "task,worker,label\n" + "".join(f"t{i // 4},w{i % 4},{'yes' if i % 3 else 'no'}\n" for i in range(ROWS))
    headers = {"Authorization": f"Bearer {manager}", "Content-Type": "text/csv", "Idempotency-Key": "moved"}

    def send() -> dict[str, Any]:
        address = server.url(f"/api/v1/projects/{project}/imports")
        reply = httpx.post(address, content=content, headers=headers, timeout=60)
        assert reply.status_code == 202
        job: dict[str, Any] = reply.json()
        return job

    def of(kind: str, job: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = server.call("GET", f"/{kind}/{job['id']}", manager).json()
        return found

    job = send()
    server.wait_until(lambda: of("imports", job)["rows_done"] > 0)
    server.kill()
    with sqlite3.connect(tmp_path / "assay.sqlite3") as database:
        [(done,)] = database.execute("SELECT rows_done FROM crowd_import")
        [(written,)] = database.execute("SELECT count(*) FROM crowd_answer")
    # Whole chunks, each with its progress, and the kill came in the middle.
    assert 0 < done == written < ROWS
    outlive_leases(tmp_path, "crowd_import")
    server.start()
    assert send()["id"] == job["id"]
    server.wait_until(lambda: of("imports", job)["state"] == "finished")
    ended = of("imports", job)
    assert (ended["rows_done"], ended["tasks"], ended["answers"], ended["workers"]) == (ROWS, ROWS // 4, ROWS, 4)

    order = server.call("POST", f"/projects/{project}/exports", manager, {"kind": "answers", "format": "csv"}).json()
    server.wait_until(lambda: of("exports", order)["state"] == "writing")
    server.kill()
    outlive_leases(tmp_path, "crowd_export")
    server.start()
    server.wait_until(lambda: of("exports", order)["state"] == "finished")
    made = of("exports", order)
    file = httpx.get(
        server.url(f"/api/v1/exports/{order['id']}/file"), headers={"Authorization": f"Bearer {manager}"}, timeout=60
    )
    lines = file.text.splitlines()
    assert (made["rows"], len(lines) - 1, len({line.rsplit(",", 1)[1] for line in lines[1:]})) == (ROWS, ROWS, ROWS)
    with sqlite3.connect(tmp_path / "assay.sqlite3") as database:
        distinct = "SELECT count(*), count(DISTINCT task_id || ' ' || worker_id) FROM crowd_answer"
        assert database.execute(distinct).fetchall() == [(ROWS, ROWS)]
