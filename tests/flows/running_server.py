"""A real server process on a database of its own, for tests that kill it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
from prepared_database import copy_prepared

ROOT = Path(__file__).resolve().parent.parent.parent
# Generous: a start imports a numeric stack, on a machine that may be busy with other tests.
PATIENCE_SECONDS = 120.0


class RunningServer:
    """`manage.py serve` over SQLite in a folder; start, kill and start again."""

    def __init__(self, folder: Path) -> None:
        keep = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
        self.environment = keep | {
            "ASSAY_STATE_DIR": str(folder),
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "PYTHONWARNINGS": "default",
        }
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None
        self.accounts: dict[str, dict[str, str]] = json.loads(copy_prepared(folder))

    def manage(self, *arguments: str) -> str:
        """Run a management command on the same database; its output."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True
        ).stdout

    def start(self) -> None:
        """Start serving, in a process group of its own, and wait until it answers."""
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", str(self.port), "--threads", "4"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.wait_until(lambda: httpx.get(self.url("/healthz"), timeout=2).status_code == 200)

    def kill(self) -> None:
        """kill -9 the server with all of its processes."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def url(self, path: str) -> str:
        """An address on the server."""
        return f"http://127.0.0.1:{self.port}{path}"

    def call(self, method: str, path: str, key: str, body: Any = None) -> httpx.Response:
        """Call the API."""
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.request(method, self.url(f"/api/v1{path}"), json=body, headers=headers, timeout=30)

    def wait_until(self, condition: Any) -> None:
        """Poll until the condition holds."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                if condition():
                    return
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline, "the server did not get there in time"
            time.sleep(0.1)
