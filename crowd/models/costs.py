"""What a project pays for beside answers: bonuses to people, votes of models."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from crowd.enums import CostState
from crowd.models.ledger import BudgetShard, Transaction
from crowd.models.project import Project
from crowd.models.user import User
from crowd.models.worker import Worker


class Bonus(models.Model):
    """A further entry for a worker with a reason, append-only; ``key`` is the caller's, so that it is paid once."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="bonuses")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="bonuses")
    key = models.CharField(max_length=60)
    amount_micros = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    transaction = models.OneToOneField(Transaction, on_delete=models.PROTECT, related_name="bonus")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "bonuses"
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="bonus_key_once"),
            models.CheckConstraint(condition=Q(amount_micros__gt=0), name="bonus_positive"),
            models.CheckConstraint(condition=~Q(reason=""), name="bonus_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.amount_micros}"


class ModelCost(models.Model):
    """What one call of a model costs: held before the call, settled or released after it.

    ``overrun_micros``: what the provider asked beyond the hold and beyond the budget; it is on record and not booked.
    """

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="model_costs")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="model_costs")
    key = models.CharField(max_length=90, unique=True)
    state = models.CharField(max_length=10, choices=CostState, default=CostState.HELD)
    reserved_micros = models.BigIntegerField()
    shard = models.ForeignKey(BudgetShard, null=True, on_delete=models.PROTECT, related_name="+")
    actual_micros = models.BigIntegerField(null=True)
    overrun_micros = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(reserved_micros__gte=0) & Q(overrun_micros__gte=0), name="model_cost_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(state=CostState.HELD, ended_at__isnull=True)
                | (~Q(state=CostState.HELD) & Q(ended_at__isnull=False)),
                name="model_cost_ended_unless_held",
            ),
        ]
        indexes = [models.Index(fields=["project", "created_at"], condition=Q(state="held"), name="model_cost_held")]

    def __str__(self) -> str:
        return f"{self.key}: {self.state}"
