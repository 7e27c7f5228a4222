"""Measures how far the raters of a project agree."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from crowd.enums import Scale, WorkerKind
from crowd.models import Project
from crowd.queries.answers import labelled, read_answers
from quality.agreement import krippendorff_alpha
from quality.answers import AnswerSet

SCALE_NAMES: dict[Scale, Literal["nominal", "ordinal", "interval", "ratio"]] = {
    Scale.NOMINAL: "nominal",
    Scale.ORDINAL: "ordinal",
    Scale.INTERVAL: "interval",
    Scale.RATIO: "ratio",
}


def measure_agreement(project: Project) -> dict[str, dict[str, Any]]:
    """Krippendorff's alpha at the project's scale, per group of raters.

    Groups: "humans", "models" and "everyone"; gold tasks are left out, since they are not a sample of the project's
    tasks. Each figure carries its interval and sizes, or the reason why there is none.
    """
    real = labelled(project).filter(is_gold=False)
    groups = {
        "humans": real.filter(worker__kind=WorkerKind.HUMAN),
        "models": real.exclude(worker__kind=WorkerKind.HUMAN),
        "everyone": real,
    }
    return {name: _figures(read_answers(rows, project).answers, project) for name, rows in groups.items()}


def _figures(answers: AnswerSet, project: Project) -> dict[str, Any]:
    scale = Scale(project.scale)
    if scale in (Scale.INTERVAL, Scale.RATIO):
        numbers = tuple(float(value) for value in project.label_values)
        answers = AnswerSet(
            answers.task, answers.worker, answers.label, answers.tasks, answers.workers, numbers, answers.weight
        )
    figures = {
        "krippendorff_alpha": krippendorff_alpha(answers, scale=SCALE_NAMES[scale]),
    }
    return {name: _plain(asdict(figure)) for name, figure in figures.items()}


def _plain(value: Any) -> Any:
    """The same with nothing but what JSON knows."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    return value
