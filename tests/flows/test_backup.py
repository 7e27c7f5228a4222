"""A dump restored elsewhere is the same server: every answer, books in balance, the same statistics from answers."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from cast import Cast, make_cast
from django.db import connection

from config.stack.bare import BareError, postgres_programs
from crowd.services.refit import refit_project

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ROOT = Path(__file__).resolve().parent.parent.parent


def worked() -> Cast:
    """A priced project with answers and golds, processed and fitted."""
    cast = make_cast(tasks=3, gold_rate=0.3, price_micros=10_000, budget_micros=10_000_000)
    cast.gold(2)
    for n, worker in enumerate(cast.workers):
        while cast.claim(worker).assignment is not None:
            cast.answer(worker, ("positive", "negative")[n % 2])
    refit_project(project_id=cast.project.pk)
    return cast


COUNT = """
from crowd.models import Answer, Consensus, Entry, Project
from crowd.queries.exactness import broken_promises
from crowd.queries.soundness import broken_books
from django.db import connection
project = Project.objects.get()
print(Answer.objects.count(), Consensus.objects.count(), Entry.objects.count())
print(sum(broken_promises(project).values()), sum(broken_books(project).values()))
try:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM crowd_answer")
    print("answers can be deleted")
except Exception:
    print("answers stay")
"""


def manage(environment: dict[str, str], *arguments: str) -> str:
    """A management command on the restored database."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    ).stdout


def check_restored(environment: dict[str, str], counts: str) -> None:
    """What was there is there, triggers too, and statistics made anew from answers are the same."""
    assert "No planned migration operations" in manage(environment, "migrate", "--plan")
    assert manage(environment, "shell", "--no-imports", "-c", COUNT).splitlines() == [counts, "0 0", "answers stay"]
    assert manage(environment, "rebuild_statistics").endswith("differences = 0\n")


def counted() -> str:
    from crowd.models import Answer, Consensus, Entry

    counts = f"{Answer.objects.count()} {Consensus.objects.count()} {Entry.objects.count()}"
    assert "0" not in counts.split()
    return counts


def environment_for(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    return kept | {"DJANGO_SETTINGS_MODULE": "config.settings.local"} | more


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs DATABASE_URL: scripts/with_servers")
def test_a_dump_of_postgresql_restores_to_the_same(tmp_path: Path) -> None:
    try:
        programs = postgres_programs()
    except BareError:
        pytest.skip("needs pg_dump")
    worked()
    counts = counted()
    parts = urlsplit(os.environ["DATABASE_URL"])

    def url(name: str) -> str:
        return urlunsplit(parts._replace(path=f"/{name}"))

    source, restored = connection.settings_dict["NAME"], f"{connection.settings_dict['NAME']}_restored"
    dump = tmp_path / "assay.dump"

    def run(program: str, *arguments: str) -> None:
        subprocess.run([str(programs / program), *arguments], check=True, capture_output=True)

    # The commands of docs/operations.md.
    run("pg_dump", "--format=custom", f"--file={dump}", f"--dbname={url(source)}")
    run("psql", "--quiet", f"--dbname={url('postgres')}", f'--command=CREATE DATABASE "{restored}"')
    try:
        run("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={url(restored)}", str(dump))
        check_restored(environment_for(DATABASE_URL=url(restored), ASSAY_STATE_DIR=str(tmp_path)), counts)
    finally:
        run("psql", "--quiet", f"--dbname={url('postgres')}", f'--command=DROP DATABASE "{restored}"')


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite's own way")
def test_a_backup_of_sqlite_restores_to_the_same(tmp_path: Path) -> None:
    worked()
    counts = counted()
    dump = tmp_path / "backup.sqlite3"
    # While the server runs: SQLite's backup takes no half-written page.
    with (
        closing(sqlite3.connect(connection.settings_dict["NAME"])) as source,
        closing(sqlite3.connect(dump)) as copy,
    ):
        source.backup(copy)
    restored = tmp_path / "state"
    restored.mkdir()
    shutil.copy(dump, restored / "assay.sqlite3")
    check_restored(environment_for(ASSAY_STATE_DIR=str(restored)), counts)
