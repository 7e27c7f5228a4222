"""The queue of disputes for experts, blind to names and models: one at a time by keyboard, or several at once."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crowd.enums import AnswerType
from crowd.errors import NotFound
from crowd.models import Project, Task
from crowd.policies.answer_types import LABELLED
from crowd.queries.disputes import dispute_after, dispute_progress, disputes_of, values_in_dispute
from crowd.services.adjudication import adjudicate_task, adjudicate_tasks
from web.figures import percent
from web.manager.doors import JUDGING, manager_form, manager_page, page_of, show, user_of
from web.manager.excerpts import excerpt, value_in_words
from web.manager.ticks import read_uids
from web.worker.drafts import draft_of, keep_draft
from web.worker.media import shows_payloads
from web.worker.questions import question_of
from web.worker.readings import Unfinished, answer_fields, read_answer

PER_PAGE = 25
MAX_REASON = 2000


class ReasonForm(forms.Form):
    """Why it is decided like this."""

    reason = forms.CharField(max_length=MAX_REASON)


class BulkForm(ReasonForm):
    """Several tasks and the label for all of them, by its place in the label set."""

    label = forms.IntegerField(min_value=0)


@manager_page(*JUDGING)
def show_disputes(request: HttpRequest, project: Project) -> HttpResponse:
    """The queue, with what is done and left."""
    page = page_of(request, disputes_of(project, user_of(request)), PER_PAGE)
    tasks = list(page)
    given = values_in_dispute(tasks)
    lines = [
        {
            "task": task,
            "excerpt": excerpt(task.payload),
            "given": [value_in_words(project, value) for value in given[task.pk]],
            "change": percent(_chance_of_change(task)),
        }
        for task in tasks
    ]
    context = {
        "page": page,
        "lines": lines,
        "progress": dispute_progress(project, user_of(request)),
        "labels": _titles(project) if AnswerType(project.answer_type) in LABELLED else [],
    }
    return show(request, project, "manager/disputes.html", "disputes", context)


@manager_page(*JUDGING)
@shows_payloads
def show_dispute(request: HttpRequest, project: Project, task: uuid.UUID) -> HttpResponse:
    """One dispute: the task as workers saw it, the values given, the decision to make."""
    row = _waiting(request, project, task)
    fields = draft_of(request, row.uid)
    following = dispute_after(project, user_of(request), row)
    context = {
        "task": row,
        "question": question_of(project, row.payload, fields=fields, seed=str(row.uid)),
        "given": [value_in_words(project, value) for value in values_in_dispute([row])[row.pk]],
        "change": percent(_chance_of_change(row)),
        "kept_reason": fields.get("reason", ("",))[0],
        "following": following,
        "progress": dispute_progress(project, user_of(request)),
    }
    return show(request, project, "manager/dispute.html", "disputes", context)


@manager_form("manage-dispute", *JUDGING)
def decide_dispute(request: HttpRequest, project: Project, task: uuid.UUID) -> HttpResponse:
    """Settle it, then show the next."""
    row = Task.objects.select_related("consensus").filter(project=project, uid=task).first()
    if row is None:
        raise NotFound("there is no such task in this project")
    form = ReasonForm(request.POST)
    keep_draft(request, task, answer_fields(request.POST) | {"reason": [request.POST.get("reason", "")]})
    try:
        if not form.is_valid():
            raise Unfinished(_("Nothing was decided yet: please give the reason. It stays in the audit trail."))
        value = read_answer(request.POST, project, row.payload)
    except Unfinished as problem:
        messages.warning(request, str(problem))
        return redirect("manage-dispute", project.uid, task)
    following = dispute_after(project, user_of(request), row)
    adjudicate_task(
        project=project,
        task_uid=task,
        adjudicator=user_of(request),
        value=value,
        reason=form.cleaned_data["reason"],
    )
    messages.success(request, _("Decided: %(value)s.") % {"value": value_in_words(project, value)})
    following = following or disputes_of(project, user_of(request)).first()
    if following is None:
        return redirect("manage-disputes", project.uid)
    return redirect("manage-dispute", project.uid, following.uid)


@manager_form("manage-disputes", *JUDGING)
def decide_disputes(request: HttpRequest, project: Project) -> HttpResponse:
    """Settle the ticked ones by one label."""
    form, titles = BulkForm(request.POST), _titles(project)
    if not form.is_valid() or form.cleaned_data["label"] >= len(titles):
        messages.warning(request, _("Nothing was decided: tick tasks, choose a label, give the reason."))
        return redirect("manage-disputes", project.uid)
    done = adjudicate_tasks(
        project=project,
        task_uids=read_uids(request.POST.getlist("task")),
        adjudicator=user_of(request),
        value=project.label_values[form.cleaned_data["label"]],
        reason=form.cleaned_data["reason"],
    )
    if done.decided:
        words = ngettext("%(n)d task was decided.", "%(n)d tasks were decided.", done.decided)
        messages.success(request, words % {"n": done.decided})
    for why in dict.fromkeys(why for _task, why in done.refused):
        messages.warning(request, _("Not decided: %(why)s.") % {"why": why})
    return redirect("manage-disputes", project.uid)


def _waiting(request: HttpRequest, project: Project, task: uuid.UUID) -> Task:
    row = disputes_of(project, user_of(request)).filter(uid=task).first()
    if row is None:
        raise NotFound("no such dispute waits for you")
    return row


def _chance_of_change(task: Task) -> float | None:
    confidence = getattr(getattr(task, "consensus", None), "confidence", None)
    return None if confidence is None else 1 - confidence


def _titles(project: Project) -> list[str]:
    return [label.get("title") or label["value"] for label in project.labels]
