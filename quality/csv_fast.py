"""Reading a large plain CSV file in seconds; whatever is unusual is left to the strict reader."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from quality.csv_reading import MAX_CHARACTERS, MISSING, check_encoding

FAST_FROM_BYTES = 2_000_000
"""Size from which loading the compiled scan costs less than it saves."""

Column = tuple[NDArray[np.int32], list[str]]


def read_plain(path: Path, wanted: Sequence[str]) -> list[Column] | None:
    """The ``wanted`` columns as (indexes, values found), values in order of appearance.

    None when the file is small, when numba is missing, or when anything in it is unusual or wrong: quotes inside
    values, ragged rows, missing values. The strict reader then reads it again, or says what is wrong and where.
    Raises AnswerError only for bytes that are not UTF-8.
    """
    if path.stat().st_size < FAST_FROM_BYTES:
        return None
    try:
        scan = import_module("quality.csv_compiled")
    except ImportError:
        return None
    check_encoding(path)
    data = np.memmap(path, dtype=np.uint8, mode="r")
    with path.open("rb") as stream:
        first = stream.readline(1 << 16)
    try:
        header = next(csv.reader([first.decode("utf-8-sig")], strict=True))
    except (csv.Error, UnicodeDecodeError, StopIteration):
        return None
    if any(header.count(column) != 1 for column in wanted):
        return None
    n_rows = scan.count_lines(data)
    # The scan releases the GIL, so the columns share the cores.
    with ThreadPoolExecutor(len(wanted)) as pool:
        scans = list(
            pool.map(
                lambda column: scan.index_column(data, len(first), len(header), header.index(column), n_rows), wanted
            )
        )
    columns: list[Column] = []
    for rows, index, found in scans:
        if rows <= 0:
            return None
        values = found.tobytes().decode("utf-8").split("\n")[:-1]
        if not MISSING.isdisjoint(values) or max(map(len, values)) > MAX_CHARACTERS:
            return None
        columns.append((index, values))
    return columns
