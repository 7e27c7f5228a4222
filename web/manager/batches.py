"""The pages of payout batches: drafted, approved by a second person, exported, sent, settled; the ledger's balance."""

from __future__ import annotations

import json
import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from crowd.enums import BatchFormat, BatchState, LineState
from crowd.errors import InvalidInput
from crowd.models import Project
from crowd.policies.payees import masked
from crowd.queries.payouts import batch_file_for, batch_for, batches_of, due_of, lines_of
from crowd.queries.workers import ledger_balance_micros
from crowd.services.batches import approve_batch, cancel_batch, export_batch, make_batch, mark_sent
from crowd.services.payments import end_payments
from web.manager.doors import PAYING, PAYING_OUT, manager_form, manager_page, page_of, show, user_of
from web.money import Money

PER_PAGE = 25
LINES = 100
STEPS = {"approve": approve_batch, "export": export_batch, "send": mark_sent, "cancel": cancel_batch}
OUTCOMES = (LineState.SETTLED, LineState.FAILED, LineState.RETURNED)


@manager_page(*PAYING)
def show_batches(request: HttpRequest, project: Project) -> HttpResponse:
    """What is due, the batches, whether the ledger balances."""
    due = due_of(project)
    context = {
        "page": page_of(request, batches_of(project).order_by("-id"), PER_PAGE),
        "due": Money(sum(one.owed_micros for one in due), project.currency),
        "workers": len(due),
        "without_payee": sum(one.payee is None for one in due),
        "off_by": Money(ledger_balance_micros(project), project.currency),
        "formats": BatchFormat.choices,
    }
    return show(request, project, "manager/batches.html", "payouts", context)


@manager_form("manage-batches", *PAYING_OUT)
def make(request: HttpRequest, project: Project) -> HttpResponse:
    """Gather what is due into a draft."""
    named, text = request.POST.get("format", ""), request.POST.get("options", "").strip()
    if named not in BatchFormat.values:
        raise InvalidInput(_("choose a format"))
    try:
        options = json.loads(text) if text else {}
    except ValueError as error:
        raise InvalidInput(_("the options must be a JSON object")) from error
    if not isinstance(options, dict):
        raise InvalidInput(_("the options must be a JSON object"))
    made = make_batch(project=project, batch_format=BatchFormat(named), options=options, maker=user_of(request))
    for left in made.left_out[:20]:
        words = {"name": left.worker.name, "amount": Money(left.owed_micros, project.currency), "why": left.reason}
        messages.warning(request, _("Left out: %(name)s, %(amount)s, because %(why)s.") % words)
    return redirect("manage-batch", project.uid, made.batch.uid)


@manager_page(*PAYING)
def show_batch(request: HttpRequest, project: Project, batch: uuid.UUID) -> HttpResponse:
    """One batch with its lines; recipients are masked."""
    row = batch_for(project=project, batch_uid=batch)
    lines = list(lines_of(row))
    page = page_of(request, lines, LINES)
    context = {
        "batch": row,
        "page": page,
        "lines": [
            {"row": line, "amount": Money(line.amount_micros, row.currency), "recipient": masked(line.recipient)}
            for line in page
        ],
        "total": Money(sum(line.amount_micros for line in lines), row.currency),
        "is_own": row.made_by == user_of(request),
        "has_file": row.exported_at is not None,
        "may_end": row.state in (BatchState.SENT, BatchState.DONE),
        "may_cancel": row.state in (BatchState.DRAFT, BatchState.APPROVED),
        "outcomes": [(one.value, one.label) for one in OUTCOMES],
    }
    return show(request, project, "manager/batch.html", "payouts", context)


@manager_form("manage-batch", *PAYING_OUT)
def move_batch(request: HttpRequest, project: Project, batch: uuid.UUID) -> HttpResponse:
    """Approve it, write its file, note that it was sent, or give it up."""
    step = STEPS.get(request.POST.get("step", ""))
    if step is not None:
        step(project=project, batch_uid=batch, actor=user_of(request))  # type: ignore[operator]
    return redirect("manage-batch", project.uid, batch)


@manager_form("manage-batch", *PAYING_OUT)
def end_lines(request: HttpRequest, project: Project, batch: uuid.UUID) -> HttpResponse:
    """Say how the ticked payments ended, or all that are still on their way."""
    outcome, ticked = request.POST.get("outcome", ""), request.POST.getlist("line")
    if outcome not in OUTCOMES:
        raise InvalidInput(_("say how the payments ended"))
    end_payments(
        project=project,
        batch_uid=batch,
        numbers=[int(text) for text in ticked if text.isascii() and text.isdigit() and len(text) < 9] or None,
        outcome=LineState(outcome),
        reason=request.POST.get("reason", "")[:200],
        actor=user_of(request),
    )
    return redirect("manage-batch", project.uid, batch)


@manager_page(*PAYING_OUT)
def batch_file(_request: HttpRequest, project: Project, batch: uuid.UUID) -> HttpResponse:
    """The file as it was exported."""
    file = batch_file_for(project=project, batch_uid=batch)
    response = HttpResponse(bytes(file.content), content_type=file.media_type)
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response
