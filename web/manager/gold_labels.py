"""Right answers in forms: how a page asks for them by answer type, how they are read, how they are kept in a query."""

from __future__ import annotations

import json
from typing import Any

from django.http import QueryDict

from crowd.enums import AnswerType
from crowd.models import Project


def choices_of(project: Project, right: list[Any]) -> list[dict[str, Any]]:
    """The labels to tick with their titles; empty where answers have no labels."""
    ticked = {str(value) for one in right for value in (one if isinstance(one, list) else [one])}
    return [
        {"index": i, "title": label.get("title") or label["value"], "is_ticked": label["value"] in ticked}
        for i, label in enumerate(project.labels)
    ]


def lines_of(project: Project, right: list[Any]) -> str:
    """Right answers that are no labels, one a line."""
    if project.labels:
        return ""
    return "\n".join(one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in right)


def read_right(post: QueryDict, project: Project) -> list[Any]:
    """Every answer that counts as right, as it was ticked or written; whether it makes sense is for the service."""
    if project.labels:
        values = project.label_values
        ticked = [values[int(i)] for i in post.getlist("right") if i.isascii() and i.isdigit() and int(i) < len(values)]
        # Of a set, all ticked labels together are the one right answer.
        return [ticked] if AnswerType(project.answer_type) == AnswerType.MULTIPLE_CHOICE and ticked else ticked
    lines = [line.strip() for line in post.get("right", "").splitlines() if line.strip()]
    return [_value(line, AnswerType(project.answer_type)) for line in lines]


def _value(line: str, kind: AnswerType) -> Any:
    if kind == AnswerType.TEXT:
        return line
    try:
        return json.loads(line)
    except ValueError:
        return line
