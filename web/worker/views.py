"""The work pages: claim, answer, renew, skip, give back; every POST leads to a page that may be reloaded."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from crowd.errors import DomainError, InvalidAnswer, NotEnrolled, NotFound
from crowd.models import Enrolment, User
from crowd.queries.desks import desk_of, enrolment_of, payload_to_read
from crowd.services.answers import submit_answer
from crowd.services.assignments import claim_task, release_assignment, renew_assignment, skip_assignment
from web.refusals import hides_what_is_not_theirs, sentence_for
from web.worker.desk import desk_context, is_late
from web.worker.drafts import draft_of, keep_draft
from web.worker.forms import AssignmentForm, SkipForm
from web.worker.media import shows_payloads
from web.worker.readings import Unfinished, answer_fields, read_answer

PAGE_OF_CLAIM = {"assigned": "work", "wait": "work-wait", "finished": "work-finished"}
# The desk itself says "suspended" or "closed"; these refusals need no message beside it.
PAGE_OF_REFUSAL = {"worker_suspended": "work", "project_closed": "work", "budget_exhausted": "work-no-budget"}
# Told in full by a page that belongs to no project.
WITHOUT_PROJECT = {"consent_needed": "consent"}
# How long the wait page pauses before it asks again; its script backs off from here.
RETRY_SECONDS = 3


def page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page for workers: safe methods only, never cached, 404 for those who are not enrolled."""
    return never_cache(login_required(require_safe(hides_what_is_not_theirs(view))))


def action(view: Callable[[HttpRequest, Enrolment], HttpResponse]) -> Callable[..., HttpResponse]:
    """A POST by an enrolled worker; what the rules refuse leads to the page that explains it.

    Whose session has ended logs in and comes back to the work page, where the draft still is.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, project: uuid.UUID) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(reverse("work", args=[project]))
        enrolment = enrolment_of(project_uid=project, user=_user(request))
        try:
            return view(request, enrolment)
        except (NotFound, NotEnrolled):
            raise
        except DomainError as refusal:
            if refusal.code in WITHOUT_PROJECT:
                return redirect(WITHOUT_PROJECT[refusal.code])
            if refusal.code not in PAGE_OF_REFUSAL:
                messages.warning(request, sentence_for(refusal))
            return redirect(PAGE_OF_REFUSAL.get(refusal.code, "work"), project)

    return never_cache(require_POST(hides_what_is_not_theirs(wrapped)))


@page
@shows_payloads
def show_desk(request: HttpRequest, project: uuid.UUID) -> HttpResponse:
    """What the worker has in hand: a task, or why there is none."""
    desk = desk_of(project_uid=project, user=_user(request))
    fields = {} if desk.assignment is None else draft_of(request, desk.assignment.uid)
    return render(request, f"worker/{desk.state}.html", desk_context(desk, fields=fields))


@page
def show_wait(request: HttpRequest, project: uuid.UUID) -> HttpResponse:
    """Nothing now: others hold what is left."""
    enrolment = enrolment_of(project_uid=project, user=_user(request))
    context = {"project": enrolment.project, "retry_seconds": RETRY_SECONDS}
    return render(request, "worker/wait.html", context)


@page
def show_finished(request: HttpRequest, project: uuid.UUID) -> HttpResponse:
    """Nothing more for this worker here."""
    enrolment = enrolment_of(project_uid=project, user=_user(request))
    return render(request, "worker/finished.html", {"project": enrolment.project})


@page
def show_no_budget(request: HttpRequest, project: uuid.UUID) -> HttpResponse:
    """The project cannot pay for one more answer."""
    enrolment = enrolment_of(project_uid=project, user=_user(request))
    return render(request, "worker/no_budget.html", {"project": enrolment.project})


@action
def claim(request: HttpRequest, enrolment: Enrolment) -> HttpResponse:  # noqa: ARG001
    """Take the next task."""
    return _take_next(enrolment)


@action
def submit(request: HttpRequest, enrolment: Enrolment) -> HttpResponse:
    """Store the answer, then take the next task; the same form sent again changes nothing."""
    form = AssignmentForm(request.POST)
    if not form.is_valid():
        return redirect("work", enrolment.project.uid)
    assignment_uid = form.cleaned_data["assignment"]
    try:
        payload = payload_to_read(assignment_uid=assignment_uid, enrolment=enrolment)
        value = read_answer(request.POST, enrolment.project, payload)
        submission = submit_answer(assignment_uid=assignment_uid, worker=enrolment.worker, value=value)
    except (Unfinished, InvalidAnswer) as problem:
        # What was filled in stands in the form again.
        keep_draft(request, assignment_uid, answer_fields(request.POST))
        messages.warning(request, sentence_for(problem) if isinstance(problem, DomainError) else str(problem))
        return redirect("work", enrolment.project.uid)
    if submission.is_replay:
        messages.info(request, _("That answer was saved before; it counts once."))
    elif is_late(submission.answer):
        # One sentence for every late answer, whatever became of it: a difference could give gold away.
        messages.info(
            request,
            _(
                "Your answer came after its time had run out. It was kept. If another worker had taken the place, it "
                "is not paid by itself; your earnings show what was booked."
            ),
        )
    return _take_next(enrolment)


@action
def renew(request: HttpRequest, enrolment: Enrolment) -> HttpResponse:
    """A full lease from now; the script gets the seconds, a plain form gets its page with its fields kept."""
    form = AssignmentForm(request.POST)
    if not form.is_valid():
        return redirect("work", enrolment.project.uid)
    renew_assignment(assignment_uid=form.cleaned_data["assignment"], worker=enrolment.worker)
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"seconds_left": enrolment.project.lease_seconds})
    messages.info(request, _("You have the full time again."))
    keep_draft(request, form.cleaned_data["assignment"], answer_fields(request.POST))
    return redirect("work", enrolment.project.uid)


@action
def keep(request: HttpRequest, enrolment: Enrolment) -> HttpResponse:  # noqa: ARG001
    """Keep what is filled in, so that it is there after a reload, in this browser or in another of the session."""
    form = AssignmentForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=422)
    is_kept = keep_draft(request, form.cleaned_data["assignment"], answer_fields(request.POST))
    return HttpResponse(status=204 if is_kept else 413)


@action
def skip(request: HttpRequest, enrolment: Enrolment) -> HttpResponse:
    """Decline the task for good, with a reason, then take the next."""
    form = SkipForm(request.POST)
    if not form.is_valid():
        messages.warning(request, _("To skip, choose a reason; its words may have up to 400 characters."))
        return redirect("work", enrolment.project.uid)
    skip_assignment(assignment_uid=form.cleaned_data["assignment"], worker=enrolment.worker, reason=form.sentence)
    return _take_next(enrolment)


@action
def release(request: HttpRequest, enrolment: Enrolment) -> HttpResponse:
    """Give the task back, then go home."""
    form = AssignmentForm(request.POST)
    if not form.is_valid():
        return redirect("work", enrolment.project.uid)
    release_assignment(assignment_uid=form.cleaned_data["assignment"], worker=enrolment.worker)
    messages.info(request, _("The task was given back. See you soon."))
    return redirect("home")


def _take_next(enrolment: Enrolment) -> HttpResponse:
    claimed = claim_task(project_uid=enrolment.project.uid, worker=enrolment.worker)
    return redirect(PAGE_OF_CLAIM[claimed.state], enrolment.project.uid)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
