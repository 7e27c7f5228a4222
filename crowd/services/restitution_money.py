"""Pays, after a restitution, what was rejected on the strength of what has turned out wrong."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from crowd.enums import PayState
from crowd.errors import DomainError
from crowd.models import Enrolment, PayReview, Restitution
from crowd.services.pay_review import reverse_rejection

REJECTED = (PayState.REJECTED, PayState.APPEALED, PayState.FINAL)


def pay_again(
    *, restitution: Restitution, enrolment: Enrolment, grounds: set[uuid.UUID]
) -> list[tuple[uuid.UUID, dict[str, Any]]]:
    """Reverse the worker's rejections that rest on one of the ``grounds``, in the caller's transaction.

    A ground is the uid of an answer that is right after all or of a decision that is undone: a rejection rests on it
    when it is of that answer, or when its evidence cites the uid. Returns answer uids with what was done; a rejection
    that cannot be reversed (the budget is spent) comes back with the reason, for a manager.
    """
    found = []
    reviews = PayReview.objects.filter(
        worker=enrolment.worker, project=enrolment.project, state__in=REJECTED
    ).select_related("answer")
    words = {str(ground) for ground in grounds}
    for review in reviews.order_by("id"):
        uid = review.answer.uid
        if uid not in grounds and words.isdisjoint(_texts(review.evidence)):
            continue
        try:
            reverse_rejection(
                project=enrolment.project,
                answer_uid=uid,
                actor=None,
                reason="the rejection rested on an error of ours; we are sorry",
                evidence={"restitution": str(restitution.uid)},
            )
        except DomainError as refusal:
            found.append((uid, {"is_paid": False, "amount_micros": review.amount_micros, "why": refusal.detail}))
        else:
            found.append((uid, {"is_paid": True, "amount_micros": review.amount_micros}))
    return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value
