"""Lays out a task's payload for the page: what to look at, the candidates, everything else as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.html import strip_tags

from crowd.policies.payloads import CANDIDATES, CONTENT, MEDIA, items_of
from web.worker.markup import clean_html

# BCP 47, loosely: the browser ignores a tag that it does not know, the page only must not repeat rubbish.
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
ELSEWHERE = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*:|[/\\]{2})")
SHORT_NAME = 60
# The prompt says what the rest is about.
ORDER = ("prompt", *CONTENT)


@dataclass(frozen=True)
class Part:
    """One thing to look at. ``words``: a text, markup that is safe to show, or the address of a medium."""

    kind: str
    words: str
    language: str = ""
    alt: str = ""

    @property
    def has_wave(self) -> bool:
        """Whether the sound's wave may be drawn: the script reads it again, and may do so from this site only."""
        return self.kind == "audio" and ELSEWHERE.match(self.words) is None

    @property
    def is_openable(self) -> bool:
        """Whether a link can open it: browsers do not go to data addresses."""
        return not self.words.strip().lower().startswith("data:")


@dataclass(frozen=True)
class Candidate:
    """One of the things to compare or to rank; ``index`` is its place in the payload."""

    index: int
    id: str
    parts: list[Part]

    @property
    def number(self) -> int:
        """As people count."""
        return self.index + 1

    @property
    def short_name(self) -> str:
        """The beginning of its text, "" where it has none."""
        for part in self.parts:
            if part.kind == "text":
                line = " ".join(part.words.split())
                return line if len(line) <= SHORT_NAME else line[: SHORT_NAME - 1] + "…"
        return ""


@dataclass(frozen=True)
class Shown:
    """A payload as a page shows it; ``others`` are the entries that pages know nothing about, by name."""

    parts: list[Part]
    candidates: list[Candidate]
    others: list[tuple[str, str]]

    @property
    def text(self) -> str:
        """What a list says of the task: its text, else the words that it has, else an address."""
        by_kind = {part.kind: part.words for part in reversed(self._every_part())}
        for kind in ("text", "prompt"):
            if by_kind.get(kind):
                return by_kind[kind]
        return strip_tags(by_kind["html"]) if "html" in by_kind else next(iter(by_kind.values()), "")

    @property
    def has_wave(self) -> bool:
        """Whether the page needs the script that draws waves of sound."""
        return any(part.has_wave for part in self._every_part())

    @property
    def has_media(self) -> bool:
        """Whether there is something to play."""
        return any(part.kind in ("audio", "video") for part in self._every_part())

    def _every_part(self) -> list[Part]:
        return [*self.parts, *(part for candidate in self.candidates for part in candidate.parts)]


def shown(payload: Mapping[str, Any]) -> Shown:
    """Lay out a payload; an entry that does not hold what its name says is shown as it is."""
    parts, used = _parts_of(payload, language="")
    candidates: list[Candidate] = []
    for name in CANDIDATES:
        rows = payload.get(name)
        if not candidates and isinstance(rows, list) and all(isinstance(row, (str, Mapping)) for row in rows):
            language = _language(payload, "")
            candidates = [
                Candidate(i, row_id, _candidate_parts(row, language))
                for i, (row_id, row) in enumerate(zip(items_of(payload), rows, strict=True))
            ]
            used.add(name)
    others = [(name, _words(value)) for name, value in payload.items() if name not in used]
    return Shown(parts, candidates, others)


def _candidate_parts(row: str | Mapping[str, Any], language: str) -> list[Part]:
    if isinstance(row, str):
        return [Part("text", row, language)]
    parts, used = _parts_of(row, language)
    rest = {name: value for name, value in row.items() if name not in used | {"id"}}
    return [*parts, *(Part("text", f"{name}: {_words(value)}", language) for name, value in rest.items())]


def _parts_of(entries: Mapping[str, Any], language: str) -> tuple[list[Part], set[str]]:
    language, used = _language(entries, language), {"lang"}
    alt = entries.get("alt")
    parts = []
    for kind in ORDER:
        value = entries.get(kind)
        if not isinstance(value, str):
            continue
        used.add(kind)
        if kind in MEDIA and isinstance(alt, str):
            used.add("alt")
        words = clean_html(value) if kind == "html" else value.strip() if kind in MEDIA else value
        if words:
            parts.append(Part(kind, words, language, alt if kind in MEDIA and isinstance(alt, str) else ""))
    return parts, used


def _language(entries: Mapping[str, Any], otherwise: str) -> str:
    language = entries.get("lang")
    return language if isinstance(language, str) and LANGUAGE_TAG.fullmatch(language) else otherwise


def _words(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
