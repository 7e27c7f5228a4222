"""TrustAppeal: a worker contests a restriction or a suspension."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from crowd.enums import AppealState
from crowd.models.trust import TrustChange
from crowd.models.user import User


class TrustAppeal(models.Model):
    """One per decision; undecided at ``answer_by``, it is granted, which overturns the decision."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    change = models.OneToOneField(TrustChange, on_delete=models.PROTECT, related_name="appeal")
    # Repeats who decided by hand, so that the row itself can refuse the same person as the judge.
    imposed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    state = models.CharField(max_length=10, choices=AppealState, default=AppealState.OPEN)
    opened_at = models.DateTimeField()
    answer_by = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decision = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | Q(imposed_by__isnull=True) | ~Q(decided_by=F("imposed_by")),
                name="trust_appeal_judged_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state=AppealState.DENIED) | Q(decided_by__isnull=False),
                name="trust_appeal_denied_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["answer_by"], condition=Q(state="open"), name="trust_appeal_due")]

    def __str__(self) -> str:
        return f"appeal about {self.change_id}: {self.state}"
