"""What lists say of a task or an answer in one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crowd.models import Project
from web.worker.payload import shown

EXCERPT = 140


def excerpt(payload: Mapping[str, Any]) -> str:
    """The beginning of a payload's text."""
    text = shown(payload).text
    return text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…"


def value_in_words(project: Project, value: Any) -> str:
    """An answer with the titles of its labels."""
    titles = {label["value"]: label.get("title") or label["value"] for label in project.labels}
    if isinstance(value, list):
        return ", ".join(str(titles.get(part, part)) for part in value)
    return str(titles.get(value, value)) if isinstance(value, str) else str(value)
