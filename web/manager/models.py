"""The page of a project's models: state, tests, calibration, cost; proposals confirmed, votes taken down."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from crowd.enums import VoteState
from crowd.errors import Conflict
from crowd.models import Project, RaterRun
from crowd.queries.models_report import ModelLine, models_report
from crowd.queries.raters import raters_of
from crowd.services.vote_states import demote_model, promote_model
from web.figures import MISSING, number
from web.manager.doors import manager_form, manager_page, show, user_of
from web.manager.evidence import evidence_lines
from web.money import Money

MAX_REASON = 2000
TESTS = 5
LOWER = {
    VoteState.DECIDES: (VoteState.COUNTED, VoteState.SHADOW),
    VoteState.COUNTED: (VoteState.SHADOW,),
    VoteState.SHADOW: (),
}


@manager_page()
def show_models(request: HttpRequest, project: Project) -> HttpResponse:
    """Every model with what its newest review found; the raters behind them."""
    report = models_report(project)
    raters = list(raters_of(project))
    by_worker = {rater.worker_id: rater for rater in raters}
    costs = dict(RaterRun.objects.filter(rater__in=raters).values_list("rater__worker", "cost_micros"))
    context = {
        "lines": [
            _line(line, by_worker.get(line.enrolment.worker_id), costs.get(line.enrolment.worker_id), project)
            for line in report.lines
        ],
        "effective_votes": number(report.effective_votes),
        "reviewed_at": report.reviewed_at,
    }
    return show(request, project, "manager/models.html", "models", context)


@manager_form("manage-models")
def confirm_proposal(request: HttpRequest, project: Project, worker: uuid.UUID) -> HttpResponse:
    """Let a model into the state that its newest review proposes."""
    change = promote_model(project=project, worker_uid=worker, reason=_reason(request), actor=user_of(request))
    messages.success(request, _("Its votes: %(state)s.") % {"state": change.get_to_state_display().lower()})
    return redirect("manage-models", project.uid)


@manager_form("manage-models")
def take_down(request: HttpRequest, project: Project, worker: uuid.UUID) -> HttpResponse:
    """Take a model down by hand."""
    state = request.POST.get("state", "")
    if state not in (VoteState.SHADOW, VoteState.COUNTED):
        raise Conflict(_("choose the state to take the model down to"))
    change = demote_model(
        project=project,
        worker_uid=worker,
        state=VoteState(state),
        reason=_reason(request),
        voids_decisions="voids" in request.POST,
        actor=user_of(request),
    )
    messages.success(request, _("Its votes: %(state)s.") % {"state": change.get_to_state_display().lower()})
    return redirect("manage-models", project.uid)


def _line(line: ModelLine, rater: Any, cost_micros: int | None, project: Project) -> dict[str, Any]:
    standing, state = line.standing, VoteState(line.enrolment.vote_state)
    group = {} if standing is None else standing.figures.get("group") or {}
    calibration = MISSING
    if standing is not None and standing.temperature is not None:
        calibration = _("temperature %(t)s, from %(n)s golds") % {
            "t": number(standing.temperature),
            "n": standing.calibration_golds,
        }
    return {
        "worker": line.enrolment.worker,
        "rater": rater,
        "state": state.label,
        "proposed": VoteState(standing.proposed).label if standing is not None and standing.proposed else "",
        "calibration": calibration,
        "worth": number(group.get("effective_votes")),
        "cost": MISSING if cost_micros is None else Money(cost_micros, project.currency),
        "tests": [{"test": test, "evidence": evidence_lines(test.figures)} for test in line.tests[:TESTS]],
        "changes": line.changes[:TESTS],
        "lower": [(one.value, one.label) for one in LOWER[state]],
        "decides": state == VoteState.DECIDES,
    }


def _reason(request: HttpRequest) -> str:
    reason = request.POST.get("reason", "").strip()[:MAX_REASON]
    if not reason:
        raise Conflict(_("give the reason; it stays in the audit trail"))
    return reason
