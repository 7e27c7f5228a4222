"""The pages on which pay is approved, rejected, contested, and bonuses are paid from a file."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from crowd.enums import PayState
from crowd.errors import InvalidInput
from crowd.models import Project
from crowd.queries.pay import open_appeals, reviews_of
from crowd.services.appeals import decide_appeal
from crowd.services.bonuses import pay_bonuses_csv
from crowd.services.pay_review import approve_many, reject_answer
from web.manager.doors import JUDGING, manager_form, manager_page, page_of, show, user_of
from web.manager.evidence import evidence_lines
from web.manager.excerpts import excerpt, value_in_words
from web.manager.ticks import read_uids
from web.money import Money

PER_PAGE = 25
APPEALS = 50
MAX_FILE = 2_000_000


@manager_page()
def show_reviews(request: HttpRequest, project: Project) -> HttpResponse:
    """The pay of answers, pending unless asked otherwise, the oldest first; the form for a file of bonuses."""
    state = request.GET.get("state", PayState.PENDING)
    state = state if state in PayState.values else PayState.PENDING
    page = page_of(request, reviews_of(project, state).order_by("answer_id"), PER_PAGE)
    lines = [
        {
            "review": row,
            "answer": row.answer,
            "excerpt": excerpt(row.answer.task.payload),
            "value": value_in_words(project, row.answer.value),
            "amount": Money(row.amount_micros, project.currency),
            "evidence": evidence_lines(row.evidence or {}),
        }
        for row in page
    ]
    context = {
        "page": page,
        "lines": lines,
        "state": state,
        "query": f"state={state}",
        "states": PayState.choices,
        "is_pending": state == PayState.PENDING,
        "bonuses": request.session.pop("bonuses", None),
    }
    return show(request, project, "manager/pay_reviews.html", "pay", context)


@manager_form("manage-pay")
def approve(request: HttpRequest, project: Project) -> HttpResponse:
    """Approve the ticked answers' pay, for good."""
    named = read_uids(request.POST.getlist("answer"))
    if not named:
        raise InvalidInput(_("nothing was approved: tick the answers first"))
    n = approve_many(project=project, actor=user_of(request), answer_uids=named, until=timezone.now())
    messages.success(request, _("%(n)d approved; own work and what was decided before is passed over.") % {"n": n})
    return redirect("manage-pay", project.uid)


@manager_form("manage-pay")
def reject(request: HttpRequest, project: Project, answer: uuid.UUID) -> HttpResponse:
    """Reject an answer's pay with reason and evidence, which the worker is shown and may contest."""
    evidence = request.POST.get("evidence", "").strip()[:2000]
    reject_answer(
        project=project,
        answer_uid=answer,
        actor=user_of(request),
        reason=request.POST.get("reason", ""),
        evidence={"shown": evidence} if evidence else {},
    )
    messages.success(request, _("Rejected; the worker is told and may appeal."))
    return redirect("manage-pay", project.uid)


@manager_page(*JUDGING)
def show_appeals(request: HttpRequest, project: Project) -> HttpResponse:
    """The appeals that the person may judge, due first, without names."""
    lines = [
        {
            "appeal": row,
            "excerpt": excerpt(row.review.answer.task.payload),
            "value": value_in_words(project, row.review.answer.value),
            "evidence": evidence_lines(row.review.evidence or {}),
        }
        for row in open_appeals(project, user_of(request))[:APPEALS]
    ]
    return show(request, project, "manager/pay_appeals.html", "pay", {"lines": lines})


@manager_form("manage-pay-appeals", *JUDGING)
def judge_appeal(request: HttpRequest, project: Project, appeal: uuid.UUID) -> HttpResponse:
    """Grant it, which pays the answer, or deny it."""
    is_granted = request.POST.get("outcome") == "granted"
    decide_appeal(
        project=project,
        appeal_uid=appeal,
        judge=user_of(request),
        is_granted=is_granted,
        reason=request.POST.get("reason", ""),
    )
    messages.success(request, _("The appeal is granted.") if is_granted else _("The appeal is denied."))
    return redirect("manage-pay-appeals", project.uid)


@manager_form("manage-pay")
def pay_bonuses(request: HttpRequest, project: Project) -> HttpResponse:
    """Check a CSV of bonuses; sent again as it was checked, pay it."""
    file, text = request.FILES.get("file"), request.POST.get("csv", "")
    if file is not None:
        try:
            text = file.read(MAX_FILE).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InvalidInput(_("the file is not text in UTF-8; nothing was paid")) from error
    is_dry_run = "pay" not in request.POST
    done = pay_bonuses_csv(project=project, text=text, actor=user_of(request), is_dry_run=is_dry_run)
    amount = Money(done.paid_micros, project.currency)
    words = {"n": done.paid, "amount": amount, "before": done.paid_before}
    if not is_dry_run:
        messages.success(request, _("Paid: %(n)d bonuses, %(amount)s; %(before)d were paid before.") % words)
    else:
        request.session["bonuses"] = {
            "csv": text,
            "words": _("Would pay %(n)d bonuses, %(amount)s; %(before)d were paid before.") % words,
            "is_covered": done.is_covered,
        }
    return redirect("manage-pay", project.uid)
