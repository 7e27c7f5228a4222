"""Simulated crowds with planted copiers, rings and bots among honest people who err together on hard tasks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quality.answers import AnswerSet

LABELS = 4
HONEST = (0.65, 0.75, 0.85, 0.95)
# How often a copier copies, and a member of the ring says what the ring says.
COPIES = 0.9
RING_ACCURACY = 0.6
# What is lost on a hard task, in logits, and how much of the rest its decoy takes.
HARD_LOSS = 2.5
DECOY = 0.8


@dataclass(frozen=True)
class Planted:
    """How many of each kind; the rest of the crowd is honest."""

    copier_pairs: int = 0
    ring: int = 0
    constant: int = 0
    random: int = 0
    fast: int = 0
    clockwork: int = 0


@dataclass(frozen=True, eq=False)
class Crowd:
    """Answers in the order in which they came, with seconds and lengths (N,), and each worker's kind (W,)."""

    answers: AnswerSet
    seconds: NDArray[np.float64]
    length: NDArray[np.float64]
    kind: NDArray[np.str_]
    partners: frozenset[tuple[int, int]]
    gold: dict[int, int]


def crowd(
    seed: int,
    planted: Planted,
    *,
    hard: float,
    n_workers: int = 24,
    n_tasks: int = 1000,
    overlap: int = 5,
    n_golds: int = 40,
) -> Crowd:
    """A crowd of ``n_workers``; a share ``hard`` of the tasks has a decoy that misleads honest people together.

    Everybody answers the golds, as on the server, where they take no place of the overlap.
    """
    rng = np.random.default_rng(seed)
    kind = np.full(n_workers, "honest", dtype="U10")
    names = ["copier"] * (2 * planted.copier_pairs) + ["ring"] * planted.ring + ["constant"] * planted.constant
    names += ["random"] * planted.random + ["fast"] * planted.fast + ["clockwork"] * planted.clockwork
    kind[: len(names)] = names
    copiers = 2 * planted.copier_pairs
    pairs = {(i, i + 1) for i in range(0, copiers, 2)}
    members = range(copiers, copiers + planted.ring)
    pairs |= {(i, j) for i in members for j in members if i < j}
    accuracy = rng.permuted(np.resize(HONEST, n_workers))
    true, is_hard = rng.integers(LABELS, size=n_tasks), rng.random(n_tasks) < hard
    decoy = (true + rng.integers(1, LABELS, size=n_tasks)) % LABELS
    words = rng.integers(20, 400, size=n_tasks).astype(np.float64)
    ring_says = np.where(rng.random(n_tasks) < RING_ACCURACY, true, (true + rng.integers(1, LABELS, n_tasks)) % LABELS)
    always = rng.integers(LABELS, size=n_workers)
    records: list[tuple[int, int, int]] = []
    seconds, length = [], []
    for task in range(n_tasks):
        said: dict[int, int] = {}
        asked = n_workers if task < n_golds else overlap
        for worker in rng.choice(n_workers, asked, replace=False).tolist():
            said[worker] = _says(rng, kind[worker], accuracy[worker], true[task], is_hard[task], decoy[task])
            if kind[worker] == "constant":
                said[worker] = int(always[worker])
            if kind[worker] == "ring" and rng.random() < COPIES:
                said[worker] = int(ring_says[task])
        for first, second in pairs:
            both = first in said and second in said
            if both and kind[first] == "copier" and rng.random() < COPIES:
                said[second] = said[first]
        for worker, label in said.items():
            records.append((task, worker, label))
            seconds.append(_takes(rng, kind[worker], words[task]))
            length.append(words[task])
    answers = AnswerSet.from_records(records, labels=range(LABELS))
    gold = {task: int(true[task]) for task in range(n_golds)}
    return Crowd(answers, np.array(seconds), np.array(length), kind, frozenset(pairs), gold)


def _says(rng: np.random.Generator, kind: str, accuracy: float, true: int, is_hard: bool, decoy: int) -> int:
    if kind in ("random", "fast", "clockwork"):
        return int(rng.integers(LABELS))
    if is_hard:
        accuracy = 1 / (1 + np.exp(-(np.log(accuracy / (1 - accuracy)) - HARD_LOSS)))
    if rng.random() < accuracy:
        return int(true)
    if is_hard and rng.random() < DECOY:
        return int(decoy)
    return int((true + rng.integers(1, LABELS)) % LABELS)


def _takes(rng: np.random.Generator, kind: str, words: float) -> float:
    usual = 2.0 + 0.08 * words
    if kind == "fast":
        return float(0.05 * usual * rng.lognormal(0.0, 0.4))
    if kind == "clockwork":
        return float(usual * rng.lognormal(0.0, 0.01))
    return float(usual * rng.lognormal(0.0, 0.5))
