"""kill -9 in the middle of a delivery: the message goes out again under its id, from a server started anew."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from running_server import RunningServer
from webhook_receiver import receiving

pytestmark = pytest.mark.race

PLAN: dict[str, Any] = {"name": "Told", "labels": [{"value": "yes"}, {"value": "no"}], "gold_rate": 0}


def test_a_server_killed_while_it_delivers_delivers_after_the_restart(tmp_path: Path) -> None:
    release = threading.Event()

    def reply(n: int) -> Any:
        if n == 0:
            release.wait(120)
            return None
        return 204

    with receiving(reply) as receiver:
        server = RunningServer(tmp_path)
        server.environment["ASSAY_WEBHOOK_ALLOWED_HOSTS"] = receiver.host
        manager = server.accounts["manager"]["key"]
        server.start()
        try:
            project = server.call("POST", "/projects", manager, PLAN).json()["id"]
            hook = server.call("POST", f"/projects/{project}/webhooks", manager, {"url": receiver.url}).json()
            ping = server.call("POST", f"/webhooks/{hook['id']}/ping", manager, {}).json()
            receiver.wait_for(1)
            server.kill()
            release.set()
            # The lease of the dead process runs out.
            with sqlite3.connect(tmp_path / "assay.sqlite3") as database:
                expired = database.execute("UPDATE crowd_webhookdelivery SET leased_until = '2000-01-01 00:00:00'")
                assert expired.rowcount == 1
            server.start()
            receiver.wait_for(2)

            def delivery() -> dict[str, Any]:
                address = f"/webhooks/{hook['id']}/deliveries"
                [row] = server.call("GET", address, manager).json()["results"]
                found: dict[str, Any] = row
                return found

            server.wait_until(lambda: delivery()["state"] == "delivered")
            cut_off, done = delivery()["attempts"]
        finally:
            release.set()
            server.kill()
    assert [received.webhook_id for received in receiver.received] == [ping["webhook_id"]] * 2
    assert (cut_off["ended_at"], done["status"]) == (None, 204)
