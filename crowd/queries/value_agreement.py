"""How far raters agree where answers are not one label each: sets by MASI, numbers by distance, orders by tau."""

from __future__ import annotations

import json
from collections.abc import Hashable, Sequence
from typing import Any, Literal

import numpy as np

from crowd.enums import AnswerType, Scale
from crowd.models import Project
from quality.agreement.alpha import krippendorff_alpha
from quality.agreement.any_distance import alpha_with_distance
from quality.agreement.catalogue import coefficient
from quality.agreement.distances import masi_distance
from quality.agreement.estimate import estimate
from quality.agreement.intervals import IntervalOptions
from quality.agreement.order_agreement import order_agreement
from quality.agreement.result import AgreementResult, Reason
from quality.agreement.values import ValueTable
from quality.answers import AnswerSet

Records = Sequence[tuple[int, int, Any]]


def value_figures(project: Project, records: Records) -> list[AgreementResult]:
    """The figures of the project's answer type over (task, worker, value) records; texts have a reason instead."""
    match AnswerType(project.answer_type):
        case AnswerType.MULTIPLE_CHOICE:
            return _of_sets(records)
        case AnswerType.NUMBER:
            return _of_numbers(records, project)
        case AnswerType.RANKING:
            return [order_agreement(records, rng=0)]
        case _:
            blank = AgreementResult(
                metric="krippendorff_alpha",
                reason=Reason.FREE_TEXT,
                tasks=len({task for task, *_ in records}),
                workers=len({worker for _, worker, _ in records}),
                answers=len(records),
            )
            return [blank]


def value_set(records: Records) -> AnswerSet:
    """The records as answers whose labels are the distinct values, numbers in their order."""
    keys = {json.dumps(value): value for *_, value in records}
    if all(isinstance(value, (int, float)) for value in keys.values()):
        keys = dict(sorted(keys.items(), key=lambda item: float(item[1])))
    place = {key: i for i, key in enumerate(keys)}
    tasks = sorted({task for task, *_ in records})
    workers = sorted({worker for _, worker, _ in records})
    task_at, worker_at = ({value: i for i, value in enumerate(known)} for known in (tasks, workers))
    rows = [(task_at[task], worker_at[worker], place[json.dumps(value)]) for task, worker, value in records]
    table = np.array(rows, dtype=np.int32).reshape(-1, 3)
    labels: list[Hashable] = [frozenset(v) if isinstance(v, list) else float(v) for v in keys.values()]
    return AnswerSet.from_arrays(table[:, 0], table[:, 1], table[:, 2], tasks=tasks, workers=workers, labels=labels)


def _of_sets(records: Records) -> list[AgreementResult]:
    answers = value_set(records)
    alpha = alpha_with_distance(answers, masi_distance, name="masi", rng=0)
    table = ValueTable.from_answers(answers)
    same = estimate(table, [coefficient("percent_agreement", table)], options=IntervalOptions(), rng=0)
    return [alpha, *same]


def _of_numbers(records: Records, project: Project) -> list[AgreementResult]:
    scale: Literal["interval", "ratio"] = "ratio" if project.scale == Scale.RATIO else "interval"
    return [krippendorff_alpha(value_set(records), scale=scale, rng=0)]
