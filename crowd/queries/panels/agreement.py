"""The panel of agreement: alpha of people and of models apart, by week, by label, between workers."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.utils.translation import gettext_noop as _

from crowd.models import Answer, Project
from crowd.queries.agreement_views import agreement_view
from crowd.queries.consensus import newest_run
from crowd.queries.panels.shapes import Json, body, chart, figure, table
from quality.agreement.values import DENSE_LABELS

GROUPS = {"humans": _("people"), "models": _("models"), "everyone": _("people and models")}
TARGET = 0.667
# A matrix of more is a carpet; the most active ones are shown, the table has as many.
MOST_WORKERS = 20
MIN_SHARED = 20
FEW_SHARED = 50


def agreement(project: Project) -> Json:
    """Figures of the newest full fit, with its views made anew. Answer types without labels have the figures only."""
    run = newest_run(project)
    if run is None:
        return body(notes=[_("Measured with the first full fit, which follows soon after the first answers.")])
    figures, rows = [], []
    for group, found in run.agreement.items():
        alpha = found["krippendorff_alpha"]
        name = GROUPS.get(group, group)
        rows.append([name, alpha["value"], alpha["low"], alpha["high"], alpha["tasks"], alpha["answers"]])
        shown = figure(
            name, alpha["value"], low=alpha["low"], high=alpha["high"], n=alpha["tasks"],
            reason="" if alpha["value"] is not None else _said(alpha["reason"]),
        )  # fmt: skip
        figures.append(shown)
    charts: list[Json] = []
    tables = [
        table(
            "groups",
            _("Krippendorff's alpha by group of raters"),
            [(_("Raters"), "text"), *_INTERVAL, (_("Tasks"), "number"), (_("Answers"), "number")],
            rows,
        )
    ]
    if project.labels and len(project.labels) <= DENSE_LABELS:
        _weeks(project, charts, tables)
        _labels(project, tables)
        _pairs(project, charts, tables)
    return body(figures=figures, charts=charts, tables=tables)


_INTERVAL = ((_("Alpha"), "number"), (_("Low"), "number"), (_("High"), "number"))
_REASONS = {
    "no_pairable_units": _("no task has two answers yet"),
    "no_variation": _("every answer is the same label"),
    "too_few_units": _("too few tasks with two answers"),
    "too_few_workers": _("too few raters"),
    "needs_two_workers": _("needs two raters"),
}


def _said(reason: str | None) -> str:
    return _REASONS.get(reason or "", reason or _("cannot say yet"))


def _weeks(project: Project, charts: list[Json], tables: list[Json]) -> None:
    weeks = [row for row in agreement_view(project, "week") if row["value"] is not None]
    if not weeks:
        return
    charts.append(
        chart(
            "series",
            _("Krippendorff's alpha by week, with its 95 % interval"),
            x=[row["week"] for row in weeks],
            lines=[_line(_("alpha"), weeks)],
            target=TARGET,
            target_name=_("usual bar"),
        )
    )
    tables.append(
        table(
            "weeks",
            _("By week"),
            [(_("ISO week"), "text"), *_INTERVAL, (_("Tasks"), "number")],
            [[row["week"], row["value"], row["low"], row["high"], row["tasks"]] for row in weeks],
        )
    )


def _line(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"name": name, **{out: [row[key] for row in rows] for out, key in _ENDS.items()}}


_ENDS = {"y": "value", "low": "low", "high": "high"}


def _labels(project: Project, tables: list[Json]) -> None:
    rows = agreement_view(project, "label")
    values = project.label_values
    alpha = [row for row in rows if row["metric"] == "krippendorff_alpha"]
    tables.append(
        table(
            "labels",
            _("By label, against all others"),
            [(_("Label"), "text"), *_INTERVAL, (_("Share of answers"), "share"), (_("Tasks"), "number")],
            [[row["label"], row["value"], row["low"], row["high"], row["share"], row["tasks"]] for row in alpha],
            opens=[{"label": values.index(row["label"])} if row["label"] in values else None for row in alpha],
        )
    )


def _pairs(project: Project, charts: list[Json], tables: list[Json]) -> None:
    busiest = (
        Answer.objects.filter(project=project, is_gold=False)
        .values("worker__uid", "worker__name")
        .annotate(n=Count("id"))
        .order_by("-n", "worker__uid")[:MOST_WORKERS]
    )
    names = {str(row["worker__uid"]): row["worker__name"] for row in busiest}
    rows = [
        row
        for row in agreement_view(project, "pair", min_shared=MIN_SHARED, models=True)
        if {row["first"]["id"], row["second"]["id"]} <= set(names) and row["cohen_kappa"] is not None
    ]
    if not rows:
        return
    order = list(names)
    cells = [
        {
            "row": order.index(one["id"]),
            "column": order.index(two["id"]),
            "value": row["cohen_kappa"],
            "shown": f"{row['cohen_kappa']:.2f}",
            "tip": f"{row['cohen_kappa']:.2f}, n = {row['shared']}",
            "is_muted": row["shared"] < FEW_SHARED,
        }
        for row in rows
        for one, two in ((row["first"], row["second"]), (row["second"], row["first"]))
    ]
    shown = [names[uid] for uid in order]
    charts.append(
        chart(
            "matrix",
            _("Cohen's kappa of every two workers who share 20 tasks; pale under 50"),
            rows=shown,
            columns=shown,
            cells=cells,
            min=-1,
            max=1,
        )
    )
    tables.append(
        table(
            "pairs",
            _("Pairs of workers"),
            [(_("Worker"), "text"), (_("Other"), "text"), (_("Kappa"), "number"), (_("Shared tasks"), "number")],
            [[row["first"]["name"], row["second"]["name"], row["cohen_kappa"], row["shared"]] for row in rows],
        )
    )
