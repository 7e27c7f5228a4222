"""Writes many rows of a derived table at once, replacing those that are there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from django.db import connection, models


def upsert(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    conflict: Sequence[str],
) -> None:
    """Insert the rows (values in the order of ``columns``, database column names; JSON as text), or replace the
    columns of the row with the same ``conflict`` columns; in the caller's transaction.

    For derived tables only: nothing of Django runs per row. PostgreSQL reads a COPY into a temporary table, which is
    many times faster than statements; SQLite executes one prepared statement per row.
    """
    table = model._meta.db_table
    names = ", ".join(columns)
    replaced = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in conflict)
    tail = f"ON CONFLICT ({', '.join(conflict)}) DO UPDATE SET {replaced}"
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(  # the stubs want a sequence; an iterator will do
                f"INSERT INTO {table} ({names}) VALUES ({marks}) {tail}",  # noqa: S608
                rows,  # type: ignore[arg-type]
            )
            return
        incoming = f"incoming_{table}"
        cursor.execute(f"CREATE TEMPORARY TABLE {incoming} ON COMMIT DROP AS SELECT {names} FROM {table} LIMIT 0")  # noqa: S608
        assert isinstance(connection.connection, psycopg.Connection)
        with psycopg.ClientCursor(connection.connection) as raw, raw.copy(f"COPY {incoming} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM {incoming} {tail}")  # noqa: S608
        cursor.execute(f"DROP TABLE {incoming}")
