"""Courses: who may begin a part, when an exam is over, what it pays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crowd.enums import AttemptState, CoursePart, CoursePay
from crowd.errors import FieldProblem
from quality.skill.gold import GoldTest

# The test is looked at after every so many answers only: one that ended at each crossing would tell that the last
# answer was right, or wrong.
LOOK_EVERY = 3
# An attempt in which nothing happens for so long is closed; what was answered is paid as the course says.
IDLE_AFTER = timedelta(hours=24)
FEWEST_EXAM_ITEMS = 3


@dataclass(frozen=True, kw_only=True)
class Past:
    """One earlier attempt of the worker at the course."""

    part: CoursePart
    state: AttemptState
    ended_at: datetime


@dataclass(frozen=True)
class NotYet:
    """Why a part cannot begin, and when it can; None for never or not by waiting."""

    reason: str
    retry_at: datetime | None = None


def find_obstacle(
    *,
    part: CoursePart,
    now: datetime,
    past: Sequence[Past],
    has_training: bool,
    is_qualified: bool,
    max_attempts: int,
    retry_after_seconds: int,
) -> NotYet | None:
    """What stands against beginning a part, or None: training may be repeated, exams only after a pause."""
    if part == CoursePart.TRAINING:
        return None if has_training else NotYet("this course has no training; begin with the exam")
    if is_qualified:
        return NotYet("you hold this qualification; there is nothing to pass until it expires")
    if has_training and not any(one.part == part.TRAINING and one.state == AttemptState.PASSED for one in past):
        return NotYet("go through the training first")
    # Those before the last success belong to a qualification that has expired since.
    exams = [one for one in past if one.part == CoursePart.EXAM]
    failed: list[Past] = []
    for one in exams:
        failed = [] if one.state == AttemptState.PASSED else [*failed, one]
    if len(failed) >= max_attempts:
        return NotYet(f"the exam can be taken {max_attempts} times; you have used them all")
    if failed:
        retry_at = max(one.ended_at for one in failed) + timedelta(seconds=retry_after_seconds)
        if retry_at > now:
            return NotYet(f"the exam can be taken again from {retry_at:%Y-%m-%d %H:%M UTC}", retry_at)
    return None


def judge_exam(test: GoldTest, *, llr: float, answered: int, is_last: bool) -> AttemptState:
    """Whether an exam is over after so many answers; ``is_last``: there are no more items.

    Undecided at the end, the likelier of the two hypotheses wins.
    """
    if is_last or answered % LOOK_EVERY == 0:
        match test.verdict(min(test.bad_at, max(test.good_at, llr))):
            case "good":
                return AttemptState.PASSED
            case "bad":
                return AttemptState.FAILED
            case "undecided":
                pass
    if is_last:
        return AttemptState.PASSED if llr < 0 else AttemptState.FAILED
    return AttemptState.RUNNING


def is_paid(pay: CoursePay, state: AttemptState) -> bool:
    """Whether the answered items of an attempt that ended so are paid."""
    return pay == CoursePay.EVERY_ITEM or (pay == CoursePay.WHEN_PASSED and state == AttemptState.PASSED)


def check_course(
    *, good: float, bad: float, alpha: float, beta: float, exam_items: int, max_items: int
) -> list[FieldProblem]:
    """What is wrong with a course's figures; an empty list when nothing is."""
    problems: list[FieldProblem] = []
    try:
        GoldTest(good=good, bad=bad, alpha=alpha, beta=beta)
    except ValueError as error:
        problems.append(FieldProblem("/good_accuracy", str(error)))
    if exam_items < FEWEST_EXAM_ITEMS:
        problems.append(FieldProblem("/exam", f"give at least {FEWEST_EXAM_ITEMS} items"))
    if not FEWEST_EXAM_ITEMS <= max_items <= 500:
        problems.append(FieldProblem("/max_items", f"{FEWEST_EXAM_ITEMS} to 500"))
    return problems
