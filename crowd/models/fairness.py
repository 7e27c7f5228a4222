"""FairnessTerms: the least that a project means to pay for an hour of work, and how long it thinks a task takes."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from crowd.models.project import Project


class FairnessTerms(models.Model):
    """``floor_micros``: micro-units of the project's currency for an active hour; NULL: the server's for that currency.

    ``is_under``: whether the last reading found the median under the floor, so that each crossing is told once.
    """

    project = models.OneToOneField(Project, on_delete=models.PROTECT, related_name="fairness_terms")
    floor_micros = models.BigIntegerField(null=True)
    expected_seconds = models.FloatField(null=True)
    is_under = models.BooleanField(default=False)
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "fairness terms"
        constraints = [
            models.CheckConstraint(
                condition=(Q(floor_micros__isnull=True) | Q(floor_micros__gte=0))
                & (Q(expected_seconds__isnull=True) | Q(expected_seconds__gt=0)),
                name="fairness_terms_in_range",
            )
        ]

    def __str__(self) -> str:
        return f"fairness terms of {self.project_id}"
