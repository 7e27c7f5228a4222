"""Public crowds: answers with true labels, read from a folder of NAME/{labels,truth}.csv beside PEERS.csv."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from quality.answers import AnswerSet

SIZES = ("dataset", "tasks", "workers", "answers", "labels", "tasks_with_truth", "best_peer")


@dataclass(frozen=True)
class PublicCrowd:
    """truth: (T,) index of the true label, -1 where it is unknown. peers: accuracy of each peer."""

    name: str
    answers: AnswerSet
    truth: NDArray[np.intp]
    peers: dict[str, float]

    @property
    def judged(self) -> NDArray[np.intp]:
        """The tasks whose truth is known."""
        return np.flatnonzero(self.truth >= 0)

    @property
    def best_peer(self) -> float:
        """Accuracy of the best peer on this set, with hindsight."""
        return max(self.peers.values())

    def right(self, best: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Whether each judged task's consensus ``best`` (T,) is its truth."""
        return np.asarray(best[self.judged] == self.truth[self.judged])


def read_crowds(folder: Path, names: list[str] | None = None) -> Iterator[PublicCrowd]:
    """The sets that PEERS.csv names, in its order; a worker's repeated answers are kept, as the peers keep them."""
    with (folder / "PEERS.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        name = row["dataset"]
        if names and name not in names:
            continue
        peers = {key: float(value) for key, value in row.items() if key not in SIZES and value}
        yield read_crowd(folder, name, peers)


def read_crowd(folder: Path, name: str, peers: dict[str, float] | None = None) -> PublicCrowd:
    """One set of a folder."""
    records = [(task, worker, label) for task, worker, label in _rows(folder / name / "labels.csv")]
    true = dict(_rows(folder / name / "truth.csv"))
    labels = sorted({label for _, _, label in records} | set(true.values()))
    place = {label: i for i, label in enumerate(labels)}
    answers = AnswerSet.from_records(records, labels=labels, repeats="keep")
    truth = np.array([place[true[str(task)]] if str(task) in true else -1 for task in answers.tasks], dtype=np.intp)
    return PublicCrowd(name=name, answers=answers, truth=truth, peers=peers or {})


def _rows(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))[1:]
