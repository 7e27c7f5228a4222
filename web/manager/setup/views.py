"""The set-up of a project, step by step: begin, ask, pay, launch. Each step is kept in the draft when it is sent."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from crowd.enums import AnswerType, ProjectState
from crowd.errors import ChangedMeanwhile, DomainError
from crowd.models import Project
from crowd.policies.answer_types import WITH_LABELS
from crowd.queries.fairness import fairness_terms
from crowd.queries.outlook import launch_outlook
from crowd.services.drafts import shape_draft
from crowd.services.fairness import set_fairness_terms
from crowd.services.project_settings import configuration_of
from crowd.services.projects import create_project, launch_project
from crowd.services.versions import version_of
from web.manager.access import READ, WRITE, for_managers, user_of
from web.manager.setup.forms import (
    BeginForm,
    PayForm,
    QuestionForm,
    lines_of,
    pay_initial,
    question_initial,
    say_problems,
)
from web.manager.setup.jobs import JOBS, job_for
from web.manager.setup.outlook import OutlookShown
from web.manager.setup.preview import Preview, preview_of
from web.manager.setup.steps import steps_of
from web.refusals import sentence_for
from web.worker.media import shows_payloads

JOB_OF_SESSION = "setup-job"
CLASH = "clash"


@never_cache
@login_required
@require_http_methods([*READ, *WRITE])
def begin(request: HttpRequest) -> HttpResponse:
    """Choose a job and a name; the draft is made at once."""
    form = BeginForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        job = JOBS[form.cleaned_data["job"]]
        project = create_project(plan=job.plan(form.cleaned_data["name"]), owner=user_of(request))
        request.session[f"{JOB_OF_SESSION}-{project.uid}"] = job.name
        return redirect("setup-question", project.uid)
    return render(request, "manager/setup/begin.html", {"form": form, "jobs": JOBS.values()})


@for_managers([*READ, *WRITE])
@shows_payloads
def question(request: HttpRequest, project: Project) -> HttpResponse:
    """Name, instructions, type of answer, labels, beside the task page as workers will see it."""
    if project.state != ProjectState.DRAFT:
        return redirect("manage", project.uid)
    if request.method != "POST":
        form = QuestionForm(kind=project.answer_type, initial=question_initial(project))
        return _question_page(request, project, form, preview_of(project, job=_job(request, project)))
    kind, wants = _kind(request, project), request.POST.get("do")
    if wants == "redraw":
        form = QuestionForm(kind=kind, initial=_begun(request, kind))
        typed = QuestionForm({name: form[name].value() or "" for name in form.fields}, kind=kind)
        return _question_page(request, project, form, preview_of(project, typed))
    form = QuestionForm(request.POST, kind=kind)
    shown = preview_of(project, form, job=_job(request, project))
    if wants != "preview" and form.is_valid():
        before = dict(project.answer_options) if kind == project.answer_type else {}
        if _shape(request, project, form, form.draft(before)):
            return redirect("setup-tasks", project.uid)
    return _question_page(request, project, form, shown)


@for_managers(WRITE)
@shows_payloads
def preview(request: HttpRequest, project: Project) -> HttpResponse:
    """The task page of what is typed so far, for the script that keeps it up to date."""
    form = QuestionForm(request.POST, kind=_kind(request, project))
    shown = preview_of(project, form, job=_job(request, project))
    return render(request, "manager/setup/preview.html", {"project": project, "preview": shown})


@for_managers([*READ, *WRITE])
def pay(request: HttpRequest, project: Project) -> HttpResponse:
    """Price, overlap, confidence, budget, with what they come to."""
    if project.state != ProjectState.DRAFT:
        return redirect("manage", project.uid)
    terms = fairness_terms(project)
    stated = None if terms is None else terms.expected_seconds
    form = PayForm(request.POST if request.method == "POST" else None, initial=pay_initial(project, stated))
    if request.method == "POST" and form.is_valid() and _shape(request, project, form, form.draft()):
        if form.cleaned_data["expected_seconds"] != stated:
            set_fairness_terms(
                project=project,
                floor_micros=None if terms is None else terms.floor_micros,
                expected_seconds=form.cleaned_data["expected_seconds"],
                actor=user_of(request),
            )
        return redirect("setup-pay" if request.POST.get("do") == "forecast" else "setup-launch", project.uid)
    shown = OutlookShown(project, launch_outlook(project))
    context = {"form": form, "outlook": shown, "version": _version(request, project, form)}
    return _page(request, project, "pay", context)


@for_managers([*READ, *WRITE])
def launch(request: HttpRequest, project: Project) -> HttpResponse:
    """What it will cost, take and reach, then the launch."""
    if project.state != ProjectState.DRAFT:
        return redirect("manage", project.uid)
    acknowledgement = request.POST.get("acknowledgement", "")
    if request.method == "POST":
        try:
            launch_project(project=project, actor=user_of(request), acknowledgement=acknowledgement)
        except DomainError as refusal:
            messages.warning(request, sentence_for(refusal))
        else:
            messages.success(request, _("The project is live: it hands out tasks to the workers who are enrolled."))
            return redirect("manage", project.uid)
    shown = OutlookShown(project, launch_outlook(project))
    return _page(request, project, "launch", {"outlook": shown, "acknowledgement": acknowledgement})


def _question_page(request: HttpRequest, project: Project, form: QuestionForm, shown: Preview) -> HttpResponse:
    context = {"form": form, "preview": shown, "version": _version(request, project, form)}
    return _page(request, project, "question", context)


def _page(request: HttpRequest, project: Project, step: str, context: dict[str, Any]) -> HttpResponse:
    frame = {"project": project, "steps": steps_of(project), "step": step}
    return render(request, f"manager/setup/{step}.html", {**frame, **context})


def _shape(request: HttpRequest, project: Project, form: Form, fields: dict[str, Any]) -> bool:
    """Keep the fields; else say at the form what is wrong."""
    try:
        shape_draft(project=project, fields=fields, actor=user_of(request), version=request.POST.get("version"))
    except ChangedMeanwhile:
        project.refresh_from_db()
        words = _(
            "Somebody else has changed the draft meanwhile. Your fields are below; send them again to keep yours."
        )
        form.add_error(None, ValidationError(words, code=CLASH))
    except DomainError as refusal:
        say_problems(form, refusal)
    else:
        return True
    return False


def _version(request: HttpRequest, project: Project, form: Form) -> str:
    """The version that the page was made from; after a clash the new one, so that sending again means it."""
    given = request.POST.get("version")
    return version_of(configuration_of(project)) if given is None or form.has_error(NON_FIELD_ERRORS, CLASH) else given


def _kind(request: HttpRequest, project: Project) -> str:
    given = request.POST.get("answer_type", "")
    return given if given in AnswerType.values else project.answer_type


def _begun(request: HttpRequest, kind: str) -> dict[str, Any]:
    """What was typed, with the usual labels and options of a type that was chosen just now."""
    job = job_for(kind)
    usual: dict[str, Any] = dict(job.options)
    if kind in WITH_LABELS:
        usual["labels"] = lines_of([{"value": value, "title": str(title)} for value, title in job.labels])
    given = {name: value for name, value in request.POST.items() if value}
    if kind == AnswerType.ORDINAL or given.get("labels") is None:
        given.pop("labels", None)
    return {**usual, **given}


def _job(request: HttpRequest, project: Project) -> str | None:
    name: str | None = request.session.get(f"{JOB_OF_SESSION}-{project.uid}")
    return name
