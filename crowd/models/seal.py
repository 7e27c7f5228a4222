"""EventSeal and SealClock: the hash chain over the audit trail, and where its end stands."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from crowd.models.event import Event


class EventSeal(models.Model):
    """A link of the chain: one event at one position, with the hash over it and everything before. Append-only."""

    position = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="seal")
    sealed_at = models.DateTimeField()
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(position__gte=1), name="seal_counts_from_one")]

    def __str__(self) -> str:
        return f"{self.position}: {self.hash[:12]}"


class SealClock(models.Model):
    """The one row that whoever seals holds: the chain's end, and up to which event the search can be spared.

    Every event up to ``floor_id`` is sealed. ``next_floor_id`` becomes the floor an hour after ``next_floor_since``:
    numbers are given before transactions commit, and none is open for an hour.
    """

    position = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)
    floor_id = models.BigIntegerField(default=0)
    next_floor_id = models.BigIntegerField(default=0)
    next_floor_since = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="seal_clock_is_one")]

    def __str__(self) -> str:
        return f"{self.position} events sealed"
