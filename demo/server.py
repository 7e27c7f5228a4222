"""The real server as a child process: started, waited for, stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from demo.errors import DemoError

HOST = "127.0.0.1"
START_SECONDS = 60.0
STOP_SECONDS = 15.0
SECONDS_BETWEEN_TRIES = 0.1
LINES_SHOWN = 15


def check_port(port: int) -> None:
    """Raise DemoError when something listens on ``port`` already."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers bind: a port whose last connections are still closing is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise DemoError(
                f"port {port} of {HOST} cannot be used ({error.strerror}); stop what listens there, or choose another "
                "with --port (make demo PORT=8001)."
            ) from error


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class Server:
    """``command`` as a child process that answers ``GET /healthz`` on ``port``; its output goes to ``log``."""

    def __init__(self, command: list[str], *, port: int, log: Path, environment: Mapping[str, str]) -> None:
        self.url = f"http://{HOST}:{port}"
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=dict(environment),
                # In a session of its own a Ctrl+C reaches only the demo, which then stops the server in good order.
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def wait_until_healthy(self, *, within_seconds: float = START_SECONDS) -> None:
        """Return when ``GET /healthz`` says 200; raises DemoError with the end of the log when it never does."""
        deadline = time.monotonic() + within_seconds
        with httpx.Client(base_url=self.url, timeout=5.0, trust_env=False) as http:
            while time.monotonic() < deadline:
                self.check()
                try:
                    if http.get("/healthz").status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                time.sleep(SECONDS_BETWEEN_TRIES)
        raise DemoError(f"the server was not healthy within {within_seconds:.0f} seconds.{self._end_of_log()}")

    def check(self) -> None:
        """Raise DemoError with the end of the log when the server has ended by itself."""
        if not self.is_running:
            raise DemoError(f"the server ended with exit code {self._process.returncode}.{self._end_of_log()}")

    def wait(self) -> None:
        """Return when the server ends."""
        self._process.wait()

    def stop(self) -> None:
        """Ask it to end; end it by force when it does not in time."""
        if self.is_running:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                # Its session holds its own children too, and nothing else.
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()

    def _end_of_log(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-LINES_SHOWN:]
        return "\n".join([f" The end of {self.log}:", *("  " + line for line in lines)]) if lines else ""


def manage_command(*arguments: str) -> list[str]:
    """``manage.py`` with ``arguments``, run by this Python."""
    return [sys.executable, "manage.py", *arguments]
