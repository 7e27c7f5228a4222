"""The forms about one worker: each action shown with its effect first, then done with a reason."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from crowd.enums import FlagState, TrustLevel
from crowd.errors import Conflict, NotFound
from crowd.models import Project, TrustChange
from crowd.queries.level_previews import preview_level
from crowd.queries.worker_reports import worker_report
from crowd.services.flags import decide_flag
from crowd.services.pay_terms import terms_of
from crowd.services.qualifications import grant_qualification, revoke_qualification
from crowd.services.restitution import overturn_change
from crowd.services.trust_terms import MAX_DAYS, set_trust, warn_worker
from web.manager.doors import manager_form, manager_page, show, user_of
from web.manager.levels import ACTIONS, actions_for
from web.money import Money

MAX_REASON = 2000


class ActionForm(forms.Form):
    """The reason, which the worker is shown, and where it applies for how many days."""

    reason = forms.CharField(max_length=MAX_REASON)
    days = forms.IntegerField(min_value=1, max_value=MAX_DAYS, required=False)


class GrantForm(forms.Form):
    """Which qualification, for how long, why."""

    course = forms.UUIDField()
    reason = forms.CharField(max_length=MAX_REASON)
    days = forms.IntegerField(min_value=1, max_value=MAX_DAYS, required=False)


@manager_page()
def show_action(request: HttpRequest, project: Project, worker: uuid.UUID, name: str) -> HttpResponse:
    """What the action would do, and the form that does it."""
    report = worker_report(project, worker)
    if name not in ACTIONS:
        raise NotFound("there is no such action")
    action = ACTIONS[name]
    level = action.level or TrustLevel(report.enrolment.trust_level)
    preview = preview_level(project, report.enrolment, level)
    context = {
        "worker": report.enrolment.worker,
        "name": name,
        "action": action,
        "is_open": name in actions_for(report.enrolment, report.terms),
        "preview": preview,
        "pending": Money(preview.pending_micros, project.currency),
        "level": level.label,
        "before": preview.before.label,
        "is_burden": name in ("restrict", "suspend", "block"),
        "appeal_until": terms_of(project).appeal_until(timezone.now()),
        "kept": {"reason": request.GET.get("reason", ""), "days": request.GET.get("days", "")},
    }
    return show(request, project, "manager/worker_action.html", "workers", context)


@manager_form("manage-worker-action")
def do_action(request: HttpRequest, project: Project, worker: uuid.UUID, name: str) -> HttpResponse:
    """Warn, or set the level."""
    form, action = ActionForm(request.POST), ACTIONS.get(name)
    if action is None:
        raise NotFound("there is no such action")
    if not form.is_valid():
        messages.warning(request, _("Nothing was changed: give the reason, and days as a whole number."))
        return redirect("manage-worker-action", project.uid, worker, name)
    actor, reason, days = user_of(request), form.cleaned_data["reason"], form.cleaned_data["days"]
    if action.level is None:
        warn_worker(project=project, worker_uid=worker, reason=reason, actor=actor)
    else:
        if name == "suspend" and days is None:
            raise Conflict(_("say for how many days; to suspend without an end, block the worker"))
        set_trust(
            project=project,
            worker_uid=worker,
            level=action.level,
            reason=reason,
            actor=actor,
            days=days if action.has_days else None,
        )
    messages.success(request, _("Done: %(what)s.") % {"what": action.title})
    return redirect("manage-worker", project.uid, worker)


@manager_page()
def show_overturn(request: HttpRequest, project: Project, worker: uuid.UUID, change: uuid.UUID) -> HttpResponse:
    """A decision that may have been wrong, and the form that overturns it."""
    report = worker_report(project, worker)
    row = _decision(project, worker, change)
    context = {
        "worker": report.enrolment.worker,
        "change": row,
        "places": row.reopened_places.count(),
        "stands": report.enrolment.trust_level == row.to_level,
    }
    return show(request, project, "manager/worker_overturn.html", "workers", context)


@manager_form("manage-worker-overturn")
def overturn(request: HttpRequest, project: Project, worker: uuid.UUID, change: uuid.UUID) -> HttpResponse:
    """Declare a decision wrong; a job puts right what followed."""
    _decision(project, worker, change)
    row = overturn_change(
        project=project, change_uid=change, reason=request.POST.get("reason", "")[:MAX_REASON], actor=user_of(request)
    )
    messages.success(request, _("The decision is overturned; what followed from it is being put right."))
    return redirect("manage-restitution", project.uid, row.uid)


@manager_form("manage-worker")
def settle_flag(request: HttpRequest, project: Project, worker: uuid.UUID, flag: uuid.UUID) -> HttpResponse:
    """Confirm or dismiss a flag, with a note."""
    state = FlagState.CONFIRMED if request.POST.get("state") == "confirmed" else FlagState.DISMISSED
    note = request.POST.get("note", "")[:MAX_REASON]
    decide_flag(project=project, flag_uid=flag, state=state, note=note, actor=user_of(request))
    messages.success(request, _("The flag is %(state)s.") % {"state": state.label.lower()})
    return redirect("manage-worker", project.uid, worker)


@manager_form("manage-worker")
def grant(request: HttpRequest, project: Project, worker: uuid.UUID) -> HttpResponse:
    """Let the worker pass for one who has passed a course."""
    form = GrantForm(request.POST)
    if not form.is_valid():
        messages.warning(request, _("Nothing was granted: choose a qualification and give the reason."))
        return redirect("manage-worker", project.uid, worker)
    body = form.cleaned_data
    grant_qualification(
        project=project,
        worker_uid=worker,
        course_uid=body["course"],
        days=body["days"],
        reason=body["reason"],
        actor=user_of(request),
    )
    messages.success(request, _("The qualification is granted."))
    return redirect("manage-worker", project.uid, worker)


@manager_form("manage-worker")
def revoke(request: HttpRequest, project: Project, worker: uuid.UUID) -> HttpResponse:
    """End a qualification now."""
    form = GrantForm(request.POST)
    if not form.is_valid():
        messages.warning(request, _("Nothing was revoked: give the reason."))
        return redirect("manage-worker", project.uid, worker)
    revoke_qualification(
        project=project,
        worker_uid=worker,
        course_uid=form.cleaned_data["course"],
        reason=form.cleaned_data["reason"],
        actor=user_of(request),
    )
    messages.success(request, _("The qualification is revoked."))
    return redirect("manage-worker", project.uid, worker)


def _decision(project: Project, worker: uuid.UUID, change: uuid.UUID) -> TrustChange:
    row = TrustChange.objects.filter(project=project, worker__uid=worker, uid=change).first()
    if row is None:
        raise NotFound("there is no such decision about this worker")
    return row
