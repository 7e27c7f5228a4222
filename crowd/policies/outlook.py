"""What a project is likely to cost, to take and to reach, as ranges, before its first answer."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

from crowd.policies.fairness import SPREAD_FROM_LENGTH, SPREAD_STATED, UNPAID_SHARE, Z_95
from crowd.policies.gold import CEILING, FACTOR_KNOWN, FACTOR_UNKNOWN
from quality.design.outlook import MOST_ANSWERS, expected_course

# Share of answers that are right, low, middle, high: nothing is known of the workers before the first golds.
ACCURACIES = (0.65, 0.8, 0.92)
ABOVE_CHANCE = 0.05
MOST_GOLD = 0.95


@dataclass(frozen=True)
class Span:
    """From ``low`` to ``high``; ``expected`` is None where only the ends can be said."""

    low: float
    expected: float | None
    high: float


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """Answers and cost (micro-units) of all tasks with their golds, seconds of work, shares of tasks.

    None where it cannot be said: the time without knowing a task's length, accuracy of answers that are not labels.
    ``most_micros``: what it costs if every task takes all its places.
    """

    tasks: int
    answers: Span
    cost_micros: Span
    most_micros: int
    seconds: Span | None
    right: Span | None
    disputed: Span | None


def foresee(
    *,
    tasks: int,
    n_labels: int | None,
    target: float,
    min_overlap: int,
    max_overlap: int,
    price_micros: int,
    gold_share: float,
    seconds: float | None,
    is_stated: bool,
) -> Outlook:
    """The outlook for workers between weak and good, by the exact walk of `quality.design.outlook`.

    ``n_labels`` None: answers that are not labels, for which only the overlap bounds the figures. ``gold_share``: the
    project's gold rate, 0 without golds; golds are paid alike.
    """
    per_task = Span(float(min_overlap), None, float(max_overlap))
    right = disputed = None
    if n_labels is not None and max_overlap <= MOST_ANSWERS:
        least = 1 / n_labels + ABOVE_CHANCE
        weak, usual, good = (
            expected_course(
                accuracy=max(accuracy, least),
                n_labels=n_labels,
                target=target,
                min_overlap=min_overlap,
                max_overlap=max_overlap,
            )
            for accuracy in ACCURACIES
        )
        ends = sorted((weak.answers, usual.answers, good.answers))
        per_task = Span(ends[0], usual.answers, ends[-1])
        right = Span(weak.right, usual.right, good.right)
        ends = sorted(1 - course.sure for course in (weak, usual, good))
        disputed = Span(ends[0], 1 - usual.sure, ends[-1])
    # New workers meet more golds than the rate says, known ones fewer (`crowd.policies.gold`).
    shares = [min(max(CEILING, gold_share), gold_share * factor) for factor in (FACTOR_KNOWN, 1.0, FACTOR_UNKNOWN)]
    few, usual_golds, many = (tasks / (1 - min(share, MOST_GOLD)) for share in shares)
    answers = Span(
        per_task.low * few,
        None if per_task.expected is None else per_task.expected * usual_golds,
        per_task.high * many,
    )
    work = None
    if seconds is not None:
        spread = SPREAD_STATED if is_stated else SPREAD_FROM_LENGTH
        each = seconds * (1 + UNPAID_SHARE)
        middle = None if answers.expected is None else answers.expected * each
        work = Span(answers.low * each * exp(-Z_95 * spread), middle, answers.high * each * exp(Z_95 * spread))
    return Outlook(
        tasks=tasks,
        answers=answers,
        cost_micros=_times(answers, price_micros),
        most_micros=round(max_overlap * many * price_micros),
        seconds=work,
        right=right,
        disputed=disputed,
    )


def _times(span: Span, factor: float) -> Span:
    return Span(span.low * factor, None if span.expected is None else span.expected * factor, span.high * factor)
