"""System checks for what operators get wrong."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register


@register
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
    if settings.DATABASES["default"]["ENGINE"] != "django.db.backends.sqlite3":
        return []
    return [
        Warning(
            "the database is SQLite; several processes queue for every write",
            hint="Set DATABASE_URL=postgres://… for more than a small team.",
            id="assay.W001",
        )
    ]
