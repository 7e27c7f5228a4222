"""Appeals against restrictions and suspensions, judged by somebody else than who decided."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from crowd.models import Project
from crowd.queries.trust_appeals import open_trust_appeals
from crowd.services.trust_appeals import decide_trust_appeal
from web.manager.doors import manager_form, manager_page, show, user_of
from web.manager.evidence import evidence_lines

MOST = 100


@manager_page()
def show_trust_appeals(request: HttpRequest, project: Project) -> HttpResponse:
    """Those that the person may judge, due first, without names."""
    rows = open_trust_appeals(project, user_of(request))[:MOST]
    lines = [{"appeal": row, "evidence": evidence_lines(row.change.evidence)} for row in rows]
    return show(request, project, "manager/trust_appeals.html", "workers", {"lines": lines})


@manager_form("manage-trust-appeals")
def judge_trust_appeal(request: HttpRequest, project: Project, appeal: uuid.UUID) -> HttpResponse:
    """Grant it, which overturns the decision, or deny it."""
    is_granted = request.POST.get("outcome") == "granted"
    decide_trust_appeal(
        project=project,
        appeal_uid=appeal,
        judge=user_of(request),
        is_granted=is_granted,
        reason=request.POST.get("reason", ""),
    )
    messages.success(request, _("The appeal is granted.") if is_granted else _("The appeal is denied."))
    return redirect("manage-trust-appeals", project.uid)
