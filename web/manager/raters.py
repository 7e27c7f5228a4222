"""The pages of raters: set up, tried on real tasks with a forecast, started, paused, resumed, watched."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from crowd.enums import WorkerKind
from crowd.errors import InvalidInput
from crowd.models import Project
from crowd.policies.forecast import Range
from crowd.queries.raters import (
    PreviewRow,
    failures_of,
    newest_preview,
    preview_rows,
    progress_of,
    prompts_of,
    rater_of,
    raters_of,
)
from crowd.raters.templates import DEFAULT_SYSTEM, DEFAULT_USER
from crowd.services.prompts import PromptText, add_prompt_version
from crowd.services.rater_previews import forecast_rater, show_prompts
from crowd.services.rater_runs import launch_rater, pause_rater, preview_rater, resume_rater, retry_failures
from crowd.services.raters import NewRater, create_rater
from web.figures import MISSING, NO_BREAK, count, percent
from web.manager.doors import manager_form, manager_page, page_of, show, user_of
from web.manager.excerpts import excerpt, value_in_words
from web.money import Money

SHOWN = 3
TRIED = 5
FAILURES = 25
KINDS = [(kind.value, kind.label) for kind in WorkerKind if kind != WorkerKind.HUMAN]


class RaterForm(forms.Form):
    """What every rater has; ``spec`` as JSON for what its kind needs more (docs/raters.md)."""

    name = forms.CharField(max_length=120)
    kind = forms.ChoiceField(choices=KINDS)
    base_url = forms.CharField(max_length=500, required=False)
    model = forms.CharField(max_length=200, required=False)
    key_name = forms.CharField(max_length=120, required=False)
    prompt = forms.UUIDField(required=False)
    spec = forms.JSONField(required=False)
    input_price_micros = forms.IntegerField(required=False, min_value=0)
    output_price_micros = forms.IntegerField(required=False, min_value=0)
    requests_per_minute = forms.IntegerField(required=False, min_value=1)

    def plan(self) -> NewRater:
        """The validated form as the service takes it."""
        body = dict(self.cleaned_data)
        spec = body.pop("spec") or {}
        if not isinstance(spec, dict):
            raise InvalidInput(_("the further settings must be a JSON object"))
        named = {name: body.pop(name).strip() for name in ("base_url", "model", "key_name")}
        if body["kind"] == WorkerKind.LLM:
            spec = {name: text for name, text in named.items() if text} | spec
        return NewRater(**(body | {"kind": WorkerKind(body["kind"]), "spec": spec}))


@manager_page()
def show_setup(request: HttpRequest, project: Project) -> HttpResponse:
    """The forms for a new rater and for the next version of a prompt; what was refused is filled in again."""
    kept = request.session.pop("rater_form", {})
    prompts = list(prompts_of(project))
    context = {
        "kinds": KINDS,
        "kept": kept,
        "versions": [
            {"version": version, "name": prompt.name}
            for prompt in prompts
            for version in sorted(prompt.versions.all(), key=lambda one: -one.version)
        ],
        "raters": list(raters_of(project)),
        "system": kept.get("system", DEFAULT_SYSTEM),
        "user_text": kept.get("user", DEFAULT_USER),
    }
    return show(request, project, "manager/rater_setup.html", "models", context)


@manager_form("manage-rater-setup")
def set_up(request: HttpRequest, project: Project) -> HttpResponse:
    """Set one up: a worker of its own, in the shadow, not yet at work."""
    form = RaterForm(request.POST)
    _keep(request)
    if not form.is_valid():
        for name, problems in form.errors.items():
            messages.warning(request, f"{name}: {' '.join(str(one) for one in problems)}")
        return redirect("manage-rater-setup", project.uid)
    rater = create_rater(project=project, new=form.plan(), actor=user_of(request))
    request.session.pop("rater_form", None)
    messages.success(request, _("Set up. Its votes stay in the shadow until its tests let them count."))
    return redirect("manage-rater", project.uid, rater.uid)


@manager_form("manage-rater-setup")
def keep_prompt(request: HttpRequest, project: Project) -> HttpResponse:
    """Keep the next version of a prompt."""
    _keep(request)
    name = request.POST.get("prompt_name", "").strip()[:120]
    if not name:
        raise InvalidInput(_("the prompt needs a name"))
    text = PromptText(system=request.POST.get("system", ""), user=request.POST.get("user", ""), words={})
    version = add_prompt_version(project=project, name=name, text=text, actor=user_of(request))
    request.session.pop("rater_form", None)
    messages.success(request, _("Kept: %(name)s, version %(n)d.") % {"name": name, "n": version.version})
    return redirect("manage-rater-setup", project.uid)


@manager_page()
def show_rater(request: HttpRequest, project: Project, rater: uuid.UUID) -> HttpResponse:
    """How far it is, what it costs, what it is asked, what it said when tried, what failed."""
    row = rater_of(project, rater)
    progress, run, forecast = progress_of(row), newest_preview(row), forecast_rater(rater=row)
    failures = page_of(request, failures_of(row), FAILURES)
    done = 0 if progress.run is None else progress.run.votes + progress.run.abstentions + progress.run.failures
    left = None if progress.run is None else progress.run.tasks_left
    context = {
        "rater": row,
        "spec": json.dumps(row.spec, indent=1, ensure_ascii=False),
        "progress": progress,
        "done": done,
        "all": done + (left or 0),
        "left": MISSING if left is None else count(left),
        "spent": Money(0 if progress.run is None else progress.run.cost_micros, project.currency),
        "time_left": _time(progress.time_left),
        "forecast": forecast,
        "cost": _money(forecast.cost_micros, project),
        "time": _time(forecast.seconds),
        "preview": run,
        "tried": [] if run is None else [_tried(one, project) for one in preview_rows(run)],
        "prompts": show_prompts(rater=row, tasks=SHOWN),
        "failures": failures,
        "may_retry": any(failure.retried_at is None for failure in failures),
    }
    return show(request, project, "manager/rater.html", "models", context)


@manager_form("manage-rater")
def move_rater(request: HttpRequest, project: Project, rater: uuid.UUID) -> HttpResponse:
    """Try it on a few tasks, start, pause, resume it, or have failed votes tried again."""
    row, actor = rater_of(project, rater), user_of(request)
    match request.POST.get("step"):
        case "preview":
            preview_rater(rater=row, tasks=TRIED, actor=actor)
        case "launch":
            launch_rater(rater=row, actor=actor)
        case "pause":
            pause_rater(rater=row, actor=actor)
        case "resume":
            resume_rater(rater=row, actor=actor)
        case "retry":
            n = retry_failures(rater=row, actor=actor)
            messages.success(request, _("%(n)d failed votes are tried again.") % {"n": n})
    return redirect("manage-rater", project.uid, rater)


def _keep(request: HttpRequest) -> None:
    fields = {name: str(value)[:4000] for name, value in request.POST.items() if name != "csrfmiddlewaretoken"}
    request.session["rater_form"] = fields


def _tried(row: PreviewRow, project: Project) -> dict[str, Any]:
    cached = row.cached
    index = None if cached is None else cached.label_index
    probabilities = [] if cached is None or not cached.probabilities else cached.probabilities
    return {
        "task": row.task,
        "excerpt": excerpt(row.task.payload),
        "label": MISSING if index is None else value_in_words(project, project.label_values[index]),
        "why": "" if cached is None else cached.abstained_because,
        "shares": ", ".join(percent(share) for share in probabilities),
        "replies": [said for call in row.calls if (said := _said(call.reply))],
        "errors": [call.detail or call.get_error_display() for call in row.calls if call.error],
    }


def _said(reply: Any) -> str:
    """The text of a chat reply as it was stored."""
    try:
        return str(reply["choices"][0]["message"]["content"])
    except (KeyError, IndexError, TypeError):
        return ""


def _money(found: Range, project: Project) -> str:
    ends = [Money(int(round(micros, -2)), project.currency) for micros in (found.expected, found.low, found.high)]
    return _("%(expected)s (%(low)s to %(high)s)") % {"expected": ends[0], "low": ends[1], "high": ends[2]}


def _time(found: Range | None) -> str:
    if found is None:
        return MISSING
    expected, low, high = (f"{seconds / 60:,.1f}" for seconds in (found.expected, found.low, found.high))
    return f"{expected}{NO_BREAK}min ({low}–{high})"
