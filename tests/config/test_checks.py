"""The system checks find what operators get wrong and say what to do about it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import CheckMessage
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from crowd import checks


def ids(found: list[CheckMessage]) -> list[str | None]:
    assert all(message.hint for message in found)
    return [message.id for message in found]


def test_several_processes_on_sqlite_without_redis_are_told_three_things(settings: Any) -> None:
    settings.SERVER_PROCESSES = 2
    settings.CELERY_BROKER_URL = None
    settings.IS_WORKER_EMBEDDED = True
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.DATABASES["default"] |= {"ENGINE": "django.db.backends.sqlite3"}
    assert ids(checks.check_several_processes(None)) == ["assay.W002", "assay.W003", "assay.W004"]
    settings.SERVER_PROCESSES = 1
    assert checks.check_several_processes(None) == []


def test_several_processes_with_servers_are_fine(settings: Any) -> None:
    settings.SERVER_PROCESSES = 8
    settings.CELERY_BROKER_URL = "redis://r"
    settings.IS_WORKER_EMBEDDED = False
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache"}}
    settings.DATABASES["default"] |= {"ENGINE": "django.db.backends.postgresql"}
    assert checks.check_several_processes(None) == []


def test_nobody_who_works_is_an_error(settings: Any) -> None:
    settings.CELERY_BROKER_URL = None
    settings.IS_WORKER_EMBEDDED = False
    settings.SETTINGS_MODULE = "config.settings.production"
    assert ids(checks.check_someone_works(None)) == ["assay.E001"]


def test_scripts_that_were_not_built_are_noticed(settings: Any, tmp_path: Path) -> None:
    settings.STATICFILES_DIRS = [tmp_path / "built"]
    assert ids(checks.check_front_end(None)) == ["assay.W005"]
    (tmp_path / "built").mkdir()
    (tmp_path / "built" / "work.js").touch()
    assert checks.check_front_end(None) == []


@pytest.mark.django_db
def test_a_migration_that_is_missing_is_an_error() -> None:
    assert checks.check_migrations(None, databases=["default"]) == []
    applied = MigrationRecorder(connection).migration_qs.filter(app="crowd").order_by("-name")
    newest = applied[0].name
    MigrationRecorder(connection).record_unapplied("crowd", newest)
    [message] = checks.check_migrations(None, databases=["default"])
    assert message.id == "assay.E002"
    assert message.msg == f"1 migrations of database default are not applied; the first is crowd.{newest}"
    with pytest.raises(CommandError, match=r"assay\.E002"):
        call_command("serve")


def test_a_database_that_cannot_be_reached_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(checks, "MigrationExecutor", away)
    [message] = checks.check_migrations(None, databases=["default"])
    assert (message.id, message.msg) == ("assay.E003", "database default cannot be reached: connection refused")


@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no clock of its own")
def test_clocks_that_differ_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.check_clocks(None, databases=["default"]) == []
    monkeypatch.setattr(checks.timezone, "now", lambda: _real_now() - timedelta(seconds=30))
    [message] = checks.check_clocks(None, databases=["default"])
    assert message.id == "assay.W006"
    assert message.msg == "the clock of database default is 30.0 s ahead"


_real_now = timezone.now
