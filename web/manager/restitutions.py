"""The page of one restitution: what a corrected gold or an overturned decision has changed."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from crowd.enums import RestitutionLineKind
from crowd.models import Project
from crowd.queries.restitutions import lines_by_kind, lines_of, restitution_for
from web.manager.doors import manager_page, page_of, show
from web.manager.evidence import evidence_lines
from web.manager.excerpts import value_in_words

PER_PAGE = 50
DETAILS = 6
Kind = RestitutionLineKind
TITLES = {
    Kind.ANSWER_RESCORED: _("answers scored anew"),
    Kind.SKILL_RECOMPUTED: _("accuracies computed anew"),
    Kind.WARNING_WITHDRAWN: _("warnings withdrawn"),
    Kind.LEVEL_RESTORED: _("levels given back"),
    Kind.REJECTION_REVERSED: _("rejections paid"),
    Kind.CHANGE_UNDONE: _("decisions found wrong"),
    Kind.CHANGE_NOT_IMPOSED: _("decisions not imposed for the past"),
    Kind.PLACES_KEPT: _("places left with others"),
    Kind.REJECTION_LEFT: _("rejections left: the budget did not reach"),
}


@manager_page()
def show_restitution(request: HttpRequest, project: Project, restitution: uuid.UUID) -> HttpResponse:
    """How it stands, how many lines of each kind, each line."""
    row = restitution_for(project, restitution)
    page = page_of(request, lines_of(row), PER_PAGE)
    context = {
        "row": row,
        "before": _labels(project, row.before),
        "after": _labels(project, row.after),
        "counts": [(TITLES[Kind(kind)], n) for kind, n in lines_by_kind(row).items()],
        "page": page,
        "lines": [
            {"row": line, "title": TITLES[Kind(line.kind)], "detail": evidence_lines(line.detail)[:DETAILS]}
            for line in page
        ],
    }
    section = "workers" if row.gold is None else "golds"
    return show(request, project, "manager/restitution.html", section, context)


def _labels(project: Project, labels: object) -> str:
    return " / ".join(value_in_words(project, label) for label in labels) if isinstance(labels, list) else str(labels)
