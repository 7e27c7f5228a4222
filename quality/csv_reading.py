"""Reading the rows of a CSV file strictly, so that whatever is wrong is named by row and column."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from quality.errors import AnswerError

MAX_CHARACTERS = 4096
"""Longest value of a cell; a longer one is a file gone wrong, not an identifier."""

MISSING = frozenset({"", "nan", "NaN", "NAN"})
"""What counts as no value: an empty cell, or a NaN that some tool wrote out as text."""

CHUNK = 1 << 20


def read_rows(path: Path, wanted: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """The ``wanted`` columns of each row with the row's number, the header being row 1; blank lines are skipped.

    Raises AnswerError on an empty file, bytes that are not UTF-8, a NUL byte, a missing or repeated column, a row
    with too few or too many cells, a missing value and a value longer than `MAX_CHARACTERS`.
    """
    check_encoding(path)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = _Lines(stream)
        reader = csv.reader(lines, strict=True)
        header = _next(reader, lines, ())
        if header is None:
            raise AnswerError(f"the file is empty; it needs a header with {', '.join(wanted)}", row=1)
        places = find_columns(header, wanted)
        while True:
            row = reader.line_num + 1
            cells = _next(reader, lines, header)
            if cells is None:
                return
            if not cells:
                continue
            if len(cells) != len(header):
                raise AnswerError(f"the row has {_cells(len(cells))}, the header has {len(header)}", row=row)
            values = [cells[place] for place in places]
            for column, value in zip(wanted, values, strict=True):
                check_value(value, row, column)
            yield row, values


def find_columns(header: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Where the ``wanted`` columns are in the header; raises AnswerError on a missing or a repeated one."""
    for column in wanted:
        if column not in header:
            shown = ", ".join(repr(shorten(name)) for name in header[:12])
            raise AnswerError(
                f"the column is missing; the header has {shown}, and commas must separate the columns",
                row=1,
                column=column,
            )
        if header.count(column) > 1:
            raise AnswerError("the header names the column twice", row=1, column=column)
    return [header.index(column) for column in wanted]


def check_value(value: str, row: int, column: str) -> None:
    """Raise AnswerError on a missing value, one that is too long or one with a NUL byte."""
    if value in MISSING:
        raise AnswerError("the value is missing; give every answer a value", row=row, column=column)
    if len(value) > MAX_CHARACTERS:
        raise AnswerError(
            f"the value has {len(value)} characters, more than {MAX_CHARACTERS}: {shorten(value)!r}",
            row=row,
            column=column,
        )
    if "\0" in value:
        raise AnswerError("the value holds a NUL byte; save the file as plain text", row=row, column=column)


def check_encoding(path: Path) -> None:
    """Raise AnswerError naming the row of the first byte that is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    row = 1
    with path.open("rb") as stream:
        while True:
            chunk = stream.read(CHUNK)
            waiting = decoder.getstate()[0]
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                row += (waiting + chunk)[: error.start].count(b"\n")
                raise AnswerError("the text is not UTF-8; save the file in the encoding UTF-8", row=row) from None
            row += chunk.count(b"\n")
            if not chunk:
                return


def shorten(value: str, limit: int = 40) -> str:
    """The value, or its start when it is long."""
    return value if len(value) <= limit else value[:limit] + "…"


class _Lines:
    """The lines of a stream, remembering the last one for the error message."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.last = ""

    def __iter__(self) -> Iterator[str]:
        for line in self.stream:
            self.last = line
            yield line


def _next(reader: Iterator[list[str]], lines: _Lines, header: Sequence[str]) -> list[str] | None:
    """The next row, None at the end; csv's own complaints become AnswerErrors."""
    before: int = reader.line_num  # type: ignore[attr-defined]
    try:
        return next(reader)
    except StopIteration:
        return None
    except csv.Error as error:
        for place, cell in enumerate(lines.last.rstrip("\r\n").split(",")):
            if len(cell) > MAX_CHARACTERS and place < len(header):
                check_value(cell, before + 1, header[place])
        raise AnswerError(f"the row is not valid CSV ({error})", row=before + 1) from None


def _cells(count: int) -> str:
    return f"{count} cell" if count == 1 else f"{count} cells"
