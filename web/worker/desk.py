"""Prepares a desk for its template: the question with its draft, the clock, the ways out."""

from __future__ import annotations

from typing import Any

from crowd.models import Answer
from crowd.queries.desks import Desk
from web.money import Money
from web.worker.forms import MAX_DETAIL, SKIP_REASONS
from web.worker.questions import Fields, question_of

# The warning comes at least this long before the end, and earlier on long leases.
WARNING_SECONDS = 20
WARNING_SHARE = 0.2
LONGEST_WARNING_SECONDS = 120


def desk_context(desk: Desk, *, fields: Fields) -> dict[str, Any]:
    """What the desk's template shows; ``fields`` is what the worker had filled in before."""
    project = desk.project
    context: dict[str, Any] = {"project": project, "desk": desk, "price": Money(project.price_micros, project.currency)}
    if desk.assignment is None:
        return context
    return context | {
        "assignment": desk.assignment,
        "price": Money(desk.assignment.reserved_micros, project.currency),
        "question": question_of(project, desk.assignment.task.payload, fields=fields, seed=str(desk.assignment.uid)),
        "minutes_left": f"{desk.seconds_left // 60}:{desk.seconds_left % 60:02d}",
        "warning_seconds": warning_seconds(project.lease_seconds),
        "skip_reasons": SKIP_REASONS,
        "max_detail": MAX_DETAIL,
    }


def warning_seconds(lease_seconds: int) -> int:
    """How long before the end the page warns: a fifth of the lease, between 20 seconds and two minutes."""
    return int(min(LONGEST_WARNING_SECONDS, max(WARNING_SECONDS, WARNING_SHARE * lease_seconds)))


def is_late(answer: Answer) -> bool:
    """Whether the answer came after its deadline, which a late submit leaves as it was."""
    return answer.created_at > answer.assignment.deadline
