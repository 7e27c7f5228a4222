"""Imports and exports of files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from assay_client.call import Call, get, post
from assay_client.shapes import Json


def start_import(
    project: str,
    file: Path,
    *,
    format: str | None = None,
    map: Sequence[str] = (),
    on_error: Literal["stop", "skip"] = "stop",
    pii: Literal["warn", "mask", "refuse", "off"] | None = None,
    is_dry_run: bool = False,
    predictions: str | None = None,
    idempotency_key: str | None = None,
) -> Call[Json]:
    """Send a file of tasks or answers; the reply is an import to poll with `get_import`.

    ``map`` holds ``column=field``. ``pii``: what is done where a text looks like personal data (None: the server's
    way, a warning). A repeat under one ``idempotency_key`` gets the import of the first call.
    """
    options: dict[str, Any] = {
        "name": file.name,
        "format": format,
        "map": list(map) or None,
        "on_error": on_error,
        "pii": pii,
        "dry_run": "1" if is_dry_run else None,
        "predictions": predictions,
    }
    query = {name: value for name, value in options.items() if value is not None}
    return Call("POST", f"/projects/{project}/imports", query=query, upload=Path(file), idempotency_key=idempotency_key)


def imports(project: str) -> Call[Json]:
    """The project's imports, the newest first."""
    return get(f"/projects/{project}/imports")


def get_import(import_id: str) -> Call[Json]:
    """How an import stands."""
    return get(f"/imports/{import_id}")


def cancel_import(import_id: str) -> Call[Json]:
    """Stop an import; what is written stays written."""
    return post(f"/imports/{import_id}/cancel")


def import_errors(import_id: str) -> Call[Json]:
    """All rows that are wrong, as CSV; for `download`."""
    return get(f"/imports/{import_id}/errors")


def start_export(
    project: str, kind: str, format: str = "csv", *, idempotency_key: str | None = None, **filters: Any
) -> Call[Json]:
    """Have a file made; the reply is an export to poll with `get_export`.

    ``filters``: ``state`` (a list), ``min_confidence``, ``since``, ``style``.
    """
    body = {"kind": kind, "format": format, **filters}
    return post(f"/projects/{project}/exports", body, idempotency_key=idempotency_key)


def exports(project: str) -> Call[Json]:
    """The project's exports, the newest first."""
    return get(f"/projects/{project}/exports")


def get_export(export: str) -> Call[Json]:
    """How an export stands; ``file_url`` is its file once it is finished."""
    return get(f"/exports/{export}")


def cancel_export(export: str) -> Call[Json]:
    """Stop an export."""
    return post(f"/exports/{export}/cancel")


def export_now(project: str, kind: str, format: str, filters: Mapping[str, Any] | None = None) -> Call[Json]:
    """The file itself, streamed; for `download`."""
    return get(f"/projects/{project}/exports/{kind}", format=format, **(filters or {}))


def export_file(export: str) -> Call[Json]:
    """The file of a finished export; for `download`."""
    return get(f"/exports/{export}/file")
