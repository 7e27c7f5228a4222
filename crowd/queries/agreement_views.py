"""Views of a project's agreement: by label, worker, pair, task, week, kind of worker, or before with after."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import QuerySet
from django.db.models.functions import ExtractIsoYear, ExtractWeek

from crowd.enums import AnswerType, Scale
from crowd.errors import FieldProblem, InvalidInput
from crowd.models import Answer, Project, Task, Worker
from crowd.policies.answer_types import LABELLED
from crowd.queries.agreement import SCALE_NAMES, plain, use_numbers
from crowd.queries.answers import labelled, read_answers
from crowd.queries.columns import integer_columns
from crowd.queries.value_agreement import value_figures
from crowd.queries.value_answers import read_agreement_values
from crowd.queries.value_views import value_view
from quality.agreement.alpha import alpha_of
from quality.agreement.by_kind import kind_agreement
from quality.agreement.by_period import period_agreement
from quality.agreement.by_worker import with_worker_spread
from quality.agreement.estimate import estimate
from quality.agreement.intervals import IntervalOptions
from quality.agreement.joint import difference
from quality.agreement.patterns import PatternTable
from quality.agreement.planning import tasks_for_half_width
from quality.agreement.report import ReportOptions
from quality.agreement.result import AgreementResult
from quality.agreement.values import DENSE_LABELS, as_table
from quality.agreement.view_rows import view_rows
from quality.answers import AnswerSet

VIEWS = ("label", "worker", "pair", "task", "week", "kind")
# A page of tasks: those that people disagree about most.
MOST_TASKS = 200
Rows = list[dict[str, Any]]


def agreement_view(project: Project, view: str, *, min_shared: int = 20, models: bool = False) -> Rows:
    """The rows of one view over people's answers to real tasks, with models' where ``models`` says so.

    label: coefficients with one label against the rest. worker: each against the others, with the influence on
    alpha. pair: kappa of every two workers who share ``min_shared`` tasks. task: the 200 most disputed. week: alpha
    by ISO week. kind: among people, among models, between the two (models always included). Raises InvalidInput for
    an unknown view, or more than 48 labels where a view needs their table.
    """
    if view not in VIEWS:
        raise InvalidInput(f"there is no such view; choose one of {', '.join(VIEWS)}")
    if AnswerType(project.answer_type) not in LABELLED:
        return value_view(project, view, models=models)
    if len(project.labels) > DENSE_LABELS and view not in ("worker", "task"):
        raise InvalidInput(f"the view by {view} holds up to {DENSE_LABELS} labels; the project has more")
    rows = _rows(project, models=models or view == "kind")
    answers = use_numbers(read_answers(rows, project).answers, project)
    if view == "week":
        return _weeks(rows, answers, project)
    if view == "kind":
        return _kinds(answers, project)
    found = view_rows(answers, view, ReportOptions(scale=SCALE_NAMES[Scale(project.scale)]), min_shared=min_shared)
    if view == "task":
        # Tasks with a single answer have no disagreement to sort by.
        found = sorted(
            found, key=lambda row: -1.0 if row["disagreement"] is None else row["disagreement"], reverse=True
        )
        found = found[:MOST_TASKS]
    return _named(found, answers, project)


def agreement_difference(project: Project, at: datetime) -> dict[str, Any]:
    """Alpha of people's answers from ``at`` on, minus that of those before, with its interval and test.

    For two periods, or for two versions of the guidelines when ``at`` is the change. Raises InvalidInput when there
    are more than 48 labels or no answers at all.
    """
    if AnswerType(project.answer_type) not in LABELLED:
        raise InvalidInput("before and after are compared where an answer is one label; ask for the view by week")
    if len(project.labels) > DENSE_LABELS:
        raise InvalidInput(f"the comparison holds up to {DENSE_LABELS} labels; the project has more")
    rows = _rows(project, models=False)
    ids = integer_columns(rows.order_by("id"), ("id",))[:, 0]
    if not len(ids):
        raise InvalidInput("there are no answers to compare", problems=(FieldProblem("/at", "no answers"),))
    later = np.isin(ids, integer_columns(rows.filter(created_at__gte=at).order_by("id"), ("id",))[:, 0])
    answers = use_numbers(read_answers(rows, project).answers, project)
    found = difference(answers, later, _alpha(project), options=IntervalOptions(), rng=0)
    body: dict[str, Any] = plain(asdict(found))
    return body


def agreement_precision(project: Project, *, half_width: float = 0.05) -> dict[str, Any]:
    """Alpha of people's answers with both its intervals, and how many more tasks would narrow it.

    ``low``/``high``: other tasks, these workers. ``low_with_workers``/``high_with_workers``: other tasks and workers
    like these. ``plan``: tasks for an interval of ± ``half_width`` over tasks, or the reason why that cannot be said.
    """
    if AnswerType(project.answer_type) not in LABELLED:
        found = value_figures(project, read_agreement_values(project, is_model=False))[0]
        return _with_plan(replace(found, prevalence={}), half_width)
    answers = use_numbers(read_answers(_rows(project, models=False), project).answers, project)
    table = as_table(answers)
    coefficient = alpha_of(table, SCALE_NAMES[Scale(project.scale)])
    result = estimate(table, [coefficient], options=IntervalOptions(), rng=0)[0]
    if result.value is not None and isinstance(table, PatternTable):
        result = with_worker_spread(result, answers, coefficient)
    return _with_plan(result, half_width)


def _with_plan(result: AgreementResult, half_width: float) -> dict[str, Any]:
    plan = tasks_for_half_width(result, half_width)
    return {"alpha": plain(asdict(result)), "half_width": half_width, "plan": plain(asdict(plan))}


def _disagreement(row: dict[str, Any]) -> float:
    # A task with a single answer has none to sort by.
    return -1.0 if row["disagreement"] is None else float(row["disagreement"])


def _rows(project: Project, *, models: bool) -> QuerySet[Answer]:
    rows = labelled(project).filter(is_gold=False)
    return rows if models else rows.filter(is_model=False)


def _alpha(project: Project) -> Callable[[PatternTable], Any]:
    scale = SCALE_NAMES[Scale(project.scale)]
    return lambda table: alpha_of(table, scale)


def _weeks(rows: QuerySet[Answer], answers: AnswerSet, project: Project) -> Rows:
    week = ExtractIsoYear("created_at") * 100 + ExtractWeek("created_at")
    dated = rows.annotate(week=week).order_by("id")
    periods = integer_columns(dated, ("week",))[:, 0].tolist()
    found = period_agreement(answers, periods, _alpha(project), options=IntervalOptions(), rng=0)
    return [
        {"week": f"{number // 100}-W{number % 100:02d}", **_figure(result)}
        for number, result in sorted(found.items())
        if isinstance(number, int)
    ]


def _kinds(answers: AnswerSet, project: Project) -> Rows:
    kinds: dict[Hashable, str] = dict(Worker.objects.filter(pk__in=list(answers.workers)).values_list("pk", "kind"))
    named = ["humans" if kinds[pk] == "human" else "models" for pk in answers.workers]
    found = kind_agreement(answers, named, _alpha(project), options=IntervalOptions(), rng=0)
    return [{"first": first, "second": second, **_figure(result)} for (first, second), result in found.items()]


def _figure(result: AgreementResult) -> dict[str, Any]:
    body: dict[str, Any] = plain(asdict(result))
    body.pop("prevalence", None)
    return body


def _named(rows: Rows, answers: AnswerSet, project: Project) -> Rows:
    """Rows with names of people where the library has row ids, and without what JSON does not know."""
    workers: Mapping[Hashable, Any] = {
        worker.pk: {"id": str(worker.uid), "name": worker.name}
        for worker in Worker.objects.filter(pk__in=list(answers.workers))
    }
    shown = {row["task"] for row in rows if "task" in row}
    keys = dict(Task.objects.filter(pk__in=shown).values_list("pk", "key"))
    labels = dict(zip(answers.labels, project.label_values, strict=True))
    lookup: dict[str, Mapping[Any, Any]] = {
        **dict.fromkeys(("worker", "first", "second"), workers),
        "task": keys,
        "label": labels,
    }
    return [{name: _cell(value, lookup.get(name)) for name, value in row.items()} for row in rows]


def _cell(value: Any, names: Mapping[Any, Any] | None) -> Any:
    if names is not None and value in names:
        return names[value]
    value = plain(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value
