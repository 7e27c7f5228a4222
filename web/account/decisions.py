"""Appeals of workers against decisions about themselves, and joining of open projects."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from crowd.errors import ConsentNeeded, DomainError, InvalidInput, NotFound
from crowd.models import User
from crowd.services.joining import join_project
from crowd.services.trust_appeals import appeal_change
from crowd.services.workers import worker_of_user
from web.refusals import hides_what_is_not_theirs, sentence_for, words_of


@never_cache
@login_required
@require_POST
@hides_what_is_not_theirs
def appeal(request: HttpRequest, change: uuid.UUID) -> HttpResponse:
    """Contest a restriction or a suspension."""
    assert isinstance(request.user, User)
    try:
        reason = request.POST.get("reason", "")
        row = appeal_change(worker=worker_of_user(request.user), change_uid=change, reason=reason)
    except NotFound:
        raise
    except InvalidInput as refusal:
        messages.warning(request, "; ".join(map(words_of, refusal.problems)))
    except DomainError as refusal:
        messages.warning(request, sentence_for(refusal))
    else:
        messages.success(
            request,
            _("Your appeal is open. Somebody else decides by %(until)s; silence decides for you.")
            % {"until": f"{row.answer_by:%Y-%m-%d}"},
        )
    return redirect("me")


@never_cache
@login_required
@require_POST
@hides_what_is_not_theirs
def join(request: HttpRequest, project: uuid.UUID) -> HttpResponse:
    """Enrol oneself, then read the instructions."""
    assert isinstance(request.user, User)
    try:
        join_project(worker=worker_of_user(request.user), project_uid=project)
    except ConsentNeeded:
        return redirect("consent")
    return redirect("work", project)
