"""The audit of packages fails on a finding only: a service that is away or slow is told, and is none."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts/audit_packages"


class Advisories(BaseHTTPRequestHandler):
    """Answers as a service that is there."""

    def do_POST(self) -> None:  # the name that the base class asks for
        """No advisories."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def service() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Advisories)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def audited(folder: Path, service: str, auditor: str, seconds: int = 30) -> tuple[int, str]:
    for name, text in (("pip-audit", auditor), ("python", f'exec {sys.executable} "$@"')):
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    environment = {
        "PATH": "/usr/bin:/bin",
        "ASSAY_ADVISORY_SERVICE": service,
        "ASSAY_AUDIT_BIN": str(folder),
        "ASSAY_AUDIT_SECONDS": str(seconds),
    }
    done = subprocess.run([SCRIPT], env=environment, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize(("auditor", "status"), [("echo fine", 0), ("echo django is vulnerable; exit 1", 1)])
def test_the_auditors_verdict_counts_where_the_service_answers(
    tmp_path: Path, service: str, auditor: str, status: int
) -> None:
    code, said = audited(tmp_path, service, auditor)
    assert (code, "NOT RUN" in said) == (status, False)


def test_a_service_out_of_reach_is_no_finding(tmp_path: Path) -> None:
    code, said = audited(tmp_path, "http://127.0.0.1:9/", "exit 1")
    assert (code, said.startswith("NOT RUN")) == (0, True)


def test_a_service_that_takes_too_long_is_no_finding(tmp_path: Path, service: str) -> None:
    code, said = audited(tmp_path, service, "exec sleep 30", seconds=1)
    assert (code, said.startswith("NOT RUN")) == (0, True)
