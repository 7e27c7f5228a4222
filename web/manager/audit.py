"""The audit trail: everything that happened on a project, narrowed, the newest first."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

from crowd.enums import EventKind
from crowd.models import Project
from crowd.queries.keyset import page_after
from crowd.queries.listings import events_of
from web.manager.doors import manager_page, show
from web.manager.lines import EventLine

PER_PAGE = 50


class EventsForm(forms.Form):
    """Which events; days in UTC."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What"), required=False, choices=[("", gettext_lazy("Anything")), *EventKind.choices]
    )
    after = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    before = forms.DateField(
        label=gettext_lazy("Before"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    subject = forms.UUIDField(label=gettext_lazy("Id of what it is about"), required=False)

    @property
    def asked(self) -> dict[str, Any]:
        """The filters of `events_of`; a field that makes no sense asks for nothing."""
        data = self.cleaned_data if self.is_valid() else getattr(self, "cleaned_data", {})
        found = {name: value for name, value in data.items() if value}
        days = {name: datetime.combine(found[name], time.min, UTC) for name in ("after", "before") if name in found}
        return found | days


@manager_page()
def show_audit(request: HttpRequest, project: Project) -> HttpResponse:
    """A page of events; three queries whatever the length of the trail."""
    form = EventsForm(request.GET)
    rows = events_of(project, form.asked)
    page = page_after(rows, mark=request.GET.get("mark", ""), size=PER_PAGE, is_descending=True)
    query = {name: value for name, value in request.GET.items() if name in form.fields and value}
    context = {
        "form": form,
        "lines": [EventLine(event) for event in page.rows],
        "following": None if page.following is None else urlencode({**query, "mark": page.following}),
        "first": urlencode(query) if request.GET.get("mark") else None,
        "is_filtered": bool(query),
    }
    return show(request, project, "manager/audit.html", "audit", context)
