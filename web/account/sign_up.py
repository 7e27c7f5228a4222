"""Sign-up: a link is sent to an address; the link opens the account. Whether an address has one is told to nobody."""

from __future__ import annotations

import logging
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.core.mail import send_mail
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from crowd.errors import Conflict, Expired, InvalidInput
from crowd.policies.profiles import MAX_NAME
from crowd.services.sign_up import make_invitation, may_send_link, open_account, read_invitation
from web.account.profile import show_problems
from web.refusals import sentence_for

logger = logging.getLogger(__name__)


class AddressForm(forms.Form):
    """Where the link is to go."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


class AccountForm(forms.Form):
    """Who the person is."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=MAX_NAME, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 10 characters; not one that many people use."),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask_for_account(request: HttpRequest) -> HttpResponse:
    """Have a link sent; the reply is the same whether the address has an account or not."""
    if settings.SIGN_UP != "open":
        return render(request, "account/sign_up_closed.html", status=200 if request.method != "POST" else 403)
    form = AddressForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        if not may_send_link(caller=request.META.get("REMOTE_ADDR", ""), email=email):
            form.add_error(None, _("That was asked for a moment ago. Wait a minute, then try again."))
            return render(request, "account/sign_up.html", {"form": form}, status=429)
        _send_link(request, email)
        return render(request, "account/sign_up_sent.html", {"email": email})
    return render(request, "account/sign_up.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def follow_link(request: HttpRequest, token: str) -> HttpResponse:
    """Open the account that a link stands for."""
    if settings.SIGN_UP == "closed":
        raise Http404
    try:
        invitation = read_invitation(token)
    except Expired as refusal:
        return render(request, "account/sign_up_old.html", {"why": sentence_for(refusal)}, status=410)
    form = AccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = open_account(
                token=token,
                name=form.cleaned_data["name"],
                password=form.cleaned_data["password"],
                language=(get_language() or "en")[:12],
            )
        except Conflict as refusal:
            messages.warning(request, sentence_for(refusal))
            return redirect("log-in")
        except InvalidInput as refusal:
            show_problems(form, refusal)
        else:
            login(request, user, backend="django.contrib.auth.backends.ModelBackend")
            return redirect("home")
    context: dict[str, Any] = {"form": form, "email": invitation.email}
    return render(request, "account/sign_up_link.html", context, status=422 if form.errors else 200)


def _send_link(request: HttpRequest, email: str) -> None:
    address = request.build_absolute_uri(reverse("sign-up-link", args=[make_invitation(email=email)]))
    words = render_to_string("mail/sign_up.txt", {"address": address, "log_in": request.build_absolute_uri("/log-in/")})
    try:
        send_mail(_("Your account at Assay"), words, None, [email])
    except OSError:
        # The visitor is told the same: what fails must not say which addresses are known.
        logger.exception("the link of a sign-up could not be sent")
