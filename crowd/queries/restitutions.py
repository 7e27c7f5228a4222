"""Reads restitutions with what they changed."""

from __future__ import annotations

import uuid

from django.db.models import Count, QuerySet

from crowd.errors import NotFound
from crowd.models import Project, Restitution, RestitutionLine


def restitutions_of(project: Project) -> QuerySet[Restitution]:
    """Every restitution of a project."""
    return Restitution.objects.filter(project=project).select_related("gold__task", "change__worker", "actor")


def restitution_for(project: Project, uid: uuid.UUID) -> Restitution:
    """One restitution of a project. Raises NotFound."""
    row = restitutions_of(project).filter(uid=uid).first()
    if row is None:
        raise NotFound("there is no such restitution on this project")
    return row


def lines_of(restitution: Restitution) -> QuerySet[RestitutionLine]:
    """What it changed, in the order in which it did, with the workers."""
    return RestitutionLine.objects.filter(restitution=restitution).select_related("worker").order_by("id")


def lines_by_kind(restitution: Restitution) -> dict[str, int]:
    """How many lines of each kind; a restitution's lines are as many as a few per worker concerned."""
    rows = (
        RestitutionLine.objects.filter(restitution=restitution).values_list("kind").annotate(n=Count("id")).order_by()
    )
    return dict(sorted(rows))
