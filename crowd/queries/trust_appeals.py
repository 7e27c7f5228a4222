"""Reads the appeals against decisions about workers that wait for somebody."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from crowd.enums import AppealState
from crowd.models import Project, TrustAppeal, User


def open_trust_appeals(project: Project, judge: User) -> QuerySet[TrustAppeal]:
    """The appeals that somebody may judge: not about their own decisions, not about themselves; due first."""
    rows = TrustAppeal.objects.filter(change__project=project, state=AppealState.OPEN)
    # A rule's decision was imposed by nobody, and NULL is excluded by a plain comparison.
    rows = rows.filter(Q(imposed_by__isnull=True) | ~Q(imposed_by=judge))
    return rows.exclude(change__worker__user=judge).select_related("change").order_by("answer_by", "id")
