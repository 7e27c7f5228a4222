"""Finds tasks by thousands of their keys at once."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

from crowd.models import Project, Task


def tasks_by_key(project: Project, keys: Collection[str]) -> list[tuple[str, int, str]]:
    """The key, the id and the state of each task of the project that has one of the keys."""
    if not keys:
        return []
    if connection.vendor != "postgresql":
        return list(Task.objects.filter(project=project, key__in=keys).values_list("key", "id", "state"))
    with connection.cursor() as cursor:
        # One array: the driver takes longer over a list of thousands of parameters than the server over the search.
        cursor.execute(
            "SELECT key, id, state FROM crowd_task WHERE project_id = %s AND key = ANY(%s)", [project.pk, list(keys)]
        )
        found: list[tuple[str, int, str]] = cursor.fetchall()
    return found
