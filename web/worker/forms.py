"""What workers send besides answers: which assignment they mean, a reason to skip."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

SKIP_REASONS = [
    ("unclear", _("I cannot tell")),
    ("broken", _("Something is broken or missing")),
    ("language", _("I do not know this language")),
    ("upsetting", _("I would rather not do this one")),
    ("other", _("Another reason")),
]
MAX_DETAIL = 400


class AssignmentForm(forms.Form):
    """Which assignment is meant: a page that was left open must not act on a newer one."""

    assignment = forms.UUIDField(widget=forms.HiddenInput)


class SkipForm(AssignmentForm):
    """Why the task is skipped."""

    reason = forms.ChoiceField(choices=SKIP_REASONS)
    detail = forms.CharField(max_length=MAX_DETAIL, required=False)

    @property
    def sentence(self) -> str:
        """Code and words in one line, as the audit trail keeps it."""
        detail = self.cleaned_data["detail"]
        return f"{self.cleaned_data['reason']}: {detail}" if detail else str(self.cleaned_data["reason"])
