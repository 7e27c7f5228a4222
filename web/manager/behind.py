"""Which tasks stand behind a mark of a chart or a row of a table: the query of the list of tasks."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from crowd.models import Project, Worker


def read_behind(query: Mapping[str, str]) -> dict[str, Any]:
    """``label`` and ``given`` as places in the label set, ``worker`` as a uid; what makes no sense is left out."""
    return {
        "label": _whole(query.get("label", "")),
        "given": _whole(query.get("given", "")),
        "worker": _uid(query.get("worker", "")),
    }


def describe_behind(project: Project, behind: Mapping[str, Any]) -> list[str]:
    """The conditions in words, to be shown over the list."""
    labels, words = project.label_values, []
    for key, text in (("label", _("consensus {name}")), ("given", _("somebody gave {name}"))):
        place = behind[key]
        if place is not None:
            words.append(text.format(name=labels[place] if place < len(labels) else place))
    if behind["worker"] is not None:
        worker = Worker.objects.filter(uid=behind["worker"], enrolments__project=project).first()
        words.append(_("answered by {name}").format(name="–" if worker is None else worker.name))
    return words


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else None


def _uid(text: str) -> str | None:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return None
