"""Whether a project's description makes sense, beyond the types of its fields."""

from __future__ import annotations

import math
from collections.abc import Sequence

from crowd.enums import Scale
from crowd.errors import FieldProblem
from quality.aggregation import MODELS

MAX_LABELS = 1000
MAX_LABEL_LENGTH = 200


def check_project(
    *,
    labels: Sequence[dict[str, str]],
    min_overlap: int,
    max_overlap: int,
    target_confidence: float,
    aggregation_model: str,
    scale: Scale,
) -> list[FieldProblem]:
    """Every problem with the description; an empty list when there is none."""
    problems: list[FieldProblem] = []
    values = [label["value"] for label in labels]
    if not 2 <= len(values) <= MAX_LABELS:
        problems.append(FieldProblem("/labels", f"{len(values)} labels; give 2 to {MAX_LABELS}"))
    for i, value in enumerate(values):
        if not value.strip() or len(value) > MAX_LABEL_LENGTH:
            problems.append(FieldProblem(f"/labels/{i}/value", f"must have 1 to {MAX_LABEL_LENGTH} characters"))
        elif value in values[:i]:
            problems.append(FieldProblem(f"/labels/{i}/value", f"label {value!r} is named twice"))
        elif scale in (Scale.INTERVAL, Scale.RATIO) and not _is_number(value):
            problems.append(FieldProblem(f"/labels/{i}/value", f"the scale is {scale}: {value!r} must be a number"))
    if max_overlap < min_overlap:
        problems.append(FieldProblem("/max_overlap", f"{max_overlap} is under min_overlap, which is {min_overlap}"))
    if not 1 / max(2, len(values)) < target_confidence <= 1:
        problems.append(FieldProblem("/target_confidence", "must lie above chance and be at most 1"))
    if aggregation_model not in MODELS:
        problems.append(FieldProblem("/aggregation_model", f"unknown model; choose one of {', '.join(sorted(MODELS))}"))
    return problems


def _is_number(value: str) -> bool:
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False
