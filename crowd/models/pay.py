"""What an answer is paid: the terms, the price rules, the quoted price, the review of the pay, the appeal."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from crowd.enums import AppealState, PayState, SurplusPay
from crowd.models.answer import Answer
from crowd.models.assignment import Assignment
from crowd.models.ledger import BudgetShard
from crowd.models.project import Project
from crowd.models.user import User
from crowd.models.worker import Worker


class PayTerms(models.Model):
    """A project's periods and policies of pay; without a row the defaults here hold."""

    project = models.OneToOneField(Project, on_delete=models.PROTECT, related_name="pay_terms")
    # Silence for so long approves.
    review_days = models.PositiveSmallIntegerField(default=14)
    # How long a worker may appeal, and how long somebody has to decide before silence decides for the worker.
    appeal_days = models.PositiveSmallIntegerField(default=14)
    judge_days = models.PositiveSmallIntegerField(default=7)
    surplus = models.CharField(max_length=10, choices=SurplusPay, default=SurplusPay.NOTHING)
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "pay terms"
        constraints = [
            models.CheckConstraint(
                condition=Q(review_days__gte=1) & Q(appeal_days__gte=1) & Q(judge_days__gte=1),
                name="pay_terms_days_positive",
            )
        ]

    def __str__(self) -> str:
        return f"pay terms of {self.project_id}"


class PriceRule(models.Model):
    """One version of what a task of the project costs, append-only; the newest version is the one that quotes."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="price_rules")
    version = models.PositiveSmallIntegerField()
    body = models.JSONField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "version"], name="price_rule_version_once")]

    def __str__(self) -> str:
        return f"price rule {self.version} of {self.project_id}"


class QuotedPrice(models.Model):
    """How a claim's price came about, where a rule made it: written with the assignment, and fixed from then on."""

    assignment = models.OneToOneField(Assignment, on_delete=models.PROTECT, related_name="quote")
    rule = models.ForeignKey(PriceRule, on_delete=models.PROTECT, related_name="+")
    amount_micros = models.BigIntegerField()
    # [{"by": …, "value": …, "percent": …}], in the order in which they were applied.
    factors = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.amount_micros} for {self.assignment_id}"


class PayReview(models.Model):
    """How the pay of one answer stands; written with its ledger entry, moved by guarded updates.

    ``is_budget_held``: a rejection took the pay back, and its budget waits in case an appeal is won.
    """

    answer = models.OneToOneField(Answer, on_delete=models.PROTECT, related_name="pay_review")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, db_index=False, related_name="pay_reviews")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, db_index=False, related_name="pay_reviews")
    state = models.CharField(max_length=10, choices=PayState, default=PayState.PENDING)
    amount_micros = models.BigIntegerField()
    shard = models.ForeignKey(BudgetShard, null=True, on_delete=models.PROTECT, db_index=False, related_name="+")
    is_budget_held = models.BooleanField(default=False)
    due_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    # NULL: silence, or the system.
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)
    evidence = models.JSONField(default=dict)
    appeal_until = models.DateTimeField(null=True)
    # How often it was rejected: each rejection has an appeal and a reversing entry of its own.
    round = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_micros__gt=0), name="pay_review_of_something"),
            models.CheckConstraint(
                condition=Q(state__in=[PayState.PENDING, PayState.APPROVED])
                | (Q(decided_by__isnull=False) & ~Q(reason="")),
                name="pay_rejection_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(is_budget_held=False) | Q(state__in=[PayState.REJECTED, PayState.APPEALED]),
                name="pay_budget_held_while_open",
            ),
        ]
        indexes = [
            # Both for the sweep.
            models.Index(fields=["due_at"], condition=Q(state="pending"), name="pay_review_due"),
            models.Index(fields=["appeal_until"], condition=Q(state="rejected"), name="pay_rejection_ends"),
            # Lists of a project, a worker's own.
            models.Index(fields=["project", "state", "id"], name="pay_review_of_project"),
            models.Index(fields=["worker", "project", "state"], name="pay_review_of_worker"),
        ]

    def __str__(self) -> str:
        return f"pay of {self.answer_id}: {self.state}"


class Appeal(models.Model):
    """A worker contests a rejection; undecided at ``answer_by``, it is granted."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    review = models.ForeignKey(PayReview, on_delete=models.PROTECT, related_name="appeals")
    round = models.PositiveSmallIntegerField()
    # Repeats who rejected, so that the row itself can refuse the same person as the judge.
    rejected_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    state = models.CharField(max_length=10, choices=AppealState, default=AppealState.OPEN)
    opened_at = models.DateTimeField()
    answer_by = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decision = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "round"], name="appeal_once_per_rejection"),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("rejected_by")),
                name="appeal_judged_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state=AppealState.DENIED) | Q(decided_by__isnull=False), name="appeal_denied_by_somebody"
            ),
        ]
        indexes = [models.Index(fields=["answer_by"], condition=Q(state="open"), name="appeal_due")]

    def __str__(self) -> str:
        return f"appeal about {self.review_id}: {self.state}"
