"""Measures how far the raters of a project agree: what dashboards and the API show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Literal

from crowd.enums import AnswerType, Scale
from crowd.models import Project
from crowd.policies.answer_types import LABELLED
from crowd.queries.answers import labelled, read_answers
from crowd.queries.patterns import GROUPS, pattern_tables
from crowd.queries.value_agreement import value_figures
from crowd.queries.value_answers import read_agreement_values
from quality.agreement import PatternTable
from quality.agreement.alpha import alpha_of
from quality.agreement.catalogue import coefficient
from quality.agreement.coefficients import Coefficient
from quality.agreement.estimate import estimate
from quality.agreement.intervals import IntervalOptions
from quality.agreement.values import ValueTable, as_table
from quality.answers import AnswerSet

SCALE_NAMES: dict[Scale, Literal["nominal", "ordinal", "interval", "ratio"]] = {
    Scale.NOMINAL: "nominal",
    Scale.ORDINAL: "ordinal",
    Scale.INTERVAL: "interval",
    Scale.RATIO: "ratio",
}
SIDE_BY_SIDE = ("percent_agreement", "gwet_ac1", "fleiss_kappa", "brennan_prediger")


def measure_agreement(project: Project) -> dict[str, dict[str, Any]]:
    """The coefficients at the project's scale, per group of raters: "humans", "models", "everyone".

    Each figure carries its interval and sizes, or the reason why there is none. Gold tasks are left out, since they
    are not a sample of the project's tasks. The same data give the same figures: resampling is seeded.
    """
    if AnswerType(project.answer_type) not in LABELLED:
        return {group: _value_figures(project, is_model) for group, is_model in GROUPS.items()}
    tables: Mapping[str, PatternTable | ValueTable] | None = pattern_tables(project)
    if tables is None:
        tables = {group: _read_table(project, is_model) for group, is_model in GROUPS.items()}
    return {group: _figures(project, tables[group]) for group in GROUPS}


def _figures(project: Project, table: PatternTable | ValueTable) -> dict[str, Any]:
    table = replace(table, labels=_numbers(project))
    scale = SCALE_NAMES[Scale(project.scale)]
    picked: list[Coefficient] = [alpha_of(table, scale)]
    picked += [coefficient(metric, table) for metric in SIDE_BY_SIDE]
    if scale == "ordinal":
        picked.append(coefficient("gwet_ac2", table, weights="quadratic"))
    results = estimate(table, picked, options=IntervalOptions(), rng=0)
    return {result.metric: plain(asdict(result)) for result in results}


def _value_figures(project: Project, is_model: bool | None) -> dict[str, Any]:
    results = value_figures(project, read_agreement_values(project, is_model=is_model))
    # Shares of whole sets, of numbers, are no prevalence that anybody could read.
    return {result.metric: plain(asdict(result)) | {"prevalence": {}} for result in results}


def _read_table(project: Project, is_model: bool | None) -> PatternTable | ValueTable:
    rows = labelled(project).filter(is_gold=False)
    if is_model is not None:
        rows = rows.filter(is_model=is_model)
    return as_table(use_numbers(read_answers(rows, project).answers, project))


def use_numbers(answers: AnswerSet, project: Project) -> AnswerSet:
    """The same answers with the labels' numbers as label set where the scale measures distances between them."""
    return replace(answers, labels=_numbers(project))


def _numbers(project: Project) -> tuple[float, ...]:
    measured = project.scale in (Scale.INTERVAL, Scale.RATIO)
    return tuple(float(value) if measured else i for i, value in enumerate(project.label_values))


def plain(value: Any) -> Any:
    """The same with nothing but what JSON knows."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return value
