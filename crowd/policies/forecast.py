"""What a rater's votes will cost, and how long they will take, as a range."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

# Two-sided 90 % of Student's t for 1 to 18 degrees of freedom; beyond, the normal's.
_T90 = (
    6.31,
    2.92,
    2.35,
    2.13,
    2.02,
    1.94,
    1.89,
    1.86,
    1.83,
    1.81,
    1.80,
    1.78,
    1.77,
    1.76,
    1.75,
    1.75,
    1.74,
    1.73,
    1.73,
)
_Z90 = 1.645
# Nothing was called yet: real tokenizers make between 2.5 and 6 characters a token of most languages' prose.
UNCALLED = (0.66, 1.6)


@dataclass(frozen=True)
class Range:
    """A figure with its 90 % range."""

    expected: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What one task took, in the preview or estimated."""

    calls: float
    tokens: float
    cost_micros: float
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """Cost in micro-units, time in seconds. ``is_measured``: from calls that were made, not from lengths alone."""

    tasks: int
    tokens: Range
    cost_micros: Range
    seconds: Range
    is_measured: bool
    sampled: int


def forecast(
    samples: Sequence[Sample],
    *,
    tasks: int,
    is_measured: bool,
    concurrency: int,
    requests_per_minute: int | None,
    tokens_per_minute: int | None,
) -> Forecast:
    """The forecast for so many tasks from a sample of them; the sample may not be empty.

    The range is that of the mean of the sample. Limits per minute bound the time from below.
    """
    tokens = _total([row.tokens for row in samples], tasks, is_measured)
    calls = _total([row.calls for row in samples], tasks, is_measured=True)
    seconds = _total([row.seconds / concurrency for row in samples], tasks, is_measured)
    floors = [0.0]
    if requests_per_minute:
        floors.append(60 * calls.expected / requests_per_minute)
    if tokens_per_minute:
        floors.append(60 * tokens.expected / tokens_per_minute)
    floor = max(floors)
    return Forecast(
        tasks=tasks,
        tokens=tokens,
        cost_micros=_total([row.cost_micros for row in samples], tasks, is_measured),
        seconds=Range(*(max(floor, value) for value in (seconds.expected, seconds.low, seconds.high))),
        is_measured=is_measured,
        sampled=len(samples),
    )


def time_left(*, left: int, done: int, busy_seconds: float) -> Range | None:
    """Seconds of work until nothing is left, by the pace so far; None before anything was done.

    The range takes single votes to be as uneven as waiting times: its width shrinks with the root of their number.
    """
    if done == 0 or busy_seconds <= 0:
        return None
    pace = busy_seconds / done
    spread = _Z90 / math.sqrt(done)
    return Range(left * pace, left * pace / (1 + spread), left * pace * (1 + spread))


def _total(values: Sequence[float], tasks: int, is_measured: bool) -> Range:
    size = len(values)
    mean = sum(values) / size
    if not is_measured:
        return Range(mean * tasks, mean * tasks * UNCALLED[0], mean * tasks * UNCALLED[1])
    if size == 1:
        return Range(mean * tasks, 0.0, mean * tasks * 3)
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / (size - 1))
    factor = _T90[size - 2] if size - 2 < len(_T90) else _Z90
    # Both the mean of the sample and the rest of the tasks vary.
    half = factor * deviation * math.sqrt(tasks * tasks / size + tasks)
    return Range(mean * tasks, max(0.0, mean * tasks - half), mean * tasks + half)
