"""Inserts many new rows at once, several times faster than the ORM where PostgreSQL can COPY them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import psycopg
from django.db import connection, models
from django.db.models.base import ModelState
from django.utils import timezone

BATCH = 2000
# Below this a COPY costs more than it saves.
COPY_FROM = 50
Row = TypeVar("Row", bound=models.Model)


def row_maker(model: type[Row], **shared: Any) -> Callable[..., Row]:
    """What makes new rows that share some fields, several times faster than the constructor.

    All fields are named by their columns' attributes (``project_id``, not ``project``). A default that is drawn for
    each row is.
    """
    template = {name: value for name, value in vars(model(**shared)).items() if name != "_state"}
    drawn = [
        (field.attname, field.default)
        for field in model._meta.concrete_fields
        if field.has_default() and callable(field.default) and field.attname not in shared
    ]

    def make(**own: Any) -> Row:
        row = model.__new__(model)
        values = row.__dict__
        values.update(template)
        for name, draw in drawn:
            values[name] = draw()
        values.update(own)
        values["_state"] = ModelState()
        return row

    return make


def insert_rows(model: type[Row], rows: Sequence[Row]) -> list[Row]:
    """Insert rows that have no id yet, in the caller's transaction; they have their ids afterwards.

    Constraints and triggers hold as ever; ``save()`` and signals are not run, as with ``bulk_create``.
    """
    if connection.vendor != "postgresql" or len(rows) < COPY_FROM:
        return model._default_manager.bulk_create(rows, batch_size=BATCH)
    _give_ids(model, rows)
    now = timezone.now()
    fields = list(model._meta.concrete_fields)
    for field in fields:
        if getattr(field, "auto_now_add", False):
            for row in rows:
                setattr(row, field.attname, now)
    columns = ", ".join(f'"{field.column}"' for field in fields)
    readers = [(field.attname, _reader(field)) for field in fields]
    assert isinstance(connection.connection, psycopg.Connection)
    table = model._meta.db_table
    with connection.connection.cursor() as raw, raw.copy(f'COPY "{table}" ({columns}) FROM STDIN') as copy:
        for row in rows:
            values = row.__dict__
            copy.write_row([read(values[name]) for name, read in readers])
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias
    return list(rows)


def _give_ids(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    pk = model._meta.pk
    assert pk is not None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [f'"{model._meta.db_table}"', pk.column, len(rows)],
        )
        for row, (value,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = value


def _reader(field: models.Field[Any, Any]) -> Callable[[Any], Any]:
    if isinstance(field, models.JSONField):
        return lambda value: None if value is None else _dump(value)
    if isinstance(field, (models.CharField, models.TextField)):
        # A member of a closed list is a str of its own kind; the driver knows plain ones.
        return lambda value: None if value is None else str(value)
    return lambda value: value


_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
