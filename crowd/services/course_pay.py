"""Books what an attempt at a course earned, or gives the reservations back."""

from __future__ import annotations

from datetime import datetime

from crowd.enums import AccountKind, AttemptState, CoursePay, TransactionKind
from crowd.models import Attempt
from crowd.policies.training import is_paid
from crowd.services.budgets import give_back
from crowd.services.ledger import account_of, post_transaction


def settle_pay(*, attempt: Attempt, at: datetime) -> int:
    """Settle an attempt that has ended, in the caller's transaction; returns the micro-units booked.

    Answered items are paid as the course says; what was reserved beyond that goes back to the budget.
    """
    course = attempt.course
    pays = is_paid(CoursePay(course.pay), AttemptState(attempt.state))
    booked = 0
    for step in attempt.steps.select_related("shard").filter(reserved_micros__gt=0).order_by("id"):
        if pays and step.answered_at is not None:
            booked += step.reserved_micros
        else:
            give_back(shard=step.shard, amount_micros=step.reserved_micros)
    if booked:
        project, worker = course.project, attempt.worker
        cost = account_of(project=project, kind=AccountKind.PROJECT_COST)
        payable = account_of(project=project, kind=AccountKind.WORKER_PAYABLE, worker=worker)
        post_transaction(
            project=project,
            kind=TransactionKind.COURSE_PAY,
            lines=[(cost, booked), (payable, -booked)],
            idempotency_key=f"attempt:{attempt.uid}:pay",
            reason=f"{attempt.part} of {course.name}",
            at=at,
        )
    return booked
