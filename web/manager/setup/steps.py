"""The steps of the set-up, in their order, with where a draft stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crowd.enums import ProjectState
from crowd.models import Project

TITLES = {
    "question": _("Question"),
    "tasks": _("Tasks"),
    "golds": _("Golds"),
    "pay": _("Price and overlap"),
    "launch": _("Forecast and launch"),
}
# What may also be done after the launch.
ALWAYS = ("tasks", "golds")


@dataclass(frozen=True)
class Step:
    """A step with its address."""

    name: str
    number: int
    title: Any
    href: str


def steps_of(project: Project) -> list[Step]:
    """The steps that are open in the project's state."""
    names = [name for name in TITLES if project.state == ProjectState.DRAFT or name in ALWAYS]
    return [Step(name, i, TITLES[name], address_of(name, project)) for i, name in enumerate(names, 1)]


def address_of(step: str, project: Project) -> str:
    """Where a step is."""
    return reverse(f"setup-{step}", args=[project.uid])
