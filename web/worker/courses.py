"""The pages of a course: begin a part, answer item by item, read what came of it."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from crowd.enums import CoursePart
from crowd.errors import DomainError, InvalidAnswer, NotFound
from crowd.models import User
from crowd.queries.courses import course_for, open_step, own_worker, step_of
from crowd.services.training import Progress, answer_step, start_attempt
from web.money import Money
from web.refusals import hides_what_is_not_theirs, sentence_for
from web.worker.drafts import draft_of, keep_draft
from web.worker.media import shows_payloads
from web.worker.questions import question_of
from web.worker.readings import Unfinished, answer_fields, read_answer


class PartForm(forms.Form):
    """Which part of the course."""

    part = forms.TypedChoiceField(choices=CoursePart.choices, coerce=CoursePart)


@never_cache
@login_required
@require_safe
@hides_what_is_not_theirs
@shows_payloads
def show_course(request: HttpRequest, course: uuid.UUID) -> HttpResponse:
    """The item to answer while a part is under way; else what the course is, and what came of it."""
    worker = own_worker(_user(request))
    offer = course_for(worker, course, timezone.now())
    step = open_step(offer.running) if offer.running else None
    context: dict[str, Any] = {
        "offer": offer,
        "course": offer.course,
        "project": offer.course.project,
        "training_price": Money(offer.course.training_price_micros, offer.course.project.currency),
        "exam_price": Money(offer.course.exam_price_micros, offer.course.project.currency),
        "feedback": request.session.pop("feedback", None),
    }
    if step is None:
        return render(request, "worker/course.html", context)
    payload, fields = step.item.payload, draft_of(request, step.uid)
    question = question_of(offer.course.project, payload, fields=fields, seed=str(step.uid))
    assert offer.running is not None
    return render(
        request,
        "worker/course_step.html",
        context | {"step": step, "question": question, "number": offer.running.right + offer.running.wrong + 1},
    )


@never_cache
@login_required
@require_POST
@hides_what_is_not_theirs
def start(request: HttpRequest, course: uuid.UUID) -> HttpResponse:
    """Begin a part, or go on with it."""
    form = PartForm(request.POST)
    if not form.is_valid():
        return redirect("course", course)
    try:
        start_attempt(course_uid=course, worker=own_worker(_user(request)), part=form.cleaned_data["part"])
    except NotFound:
        raise
    except DomainError as refusal:
        messages.warning(request, sentence_for(refusal))
    return redirect("course", course)


@never_cache
@login_required
@require_POST
@hides_what_is_not_theirs
def answer(request: HttpRequest, course: uuid.UUID, step: uuid.UUID) -> HttpResponse:
    """Store the answer to an item; training then says at once what was right."""
    worker = own_worker(_user(request))
    asked = step_of(worker, course, step)
    project = asked.attempt.course.project
    try:
        value = read_answer(request.POST, project, asked.item.payload)
        progress = answer_step(step_uid=step, worker=worker, value=value)
    except (Unfinished, InvalidAnswer) as problem:
        keep_draft(request, step, answer_fields(request.POST))
        messages.warning(request, sentence_for(problem) if isinstance(problem, DomainError) else str(problem))
    except DomainError as refusal:
        messages.warning(request, sentence_for(refusal))
    else:
        _tell(request, progress, value, project.labels, asked.item.payload)
    return redirect("course", course)


def _tell(
    request: HttpRequest, progress: Progress, value: Any, labels: list[dict[str, Any]], payload: dict[str, Any]
) -> None:
    if progress.feedback is not None:
        titles = {label["value"]: label.get("title") or label["value"] for label in labels}
        request.session["feedback"] = {
            "is_right": progress.feedback.is_right,
            "given": _in_words(value, titles),
            "right": [_in_words(label, titles) for label in progress.feedback.labels],
            "reason": progress.feedback.reason,
            "text": str(payload.get("text", ""))[:400],
        }
    if progress.step is None and progress.attempt.ended_at is None:
        messages.warning(
            request, _("Your answer is kept. The project cannot pay for the next item now; come back later.")
        )


def _in_words(value: Any, titles: dict[str, str]) -> str:
    if isinstance(value, list):
        return ", ".join(titles.get(part, str(part)) for part in value)
    return titles.get(value, str(value)) if isinstance(value, str) else str(value)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
