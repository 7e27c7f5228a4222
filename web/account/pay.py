"""A worker's own pay: rejections with their reasons, appeals, payee details, the statement."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from crowd.enums import PayeeMethod, PayState
from crowd.errors import DomainError, InvalidInput, NotFound
from crowd.models import PayReview, User, Worker
from crowd.policies.pay import MAX_REASON
from crowd.policies.payees import MAX_NAME, Payee, masked
from crowd.queries.pay import own_pay, own_rejections
from crowd.queries.payees import payee_of
from crowd.services.appeals import appeal_rejection
from crowd.services.payees import set_payee
from crowd.services.workers import worker_of_user
from web.money import Money
from web.refusals import hides_what_is_not_theirs, sentence_for

ROWS = 10
STATEMENT_DAYS = 365


class PayeeForm(forms.Form):
    """Where the money is to go."""

    method = forms.ChoiceField(label=gettext_lazy("How"), choices=PayeeMethod.choices)
    recipient = forms.CharField(
        label=gettext_lazy("PayPal address, IBAN, or recipient id at Wise"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    name = forms.CharField(label=gettext_lazy("Name of the account's holder"), max_length=MAX_NAME, required=False)
    bic = forms.CharField(label=gettext_lazy("BIC, if your bank wants it"), max_length=20, required=False)


@never_cache
@login_required
@require_safe
def show_pay(request: HttpRequest) -> HttpResponse:
    """How the money stands, what was rejected and why, where it goes."""
    return _page(request, worker_of_user(_user(request)), PayeeForm())


@never_cache
@login_required
@require_POST
@hides_what_is_not_theirs
def appeal(request: HttpRequest, answer: uuid.UUID) -> HttpResponse:
    """Contest a rejection."""
    try:
        row = appeal_rejection(
            worker=worker_of_user(_user(request)), answer_uid=answer, reason=request.POST.get("reason", "")
        )
    except NotFound:
        raise
    except InvalidInput as refusal:
        messages.warning(request, "; ".join(problem.detail for problem in refusal.problems))
    except DomainError as refusal:
        messages.warning(request, sentence_for(refusal))
    else:
        until = f"{row.answer_by:%Y-%m-%d}"
        messages.success(
            request,
            _("Your appeal is open. Somebody else decides by %(until)s; silence decides for you.") % {"until": until},
        )
    return redirect("me-pay")


@never_cache
@login_required
@require_POST
def keep_payee(request: HttpRequest) -> HttpResponse:
    """Replace the payee details."""
    worker, form = worker_of_user(_user(request)), PayeeForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data | {"method": PayeeMethod(form.cleaned_data["method"])}
        try:
            set_payee(worker=worker, payee=Payee(**given))
        except InvalidInput as refusal:
            for problem in refusal.problems:
                field = problem.pointer.lstrip("/")
                form.add_error(field if field in form.fields else None, problem.detail)
    if not form.is_valid():
        return _page(request, worker, form, status=422)
    messages.success(request, _("Saved. Batches that are made already keep the details they were made with."))
    return redirect("me-pay")


def _page(request: HttpRequest, worker: Worker, form: PayeeForm, status: int = 200) -> HttpResponse:
    payee = payee_of(worker)
    page = Paginator(own_rejections(worker).order_by("-id"), ROWS).get_page(request.GET.get("page"))
    now = timezone.now()
    context = {
        "pay": [
            {
                "project": row.project,
                "amounts": [
                    Money(micros, row.project.currency)
                    for micros in (row.in_review_micros, row.owed_micros, row.in_transit_micros, row.paid_micros)
                ],
            }
            for row in own_pay(worker)
        ],
        "page": page,
        "rejections": [
            {
                "review": review,
                "amount": Money(review.amount_micros, review.project.currency),
                "can_appeal": _can_appeal(review),
            }
            for review in page
        ],
        "max_reason": MAX_REASON,
        "payee": payee,
        "recipient": masked(payee.recipient) if payee else "",
        "form": form,
        "since": f"{now - timedelta(days=STATEMENT_DAYS):%Y-%m-%dT00:00:00Z}",
    }
    return render(request, "account/pay.html", context, status=status)


def _can_appeal(review: PayReview) -> bool:
    return (
        review.state == PayState.REJECTED and review.appeal_until is not None and review.appeal_until >= timezone.now()
    )


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
