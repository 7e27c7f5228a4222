"""ServedModel: which model an endpoint says has answered a rater's calls."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from crowd.models.rater import Rater


class ServedModel(models.Model):
    """A model that an endpoint's replies name, with its fingerprint; empty where the endpoint says neither.

    ``is_own``: the first one seen, which the rater's votes and record stand for. Every other one is another model.
    """

    rater = models.ForeignKey(Rater, on_delete=models.PROTECT, related_name="served_models")
    name = models.CharField(max_length=200, blank=True)
    fingerprint = models.CharField(max_length=200, blank=True)
    is_own = models.BooleanField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rater", "name", "fingerprint"], name="servedmodel_once"),
            models.UniqueConstraint(fields=["rater"], condition=Q(is_own=True), name="servedmodel_one_own"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.fingerprint}".strip()
