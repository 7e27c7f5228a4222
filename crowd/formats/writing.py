"""Writing rows as CSV, JSON lines, a JSON list, Parquet or a sheet, in blocks of some tens of kilobytes."""

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
from crowd.formats.xlsx import write_xlsx
from crowd.times import zulu

BLOCK_CHARACTERS = 1 << 16
# The first characters of what a spreadsheet may take for a formula; nearly every cell is let through by this alone.
SUSPECT = frozenset("=+-@\t\r\n'")


@dataclass(frozen=True)
class Column:
    """A column: ``kind`` is text, value, float, whole, flag, time, amount or posterior (over the table's labels).

    A value is whatever an answer may be: a text, or JSON in a cell. An amount is a decimal as a text.
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
    writer.writerow([name for name, _ in _flat_columns(table)])
    cells = [_CELLS[column.kind] for column in table.columns]
    places = range(len(cells))
    has_posterior = any(column.kind == "posterior" for column in table.columns)
    n_labels = len(table.labels)
    for row in table.rows:
        written = [None if row[i] is None else cells[i](row[i]) for i in places]
        writer.writerow(_flat(written, table, n_labels) if has_posterior else written)
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
    kinds = {"value": "text", "amount": "text", "posterior": "floats"}
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


def xlsx_blocks(table: Table) -> Iterator[bytes]:
    """The table as a sheet, a posterior as a column per label; blocks are empty until it is packed."""
    kinds = {"float": "number", "whole": "number", "amount": "number", "flag": "flag", "time": "time"}
    columns = [(name, kinds.get(kind, "text")) for name, kind in _flat_columns(table)]
    texts = [i for i, column in enumerate(table.columns) if column.kind in ("text", "value")]
    amounts = [i for i, column in enumerate(table.columns) if column.kind == "amount"]

    def rows() -> Iterator[Sequence[Any]]:
        for row in table.rows:
            cells = list(row)
            for i in texts:
                if cells[i] is not None:
                    cells[i] = cell_of(cells[i])
            for i in amounts:
                # A sheet computes with 15 digits: exact to the micro-unit below a thousand million.
                cells[i] = None if cells[i] is None else float(cells[i])
            yield _flat(cells, table, len(table.labels))

    return write_xlsx(columns, rows())


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


def _flat_columns(table: Table) -> list[tuple[str, str]]:
    """Name and kind of each column, a posterior laid out as one per label."""
    columns: list[tuple[str, str]] = []
    for column in table.columns:
        if column.kind == "posterior":
            columns += [(f"probability of {label}", "float") for label in table.labels]
        else:
            columns.append((column.name, column.kind))
    return columns


def _flat(cells: Sequence[Any], table: Table, n_labels: int) -> list[Any]:
    flat: list[Any] = []
    for cell, column in zip(cells, table.columns, strict=True):
        flat += (cell or [None] * n_labels) if column.kind == "posterior" else [cell]
    return flat


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
    "amount": str,
    "float": repr,
    "whole": int,
    "flag": lambda value: "true" if value else "false",
    "time": zulu,
    "posterior": lambda values: [repr(float(value)) for value in values],
}
