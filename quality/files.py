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
from quality.csv_reading import read_rows, shorten
from quality.errors import AnswerError
from quality.results import AggregationResult

COLUMNS = ("task", "worker", "label")
RESULT_COLUMNS = ("task", "label", "confidence")


def read_answers(path: Path | str, *, labels: Sequence[str] | None = None, repeats: Repeats = "error") -> AnswerSet:
    """Answers of a file with the columns ``task``, ``worker`` and ``label``; further columns are passed over.

    Every value is text afterwards. ``labels`` fixes the label set and its order; without it the labels found are
    sorted, numbers by value. ``repeats="keep"`` lets a worker answer a task more than once. Raises AnswerError with the
    row and column of what is wrong, FileNotFoundError and other OSErrors as they come.
    """
    tasks: dict[str, int] = {}
    workers: dict[str, int] = {}
    known: dict[str, int] = {} if labels is None else {label: i for i, label in enumerate(labels)}
    if labels is not None and len(known) != len(labels):
        raise AnswerError("the label set names a label twice; name each label once")
    task_index, worker_index, label_index, rows = array("i"), array("i"), array("i"), array("q")
    for row, (task, worker, label) in read_rows(Path(path), COLUMNS):
        if labels is not None and label not in known:
            raise AnswerError(
                f"unknown label {shorten(label)!r}; the label set is {', '.join(map(repr, labels))}",
                row=row,
                column="label",
            )
        task_index.append(tasks.setdefault(task, len(tasks)))
        worker_index.append(workers.setdefault(worker, len(workers)))
        label_index.append(known.setdefault(label, len(known)))
        rows.append(row)
    if not rows:
        raise AnswerError("the file holds no answers below its header", row=2)
    vocabulary: Sequence[Hashable] = list(known)
    indexes = np.frombuffer(label_index, dtype=np.int32)
    if labels is None:
        vocabulary, indexes = label_order(vocabulary, indexes)
    try:
        return AnswerSet.from_arrays(
            np.frombuffer(task_index, dtype=np.int32),
            np.frombuffer(worker_index, dtype=np.int32),
            indexes,
            tasks=tuple(tasks),
            workers=tuple(workers),
            labels=tuple(vocabulary),
            repeats=repeats,
        )
    except AnswerError as error:
        place = None if error.row is None else rows[error.row - 1]
        raise AnswerError(error.problem, row=place, column=error.column) from None


def read_gold(path: Path | str) -> dict[str, str]:
    """Gold labels of a file with the columns ``task`` and ``label``: task -> label.

    Errors as in `read_answers`; a task named twice is one too.
    """
    gold: dict[str, str] = {}
    for row, (task, label) in read_rows(Path(path), ("task", "label")):
        if task in gold:
            raise AnswerError(f"task {shorten(task)!r} has a gold label already", row=row, column="task")
        gold[task] = label
    return gold


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
