"""Reading tables, CSV or TSV, as one list of cells a row; and the apostrophe that keeps a text from being a formula."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from typing import TextIO

from crowd.formats.rows import MAX_CELL_CHARACTERS, FileProblem, RowProblem

# Of the process: the default of 128 KiB is too short for a document in a cell. A quote that is never closed ends here.
csv.field_size_limit(MAX_CELL_CHARACTERS)

_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def read_table(stream: TextIO, delimiter: str) -> Iterator[tuple[int, list[str]] | RowProblem]:
    """Each row with its number, the line on which it begins, header first; a problem where a row is not as long as it.

    Blank lines are skipped. Raises FileProblem where the text is no table.
    """
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    header: list[str] | None = None
    while True:
        row = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            raise FileProblem(f"the row is not valid CSV ({error})", row) from None
        if not cells:
            continue
        if header is None:
            header = cells
            _check_header(header, row, delimiter)
        elif len(cells) != len(header):
            count = f"{len(cells)} cell" + ("" if len(cells) == 1 else "s")
            yield RowProblem(row, f"the row has {count}, the header has {len(header)}")
            continue
        yield row, cells
    if header is None:
        raise FileProblem("the file is empty; it needs a header", 1)


def _check_header(header: Sequence[str], row: int, delimiter: str) -> None:
    for i, name in enumerate(header):
        if name in header[:i]:
            raise FileProblem(f"the header names the column {name[:60]!r} twice", row)
    if len(header) == 1 and any(mark in header[0] for mark in ",;\t"):
        shown = "tabs" if delimiter == "\t" else "commas"
        raise FileProblem(f"the header is one cell; {shown} must separate the columns", row)


def guarded(cell: str) -> str:
    """The text as a spreadsheet takes it for text: with an apostrophe before it where it would be a formula.

    `unguarded` gives back the text exactly, also one that began with apostrophes.
    """
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def unguarded(cell: str) -> str:
    """The text that `guarded` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
