"""Draws whether the next task is gold, from what this process last knew about the worker."""

from __future__ import annotations

import random
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

from crowd.policies.gold import gold_probability

KEPT = 20_000
_rng = random.SystemRandom()


@dataclass(frozen=True)
class Basis:
    """What the chance of gold rests on: the project's rate, the worker's golds answered right, wrong."""

    rate: float
    right: int
    wrong: int


class _Recent:
    """The newest basis per worker and project, the oldest forgotten; a stale one costs one more call, no more."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, uuid.UUID], Basis] = OrderedDict()
        self._lock = Lock()

    def get(self, worker_id: int, project_uid: uuid.UUID) -> Basis | None:
        return self._kept.get((worker_id, project_uid))

    def put(self, worker_id: int, project_uid: uuid.UUID, basis: Basis) -> None:
        with self._lock:
            self._kept[(worker_id, project_uid)] = basis
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)


recent = _Recent()


def draws_gold(basis: Basis) -> bool:
    """Whether the next task is gold, by the policy."""
    return _rng.random() < _chance(basis)


def random_start() -> float:
    """Where a claim starts to look, in [0, 1)."""
    return _rng.random()


@lru_cache(maxsize=KEPT)
def _chance(basis: Basis) -> float:
    return gold_probability(rate=basis.rate, right=basis.right, wrong=basis.wrong)
