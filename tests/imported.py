"""Shorthands for importing in tests, as the API and a job would."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cast import Cast

from crowd.models import Import, StoredFile
from crowd.services.import_runs import run_import
from crowd.services.imports import create_import, plan_import
from crowd.services.stored_files import store_file

MIB = 1 << 20


def stored(cast: Cast, content: bytes | str) -> StoredFile:
    """A file of the cast's project."""
    data = content.encode() if isinstance(content, str) else content
    return store_file(project=cast.project, blocks=[data], limit_bytes=64 * MIB, keep=timedelta(days=1))


def queued(cast: Cast, content: bytes | str, *mapping: str, **options: Any) -> Import:
    """An import that waits for its job."""
    plan = plan_import(mapping=list(mapping), **options)
    return create_import(project=cast.project, file=stored(cast, content), plan=plan, actor=cast.owner)


def imported(cast: Cast, content: bytes | str, *mapping: str, **options: Any) -> Import:
    """An import that has been carried out."""
    job = queued(cast, content, *mapping, **options)
    run_import(import_id=job.pk)
    job.refresh_from_db()
    return job


def problems(job: Import) -> list[tuple[int, str, str]]:
    """What was wrong with the rows."""
    return list(job.problems.filter(is_warning=False).order_by("id").values_list("row", "column", "detail"))
