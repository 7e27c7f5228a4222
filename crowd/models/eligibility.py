"""Requirements: what a project asks of workers, and WorkTerms: on what terms one worker is on one project."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from crowd.models.project import Project
from crowd.models.qualification import Course
from crowd.models.worker import Enrolment


class Requirements(models.Model):
    """What a claim needs; NULL or empty asks nothing. Limits count answers, a day is one of UTC."""

    project = models.OneToOneField(Project, on_delete=models.PROTECT, related_name="requirements")
    course = models.ForeignKey(Course, null=True, on_delete=models.PROTECT, related_name="+")
    # Primary subtags such as "de"; the worker's account has one.
    languages = models.JSONField(default=list)
    trust_levels = models.JSONField(default=list)
    max_answers = models.PositiveIntegerField(null=True)
    daily_answers = models.PositiveIntegerField(null=True)
    # Whether people with an account may enrol themselves.
    is_open = models.BooleanField(default=False)
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "requirements"
        constraints = [
            models.CheckConstraint(
                condition=(Q(max_answers__isnull=True) | Q(max_answers__gte=1))
                & (Q(daily_answers__isnull=True) | Q(daily_answers__gte=1)),
                name="requirements_limits_positive",
            )
        ]

    def __str__(self) -> str:
        return f"requirements of {self.project_id}"


class WorkTerms(models.Model):
    """What hangs on an enrolment beyond its level, in one row for the claim to read.

    ``level_until``: when the present level ends by itself. ``level_rule``: the rule that set it. ``paused_until``: no
    claims before. ``is_warned``: since the sequential test last began. ``reopen_change``: a suspension whose places
    are still to be opened again; the row is the queue.
    """

    enrolment = models.OneToOneField(Enrolment, on_delete=models.PROTECT, related_name="terms")
    is_warned = models.BooleanField(default=False)
    level_rule = models.CharField(max_length=60, blank=True)
    level_until = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    pause_reason = models.TextField(blank=True)
    reopen_change = models.ForeignKey("TrustChange", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name_plural = "work terms"
        indexes = [
            # Both for the sweep; almost always empty.
            models.Index(fields=["level_until"], condition=Q(level_until__isnull=False), name="terms_level_ends"),
            models.Index(fields=["id"], condition=Q(reopen_change__isnull=False), name="terms_to_reopen"),
        ]

    def __str__(self) -> str:
        return f"terms of {self.enrolment_id}"
