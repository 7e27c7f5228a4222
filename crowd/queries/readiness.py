"""Whether this process can serve: what it needs is there."""

from __future__ import annotations

import secrets

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from crowd.queries.queues import broker_problem

_is_migrated = False


def readiness_problems() -> dict[str, str]:
    """What is missing, by the name of the part; empty when the process can serve. Says no secret."""
    problems = {}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _has_all_migrations():
            problems["migrations"] = "migrations are missing: run manage.py migrate"
    except DatabaseError as error:
        problems["database"] = f"the database does not answer ({type(error).__name__})"
    broker = broker_problem()
    if broker is not None:
        problems["broker"] = broker
    cached = _cache_problem()
    if cached is not None:
        problems["cache"] = cached
    return problems


def _has_all_migrations() -> bool:
    # Migrations are never taken back from under a running process: once there, they are not looked for again.
    global _is_migrated
    if not _is_migrated:
        executor = MigrationExecutor(connection)
        _is_migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _is_migrated


def _cache_problem() -> str | None:
    key, value = f"assay:ready:{secrets.token_hex(8)}", secrets.token_hex(8)
    try:
        cache.set(key, value, 10)
        found = cache.get(key)
        cache.delete(key)
    except Exception as error:
        # Whatever a cache's driver raises.
        return f"the cache does not answer ({type(error).__name__})"
    return None if found == value else "the cache forgets what it is given"
