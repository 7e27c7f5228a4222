"""The pages of a project's workers: the list, and all that is known of one."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crowd.enums import FlagState, PayState, TrustLevel
from crowd.models import Course, Project, Restitution, Skill, TrustChange
from crowd.policies.trust_replay import FREEDOM, RESTITUTION_RULE
from crowd.queries.eligibility import valid_qualifications
from crowd.queries.worker_lists import ORDERS, WorkerLine, hourly_pay, people_of, worker_lines
from crowd.queries.worker_reports import WorkerReport, worker_report
from web.figures import MISSING, NO_BREAK, count, number, percent, percent_range
from web.manager.doors import manager_page, page_of, show
from web.manager.evidence import evidence_lines
from web.manager.levels import ACTIONS, actions_for
from web.money import Money

PER_PAGE = 25
ORDER_NAMES = {
    "weakest": _("weakest first"),
    "strongest": _("strongest first"),
    "newest": _("newest first"),
    "name": _("by name"),
}
SOURCES = {"gold": _("Golds"), "peers": _("The others"), "adjudications": _("Experts")}
PAY_STATES = {
    PayState.PENDING: _("under review"),
    PayState.APPROVED: _("approved"),
    PayState.REJECTED: _("rejected"),
    PayState.APPEALED: _("appealed"),
    PayState.FINAL: _("rejected for good"),
}


@manager_page()
def show_workers(request: HttpRequest, project: Project) -> HttpResponse:
    """People with trust, evidence, pace, pay and flags."""
    level, order = request.GET.get("level", ""), request.GET.get("order", "")
    asked = {
        "level": level if level in TrustLevel.values else "",
        "name": request.GET.get("name", "")[:120],
        "order": order if order in ORDERS else ORDERS[0],
    }
    page = page_of(request, people_of(project, **asked), PER_PAGE)
    lines = worker_lines(project, list(page), now=timezone.now())
    context = {
        "page": page,
        "lines": [_line(line, project) for line in lines],
        "asked": asked,
        "query": urlencode({name: value for name, value in asked.items() if value}),
        "levels": TrustLevel.choices,
        "orders": ORDER_NAMES,
        "measured_at": max((line.measured_at for line in lines if line.measured_at), default=None),
    }
    return show(request, project, "manager/worker_list.html", "workers", context)


@manager_page()
def show_worker(request: HttpRequest, project: Project, worker: uuid.UUID) -> HttpResponse:
    """The trust report of one worker: skill by label, confusion, decisions, flags, what follows, what can be done."""
    report = worker_report(project, worker)
    now, row = timezone.now(), report.enrolment.worker
    hourly = hourly_pay(project, [row.pk], now=now).get(row.pk)
    overturned = set(Restitution.objects.filter(change__in=report.changes).values_list("change_id", flat=True))
    held = valid_qualifications(now).filter(worker=row, course__project=project).select_related("course", "granted_by")
    context = {
        "report": report,
        "worker": row,
        "level": report.enrolment.get_trust_level_display(),
        "figures": _figures(report),
        "hourly": _per_hour(hourly, project),
        "sources": _sources(report),
        "per_label": _per_label(report),
        "flags": [
            {"flag": flag, "evidence": evidence_lines(flag.evidence), "is_open": flag.state == FlagState.OPEN}
            for flag in report.flags
        ],
        "changes": [
            {
                "change": change,
                "evidence": evidence_lines(change.evidence),
                "is_warning": change.from_level == change.to_level,
                "is_overturned": change.pk in overturned,
                "may_overturn": change.pk not in overturned and _is_burden(change),
            }
            for change in report.changes
        ],
        "pay": [
            {
                "state": PAY_STATES[PayState(state)],
                "answers": count(sums["answers"]),
                "amount": Money(sums["micros"], project.currency),
            }
            for state, sums in sorted(report.pay.items())
        ],
        "held": list(held.order_by("id")),
        "courses": list(Course.objects.filter(project=project, is_active=True).order_by("id")),
        "actions": [(name, ACTIONS[name].title) for name in actions_for(report.enrolment, report.terms)],
    }
    return show(request, project, "manager/worker.html", "workers", context)


def _is_burden(change: TrustChange) -> bool:
    before, to = TrustLevel(change.from_level), TrustLevel(change.to_level)
    return change.rule != RESTITUTION_RULE and FREEDOM[to] <= FREEDOM[before]


def _line(line: WorkerLine, project: Project) -> dict[str, Any]:
    skill, speed = line.skill, line.reading.get("speed") or {}
    return {
        "worker": line.enrolment.worker,
        "level": line.enrolment.trust_level,
        "level_name": line.enrolment.get_trust_level_display(),
        **_gold(skill),
        **_peers(skill),
        "median": _seconds(speed.get("median_seconds")),
        "answers": count(line.reading["contribution"]["answers"]) if line.reading.get("contribution") else MISSING,
        "hourly": _per_hour(line.hourly_micros, project) or MISSING,
        "flags": line.flags,
    }


def _figures(report: WorkerReport) -> dict[str, Any]:
    reading = {} if report.reading is None else report.reading.figures
    speed, share = reading.get("speed") or {}, (reading.get("contribution") or {}).get("share_of_information") or {}
    drift = reading.get("drift") or {}
    return {
        **_gold(report.skill),
        **_peers(report.skill),
        "median": _seconds(speed.get("median_seconds")),
        "crowd_median": _seconds(speed.get("crowd_median_seconds")),
        "is_fast": speed.get("is_fast", False),
        "contribution": percent(share.get("value"), 1),
        "contribution_range": percent_range(share.get("low"), share.get("high")),
        "is_drifting": drift.get("is_drifting", False),
    }


def _gold(skill: Skill | None) -> dict[str, str]:
    if skill is None or skill.mean is None:
        return {"gold": MISSING, "gold_range": "", "gold_n": "0"}
    return {
        "gold": percent(skill.mean),
        "gold_range": percent_range(skill.low, skill.high),
        "gold_n": count(skill.gold_right + skill.gold_wrong),
    }


def _peers(skill: Skill | None) -> dict[str, str]:
    if skill is None or skill.peer_agreed is None or skill.peer_differed is None:
        return {"agreement": MISSING, "agreement_n": ""}
    n = skill.peer_agreed + skill.peer_differed
    return {"agreement": percent(skill.peer_agreed / n if n else None), "agreement_n": count(round(n))}


def _per_label(report: WorkerReport) -> list[dict[str, Any]]:
    """A row per label, a cell per source of evidence."""
    if report.reading is None:
        return []
    figures = report.reading.figures
    rows = []
    for k, label in enumerate(figures["labels"]):
        cells = []
        for name in SOURCES:
            source = figures["sources"].get(name)
            found = None if source is None else source["per_label"][k]
            if found is None or not found["n"]:
                cells.append({"share": MISSING, "range": "", "n": ""})
            else:
                cells.append(
                    {
                        "share": percent(found["value"]),
                        "range": percent_range(found["low"], found["high"]),
                        "n": number(found["n"], 0),
                    }
                )
        rows.append({"label": label, "cells": cells})
    return rows


def _sources(report: WorkerReport) -> list[dict[str, Any]]:
    """A confusion matrix per source that has any answer: true label by row, label given by column."""
    if report.reading is None:
        return []
    figures, found = report.reading.figures, []
    for name, title in SOURCES.items():
        source = figures["sources"].get(name)
        if source is None or not source["answers"]:
            continue
        rows = [
            {
                "label": label,
                "cells": [
                    {"n": number(cell["count"], 0 if name != "peers" else 1), "share": percent(cell["value"])}
                    if row_n
                    else {"n": "0", "share": MISSING}
                    for cell in cells
                ],
            }
            for label, cells in zip(figures["labels"], source["confusion"], strict=True)
            for row_n in [sum(cell["count"] for cell in cells)]
        ]
        found.append({"title": title, "labels": figures["labels"], "rows": rows})
    return found


def _per_hour(micros: int | None, project: Project) -> Money | None:
    # To a hundredth of the currency: more would be noise.
    return None if micros is None else Money(int(round(micros, -4)), project.currency)


def _seconds(value: float | None) -> str:
    return MISSING if value is None else f"{value:,.1f}{NO_BREAK}s"
