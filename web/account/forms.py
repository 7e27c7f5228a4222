"""The log-in form."""

from __future__ import annotations

from django import forms
from django.contrib.auth.forms import AuthenticationForm, UsernameField
from django.utils.translation import gettext_lazy as _


class LogInForm(AuthenticationForm):
    """E-mail address with password."""

    username = UsernameField(
        label=_("E-mail address"), widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username"})
    )
    error_messages = {
        "invalid_login": _(
            "No account has this e-mail address with this password. Check both; the password's case counts."
        ),
        "inactive": _("This account is closed."),
    }
