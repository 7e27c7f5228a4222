"""Picks what a worker is shown out of a task's payload."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

# BCP 47, loosely: the browser ignores a tag that it does not know, the page only must not repeat rubbish.
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True)
class Shown:
    """The main text, its language tag ("" when unknown), the other entries by name."""

    text: str
    language: str
    others: list[tuple[str, str]]


def shown(payload: dict[str, Any]) -> Shown:
    """Lay out a payload: "text" is the thing to judge, "lang" its language, everything else stands below it."""
    language = payload.get("lang")
    is_tag = isinstance(language, str) and LANGUAGE_TAG.fullmatch(language) is not None
    others = [(name, _words(value)) for name, value in payload.items() if name not in ("text", "lang")]
    return Shown(_words(payload.get("text", "")), language if is_tag and isinstance(language, str) else "", others)


def _words(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
