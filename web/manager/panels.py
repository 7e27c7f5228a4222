"""The panels of a project's dashboard as pages, parts that renew themselves, and CSV."""

from __future__ import annotations

import csv
import io
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from crowd.models import Panel, Project, User
from crowd.queries.access import MANAGING, project_for
from web.figures import MISSING, NO_BREAK, count, number, percent
from web.money import Money
from web.refusals import hides_what_is_not_theirs

TITLES = {
    "throughput": _("Throughput"),
    "cost": _("Cost"),
    "agreement": _("Agreement"),
    "confusion": _("Confusion"),
    "workers": _("Workers"),
    "drift": _("Drift"),
    "golds": _("Gold health"),
    "models": _("Models"),
    "payouts": _("Payouts"),
}
# Spreadsheets take these at the beginning of a cell for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Cell:
    """A cell as it is read; ``href`` opens the tasks behind its row."""

    text: str
    is_number: bool


@dataclass(frozen=True)
class ShownPanel:
    """A panel ready for its template."""

    name: str
    title: Any
    made_at: datetime | None
    figures: list[dict[str, str]]
    charts: list[dict[str, Any]]
    tables: list[dict[str, Any]]
    notes: list[str]


@never_cache
@login_required
@require_safe
@hides_what_is_not_theirs
def show_panel(request: HttpRequest, project: uuid.UUID, name: str) -> HttpResponse:
    """One panel: the whole page, or the part that renews itself."""
    row = _managed(request, project)
    panel = shown(row, name)
    is_part = request.headers.get("HX-Request") == "true"
    template = "manager/panel.html" if is_part else "manager/panel_page.html"
    return render(request, template, {"project": row, "panel": panel, "titles": TITLES})


@never_cache
@login_required
@require_safe
@hides_what_is_not_theirs
def panel_csv(request: HttpRequest, project: uuid.UUID, name: str, table: str) -> HttpResponse:
    """One table of a panel, figures as they are, formulas made harmless."""
    row = _managed(request, project)
    stored = _stored(row, name)
    tables = [] if stored is None else stored.body["tables"]
    found = next((one for one in tables if one["name"] == table), None)
    if found is None:
        raise Http404("there is no such table")
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(gettext(column["title"]) for column in found["columns"])
    writer.writerows([_harmless(cell) for cell in cells] for cells in found["rows"])
    response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-{table}.csv"'
    return response


def shown(project: Project, name: str) -> ShownPanel:
    """The panel in words; without figures before a job has made it. Raises Http404 on an unknown name."""
    stored = _stored(project, name)
    if stored is None:
        return ShownPanel(name, TITLES[name], None, [], [], [], [])
    body = stored.body
    return ShownPanel(
        name,
        TITLES[name],
        stored.made_at,
        [_figure(figure, project.currency) for figure in body["figures"]],
        [
            {"id": f"{name}-chart-{i}", "title": gettext(spec["title"]), "spec": _chart(spec, project)}
            for i, spec in enumerate(body["charts"])
        ],
        [_table(table, project, name) for table in body["tables"]],
        [gettext(note) for note in body["notes"]],
    )


def _stored(project: Project, name: str) -> Panel | None:
    if name not in TITLES:
        raise Http404("there is no such panel")
    return Panel.objects.filter(project=project, name=name).first()


def _figure(figure: dict[str, Any], currency: str) -> dict[str, str]:
    unit = figure["unit"]
    ends = [written(figure[end], unit, currency) for end in ("low", "high") if figure[end] is not None]
    return {
        "name": gettext(figure["name"]),
        "value": written(figure["value"], unit, currency),
        "interval": gettext("{low} to {high}").format(low=ends[0], high=ends[1]) if len(ends) == 2 else "",
        "n": "" if figure["n"] is None else count(figure["n"]),
        "reason": gettext(figure["reason"]) if figure["reason"] else "",
    }


def _chart(spec: dict[str, Any], project: Project) -> dict[str, Any]:
    """The specification with addresses in the stead of what it opens, its texts translated."""
    made: dict[str, Any] = {**spec, "title": gettext(spec["title"])}
    for key in ("y_label", "x_label", "target_name", "bar_name"):
        if spec.get(key):
            made[key] = gettext(spec[key])
    for key in ("stacks", "lines"):
        if key in spec:
            made[key] = [{**one, "name": gettext(one["name"])} for one in spec[key]]
    if "opens" in made:
        made["hrefs"] = [_opened(project, query) for query in made.pop("opens")]
    for key in ("rows", "cells"):
        if isinstance(spec.get(key), list) and spec[key] and isinstance(spec[key][0], dict):
            made[key] = [
                {**{k: v for k, v in one.items() if k != "opens"}, "href": _opened(project, one.get("opens"))}
                for one in spec[key]
            ]
    return made


def _table(table: dict[str, Any], project: Project, panel: str) -> dict[str, Any]:
    units = [column["unit"] for column in table["columns"]]
    return {
        "name": table["name"],
        "title": gettext(table["title"]),
        "columns": [
            {"title": gettext(column["title"]), "is_number": column["unit"] not in ("text", "time")}
            for column in table["columns"]
        ],
        "rows": [
            {
                "cells": [
                    Cell(written(cell, unit, project.currency), unit not in ("text", "time"))
                    for cell, unit in zip(cells, units, strict=True)
                ],
                "href": _opened(project, query),
            }
            for cells, query in zip(table["rows"], table["opens"], strict=True)
        ],
        "csv": reverse("manage-panel-csv", args=[project.uid, panel, table["name"]]),
    }


def _opened(project: Project, query: dict[str, Any] | None) -> str | None:
    return None if query is None else f"{reverse('manage', args=[project.uid])}?{urlencode(query)}#tasks"


def written(value: Any, unit: str, currency: str) -> str:
    """A value as people read it; a dash where there is none."""
    if value is None:
        return MISSING
    match unit:
        case "share":
            return percent(value, 1)
        case "micros":
            return str(Money(round(value), currency))
        case "seconds":
            return f"{value:,.1f}{NO_BREAK}s"
        case "time":
            return f"{datetime.fromisoformat(value):%Y-%m-%d %H:%M}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return gettext(value) if isinstance(value, str) and value else str(value)
    return count(value) if isinstance(value, int) else number(value, 3)


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def _managed(request: HttpRequest, project: uuid.UUID) -> Project:
    assert isinstance(request.user, User)
    return project_for(uid=project, user=request.user, roles=MANAGING)
