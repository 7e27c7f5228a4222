"""The processes of docker-compose.yml on a bare machine: answers come through, what is killed comes back, all ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest
from cast import make_cast
from django.conf import settings
from django.db import connection

from config.stack.bare import BareError, free_port, postgres_programs
from crowd.enums import KeyScope
from crowd.models import Answer
from crowd.services.api_keys import issue_key

ROOT = Path(__file__).resolve().parent.parent.parent
# Five processes import a numeric stack, on a machine that may be busy with other tests.
PATIENCE_SECONDS = 240.0
# What a proxy with TLS in front says.
HEADERS = {"X-Forwarded-Proto": "https", "Host": "assay.example"}


def wait_until(condition: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            if condition():
                return
        except (httpx.TransportError, OSError):
            pass
        assert time.monotonic() < deadline, f"it did not come to that: {what}"
        time.sleep(0.1)


class Running:
    """`scripts/run_processes` in a folder, with production's settings."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder, self.port = folder, free_port()
        env_file = folder / "env"
        lines = {"SECRET_KEY": "k" * 20 + os.urandom(30).hex(), "ASSAY_HOSTS": "assay.example", **variables}
        env_file.write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
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

    def pids(self) -> dict[str, int]:
        """The process of each service that runs, by the folder that is its TMPDIR."""
        found: dict[str, int] = {}
        start = f"TMPDIR={self.folder}/stack/".encode()
        for status in Path("/proc").glob("[0-9]*/status"):
            try:
                parent = next(line for line in status.read_text().splitlines() if line.startswith("PPid")).split()[1]
                if parent != str(self.process.pid):
                    continue
                if "redis-server" in (status.parent / "comm").read_text():
                    # It writes its title over its environment.
                    found["redis"] = int(status.parent.name)
                environment = (status.parent / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            for cell in environment:
                if cell.startswith(start):
                    found[cell.removeprefix(start).decode()] = int(status.parent.name)
        return found

    def is_over(self) -> bool:
        """Whether nothing of it runs any more."""
        left = subprocess.run(["pgrep", "-f", str(self.folder / "stack")], capture_output=True, check=False)
        return self.process.poll() is not None and left.stdout == b""

    def call(self, path: str, key: str, body: Any) -> httpx.Response:
        headers = HEADERS | {"Authorization": f"Bearer {key}"}
        return httpx.post(f"http://127.0.0.1:{self.port}/api/v1{path}", json=body, headers=headers, timeout=30)


@pytest.fixture
def run() -> Iterator[Callable[..., Running]]:
    # Not pytest's folder, which lets nobody else in: as root, PostgreSQL runs as another user.
    folder = Path(tempfile.mkdtemp(prefix="assay-processes-"))
    folder.chmod(0o755)
    started: list[Running] = []

    def start(**variables: str) -> Running:
        started.append(Running(folder, **variables))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.terminate()
            one.process.wait(PATIENCE_SECONDS)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def on_postgresql(transactional_db: None) -> str:
    """The address of the tests' database, which is migrated already: that takes long."""
    # Known only once the tests' database is.
    if connection.vendor != "postgresql" or not settings.CELERY_BROKER_URL:
        pytest.skip("needs PostgreSQL and Redis: scripts/with_servers")
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}"))


@pytest.mark.race
@pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs a Redis of its own")
def test_answers_come_through_what_is_killed_comes_back_and_all_ends(
    run: Callable[..., Running], on_postgresql: str
) -> None:
    cast = make_cast(tasks=2, min_overlap=1, max_overlap=1)
    key = issue_key(user=cast.worker.user, name="run", scopes=[KeyScope.WORKER])
    running = run(DATABASE_URL=on_postgresql)

    def are_well() -> bool:
        assert running.process.poll() is None, running.log.read_text()
        return "are well" in running.log.read_text()

    wait_until(are_well, "all are well")

    def answers() -> bool:
        claim = running.call(f"/projects/{cast.project.uid}/claim", key, {})
        if claim.status_code != 200:
            return False
        address = f"/assignments/{claim.json()['assignment']['id']}/submit"
        return running.call(address, key, {"value": "positive"}).status_code == 201

    def processed() -> int:
        return Answer.objects.filter(project=cast.project, processed_at__isnull=False).count()

    wait_until(answers, "an answer is taken")
    wait_until(lambda: processed() == 1, "the answer is processed")
    killed = running.pids()
    assert set(killed) == {"redis", "web", "worker", "slow-worker", "webhook-worker", "beat"}
    for name in ("web", "worker", "redis"):
        os.kill(killed[name], signal.SIGKILL)
    # Whether the message got lost with Redis or not: the sweep finds the row.
    wait_until(answers, "an answer is taken after the kills")
    wait_until(lambda: processed() == 2, "the answer is processed after the kills")
    now = running.pids()
    assert {name for name, pid in now.items() if killed[name] != pid} == {"web", "worker", "redis"}
    assert set(now) == set(killed)
    running.process.terminate()
    assert running.process.wait(PATIENCE_SECONDS) == 0
    assert running.is_over()


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs a Redis of its own")
def test_what_is_told_to_stop_during_the_start_stops(run: Callable[..., Running]) -> None:
    try:
        postgres_programs()
    except BareError:
        pytest.skip("needs PostgreSQL's programs")
    running = run()
    wait_until((running.folder / "stack" / "logs" / "migrate.log").exists, "the migrations begin")
    running.process.terminate()
    assert running.process.wait(PATIENCE_SECONDS) == 0
    assert running.is_over()
    assert not (running.folder / "stack" / "logs" / "web.log").exists()
