"""The processes of docker-compose.yml on a bare machine: answers come through, what is killed comes back, all ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings

from config.stack.bare import free_port

pytestmark = [
    pytest.mark.race,
    # With servers of the test run's own it would be started twice, for nothing.
    pytest.mark.skipif(not settings.CELERY_BROKER_URL, reason="needs PostgreSQL and Redis: scripts/with_servers"),
]
ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_SECONDS = 240.0
# What a proxy with TLS in front says.
HEADERS = {"X-Forwarded-Proto": "https", "Host": "assay.example"}


def wait_until(condition: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            if found := condition():
                return found
        except (httpx.TransportError, OSError):
            pass
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.1)


class Running:
    """`scripts/run_processes` in a folder, with production's settings."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        env_file = folder / "env"
        env_file.write_text(f"SECRET_KEY={'k' * 20}{os.urandom(30).hex()}\nASSAY_HOSTS=assay.example\n")
        names = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")
        environment = {name: value for name, value in os.environ.items() if name not in names}
        command = [str(ROOT / "scripts/run_processes"), "--folder", str(folder / "stack"), "--port", str(self.port)]
        self.log = folder / "log"
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [*command, "--env-file", str(env_file), "--processes", "1"],
                env=environment,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def pid_of(self, name: str) -> int:
        """The process of a service, by the folder that is its TMPDIR."""
        mine = f"TMPDIR={self.folder}/stack/{name}".encode()
        for status in Path("/proc").glob("[0-9]*/status"):
            pid = status.parent.name
            try:
                parent = next(line for line in status.read_text().splitlines() if line.startswith("PPid")).split()[1]
                environment = (status.parent / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if parent == str(self.process.pid) and mine in environment:
                return int(pid)
        return 0

    def environment_of(self, name: str) -> dict[str, str]:
        """The environment of a service's process."""
        cells = Path(f"/proc/{self.pid_of(name)}/environ").read_bytes().decode().split("\0")
        return dict(cell.split("=", 1) for cell in cells if "=" in cell)

    def call(self, method: str, path: str, key: str, body: Any = None) -> httpx.Response:
        headers = HEADERS | {"Authorization": f"Bearer {key}"}
        return httpx.request(
            method, f"http://127.0.0.1:{self.port}/api/v1{path}", json=body, headers=headers, timeout=30
        )


@pytest.fixture
def running() -> Iterator[Running]:
    # Not pytest's folder, which lets nobody else in: as root, PostgreSQL runs as another user.
    folder = Path(tempfile.mkdtemp(prefix="assay-processes-"))
    folder.chmod(0o755)
    one = Running(folder)
    try:
        wait_until(lambda: one.process.poll() is not None or "are well" in one.log.read_text())
        assert one.process.poll() is None, one.log.read_text()
        yield one
    finally:
        if one.process.poll() is None:
            one.process.terminate()
            one.process.wait(90)
        shutil.rmtree(folder, ignore_errors=True)


def test_answers_come_through_and_what_is_killed_comes_back(running: Running) -> None:
    environment = running.environment_of("web")
    made = subprocess.run(
        [sys.executable, "manage.py", "create_demo_accounts"],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    accounts = json.loads(made.stdout)
    manager = accounts["manager"]["key"]
    plan = {"name": "p", "labels": [{"value": "yes"}, {"value": "no"}], "min_overlap": 1, "max_overlap": 1}
    project = running.call("POST", "/projects", manager, plan).json()["id"]
    tasks = [{"key": f"t{i}", "payload": {"text": str(i)}} for i in range(4)]
    assert running.call("POST", f"/projects/{project}/tasks", manager, {"tasks": tasks}).status_code == 201
    [worker] = running.call("POST", f"/projects/{project}/workers", manager, {"workers": [{"name": "w"}]}).json()[
        "workers"
    ]
    assert running.call("POST", f"/projects/{project}/launch", manager, {}).status_code == 200

    def answer() -> bool:
        claim = running.call("POST", f"/projects/{project}/claim", worker["key"], {})
        if claim.status_code != 200 or claim.json()["state"] != "assigned":
            return False
        address = f"/assignments/{claim.json()['assignment']['id']}/submit"
        return running.call("POST", address, worker["key"], {"value": "yes"}).status_code == 201

    def complete() -> int:
        page = running.call("GET", f"/projects/{project}/consensus", manager).json()
        return sum(row["state"] == "complete" for row in page["results"])

    wait_until(answer)
    wait_until(lambda: complete() == 1)
    killed = {name: running.pid_of(name) for name in ("web", "worker", "redis")}
    for pid in killed.values():
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: all(running.pid_of(name) not in (0, pid) for name, pid in killed.items() if name != "redis"))
    wait_until(answer)
    # With the message that Redis lost, if it did: the sweep finds the row.
    wait_until(lambda: complete() == 2)
    running.process.terminate()
    assert running.process.wait(90) == 0
    left = subprocess.run(["pgrep", "-f", str(running.folder / "stack")], capture_output=True, text=True, check=False)
    assert left.stdout == ""
