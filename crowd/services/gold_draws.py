"""Draws whether the next task is gold, from what this process last knew about the worker."""

from __future__ import annotations

import random
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

from crowd.enums import TrustLevel
from crowd.models import Enrolment, Gold, Skill, Worker
from crowd.policies.gold import gold_probability
from crowd.queries.tasks import pick_gold

KEPT = 20_000
_rng = random.SystemRandom()


@dataclass(frozen=True)
class Basis:
    """What the chance of gold rests on: the project's rate, the worker's golds answered right, wrong."""

    rate: float
    right: int
    wrong: int
    is_restricted: bool = False


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


def draw_gold(enrolment: Enrolment, worker: Worker) -> Gold | None:
    """The gold that takes the next task's stead, from what the rows say now; None for a real task."""
    project = enrolment.project
    skill = Skill.objects.filter(project=project, worker=worker).only("gold_right", "gold_wrong").first()
    basis = Basis(
        rate=project.gold_rate,
        right=0 if skill is None else skill.gold_right,
        wrong=0 if skill is None else skill.gold_wrong,
        is_restricted=enrolment.trust_level == TrustLevel.RESTRICTED,
    )
    return pick_gold(project, worker) if draws_gold(basis) else None


@lru_cache(maxsize=KEPT)
def _chance(basis: Basis) -> float:
    return gold_probability(rate=basis.rate, right=basis.right, wrong=basis.wrong, is_restricted=basis.is_restricted)
