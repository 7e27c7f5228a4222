"""System checks for what operators get wrong, each with an id and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

# Run by `serve` before it serves, with `check --deploy --database default` by an operator.
SERVING = "serving"
# Leases are counted in seconds; a claim asks the database what time it is, everything else the process.
LARGEST_SKEW_SECONDS = 2.0


@register(SERVING)
def check_someone_works(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001  Django's signature
    """Without a broker and without an embedded worker no answer would ever be processed."""
    if settings.CELERY_BROKER_URL or settings.IS_WORKER_EMBEDDED or settings.SETTINGS_MODULE.endswith(".test"):
        return []
    return [
        Error(
            "nobody processes answers: there is no broker and no embedded worker",
            hint="Set REDIS_URL and run a Celery worker with beat, or set ASSAY_EMBEDDED_WORKER=1.",
            id="assay.E001",
        )
    ]


@register(deploy=True)
def check_database_is_a_server(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001
    """SQLite is exact with several processes, but they wait for each other at every write."""
    if not _is_sqlite():
        return []
    return [
        Warning(
            "the database is SQLite; several processes queue for every write",
            hint="Set DATABASE_URL=postgres://… for more than a small team.",
            id="assay.W001",
        )
    ]


@register(SERVING)
def check_several_processes(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001
    """Several serving processes want a broker, a shared cache, a database server."""
    if settings.SERVER_PROCESSES < 2:
        return []
    found: list[CheckMessage] = []
    if not settings.CELERY_BROKER_URL and settings.IS_WORKER_EMBEDDED:
        found.append(
            Warning(
                f"there is no broker, and each of {settings.SERVER_PROCESSES} processes works off the same jobs",
                hint="Nothing is done twice, but they get in each other's way: set REDIS_URL, run workers and beat.",
                id="assay.W002",
            )
        )
    if settings.CACHES["default"]["BACKEND"].endswith("LocMemCache"):
        found.append(
            Warning(
                "there is no shared cache: each process keeps one of its own",
                hint="Set REDIS_URL; calls are counted in the database until then.",
                id="assay.W003",
            )
        )
    if _is_sqlite():
        found.append(
            Warning(
                f"{settings.SERVER_PROCESSES} processes share one SQLite file and queue for every write",
                hint="Set DATABASE_URL=postgres://…, or serve with --processes 1.",
                id="assay.W004",
            )
        )
    return found


@register(SERVING, deploy=True)
def check_front_end(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001
    """The pages' scripts are made by a build step that a bare checkout has not taken."""
    if any(Path(folder).name == "built" and any(Path(folder).rglob("*.js")) for folder in settings.STATICFILES_DIRS):
        return []
    return [
        Warning(
            "the pages' scripts have not been built; pages work without them, with less comfort",
            hint="Run scripts/build_front; for production then manage.py collectstatic.",
            id="assay.W005",
        )
    ]


@register(Tags.database, SERVING, deploy=True)
def check_migrations(
    app_configs: Any,  # noqa: ARG001
    databases: Sequence[str] | None = None,
    **kwargs: Any,  # noqa: ARG001
) -> list[CheckMessage]:
    """A server on the tables of another version fails in the middle of a call."""
    found: list[CheckMessage] = []
    for alias in databases or []:
        try:
            executor = MigrationExecutor(connections[alias])
            waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        except DatabaseError as error:
            found.append(_unreachable(alias, error))
            continue
        if waiting:
            first = waiting[0][0]
            found.append(
                Error(
                    f"{len(waiting)} migrations of database {alias} are not applied; the first is {first}",
                    hint="Run manage.py migrate.",
                    id="assay.E002",
                )
            )
    return found


@register(Tags.database, SERVING, deploy=True)
def check_clocks(
    app_configs: Any,  # noqa: ARG001
    databases: Sequence[str] | None = None,
    **kwargs: Any,  # noqa: ARG001
) -> list[CheckMessage]:
    """Leases are written by one clock and read by another: the database's and this machine's."""
    found: list[CheckMessage] = []
    for alias in databases or []:
        if connections[alias].vendor != "postgresql":
            continue
        try:
            skew = clock_skew_seconds(alias)
        except DatabaseError as error:
            found.append(_unreachable(alias, error))
            continue
        if abs(skew) > LARGEST_SKEW_SECONDS:
            found.append(
                Warning(
                    f"the clock of database {alias} is {abs(skew):.1f} s {'ahead' if skew > 0 else 'behind'}",
                    hint="Run NTP on both machines: leases end early or late by as much.",
                    id="assay.W006",
                )
            )
    return found


def clock_skew_seconds(alias: str) -> float:
    """How far the database's clock is ahead of this machine's, seconds; the time of the question is halved."""
    with connections[alias].cursor() as cursor:
        before = timezone.now()
        cursor.execute("SELECT clock_timestamp()")
        (there,) = cursor.fetchone()
        here = before + (timezone.now() - before) / 2
    skew: float = (there - here).total_seconds()
    return skew


def _unreachable(alias: str, error: DatabaseError) -> CheckMessage:
    return Error(
        f"database {alias} cannot be reached: {str(error).strip()}",
        hint="See DATABASE_URL, and whether the server runs.",
        id="assay.E003",
    )


def _is_sqlite() -> bool:
    return bool(settings.DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3")
