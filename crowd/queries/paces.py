"""Reads how fast people answer for the length of their tasks, by the server's clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import TextField
from django.db.models.functions import Cast, Length
from numpy.typing import NDArray

from crowd.models import Answer, Project
from quality.skill.speed import SpeedResult, answering_speed

# The newest answers that are looked at: a pace is of now, and the cost has an end.
NEWEST = 100_000


@dataclass(frozen=True)
class Paces:
    """Answers of people, newest first, with what their length predicts; ``place`` of a worker in the arrays."""

    place: dict[int, int]
    worker: NDArray[np.int64]
    seconds: NDArray[np.float64]
    label: NDArray[np.int64]
    result: SpeedResult

    def of(self, worker_id: int) -> dict[str, Any] | None:
        """A worker's pace; None without answers of a person. A residual of -1: one robust deviation faster."""
        i = self.place.get(worker_id)
        if i is None:
            return None
        own = self.worker == i
        typical, fast = float(self.result.typical[i]), float(self.result.fast_share[i])
        return {
            "answers": int(own.sum()),
            "median_seconds": float(np.median(self.seconds[own])),
            "crowd_median_seconds": float(np.median(self.seconds)),
            "typical_residual": None if np.isnan(typical) else round(typical, 4),
            "fast_share": None if np.isnan(fast) else round(fast, 4),
            "is_fast": bool(self.result.is_fast[i]),
            "notes": list(self.result.notes),
        }


def read_paces(project: Project, *, since: datetime | None = None) -> Paces:
    """The paces of the newest answers, after ``since``; one query."""
    rows = Answer.objects.filter(project=project, is_model=False)
    if since is not None:
        rows = rows.filter(created_at__gt=since)
    length = Length(Cast("task__payload", TextField()))
    table = list(rows.order_by("-id").values_list("worker_id", "elapsed_seconds", "label_index", length)[:NEWEST])
    place: dict[int, int] = {}
    for worker_id, *_ in table:
        place.setdefault(worker_id, len(place))
    worker = np.array([place[row[0]] for row in table], dtype=np.int64)
    seconds = np.array([row[1] for row in table], dtype=np.float64)
    label = np.array([-1 if row[2] is None else row[2] for row in table], dtype=np.int64)
    size = np.array([row[3] or 0 for row in table], dtype=np.float64)
    return Paces(place, worker, seconds, label, answering_speed(seconds, size, worker, n_workers=len(place)))
