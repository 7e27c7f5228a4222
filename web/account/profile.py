"""A person's own profile: name, languages, time zone, keys, password, export, the end of the account."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from crowd.errors import DomainError, InvalidInput
from crowd.models import User
from crowd.policies.profiles import MAX_NAME
from crowd.queries.consents import consents_of
from crowd.services.erasure import erase_person
from crowd.services.profiles import change_profile
from web.language import remember_language
from web.refusals import sentence_for, words_of

ZONES = [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones()) if "/" in zone or zone == "UTC"]


class ProfileForm(forms.Form):
    """What a person says of themselves."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=MAX_NAME, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    languages = forms.CharField(
        label=gettext_lazy("Languages that you work in, the best one first"),
        max_length=400,
        help_text=gettext_lazy("Codes such as: de, en, pt-BR"),
    )
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=ZONES)
    pages_language = forms.ChoiceField(
        label=gettext_lazy("Language of the pages"),
        required=False,
        choices=[("", gettext_lazy("As my browser asks")), *settings.LANGUAGES],
    )
    has_single_keys = forms.BooleanField(
        label=gettext_lazy("Single keys choose answers on the work page"), required=False
    )


@never_cache
@login_required
@require_safe
def show_profile(request: HttpRequest) -> HttpResponse:
    """All of it."""
    return _page(request)


@never_cache
@login_required
@require_POST
def keep_profile(request: HttpRequest) -> HttpResponse:
    """Replace the profile."""
    form = ProfileForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        given["languages"] = [tag.strip() for tag in given["languages"].split(",") if tag.strip()]
        try:
            change_profile(user=_user(request), **given)
        except InvalidInput as refusal:
            show_problems(form, refusal)
    if not form.is_valid():
        return _page(request, form=form)
    messages.success(request, _("Saved."))
    response = redirect("profile")
    if given["pages_language"]:
        remember_language(response, given["pages_language"])
    else:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
    return response


@never_cache
@login_required
@require_POST
def change_password(request: HttpRequest) -> HttpResponse:
    """Set a new password; every other session of the account ends."""
    form = PasswordChangeForm(_user(request), request.POST)
    if not form.is_valid():
        return _page(request, password=form)
    form.save()
    update_session_auth_hash(request, form.user)
    messages.success(request, _("Your password was changed. Wherever else you were logged in, you no longer are."))
    return redirect("profile")


@never_cache
@login_required
@require_POST
def erase(request: HttpRequest) -> HttpResponse:
    """Erase the person, who must give the password once more."""
    user = _user(request)
    if not user.check_password(request.POST.get("password", "")):
        messages.warning(request, _("That is not your password; nothing was erased."))
        return redirect("profile")
    try:
        erase_person(user=user, waives=request.POST.get("waives") == "on")
    except DomainError as refusal:
        messages.warning(request, sentence_for(refusal))
        return redirect("profile")
    logout(request)
    messages.success(request, _("Your account is erased. Thank you for your work."))
    return redirect("log-in")


def show_problems(form: forms.Form, refusal: InvalidInput) -> None:
    """Put each problem beside its field."""
    for problem in refusal.problems:
        field = problem.pointer.lstrip("/")
        form.add_error(field if field in form.fields else None, words_of(problem))


def _page(
    request: HttpRequest, form: ProfileForm | None = None, password: PasswordChangeForm | None = None
) -> HttpResponse:
    user = _user(request)
    context: dict[str, Any] = {
        "form": form
        or ProfileForm(
            initial={
                "name": user.name,
                "languages": ", ".join([user.language, *user.languages]),
                "time_zone": user.time_zone,
                "pages_language": user.pages_language,
                "has_single_keys": user.has_single_keys,
            }
        ),
        "password": password or PasswordChangeForm(user),
        "consents": consents_of(user),
    }
    return render(request, "account/profile.html", context, status=422 if form or password else 200)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
