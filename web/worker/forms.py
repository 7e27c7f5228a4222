"""What workers send: an answer, a reason to skip."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

SKIP_REASONS = [
    ("unclear", _("I cannot tell")),
    ("broken", _("The text is broken or missing")),
    ("language", _("I do not read this language")),
    ("upsetting", _("I would rather not read this")),
    ("other", _("Another reason")),
]
MAX_DETAIL = 400


class AssignmentForm(forms.Form):
    """Which assignment is meant: a page that was left open must not act on a newer one."""

    assignment = forms.UUIDField(widget=forms.HiddenInput)


class AnswerForm(AssignmentForm):
    """An answer, chosen by its place in the label set: label values may hold what a form field would not keep."""

    choice = forms.TypedChoiceField(coerce=int)

    def __init__(self, *args: object, labels: Sequence[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.labels = labels
        field = self.fields["choice"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(str(index), label) for index, label in enumerate(labels)]

    @property
    def value(self) -> str:
        """The chosen label value, once the form is valid."""
        return self.labels[self.cleaned_data["choice"]]


class SkipForm(AssignmentForm):
    """Why the task is skipped."""

    reason = forms.ChoiceField(choices=SKIP_REASONS)
    detail = forms.CharField(max_length=MAX_DETAIL, required=False)

    @property
    def sentence(self) -> str:
        """Code and words in one line, as the audit trail keeps it."""
        detail = self.cleaned_data["detail"]
        return f"{self.cleaned_data['reason']}: {detail}" if detail else str(self.cleaned_data["reason"])
