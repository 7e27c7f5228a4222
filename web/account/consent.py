"""The page of the terms of work."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from crowd.errors import Conflict
from crowd.models import User
from crowd.queries.consents import agreed_version, newest_text
from crowd.services.consents import give_consent
from web.refusals import sentence_for


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def consent_page(request: HttpRequest) -> HttpResponse:
    """The newest text, with the question whether the person agrees."""
    assert isinstance(request.user, User)
    if request.method == "POST":
        version = request.POST.get("version", "")
        try:
            give_consent(user=request.user, version=int(version) if version.isdecimal() and len(version) < 10 else 0)
        except Conflict as refusal:
            messages.warning(request, sentence_for(refusal))
            return redirect("consent")
        messages.success(request, _("Thank you. You may work now."))
        return redirect("home")
    text, agreed = newest_text(), agreed_version(request.user.pk)
    context = {"text": text, "is_given": text is not None and agreed >= text.version, "has_older": agreed > 0}
    return render(request, "account/consent.html", context)
