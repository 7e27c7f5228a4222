"""Whether a project's description makes sense, beyond the types of its fields."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from crowd.enums import AnswerType, Scale
from crowd.errors import FieldProblem
from crowd.policies.answer_types import LABELLED, check_options, own_labels
from crowd.policies.wording import listing
from quality.aggregation import MODELS

MAX_LABELS = 1000
MAX_LABEL_LENGTH = 200
MEASURED = (Scale.INTERVAL, Scale.RATIO)


def check_project(
    *,
    labels: Sequence[dict[str, str]],
    min_overlap: int,
    max_overlap: int,
    target_confidence: float,
    aggregation_model: str,
    scale: Scale,
    answer_type: AnswerType = AnswerType.SINGLE_CHOICE,
    answer_options: Any = None,
    audit_share: float = 0.0,
    label_worth_micros: int | None = None,
) -> list[FieldProblem]:
    """Every problem with the description; an empty list when there is none."""
    values = [label["value"] for label in labels]
    options = {} if answer_options is None else answer_options
    problems = _label_problems(values, answer_type, options, scale)
    problems += check_options(answer_type, values, options)
    problems += _scale_problems(scale, answer_type)
    if max_overlap < min_overlap:
        problems.append(FieldProblem("/max_overlap", f"{max_overlap} is under min_overlap, which is {min_overlap}"))
    if not chance_of_a_label(answer_type, len(values)) < target_confidence <= 1:
        problems.append(FieldProblem("/target_confidence", "must lie above chance and be at most 1"))
    if aggregation_model not in MODELS:
        problems.append(FieldProblem("/aggregation_model", f"unknown model; choose one of {', '.join(sorted(MODELS))}"))
    if answer_type not in LABELLED:
        # These compare labels with labels.
        if aggregation_model != "auto":
            problems.append(FieldProblem("/aggregation_model", f"{answer_type} has a model of its own; leave it out"))
        if audit_share > 0:
            problems.append(FieldProblem("/audit_share", f"audits compare labels; {answer_type} cannot have them"))
        if label_worth_micros is not None:
            problems.append(FieldProblem("/label_worth", f"worth is weighed per label; {answer_type} cannot have it"))
    return problems


def chance_of_a_label(answer_type: AnswerType, n_labels: int) -> float:
    """How sure a consensus is before any answer; 0 where there is nothing to guess."""
    if answer_type == AnswerType.MULTIPLE_CHOICE:
        return 0.5
    return 1 / max(2, n_labels) if answer_type in LABELLED else 0.0


def usual_scale(answer_type: AnswerType) -> Scale:
    """The scale of a project that names none."""
    return Scale.INTERVAL if answer_type == AnswerType.NUMBER else Scale.NOMINAL


def _label_problems(values: list[str], answer_type: AnswerType, options: Any, scale: Scale) -> list[FieldProblem]:
    own = own_labels(answer_type, options)
    if own is not None:
        if tuple(values) == own:
            return []
        wanted = f"has the labels {listing(own)}, in this order" if own else "has no labels"
        return [FieldProblem("/labels", f"{answer_type} {wanted}; leave labels out")]
    problems: list[FieldProblem] = []
    if not 2 <= len(values) <= MAX_LABELS:
        problems.append(FieldProblem("/labels", f"{len(values)} labels; give 2 to {MAX_LABELS}"))
    for i, value in enumerate(values):
        if not value.strip() or len(value) > MAX_LABEL_LENGTH:
            problems.append(FieldProblem(f"/labels/{i}/value", f"must have 1 to {MAX_LABEL_LENGTH} characters"))
        elif value in values[:i]:
            problems.append(FieldProblem(f"/labels/{i}/value", f"label {value!r} is named twice"))
        elif scale in MEASURED and not _is_number(value):
            problems.append(FieldProblem(f"/labels/{i}/value", f"the scale is {scale}: {value!r} must be a number"))
    return problems


def _scale_problems(scale: Scale, answer_type: AnswerType) -> list[FieldProblem]:
    if answer_type == AnswerType.NUMBER and scale not in MEASURED:
        return [FieldProblem("/scale", f"numbers are measured on an interval or ratio scale, not on a {scale} one")]
    if answer_type not in (AnswerType.SINGLE_CHOICE, AnswerType.ORDINAL, AnswerType.NUMBER) and scale != Scale.NOMINAL:
        return [FieldProblem("/scale", f"{answer_type} has no scale; leave it out")]
    return []


def _is_number(value: str) -> bool:
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False
