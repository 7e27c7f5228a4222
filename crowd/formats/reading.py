"""Opens a file in whatever format it has, as a stream of rows."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from crowd.formats import label_studio, task_objects
from crowd.formats.columns import ColumnPlan, guess_layout, plan_columns
from crowd.formats.decoding import as_text, check_text, unpacked
from crowd.formats.json_reading import Entry, read_lines, read_list
from crowd.formats.parquet import read_parquet
from crowd.formats.rows import FileProblem, FoundRow, RowProblem
from crowd.formats.tables import read_table

FORMATS = ("long", "csv", "mturk", "toloka", "jsonl", "label_studio", "parquet")
PARQUET = b"PAR1"
HEAD_BYTES = 1 << 16


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How a file is to be read; ``file_format`` is empty where it is to be found out."""

    file_format: str = ""
    name: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    prediction_kind: str = "classifier"
    limit_bytes: int = 2 << 30


@dataclass(frozen=True)
class OpenFile:
    """The format that was found, and the rows: each a FoundRow or what is wrong with it, in the file's order."""

    file_format: str
    rows: Iterator[FoundRow | RowProblem]


def open_rows(blocks: Iterable[bytes], options: ReadOptions) -> OpenFile:
    """Open a file given as blocks of bytes; the same bytes give the same rows each time.

    Raises FileProblem here or while the rows are read, when the file cannot be read to its end.
    """
    source = unpacked(blocks, limit_bytes=options.limit_bytes)
    head = b""
    for block in source:
        head += block
        if len(head) >= HEAD_BYTES:
            break
    if not head.strip():
        raise FileProblem("the file is empty")
    whole = chain([head], source)
    if head.startswith(PARQUET):
        return _parquet(whole, options)
    if options.file_format == "parquet":
        raise FileProblem("the file is not Parquet")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    is_list = start == b"["
    is_json = is_list or start == b"{"
    wants_json = options.file_format in ("jsonl", "label_studio")
    if wants_json and not is_json:
        raise FileProblem("the file is not JSON: it must begin with '{' or '['", 1)
    if options.file_format in ("", "long") and is_json:
        wants_json = True
    lines = as_text(check_text(whole, is_in_lines=not (wants_json and is_list)))
    if wants_json:
        return _json(read_list(lines) if is_list else read_lines(lines), options)
    delimiter = _delimiter(head)
    return _table(read_table(lines, delimiter), options)


def _json(entries: Iterator[Entry], options: ReadOptions) -> OpenFile:
    first = next(entries, None)
    if first is None:
        raise FileProblem("the file holds no entries")
    file_format = options.file_format
    if file_format == "":
        is_studio = not isinstance(first, RowProblem) and isinstance(first[1].get("data"), dict)
        file_format = "label_studio" if is_studio and "payload" not in first[1] else "jsonl"  # type: ignore[index]

    def convert(number: int, entry: dict[str, Any]) -> FoundRow:
        if file_format == "label_studio":
            return label_studio.row_of(number, entry, options.prediction_kind)
        return task_objects.row_of(number, entry, options.mapping)

    return OpenFile(file_format, _converted(chain([first], entries), convert))


def _table(rows: Iterator[tuple[int, list[str]] | RowProblem], options: ReadOptions) -> OpenFile:
    first = next(rows)
    assert not isinstance(first, RowProblem)  # the header comes first, or FileProblem
    plan, file_format = _plan(first[1], options)
    return OpenFile(file_format, _converted(rows, plan.row))


def _plan(header: list[str], options: ReadOptions) -> tuple[ColumnPlan, str]:
    layout = options.file_format
    if layout not in ("long", "csv", "mturk", "toloka"):
        layout = guess_layout(header, options.mapping)
    return plan_columns(header, layout=layout, mapping=options.mapping), layout


def _parquet(whole: Iterable[bytes], options: ReadOptions) -> OpenFile:
    if options.file_format in ("jsonl", "label_studio"):
        raise FileProblem(f"the file is Parquet, not {options.file_format}")
    # Parquet is read from its end: the file has to be a real one.
    spool = tempfile.NamedTemporaryFile(prefix="assay-import-", suffix=".parquet")  # noqa: SIM115  closed by read
    for block in whole:
        spool.write(block)
    spool.flush()
    rows = read_parquet(spool.name)
    plan, _ = _plan(next(rows)[1], options)

    def read() -> Iterator[FoundRow | RowProblem]:
        with spool:
            yield from _converted(rows, plan.row)

    return OpenFile("parquet", read())


def _converted(
    source: Iterable[tuple[int, Any] | RowProblem], convert: Callable[[int, Any], FoundRow]
) -> Iterator[FoundRow | RowProblem]:
    for entry in source:
        if isinstance(entry, RowProblem):
            yield entry
            continue
        try:
            yield convert(*entry)
        except RowProblem as problem:
            yield problem


def _delimiter(head: bytes) -> str:
    line = head.decode("utf-8-sig", errors="replace").splitlines()[0]
    cells = next(csv.reader([line]), [])
    return "\t" if "\t" in line and len(cells) <= line.count("\t") else ","
