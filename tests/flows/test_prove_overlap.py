"""The proof of exactness, in short: real clients over HTTP, servers killed with -9, leases that run out."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


@pytest.fixture
def own(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment with a database of its own: other processes cannot see the tests' transactions."""
    folder = tmp_path
    keep = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    keep |= {"ASSAY_STATE_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings.local"}
    if connection.vendor != "postgresql":
        yield keep
        return
    name = f"prove_{uuid.uuid4().hex}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    yield keep | {"DATABASE_URL": urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()}
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_no_promise_is_broken_by_races_and_kills(own: dict[str, str]) -> None:
    def manage(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, timeout=120)

    assert manage("migrate", "--verbosity", "0").returncode == 0
    race = manage(
        *("prove_overlap", "--processes", "2", "--workers", "8", "--tasks", "60", "--overlap", "2"),
        *("--lease-seconds", "1", "--mischief", "5", "--kill", "--jobs"),
    )
    assert race.stdout.splitlines()[-1:] == ["violations = 0"], race.stdout + race.stderr
    assert race.returncode == 0
    submits = next(line for line in race.stdout.splitlines() if line.startswith("submits"))
    assert int(submits.rsplit("=", 1)[1]) >= 60 * 2
