"""The page of a worker's pay statement, made to be printed."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from crowd.models import User
from crowd.queries.statements import statement_of
from crowd.services.workers import worker_of_user
from web.money import Money

# A page holds so many entries; the files hold them all.
MAX_ENTRIES = 5_000


class PeriodForm(forms.Form):
    """Two days, the second one included."""

    since = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))


@never_cache
@login_required
@require_safe
def statement_page(request: HttpRequest) -> HttpResponse:
    """The entries of a period; without one, of this month."""
    assert isinstance(request.user, User)
    now = timezone.now()
    month = {"since": now.date().replace(day=1), "until": now.date()}
    form = PeriodForm(request.GET) if request.GET else PeriodForm(month)
    context: dict[str, Any] = {"form": form, "worker": worker_of_user(request.user), "lines": []}
    if form.is_valid():
        start = datetime.combine(form.cleaned_data["since"], time.min, UTC)
        end = datetime.combine(form.cleaned_data["until"], time.max, UTC)
        records = statement_of(context["worker"], start=start, end=end, made_at=now)
        for record in records:
            context["lines"].append(_line(record))
            if len(context["lines"]) > MAX_ENTRIES:
                context["is_cut"] = True
                break
        context |= {"last_hash": context["lines"][-1]["hash"], "made_at": now}
    return render(request, "account/statement.html", context, status=200 if form.is_valid() else 400)


def _line(record: dict[str, str]) -> dict[str, Any]:
    has_amount = "amount_micros" in record
    amount = Money(int(record["amount_micros"]), record["currency"]) if has_amount else ""
    return {**record, "amount": amount, "moment": record.get("at", "")[:19].replace("T", " ")}
