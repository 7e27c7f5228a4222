"""Fixtures that every test may use: the cast, clients, and real transactions on either database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cast import Cast, make_cast
from django.db import connection
from prepared_database import copy_bare
from rest_framework.test import APIClient

from crowd.services.consents import forget_versions
from web.catalogue import compile_all


def pytest_configure() -> None:
    """Compile the translations where set-up has not yet: tests read pages in both languages."""
    compile_all()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """Migrate once for all test processes and runs on SQLite, where each migration rebuilds tables."""
    if connection.vendor != "sqlite":
        yield
        return
    name = connection.settings_dict["TEST"]["NAME"]
    copy_bare(Path(name))
    yield
    for end in ("", "-wal", "-shm"):
        Path(name + end).unlink(missing_ok=True)


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest) -> bool:
    """Take the copy for the tests' database; on PostgreSQL, what the command line says."""
    return connection.vendor == "sqlite" or request.config.getvalue("reuse_db")


@pytest.fixture(scope="session")
def django_db_createdb(request: pytest.FixtureRequest) -> bool:
    """Never make a database in place of the copy."""
    return connection.vendor != "sqlite" and request.config.getvalue("create_db")


@pytest.fixture
def cast(db: None) -> Cast:
    """The fixed cast on one live project; see tests/cast.py."""
    return make_cast()


@pytest.fixture
def api() -> APIClient:
    """An API client without credentials."""
    return APIClient()


@pytest.fixture(autouse=True)
def _forget_consents() -> None:
    """What a process remembers of published terms goes with the rows of the last test."""
    forget_versions()


@pytest.fixture(autouse=True)
def _flush_append_only_tables(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let a test with real transactions clean up on SQLite, where flushing deletes row by row.

    The triggers that refuse the deletion are put away after the test and put back for the next.
    """
    if "transactional_db" not in request.fixturenames and "live_server" not in request.fixturenames:
        marker = request.node.get_closest_marker("django_db")
        if marker is None or not marker.kwargs.get("transaction"):
            yield
            return
    request.getfixturevalue("transactional_db")
    if connection.vendor != "sqlite":
        yield
        return
    # Finalisers run in reverse order: this one comes before the flush of `transactional_db`.
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        assert triggers, "the triggers of the append-only tables are missing"
    yield
    with connection.cursor() as cursor:
        for name, _ in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
    connection.ensure_connection()
    from django.core.management import call_command

    call_command("flush", verbosity=0, interactive=False)
    with connection.cursor() as cursor:
        for _, sql in triggers:
            cursor.execute(sql)
