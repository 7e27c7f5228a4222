"""When pay is approved by silence, until when a rejection may be appealed, until when an appeal is to be decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from crowd.enums import SurplusPay, WorkerKind
from crowd.errors import FieldProblem

MAX_REVIEW_DAYS = 30
MAX_APPEAL_DAYS = 90
MAX_JUDGE_DAYS = 30
MIN_APPEAL_DAYS = 7
MAX_REASON = 2_000


@dataclass(frozen=True, kw_only=True)
class Terms:
    """A project's periods and policies of pay."""

    review_days: int = 14
    appeal_days: int = 14
    judge_days: int = 7
    surplus: SurplusPay = SurplusPay.NOTHING

    def approves_at(self, answered_at: datetime) -> datetime:
        """When silence approves."""
        return answered_at + timedelta(days=self.review_days)

    def appeal_until(self, rejected_at: datetime) -> datetime:
        """Until when the worker may appeal."""
        return rejected_at + timedelta(days=self.appeal_days)

    def judge_by(self, opened_at: datetime) -> datetime:
        """When silence grants an appeal."""
        return opened_at + timedelta(days=self.judge_days)


DEFAULT_TERMS = Terms()


def check_terms(terms: Terms) -> list[FieldProblem]:
    """Every problem with the terms; a worker keeps at least a week to appeal."""
    limits = {
        "review_days": (terms.review_days, 1, MAX_REVIEW_DAYS),
        "appeal_days": (terms.appeal_days, MIN_APPEAL_DAYS, MAX_APPEAL_DAYS),
        "judge_days": (terms.judge_days, 1, MAX_JUDGE_DAYS),
    }
    return [
        FieldProblem(f"/{name}", f"{days} days; give {low} to {high}")
        for name, (days, low, high) in limits.items()
        if not low <= days <= high
    ]


def check_rejection(reason: str, evidence: dict[str, object]) -> list[FieldProblem]:
    """Every problem with the grounds of a rejection: the worker is shown both."""
    problems = []
    if not reason.strip() or len(reason) > MAX_REASON:
        problems.append(FieldProblem("/reason", f"say why, in 1 to {MAX_REASON} characters; the worker is shown it"))
    if not evidence:
        problems.append(FieldProblem("/evidence", "give what the rejection rests on; the worker is shown it"))
    return problems


def late_pay_micros(kind: str, *, quoted_micros: int, has_place: bool, is_gold: bool, surplus: str) -> int:
    """What an answer earns that came after its lease: the price of its claim, or nothing.

    A gold earns as a real task with a place does; without a place the project's policy of surplus decides.
    """
    if kind != WorkerKind.HUMAN:
        return 0
    return quoted_micros if has_place or is_gold or surplus == SurplusPay.FULL else 0
