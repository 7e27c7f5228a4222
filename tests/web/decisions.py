"""Suspends a worker by decree, so that page tests do not depend on the figures of the trust rule."""

from __future__ import annotations

from cast import Cast
from django.utils import timezone

from crowd.enums import TrustLevel
from crowd.models import Enrolment, TrustChange, Worker
from crowd.policies.trust import TrustDecision
from crowd.services.trust import change_trust

REASON = "3 of 3 gold answers wrong: accuracy under the bar"


def suspend(cast: Cast, worker: Worker) -> TrustChange:
    """Three gold answers wrong, then the decision."""
    cast.gold(3, label="negative")
    rate = cast.project.gold_rate
    cast.configure(gold_rate=1.0)
    for _ in range(3):
        cast.answer(worker, "positive")
    cast.configure(gold_rate=rate)
    decision = TrustDecision(TrustLevel.SUSPENDED, REASON, {"gold_right": 0, "gold_wrong": 3})
    enrolment = Enrolment.objects.select_related("project", "worker").get(project=cast.project, worker=worker)
    return change_trust(enrolment=enrolment, decision=decision, at=timezone.now())
