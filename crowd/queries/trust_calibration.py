"""Reads whether what a worker's golds foretold came true: on later golds, on answers that an expert judged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from typing import Any

from crowd.models import Adjudication, Answer, Project
from quality.skill.reliability import interval_coverage, reliability_table

PRIOR = (2.0, 1.0)
# Golds before which a worker's accuracy is little more than the prior.
LEAST_GOLDS = 5


@dataclass(frozen=True)
class GoldAnswer:
    """A scored answer to a gold."""

    answer_id: int
    task_id: int
    label_index: int
    is_right: bool


def gold_answers(project: Project) -> dict[int, list[GoldAnswer]]:
    """Scored gold answers by worker, in the order in which they came."""
    rows = Answer.objects.filter(project=project, is_correct__isnull=False, label_index__isnull=False).order_by("id")
    found: dict[int, list[GoldAnswer]] = defaultdict(list)
    for worker_id, answer_id, task_id, label, is_right in rows.values_list(
        "worker_id", "id", "task_id", "label_index", "is_correct"
    ).iterator():
        found[worker_id].append(GoldAnswer(answer_id, task_id, int(label or 0), bool(is_right)))
    return found


def calibration(project: Project, golds: Mapping[int, Sequence[GoldAnswer]]) -> dict[str, Any]:
    """Predictions from the golds before each answer, against what the answer turned out to be.

    On the golds that came later, and on answers to tasks that an expert decided. The second is what trust is for, yet
    such tasks are mostly disputed, hence hard: a share under the predicted one is no proof against the golds.
    """
    return {
        **_on_golds(golds),
        "adjudications": _on_adjudications(golds, _judged_answers(project)),
        "least_golds": LEAST_GOLDS,
    }


def _on_golds(golds: Mapping[int, Sequence[GoldAnswer]]) -> dict[str, Any]:
    predicted, came_true, who = [], [], []
    halves = []
    for worker_id, rows in golds.items():
        before = [0, *accumulate(int(row.is_right) for row in rows)]
        for n, row in enumerate(rows[LEAST_GOLDS:], start=LEAST_GOLDS):
            predicted.append(_mean(before[n], n))
            came_true.append(row.is_right)
            who.append(worker_id)
        half = len(rows) // 2
        if half >= LEAST_GOLDS:
            halves.append((before[half], half, before[-1] - before[half], len(rows) - half))
    return _compared(predicted, came_true, who, halves)


def _on_adjudications(
    golds: Mapping[int, Sequence[GoldAnswer]], judged: Mapping[int, Sequence[tuple[int, bool]]]
) -> dict[str, Any]:
    predicted, came_true, who = [], [], []
    shares = []
    for worker_id, answers in judged.items():
        rows = golds.get(worker_id, ())
        before = [0, *accumulate(int(row.is_right) for row in rows)]
        n, first, right, kept = 0, 0, 0, 0
        for answer_id, is_right in answers:
            while n < len(rows) and rows[n].answer_id < answer_id:
                n += 1
            if n < LEAST_GOLDS:
                continue
            first = first or n
            right, kept = right + is_right, kept + 1
            predicted.append(_mean(before[n], n))
            came_true.append(is_right)
            who.append(worker_id)
        if kept:
            # By the golds before the first of them: a forecast of all.
            shares.append((before[first], first, right, kept))
    return _compared(predicted, came_true, who, shares)


def _judged_answers(project: Project) -> dict[int, list[tuple[int, bool]]]:
    """By worker, answers (id, whether the expert decided the same) in the order in which they came; people's only."""
    decided = dict(
        Adjudication.objects.filter(project=project, label_index__isnull=False).values_list("task_id", "label_index")
    )
    rows = Answer.objects.filter(
        project=project, is_model=False, is_gold=False, label_index__isnull=False, task__adjudication__isnull=False
    )
    found: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    for worker_id, answer_id, task_id, label in rows.order_by("id").values_list(
        "worker_id", "id", "task_id", "label_index"
    ):
        if task_id in decided:
            found[worker_id].append((answer_id, label == decided[task_id]))
    return found


def _mean(right: int, n: int) -> float:
    return (right + PRIOR[0]) / (n + sum(PRIOR))


def _compared(
    predicted: list[float], came_true: list[bool], who: list[int], counts: list[tuple[int, int, int, int]]
) -> dict[str, Any]:
    columns = list(zip(*counts, strict=True)) or [(), (), (), ()]
    return {
        "table": [asdict(row) for row in reliability_table(predicted, came_true, who)],
        "coverage": asdict(interval_coverage(*columns, prior=PRIOR)),
    }
