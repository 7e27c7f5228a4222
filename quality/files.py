"""Reading answers from CSV or Parquet files, writing consensus files whole or not at all."""

from __future__ import annotations

import csv
import os
import tempfile
from array import array
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import numpy as np

from quality.answers import AnswerSet, Repeats, label_order
from quality.csv_fast import Column, read_plain
from quality.csv_reading import read_rows, shorten
from quality.errors import AnswerError
from quality.parquet_reading import PARQUET_ENDINGS, read_parquet
from quality.results import AggregationResult

COLUMNS = ("task", "worker", "label")
RESULT_COLUMNS = ("task", "label", "confidence")


def read_answers(path: Path | str, *, labels: Sequence[str] | None = None, repeats: Repeats = "error") -> AnswerSet:
    """Answers of a file with the columns ``task``, ``worker`` and ``label``; further columns are passed over.

    A path ending in .parquet or .pq is read as Parquet, which needs pyarrow, any other as CSV in UTF-8.
    Every value is text afterwards. ``labels`` fixes the label set and its order; without it the labels found are
    sorted, numbers by value. ``repeats="keep"`` lets a worker answer a task more than once. Raises AnswerError with the
    row and column of what is wrong, FileNotFoundError and other OSErrors as they come.
    """
    source = Path(path)
    if labels is not None and len(set(labels)) != len(labels):
        raise AnswerError("the label set names a label twice; name each label once")
    plain = read_parquet(source, COLUMNS) if source.suffix in PARQUET_ENDINGS else read_plain(source, COLUMNS)
    if plain is None:
        return _read_strictly(source, labels, repeats)
    try:
        return _indexed(plain, labels, repeats)
    except AnswerError as error:
        if source.suffix in PARQUET_ENDINGS:
            raise
        _read_strictly(source, labels, repeats)  # names the row as the file counts it
        raise AssertionError("the strict reader accepts what the fast one refuses") from error


def _read_strictly(source: Path, labels: Sequence[str] | None, repeats: Repeats) -> AnswerSet:
    known: tuple[dict[str, int], ...] = ({}, {}, {label: i for i, label in enumerate(labels or ())})
    indexes = (array("i"), array("i"), array("i"))
    rows = array("q")
    for row, values in read_rows(source, COLUMNS):
        if labels is not None and values[2] not in known[2]:
            raise _unknown_label(values[2], labels, row)
        for index, vocabulary, value in zip(indexes, known, values, strict=True):
            index.append(vocabulary.setdefault(value, len(vocabulary)))
        rows.append(row)
    if not rows:
        raise AnswerError("the file holds no answers below its header", row=2)
    columns = [(np.frombuffer(index, dtype=np.int32), list(found)) for index, found in zip(indexes, known, strict=True)]
    try:
        return _indexed(columns, labels, repeats)
    except AnswerError as error:
        place = None if error.row is None else rows[error.row - 1]
        raise AnswerError(error.problem, row=place, column=error.column) from None


def _indexed(columns: Sequence[Column], labels: Sequence[str] | None, repeats: Repeats) -> AnswerSet:
    """The answer set of three columns; an error's row counts the answers from 1."""
    (task, tasks), (worker, workers), (label, found) = columns
    vocabulary: Sequence[Hashable] = found
    if labels is None:
        vocabulary, label = label_order(found, label)
    elif list(labels) != found:
        place = {value: i for i, value in enumerate(labels)}
        unknown = [i for i, value in enumerate(found) if value not in place]
        if unknown:
            row = int(np.flatnonzero(np.isin(label, unknown))[0]) + 1
            raise _unknown_label(found[label[row - 1]], labels, row)
        label = np.array([place[value] for value in found], dtype=np.int32)[label]
        vocabulary = labels
    return AnswerSet.from_arrays(
        task,
        worker,
        label,
        tasks=tuple(tasks),
        workers=tuple(workers),
        labels=tuple(vocabulary),
        repeats=repeats,
    )


def _unknown_label(label: str, labels: Sequence[str], row: int) -> AnswerError:
    known = ", ".join(map(repr, labels))
    return AnswerError(f"unknown label {shorten(label)!r}; the label set is {known}", row=row, column="label")


def read_gold(path: Path | str) -> dict[str, str]:
    """Gold labels of a file with the columns ``task`` and ``label``: task -> label.

    Errors as in `read_answers`; a task named twice is one too.
    """
    gold: dict[str, str] = {}
    for row, (task, label) in _rows(Path(path), ("task", "label")):
        if task in gold:
            raise AnswerError(f"task {shorten(task)!r} has a gold label already", row=row, column="task")
        gold[task] = label
    return gold


def _rows(source: Path, wanted: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    if source.suffix not in PARQUET_ENDINGS:
        yield from read_rows(source, wanted)
        return
    columns = read_parquet(source, wanted)
    for row in range(len(columns[0][0])):
        yield row + 1, [values[index[row]] for index, values in columns]


@contextmanager
def written_whole(path: Path) -> Iterator[TextIO]:
    """A text stream that becomes the file at ``path`` when the block ends well, and nothing otherwise."""
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder, not a file")
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            yield stream
        # mkstemp makes the file private; the finished one gets the permissions that any new file has.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_consensus(stream: TextIO, result: AggregationResult) -> None:
    """One row per task: ``task``, ``label``, ``confidence``, then the probability of each label in its column.

    A label that is called like one of the first three columns gets the column ``probability of …``.
    """
    names = [str(label) for label in result.labels]
    header = [f"probability of {name}" if name in RESULT_COLUMNS else name for name in names]
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([*RESULT_COLUMNS, *header])
    best = result.best
    for place, (task, row) in enumerate(zip(result.tasks, result.probabilities, strict=True)):
        chosen = best[place]
        writer.writerow([task, names[chosen], f"{row[chosen]:.9g}", *(f"{share:.9g}" for share in row)])
