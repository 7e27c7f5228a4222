"""Views of agreement where answers are not one label each: by task, worker, label, week, kind of worker."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict
from itertools import combinations
from typing import Any

import numpy as np
from django.db.models.functions import ExtractIsoYear, ExtractWeek
from scipy.special import stdtrit

from crowd.enums import AnswerType
from crowd.errors import InvalidInput
from crowd.models import Answer, Project, Task, Worker
from crowd.queries.value_agreement import Records, value_figures
from crowd.queries.value_answers import read_agreement_values
from quality.agreement.alpha import krippendorff_alpha
from quality.agreement.distances import masi_distance
from quality.agreement.orders import kendall_tau
from quality.agreement.result import AgreementResult
from quality.answers import AnswerSet

Rows = list[dict[str, Any]]
Distance = Callable[[Any, Any], float]
MOST_TASKS = 200


def value_view(project: Project, view: str, *, models: bool) -> Rows:
    """The rows of one view; distances are MASI of sets, differences of numbers, (1 − tau) / 2 of orders.

    task: the 200 most disputed by mean distance. worker: mean distance from the others, with its 95 % interval over
    tasks. label: alpha of each label of sets, ticked or not. week, kind: the type's figure. Raises InvalidInput for
    views that need labels, and for texts, which are not measured against each other.
    """
    kind = AnswerType(project.answer_type)
    if kind == AnswerType.TEXT:
        raise InvalidInput("texts are not measured against each other; there are no views of their agreement")
    if view == "pair" or (view == "label" and kind != AnswerType.MULTIPLE_CHOICE):
        raise InvalidInput(f"there is no view by {view} where answers are {kind}; ask by task, worker, week or kind")
    if view == "kind":
        groups = {"humans": False, "models": True}
        return [
            {"first": name, "second": name, **_figure(project, read_agreement_values(project, is_model=is_model))}
            for name, is_model in groups.items()
        ]
    if view == "week":
        return _weeks(project, models=models)
    records = read_agreement_values(project, is_model=None if models else False)
    if view == "label":
        return _labels(project, records)
    distance = _distance(kind)
    return _tasks(records, distance) if view == "task" else _workers(records, distance)


def _distance(kind: AnswerType) -> Distance:
    if kind == AnswerType.MULTIPLE_CHOICE:
        return masi_distance
    if kind == AnswerType.NUMBER:
        return lambda first, second: abs(first - second)
    return lambda first, second: (1 - kendall_tau(first, second)) / 2


def _by_task(records: Records) -> dict[int, list[tuple[int, Any]]]:
    found: dict[int, list[tuple[int, Any]]] = defaultdict(list)
    for task, worker, value in records:
        found[task].append((worker, value))
    return found


def _tasks(records: Records, distance: Distance) -> Rows:
    rows = []
    for task, given in _by_task(records).items():
        gaps = [distance(a, b) for (_, a), (_, b) in combinations(given, 2)]
        rows.append((float(np.mean(gaps)) if gaps else None, task, len(given)))
    rows.sort(key=lambda row: (-1.0 if row[0] is None else row[0], -row[1]), reverse=True)
    rows = rows[:MOST_TASKS]
    keys = dict(Task.objects.filter(pk__in=[task for _, task, _ in rows]).values_list("pk", "key"))
    return [{"task": keys[task], "answers": answers, "disagreement": gap} for gap, task, answers in rows]


def _workers(records: Records, distance: Distance) -> Rows:
    per_worker: dict[int, list[float]] = defaultdict(list)
    for given in _by_task(records).values():
        gaps: dict[int, list[float]] = defaultdict(list)
        for (first, a), (second, b) in combinations(given, 2):
            gap = distance(a, b)
            gaps[first].append(gap)
            gaps[second].append(gap)
        for worker, own in gaps.items():
            per_worker[worker].append(float(np.mean(own)))
    people = Worker.objects.in_bulk(list(per_worker))
    rows = []
    for worker, own in per_worker.items():
        mean, n = float(np.mean(own)), len(own)
        # One task says nothing of how far others would be; nor do tasks that are all alike.
        spread = float(np.std(own, ddof=1)) / np.sqrt(n) if n > 1 else 0.0
        reach = float(stdtrit(n - 1, 0.975)) * spread if spread > 0 else None
        named = {"id": str(people[worker].uid), "name": people[worker].name}
        low, high = (None, None) if reach is None else (max(0.0, mean - reach), mean + reach)
        rows.append({"worker": named, "tasks": n, "distance": mean, "low": low, "high": high})
    return sorted(rows, key=lambda row: -row["distance"])


def _labels(project: Project, records: Records) -> Rows:
    rows = []
    for label in project.label_values:
        ticked = [(task, worker, label in value) for task, worker, value in records]
        result = krippendorff_alpha(AnswerSet.from_records(ticked, labels=(False, True)), rng=0)
        rows.append({"label": label, **_plain(result)})
    return rows


def _weeks(project: Project, *, models: bool) -> Rows:
    answers = Answer.objects.filter(project=project, is_gold=False)
    if not models:
        answers = answers.filter(is_model=False)
    week = ExtractIsoYear("created_at") * 100 + ExtractWeek("created_at")
    found: dict[int, list[tuple[int, int, Any]]] = defaultdict(list)
    rows = answers.annotate(week=week).order_by("id").values_list("week", "task_id", "worker_id", "value")
    for number, task, worker, value in rows.iterator():
        found[number].append((task, worker, value))
    return [
        {"week": f"{number // 100}-W{number % 100:02d}", **_figure(project, records)}
        for number, records in sorted(found.items())
    ]


def _figure(project: Project, records: Records) -> dict[str, Any]:
    return _plain(value_figures(project, records)[0])


def _plain(result: AgreementResult) -> dict[str, Any]:
    body = asdict(result)
    body.pop("prevalence")
    return body | {"params": dict(result.params), "notes": list(result.notes)}
