"""The manager's page of a project, with its launch and pause buttons."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from crowd.errors import Conflict
from crowd.models import Project, User
from crowd.queries.access import MANAGING, project_for
from crowd.queries.adaptive import adaptive_report
from crowd.queries.dashboards import dashboard_of, newest_events, tasks_behind
from crowd.queries.workers import ledger_balance_micros, payout_report, trust_report
from crowd.services.projects import launch_project, pause_project
from web.manager.adaptive import adaptive_panel
from web.manager.behind import describe_behind, read_behind
from web.manager.header import header_of
from web.manager.lines import ConsensusLine, EventLine, PayoutLine, TrustLineShown, legend, weakest_first
from web.manager.panels import TITLES
from web.manager.trust_chart import trust_chart
from web.money import Money
from web.refusals import hides_what_is_not_theirs, sentence_for

TASKS_PER_PAGE = 25
WORKERS_PER_PAGE = 30
EVENTS_PER_PAGE = 15


@never_cache
@login_required
@require_safe
@hides_what_is_not_theirs
def show_project(request: HttpRequest, project: uuid.UUID) -> HttpResponse:
    """Everything about a project on one page; its lists are paged."""
    row = _managed(request, project)
    dashboard = dashboard_of(row)
    workers = _page(request, weakest_first(trust_report(row)), WORKERS_PER_PAGE, "workers")
    behind = read_behind(request.GET)
    tasks = _page(request, tasks_behind(row, **behind), TASKS_PER_PAGE, "tasks")
    events = _page(request, newest_events(row), EVENTS_PER_PAGE, "events")
    owed = payout_report(row)
    context = {
        "project": row,
        "header": header_of(row, dashboard),
        "now": timezone.now(),
        "workers": workers,
        "trust": [TrustLineShown(line) for line in workers],
        "chart": trust_chart(list(workers), bar=dashboard.trust_bar),
        "tasks": tasks,
        "behind": describe_behind(row, behind),
        "behind_query": urlencode({key: value for key, value in behind.items() if value is not None}),
        "panel_titles": TITLES,
        "consensus": [ConsensusLine(line, row) for line in tasks],
        "legend": legend(row),
        "events": events,
        "event_lines": [EventLine(event) for event in events],
        "adaptive": adaptive_panel(row, adaptive_report(row)),
        "payouts": [PayoutLine(line, row.currency) for line in owed],
        "payout_total": Money(sum(line.micros for line in owed), row.currency),
        "ledger_off_by": Money(ledger_balance_micros(row), row.currency),
    }
    return render(request, "manager/project.html", context)


@never_cache
@require_POST
@hides_what_is_not_theirs
def launch(request: HttpRequest, project: uuid.UUID) -> HttpResponse:
    """Let the project hand out tasks."""
    return _move(request, project, launch_project)


@never_cache
@require_POST
@hides_what_is_not_theirs
def pause(request: HttpRequest, project: uuid.UUID) -> HttpResponse:
    """Stop handing out tasks."""
    return _move(request, project, pause_project)


def _move(request: HttpRequest, project: uuid.UUID, service: Callable[..., Project]) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("manage", args=[project]))
    row = _managed(request, project)
    try:
        service(project=row, actor=request.user)
    except Conflict as refusal:
        messages.warning(request, sentence_for(refusal))
    return redirect("manage", project)


def _managed(request: HttpRequest, project: uuid.UUID) -> Project:
    assert isinstance(request.user, User)
    return project_for(uid=project, user=request.user, roles=MANAGING)


def _page(request: HttpRequest, rows: Any, size: int, name: str) -> Page[Any]:
    # A page number past the end or of no sense shows the nearest page instead of an error.
    return Paginator(rows, size).get_page(request.GET.get(name, "1"))
