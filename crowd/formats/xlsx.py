"""Writing XLSX through XlsxWriter: rows go to a temporary file as they come, the sheet is packed at the end."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from crowd.errors import InvalidInput

# What a sheet holds, by Excel's specifications and limits; the first row is the header.
MAX_ROWS = 1_048_576 - 1
MAX_CELL_CHARACTERS = 32_767
# A sign of life every so many rows, and while the sheet is packed.
BEAT_ROWS = 500
BEAT_SECONDS = 1.0
BLOCK_BYTES = 1 << 16
MARKS = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_xlsx(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """The blocks of a file with one sheet; columns are (name, kind), kind one of text, number, flag, time.

    Until the sheet is packed the blocks are empty: they say that the work goes on. Texts are texts, whatever they look
    like; one that would be a formula keeps the mark of a text when a person edits its cell. Times are UTC. Raises
    InvalidInput for more rows, or a longer text, than a sheet holds.
    """
    with tempfile.TemporaryDirectory(prefix="assay-xlsx-") as folder:
        path = Path(folder, "sheet.xlsx")
        # Strings stay out of memory, too: each in its own cell. ZIP64: a large sheet has more than 4 GB of XML.
        options = {"constant_memory": True, "tmpdir": folder, "use_zip64": True, "strings_to_numbers": False}
        book = import_module("xlsxwriter").Workbook(str(path), options)
        sheet = book.add_worksheet()
        try:
            yield from _write_rows(book, sheet, columns, rows)
            with ThreadPoolExecutor(max_workers=1, thread_name_prefix="assay-xlsx") as pool:
                packing = pool.submit(book.close)
                while not wait([packing], timeout=BEAT_SECONDS).done:
                    yield b""
                packing.result()
        finally:
            # Whoever gave up in between left it open; the folder goes with everything in it.
            sheet.row_data_fh.close()
        with path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                yield block


def _write_rows(
    book: Any, sheet: Any, columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[Any]]
) -> Iterator[bytes]:
    bold = book.add_format({"bold": True})
    marked = book.add_format({"quote_prefix": True})
    moment = book.add_format({"num_format": 'yyyy-mm-dd hh:mm:ss"Z"'})
    sheet.freeze_panes(1, 0)
    for i, (_, kind) in enumerate(columns):
        sheet.set_column(i, i, 21 if kind == "time" else 16)
    for i, (name, _) in enumerate(columns):
        sheet.write_string(0, i, name, bold)
    kinds = [kind for _, kind in columns]
    for number, row in enumerate(rows, start=1):
        if number > MAX_ROWS:
            raise InvalidInput(f"there are more than {MAX_ROWS} rows, more than a sheet holds; choose CSV or Parquet")
        for i, value in enumerate(row):
            if value is None:
                continue
            if kinds[i] == "number":
                sheet.write_number(number, i, value)
            elif kinds[i] == "flag":
                sheet.write_boolean(number, i, value)
            elif kinds[i] == "time":
                sheet.write_datetime(number, i, _plain(value), moment)
            else:
                _check(value, number, columns[i][0])
                sheet.write_string(number, i, value, marked if value.startswith(MARKS) else None)
        if number % BEAT_ROWS == 0:
            yield b""
    yield b""


def _check(text: str, number: int, column: str) -> None:
    if len(text) > MAX_CELL_CHARACTERS:
        raise InvalidInput(
            f"row {number} has {len(text)} characters in the column {column}, a cell holds {MAX_CELL_CHARACTERS}; "
            "choose CSV or JSON lines"
        )


def _plain(moment: datetime) -> datetime:
    # A sheet knows no time zones.
    return moment.astimezone(UTC).replace(tzinfo=None)
