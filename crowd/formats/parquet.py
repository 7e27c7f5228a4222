"""Parquet through pyarrow, where it is installed: batches of rows in, batches of rows out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any

from crowd.formats.rows import FileProblem

BATCH = 5_000
NEEDS = "Parquet needs pyarrow on the server (pip install pyarrow); send CSV or JSON lines"


def is_available() -> bool:
    """Whether pyarrow is there."""
    try:
        import_module("pyarrow.parquet")
    except ImportError:
        return False
    return True


def read_parquet(path: str) -> Iterator[tuple[int, list[Any]]]:
    """The names of the columns as row 0, then each row from 1; a batch in memory. Raises FileProblem."""
    if not is_available():
        raise FileProblem(NEEDS)
    parquet, arrow = import_module("pyarrow.parquet"), import_module("pyarrow")
    try:
        with parquet.ParquetFile(path) as file:
            yield 0, list(file.schema_arrow.names)
            number = 0
            for batch in file.iter_batches(batch_size=BATCH):
                columns = [column.to_pylist() for column in batch.columns]
                for cells in zip(*columns, strict=True):
                    number += 1
                    yield number, list(cells)
    except arrow.ArrowInvalid as error:
        raise FileProblem(f"the file is not readable as Parquet ({str(error).splitlines()[0][:200]})") from None


class _Sink:
    """A file that hands on what was written to it."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.place = 0
        self.closed = False

    def write(self, part: Any) -> int:
        whole = bytes(part)
        self.parts.append(whole)
        self.place += len(whole)
        return len(whole)

    def tell(self) -> int:
        return self.place

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def taken(self) -> bytes:
        whole, self.parts = b"".join(self.parts), []
        return whole


def write_parquet(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """The blocks of a Parquet file with the columns (name, Arrow type); a row group of rows in memory."""
    parquet, arrow = import_module("pyarrow.parquet"), import_module("pyarrow")
    types = {
        "text": arrow.string(),
        "float": arrow.float64(),
        "whole": arrow.int64(),
        "flag": arrow.bool_(),
        "time": arrow.timestamp("us", tz="UTC"),
        "floats": arrow.list_(arrow.float64()),
    }
    schema = arrow.schema([(name, types[kind]) for name, kind in columns])
    sink = _Sink()
    with parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
        for group in _groups(rows):
            arrays = [
                arrow.array(list(column), type=field.type)
                for column, field in zip(zip(*group, strict=True), schema, strict=True)
            ]
            writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))
            yield sink.taken()
    yield sink.taken()


def _groups(rows: Iterable[Sequence[Any]], size: int = 20_000) -> Iterator[list[Sequence[Any]]]:
    group: list[Sequence[Any]] = []
    for row in rows:
        group.append(row)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group
