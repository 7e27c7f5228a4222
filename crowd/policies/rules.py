"""Rules: does a worker's record, in a sliding window, meet a manager's conditions, and what is to happen then?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from quality.skill.gold import probability_below

EventWord = Literal["answer", "skip", "expiry"]
Action = Literal["note", "warn", "pause", "restrict", "suspend"]
# More than this many events of one worker are never looked at.
LONGEST_WINDOW = 500


@dataclass(frozen=True, kw_only=True)
class Record:
    """One thing that a worker did. ``is_right``: gold only. ``agrees``: with the consensus of a finished task.

    ``is_overruled``: an expert decided otherwise. None where there is nothing to compare with.
    """

    kind: EventWord
    at: datetime
    seconds: float | None = None
    label_index: int | None = None
    is_right: bool | None = None
    agrees: bool | None = None
    is_overruled: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A measure over a window, compared with a value.

    The window is the ``last`` so many events that the measure looks at, or those of the last ``hours``. Nothing is
    said under ``at_least`` events. A share is compared by its posterior: the comparison must hold with ``certainty``;
    0 compares the plain share.
    """

    measure: str
    comparison: Literal["<", ">"]
    value: float
    last: int | None = None
    hours: float | None = None
    at_least: int = 1
    certainty: float = 0.95
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class RuleBody:
    """Conditions joined by ``all`` or ``any``, with what happens; ``for_hours``: how long, None for open end."""

    join: Literal["all", "any"]
    conditions: tuple[Condition, ...]
    action: Action
    for_hours: float | None = None


@dataclass(frozen=True)
class Finding:
    """A rule that holds: why in words, with the figures."""

    reason: str
    evidence: dict[str, Any]


# Shares: which events a measure looks at, which of them count.
_SHARES: dict[str, Callable[[Record, Condition], bool | None]] = {
    "gold_accuracy": lambda record, _: record.is_right,
    "consensus_agreement": lambda record, _: record.agrees,
    "overruled_share": lambda record, _: record.is_overruled,
    "fast_share": lambda record, asked: None if record.seconds is None else record.seconds < (asked.seconds or 0),
    "skip_share": lambda record, _: {"answer": False, "skip": True}.get(record.kind),
    "expiry_share": lambda record, _: {"answer": False, "expiry": True}.get(record.kind),
}
MEASURES = (*_SHARES, "fast_count", "answers", "skips_in_row", "same_label_run")
SHARE_MEASURES = tuple(_SHARES)


def evaluate(body: RuleBody, records: Sequence[Record], *, now: datetime) -> Finding | None:
    """What the rule finds in a worker's records (oldest first, the newest last), or None when it does not hold."""
    found = [_check(condition, records, now) for condition in body.conditions]
    held = [finding for finding in found if finding is not None]
    if not held or (body.join == "all" and len(held) < len(found)):
        return None
    return Finding(
        "; ".join(finding.reason for finding in held), {"conditions": [finding.evidence for finding in held]}
    )


def replay(body: RuleBody, records: Sequence[Record]) -> list[tuple[datetime, Finding]]:
    """Every firing over a past, each with its time: as it would have been, each firing using up its window."""
    fired: list[tuple[datetime, Finding]] = []
    start = 0
    for end in range(1, len(records) + 1):
        now = records[end - 1].at
        finding = evaluate(body, records[max(start, end - LONGEST_WINDOW) : end], now=now)
        if finding is not None:
            fired.append((now, finding))
            start = end
    return fired


def _check(condition: Condition, records: Sequence[Record], now: datetime) -> Finding | None:
    if condition.hours is not None:
        since = now - timedelta(hours=condition.hours)
        records = [record for record in records if record.at > since]
    if condition.measure in _SHARES:
        return _check_share(condition, records)
    number, of = _count(condition, records)
    if of < condition.at_least or not _compare(number, condition):
        return None
    return Finding(
        f"{condition.measure} {number} {condition.comparison} {condition.value:g}",
        {"measure": condition.measure, "value": number, "events": of},
    )


def _check_share(condition: Condition, records: Sequence[Record]) -> Finding | None:
    judge = _SHARES[condition.measure]
    judged = [verdict for verdict in (judge(record, condition) for record in records) if verdict is not None]
    if condition.last is not None:
        judged = judged[-condition.last :]
    yes, of = sum(judged), len(judged)
    if of < max(1, condition.at_least):
        return None
    below = probability_below(condition.value, yes, of - yes, prior=(1.0, 1.0))
    sure = below if condition.comparison == "<" else 1 - below
    if not _compare(yes / of, condition) or sure <= condition.certainty:
        return None
    return Finding(
        f"{condition.measure} {yes} of {of}, {condition.comparison} {condition.value:g} with probability {sure:.3f}",
        {"measure": condition.measure, "yes": yes, "of": of, "value": yes / of, "probability": round(sure, 6)},
    )


def _count(condition: Condition, records: Sequence[Record]) -> tuple[int, int]:
    """The number that a counting measure gives, over how many events."""
    answers = [record for record in records if record.kind == "answer"]
    if condition.measure == "skips_in_row":
        run = 0
        for record in reversed(records):
            if record.kind != "skip":
                break
            run += 1
        return run, run
    if condition.last is not None:
        answers = answers[-condition.last :]
    if condition.measure == "fast_count":
        return sum((record.seconds or 0) < (condition.seconds or 0) for record in answers), len(answers)
    if condition.measure == "same_label_run":
        run = 0
        for record in reversed(answers):
            if record.label_index is None or record.label_index != answers[-1].label_index:
                break
            run += 1
        return run, len(answers)
    return len(answers), len(answers)


def _compare(number: float, condition: Condition) -> bool:
    return number < condition.value if condition.comparison == "<" else number > condition.value
