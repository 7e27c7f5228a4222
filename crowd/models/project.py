"""Project: one campaign with its instructions, label set, rules and budget."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from crowd.enums import AnswerType, ProjectState, Role, Scale
from crowd.models.user import User


class Project(models.Model):
    """One campaign. Amounts are micro-units (10⁻⁶) of ``currency``."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=200)
    instructions = models.TextField(blank=True)
    state = models.CharField(max_length=12, choices=ProjectState, default=ProjectState.DRAFT)
    answer_type = models.CharField(max_length=20, choices=AnswerType, default=AnswerType.SINGLE_CHOICE)
    # [{"value": …, "title": …}]; the position is the label's index everywhere, so it is fixed once tasks exist.
    labels = models.JSONField(default=list)
    # What the answer type asks for besides, as `crowd.policies.answer_types` reads it; as fixed as the labels.
    answer_options = models.JSONField(default=dict, blank=True)
    scale = models.CharField(max_length=10, choices=Scale, default=Scale.NOMINAL)
    # A name in `quality.aggregation.MODELS`.
    aggregation_model = models.CharField(max_length=40, default="auto")
    min_overlap = models.PositiveSmallIntegerField(default=3)
    max_overlap = models.PositiveSmallIntegerField(default=5)
    target_confidence = models.FloatField(default=0.95)
    # What a right label is worth: with it, an answer is only asked for while its expected gain pays for it.
    label_worth_micros = models.BigIntegerField(null=True, blank=True)
    # The share of new tasks that get full overlap, so that the saving is measured.
    audit_share = models.FloatField(default=0.0)
    gold_rate = models.FloatField(default=0.1)
    lease_seconds = models.PositiveIntegerField(default=600)
    # Otherwise a job moves ``lease_seconds`` after the work times that it observes.
    is_lease_fixed = models.BooleanField(default=True)
    lease_observed_at = models.DateTimeField(null=True)
    price_micros = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, default="USD")
    budget_micros = models.BigIntegerField(null=True, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    # The debounced refit: set by every processed answer, cleared before the fit reads.
    is_dirty = models.BooleanField(default=False)
    refit_not_before = models.DateTimeField(null=True, blank=True)
    refit_leased_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(min_overlap__gte=1) & Q(max_overlap__gte=F("min_overlap")), name="project_overlap_in_order"
            ),
            models.CheckConstraint(
                condition=Q(target_confidence__gt=0) & Q(target_confidence__lte=1), name="project_target_is_probability"
            ),
            models.CheckConstraint(
                condition=Q(gold_rate__gte=0) & Q(gold_rate__lte=1), name="project_gold_rate_is_share"
            ),
            models.CheckConstraint(
                condition=Q(audit_share__gte=0) & Q(audit_share__lte=1), name="project_audit_share_is_share"
            ),
            models.CheckConstraint(
                condition=Q(label_worth_micros__isnull=True) | Q(label_worth_micros__gt=0),
                name="project_label_worth_positive",
            ),
            models.CheckConstraint(condition=Q(price_micros__gte=0), name="project_price_not_negative"),
            models.CheckConstraint(
                condition=Q(budget_micros__isnull=True) | Q(budget_micros__gte=0), name="project_budget_not_negative"
            ),
            models.CheckConstraint(condition=Q(lease_seconds__gte=1), name="project_lease_positive"),
        ]
        indexes = [
            # Used by the worker loop to find refits that are due; almost always empty.
            models.Index(fields=["refit_not_before"], condition=Q(is_dirty=True), name="project_dirty"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def label_values(self) -> list[str]:
        """The label set in its order."""
        return [label["value"] for label in self.labels]


class Membership(models.Model):
    """A user's role on a project."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "user", "role"], name="membership_role_once")]

    def __str__(self) -> str:
        return f"{self.user} as {self.role} of {self.project}"
