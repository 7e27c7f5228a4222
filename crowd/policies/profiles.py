"""Whether what people say of themselves makes sense: name, languages, time zone."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import available_timezones

from crowd.errors import FieldProblem
from crowd.policies.eligibility import MAX_LANGUAGES, primary

MAX_NAME = 120


def check_profile(*, name: str, languages: Sequence[str], time_zone: str) -> list[FieldProblem]:
    """Each problem of a profile; ``languages`` are tags such as de or de-AT, the best one first."""
    problems = []
    if not name.strip() or len(name) > MAX_NAME:
        problems.append(FieldProblem("/name", f"a name of 1 to {MAX_NAME} characters"))
    if not 1 <= len(languages) <= MAX_LANGUAGES:
        problems.append(FieldProblem("/languages", f"1 to {MAX_LANGUAGES} languages"))
    wrong = [tag for tag in languages if not is_language_tag(tag)]
    if wrong:
        problems.append(FieldProblem("/languages", f"{wrong[0]!r} is no language tag; write de or pt-BR"))
    if time_zone not in available_timezones():
        problems.append(FieldProblem("/time_zone", "not a time zone; write one such as Europe/Berlin"))
    return problems


def is_language_tag(tag: str) -> bool:
    """Whether a tag begins with two or three letters and fits its column."""
    first = primary(tag)
    return 2 <= len(first) <= 3 and first.isascii() and first.isalpha() and len(tag) <= 12
