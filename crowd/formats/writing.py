"""Writing rows as CSV, JSON lines or a JSON list, in blocks of some tens of kilobytes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crowd.formats.parquet import write_parquet
from crowd.formats.tables import guarded
from crowd.times import zulu

BLOCK_CHARACTERS = 1 << 16
# The first characters of what a spreadsheet may take for a formula; nearly every cell is let through by this alone.
SUSPECT = frozenset("=+-@\t\r\n'")


@dataclass(frozen=True)
class Column:
    """A column: ``kind`` is text, value, float, whole, flag, time or posterior (over the table's labels).

    A value is whatever an answer may be: a text, or JSON in a cell.
    """

    name: str
    kind: str = "text"


@dataclass(frozen=True)
class Table:
    """Rows to write, each as long as the columns; ``labels`` are those that a posterior is over."""

    columns: Sequence[Column]
    rows: Iterable[Sequence[Any]]
    labels: Sequence[str] = ()


def csv_blocks(table: Table) -> Iterator[bytes]:
    """The table as CSV with a header; texts that would be formulas are guarded, a posterior is a column per label."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    header: list[str] = []
    for column in table.columns:
        header += [f"probability of {label}" for label in table.labels] if column.kind == "posterior" else [column.name]
    writer.writerow(header)
    cells = [_CELLS[column.kind] for column in table.columns]
    places = range(len(cells))
    has_posterior = any(column.kind == "posterior" for column in table.columns)
    n_labels = len(table.labels)
    for row in table.rows:
        written = [None if row[i] is None else cells[i](row[i]) for i in places]
        if has_posterior:
            flat: list[Any] = []
            for cell, column in zip(written, table.columns, strict=True):
                flat += (cell or [None] * n_labels) if column.kind == "posterior" else [cell]
            written = flat
        writer.writerow(written)
        if stream.tell() > BLOCK_CHARACTERS:
            yield stream.getvalue().encode()
            stream.seek(0)
            stream.truncate()
    yield stream.getvalue().encode()


def jsonl_blocks(table: Table) -> Iterator[bytes]:
    """The table as JSON lines."""
    names = [column.name for column in table.columns]
    posteriors = [i for i, column in enumerate(table.columns) if column.kind == "posterior"]

    def objects() -> Iterator[dict[str, Any]]:
        for row in table.rows:
            entry = dict(zip(names, row, strict=True))
            for i in posteriors:
                if row[i] is not None:
                    entry[names[i]] = dict(zip(table.labels, row[i], strict=True))
            yield entry

    return json_lines(objects())


def parquet_blocks(table: Table) -> Iterator[bytes]:
    """The table as Parquet; a posterior is a list in the order of the labels."""
    kinds = {"value": "text", "posterior": "floats"}
    columns = [(column.name, kinds.get(column.kind, column.kind)) for column in table.columns]
    values = [i for i, column in enumerate(table.columns) if column.kind == "value"]

    def rows() -> Iterator[Sequence[Any]]:
        for row in table.rows:
            cells = list(row)
            for i in values:
                if cells[i] is not None:
                    cells[i] = cell_of(cells[i])
            yield cells

    return write_parquet(columns, rows())


def json_lines(objects: Iterable[Any]) -> Iterator[bytes]:
    """Each object on a line of its own."""
    return _joined(_dump(entry) + "\n" for entry in objects)


def json_list(objects: Iterable[Any]) -> Iterator[bytes]:
    """One JSON list, an object a line."""

    def parts() -> Iterator[str]:
        opening = "[\n"
        for entry in objects:
            yield opening + _dump(entry)
            opening = ",\n"
        yield "[]\n" if opening == "[\n" else "\n]\n"

    return _joined(parts())


def cell_of(value: Any) -> str:
    """A value as a cell holds it: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else _dump(value)


def _joined(parts: Iterable[str]) -> Iterator[bytes]:
    waiting: list[str] = []
    size = 0
    for part in parts:
        waiting.append(part)
        size += len(part)
        if size > BLOCK_CHARACTERS:
            yield "".join(waiting).encode()
            waiting, size = [], 0
    if waiting:
        yield "".join(waiting).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return zulu(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")


_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain, allow_nan=False).encode


def _text(value: Any) -> str:
    text = cell_of(value)
    return guarded(text) if text[:1] in SUSPECT else text


_CELLS: dict[str, Any] = {
    "text": _text,
    "value": _text,
    "float": repr,
    "whole": int,
    "flag": lambda value: "true" if value else "false",
    "time": zulu,
    "posterior": lambda values: [repr(float(value)) for value in values],
}
