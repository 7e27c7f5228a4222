"""A worker's pay statement: the page that is made to be printed, the same as PDF."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from crowd.models import User
from crowd.queries.statements import statement_of
from crowd.services.workers import worker_of_user
from web.account.statement_pdf import is_installed, statement_pdf
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
        start, end = _period(form)
        for record in statement_of(context["worker"], start=start, end=end, made_at=now):
            context["lines"].append(_line(record))
            if len(context["lines"]) > MAX_ENTRIES:
                context["is_cut"] = True
                break
        context |= {"last_hash": context["lines"][-1]["hash"], "made_at": now, "has_pdf": is_installed()}
        context |= {"since": f"{start:%Y-%m-%d}", "until": f"{end:%Y-%m-%d}"}
    return render(request, "account/statement.html", context, status=200 if form.is_valid() else 400)


@never_cache
@login_required
@require_safe
def statement_file(request: HttpRequest) -> HttpResponse:
    """The statement of a period as PDF; 404 with a sentence where nothing on the server can write one."""
    assert isinstance(request.user, User)
    if not is_installed():
        text = _("This server cannot write PDF; print the page of the statement, or load it as CSV or JSON.")
        return HttpResponse(text, status=404, content_type="text/plain; charset=utf-8")
    form = PeriodForm(request.GET)
    if not form.is_valid():
        text = _("Name the period by its first and last day: since=2026-01-01&until=2026-01-31.")
        return HttpResponse(text, status=400, content_type="text/plain; charset=utf-8")
    start, end = _period(form)
    worker = worker_of_user(request.user)
    body = statement_pdf(statement_of(worker, start=start, end=end, made_at=timezone.now()), worker_name=worker.name)
    name = f"statement-{worker.uid}-{start:%Y%m%d}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(body, content_type="application/pdf", headers=headers)


def _period(form: PeriodForm) -> tuple[datetime, datetime]:
    since, until = form.cleaned_data["since"], form.cleaned_data["until"]
    return datetime.combine(since, time.min, UTC), datetime.combine(until, time.max, UTC)


def _line(record: dict[str, str]) -> dict[str, Any]:
    has_amount = "amount_micros" in record
    amount = Money(int(record["amount_micros"]), record["currency"]) if has_amount else ""
    return {**record, "amount": amount, "moment": record.get("at", "")[:19].replace("T", " ")}
