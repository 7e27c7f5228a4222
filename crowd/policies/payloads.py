"""The entries of a payload that pages know how to show; anything else in it is shown as it is.

`text`, `html`, `prompt`: words. `image`, `audio`, `video`: an address. `items`: candidates with ids, to compare or
rank. `responses`: the candidates that answer a `prompt`; those without an id are called "1", "2", … in their order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crowd.enums import AnswerType
from crowd.errors import FieldProblem
from crowd.policies.wording import shorten

WORDS = ("text", "html", "prompt")
MEDIA = ("image", "audio", "video")
_NAMED_MEDIA = frozenset(MEDIA)
# What a candidate shows: at least one of them.
CONTENT = ("text", "html", *MEDIA)
CANDIDATES = ("items", "responses")
# Of a scheme, only these; an address without one is relative to the site.
SAFE_SCHEMES = ("http", "https")
SAFE_DATA = ("data:image/", "data:audio/", "data:video/")
MOST_ITEMS = 100
MAX_ID_LENGTH = 200


def items_of(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids of a payload's candidates in their order; none where it has no candidates."""
    for name in CANDIDATES:
        rows = payload.get(name)
        if isinstance(rows, list) and rows:
            return tuple(_id_of(row, i) for i, row in enumerate(rows))
    return ()


def named_items_of(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """The same, but none unless every candidate has an id of its own, which may return in other tasks."""
    for name in CANDIDATES:
        rows = payload.get(name)
        if isinstance(rows, list) and rows:
            is_named = all(isinstance(row, Mapping) and "id" in row for row in rows)
            return items_of(payload) if is_named else ()
    return ()


def check_payload(payload: Mapping[str, Any], answer_type: AnswerType, pointer: str) -> list[FieldProblem]:
    """What is wrong with a payload, each at its place under ``pointer``; an empty list when nothing is.

    Addresses that a browser would run, and, for comparisons and rankings, candidates that cannot be told apart.
    """
    problems = _media_problems(payload, pointer)
    if answer_type not in (AnswerType.PAIRWISE, AnswerType.RANKING):
        return problems
    given = [name for name in CANDIDATES if name in payload]
    if len(given) != 1:
        found = "both" if given else "neither"
        return [*problems, FieldProblem(pointer, f"needs either items or responses to choose from; it has {found}")]
    name = given[0]
    rows, at = payload[name], f"{pointer}/{name}"
    if not isinstance(rows, list):
        return [*problems, FieldProblem(at, f"must be a list, not {shorten(rows)}")]
    if answer_type == AnswerType.PAIRWISE and len(rows) != 2:
        return [*problems, FieldProblem(at, f"a comparison has two candidates; there are {len(rows)}")]
    if not 2 <= len(rows) <= MOST_ITEMS:
        return [*problems, FieldProblem(at, f"{len(rows)} candidates; give 2 to {MOST_ITEMS}")]
    seen: dict[str, int] = {}
    for i, row in enumerate(rows):
        found_here = _candidate_problems(row, name, f"{at}/{i}")
        if not found_here:
            row_id = _id_of(row, i)
            if row_id in seen:
                found_here = [FieldProblem(f"{at}/{i}/id", f"{shorten(row_id)} repeats candidate {seen[row_id]}")]
            seen[row_id] = i
        problems += found_here
    return problems


def _candidate_problems(row: Any, name: str, at: str) -> list[FieldProblem]:
    if name == "responses" and isinstance(row, str) and row.strip():
        return []
    if not isinstance(row, Mapping):
        wanted = "a text or an object" if name == "responses" else "an object with id and content"
        return [FieldProblem(at, f"must be {wanted}, not {shorten(row)}")]
    problems = _media_problems(row, at)
    row_id = row.get("id")
    if ("id" in row or name == "items") and not (isinstance(row_id, str) and 0 < len(row_id) <= MAX_ID_LENGTH):
        problems.append(FieldProblem(f"{at}/id", f"must be a text of 1 to {MAX_ID_LENGTH} characters"))
    if not any(row.get(content) for content in CONTENT):
        problems.append(FieldProblem(at, f"shows nothing; give one of {', '.join(CONTENT)}"))
    return problems


def _media_problems(payload: Mapping[str, Any], pointer: str) -> list[FieldProblem]:
    if _NAMED_MEDIA.isdisjoint(payload):
        return []
    return [
        FieldProblem(f"{pointer}/{name}", f"{shorten(payload[name])} is no address of http, https or this site")
        for name in MEDIA
        if isinstance(payload.get(name), str) and not _is_safe(payload[name])
    ]


def _is_safe(address: str) -> bool:
    # Browsers drop control characters and space before they look for a scheme.
    plain = "".join(character for character in address if character > " ").lower()
    scheme, colon, _ = plain.partition(":")
    if not colon or any(mark in scheme for mark in "/?#"):
        return True
    return scheme in SAFE_SCHEMES or plain.startswith(SAFE_DATA)


def _id_of(row: Any, i: int) -> str:
    return str(row["id"]) if isinstance(row, Mapping) and "id" in row else str(i + 1)
