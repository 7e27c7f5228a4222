"""Reads a project's rules, and what it asks of its workers."""

from __future__ import annotations

from django.db.models import QuerySet

from crowd.models import Project, Requirements, Rule


def rules_of(project: Project) -> QuerySet[Rule]:
    """Every version of every rule, by name, the newest version first."""
    return Rule.objects.filter(project=project).order_by("name", "-version")


def requirements_of(project: Project) -> Requirements | None:
    """What the project asks, with the course; None where nothing was ever asked."""
    return Requirements.objects.select_related("course").filter(project=project).first()
