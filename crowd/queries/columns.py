"""Reads whole-number columns of many rows straight into an array."""

from __future__ import annotations

from typing import Any

import numpy as np
import psycopg
from django.db import connection
from django.db.models import BigIntegerField, QuerySet
from django.db.models.functions import Cast
from numpy.typing import NDArray

# PostgreSQL's binary COPY: a header, then per row the number of fields and each field after its length.
HEADER_BYTES = 19
TRAILER_BYTES = 2


def integer_columns(rows: QuerySet[Any], fields: tuple[str, ...]) -> NDArray[np.int64]:
    """The fields of every row, in the query's order: (n_rows, n_fields). No field may be NULL.

    PostgreSQL sends its binary COPY format, which is an array but for its framing; elsewhere rows go through Python.
    """
    if connection.vendor == "postgresql":
        return _copied(rows, fields)
    flat = rows.values_list(*fields).iterator(chunk_size=10_000)
    return np.fromiter((cell for row in flat for cell in row), dtype=np.int64).reshape(-1, len(fields))


def _copied(rows: QuerySet[Any], fields: tuple[str, ...]) -> NDArray[np.int64]:
    columns = {f"c{i}": Cast(field, BigIntegerField()) for i, field in enumerate(fields)}
    statement, parameters = rows.values_list(*columns.values()).query.sql_with_params()
    connection.ensure_connection()
    assert isinstance(connection.connection, psycopg.Connection)
    # COPY takes no bound parameters: this cursor writes them into the statement, quoted.
    with (
        psycopg.ClientCursor(connection.connection) as cursor,
        cursor.copy(f"COPY ({statement}) TO STDOUT (FORMAT BINARY)", parameters) as copy,
    ):
        raw = b"".join(copy)
    cell = [("length", ">i4"), ("value", ">i8")]
    record = np.dtype([("count", ">i2"), *((f"c{i}", cell) for i in range(len(fields)))])
    table = np.frombuffer(raw[HEADER_BYTES : len(raw) - TRAILER_BYTES], dtype=record)
    return np.column_stack([table[f"c{i}"]["value"] for i in range(len(fields))]).astype(np.int64)
