"""Eligibility: may this worker claim a task of this project now?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crowd.enums import TrustLevel

# A restricted worker goes on, under watch, with so many answers a day.
RESTRICTED_DAILY = 50
MAX_LANGUAGES = 50


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the project asks, and how the worker stands; None or empty asks nothing.

    ``is_qualified`` is None where no qualification is asked for. ``has_reached_cap`` and ``has_reached_daily``: the
    worker's answers against ``max_answers`` and against `daily_limit`.
    """

    now: datetime
    trust_level: TrustLevel
    spoken: Sequence[str] = field(default_factory=tuple)
    languages: Sequence[str] = field(default_factory=tuple)
    trust_levels: Sequence[str] = field(default_factory=tuple)
    course_name: str = ""
    is_qualified: bool | None = None
    paused_until: datetime | None = None
    pause_reason: str = ""
    max_answers: int | None = None
    has_reached_cap: bool = False
    daily_answers: int | None = None
    has_reached_daily: bool = False


@dataclass(frozen=True)
class Refusal:
    """Why not, with a stable code."""

    code: str
    reason: str


def daily_limit(*, daily_answers: int | None, trust_level: TrustLevel) -> int | None:
    """Answers a day of UTC that the worker may give; None for no limit."""
    if trust_level != TrustLevel.RESTRICTED:
        return daily_answers
    return RESTRICTED_DAILY if daily_answers is None else min(daily_answers, RESTRICTED_DAILY)


def find_refusal(facts: Facts) -> Refusal | None:
    """The first thing that stands against a claim, or None."""
    if facts.paused_until is not None and facts.paused_until > facts.now:
        until = facts.paused_until.strftime("%Y-%m-%d %H:%M UTC")
        return Refusal("paused", f"your work here is paused until {until}: {facts.pause_reason}")
    if facts.languages and not {*map(primary, facts.spoken)} & {*map(primary, facts.languages)}:
        return Refusal("language", f"this project asks for {_either(facts.languages)}; your account says otherwise")
    if facts.trust_levels and facts.trust_level not in facts.trust_levels:
        return Refusal(
            "trust_level",
            f"this project asks for the level {_either(facts.trust_levels)}; yours is {facts.trust_level}",
        )
    if facts.is_qualified is False:
        return Refusal("qualification", f"this project asks for the qualification {facts.course_name!r}")
    if facts.has_reached_cap:
        return Refusal("answer_cap", f"you have given the {facts.max_answers} answers that one worker may give here")
    if facts.has_reached_daily:
        limit = daily_limit(daily_answers=facts.daily_answers, trust_level=facts.trust_level)
        return Refusal("daily_limit", f"you have given today's {limit} answers; go on after midnight UTC")
    return None


def primary(language: str) -> str:
    """The primary subtag of a language tag, in lower case: "de" of "de-AT"."""
    return language.replace("_", "-").split("-")[0].lower()


def _either(values: Sequence[str]) -> str:
    return " or ".join(values)
