"""Reading the columns of a Parquet file through pyarrow, where it is installed."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.csv_reading import MAX_CHARACTERS, MISSING, check_value
from quality.errors import AnswerError

PARQUET_ENDINGS = (".parquet", ".pq")


def read_parquet(path: Path, wanted: Sequence[str]) -> list[tuple[NDArray[np.int32], list[str]]]:
    """The ``wanted`` columns as (indexes, values found as text), values in order of appearance; rows count from 1.

    Raises AnswerError when pyarrow is missing, when the file is not Parquet or has no rows, and on a missing column
    or value.
    """
    try:
        parquet = import_module("pyarrow.parquet")
        arrow = import_module("pyarrow")
    except ImportError:
        raise AnswerError("reading Parquet needs pyarrow (pip install pyarrow); or save the file as CSV") from None
    try:
        with parquet.ParquetFile(path) as file:
            names = list(file.schema_arrow.names)
            for column in wanted:
                if column not in names:
                    raise AnswerError(f"the column is missing; the file has {', '.join(names[:12])}", column=column)
            table = file.read(columns=list(wanted))
    except arrow.ArrowInvalid as error:
        raise AnswerError(f"the file is not readable as Parquet ({str(error).splitlines()[0]})") from None
    if table.num_rows == 0:
        raise AnswerError("the file holds no answers")
    return [_indexed(table.column(column), column) for column in wanted]


def _indexed(chunks: Any, column: str) -> tuple[NDArray[np.int32], list[str]]:
    arrow = import_module("pyarrow")
    if chunks.null_count:
        row = int(np.flatnonzero(chunks.is_null().to_numpy())[0]) + 1
        raise AnswerError("the value is missing; give every answer a value", row=row, column=column)
    if arrow.types.is_dictionary(chunks.type):
        chunks = chunks.cast(chunks.type.value_type)
    encoded = chunks.dictionary_encode().unify_dictionaries()
    index = np.concatenate([part.indices.to_numpy() for part in encoded.chunks]).astype(np.int32, copy=False)
    values = [str(value) for value in encoded.chunk(0).dictionary.to_pylist()]
    for place, value in enumerate(values):
        if len(value) > MAX_CHARACTERS or value in MISSING or "\0" in value:
            check_value(value, int(np.flatnonzero(index == place)[0]) + 1, column)
    return index, values
