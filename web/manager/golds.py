"""The pages of golds: their health and list, new ones, one gold with its correction shown before it is made."""

from __future__ import annotations

import json
import uuid
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crowd.errors import InvalidInput, NotFound
from crowd.models import Answer, Gold, Project
from crowd.queries.gold_corrections import preview_correction
from crowd.queries.listings import golds_of
from crowd.queries.restitutions import restitutions_of
from crowd.services.golds import retire_gold
from crowd.services.restitution import correct_gold
from crowd.services.tasks import MAX_KEY_LENGTH, NewGold, add_golds
from quality.skill.rates import wilson
from web.figures import MISSING, count, percent, percent_range
from web.manager.doors import manager_form, manager_page, page_of, show, user_of
from web.manager.excerpts import excerpt, value_in_words
from web.manager.gold_labels import choices_of, lines_of, read_right
from web.manager.panels import shown as shown_panel
from web.refusals import sentences_for
from web.worker.media import shows_payloads
from web.worker.payload import shown

PER_PAGE = 25
MAX_REASON = 10_000


class GoldForm(forms.Form):
    """A new gold: its key, what workers see (a text, or a JSON object), why its labels are right."""

    key = forms.CharField(max_length=MAX_KEY_LENGTH)
    content = forms.CharField()
    reason = forms.CharField(max_length=MAX_REASON, required=False)


@manager_page()
def show_golds(request: HttpRequest, project: Project) -> HttpResponse:
    """Health as last measured, the list, the form for a new one."""
    state = request.GET.get("state", "")
    asked = {"is_active": state == "active"} if state in ("active", "retired") else {}
    page = page_of(request, golds_of(project, asked).order_by("-id"), PER_PAGE)
    passed = _passed([gold.task_id for gold in page])
    context = {
        "page": page,
        "state": state,
        "query": urlencode({"state": state}) if state else "",
        "lines": [_line(project, gold, passed.get(gold.task_id, (0, 0))) for gold in page],
        "panel": shown_panel(project, "golds"),
        "choices": choices_of(project, []),
        "kept": {"key": request.GET.get("key", ""), "content": request.GET.get("content", "")},
    }
    return show(request, project, "manager/gold_list.html", "golds", context)


@manager_form("manage-golds")
def add_gold(request: HttpRequest, project: Project) -> HttpResponse:
    """Add one gold."""
    form = GoldForm(request.POST)
    if not form.is_valid():
        messages.warning(request, _("Nothing was added: a gold needs a key and something to look at."))
        return redirect("manage-golds", project.uid)
    content = form.cleaned_data["content"]
    gold = NewGold(
        key=form.cleaned_data["key"],
        payload=_payload(content),
        labels=tuple(read_right(request.POST, project)),
        reason=form.cleaned_data["reason"],
    )
    try:
        add_golds(project=project, golds=[gold], actor=user_of(request))
    except InvalidInput as refusal:
        for sentence in sentences_for(refusal):
            messages.warning(request, sentence)
        query = urlencode({"key": gold.key, "content": content[:2000]})
        return redirect(f"{reverse('manage-golds', args=[project.uid])}?{query}#new")
    messages.success(request, _("The gold %(key)s is added.") % {"key": gold.key})
    return redirect("manage-golds", project.uid)


@manager_page()
@shows_payloads
def show_gold(request: HttpRequest, project: Project, task: uuid.UUID) -> HttpResponse:
    """One gold: what it shows, its labels, how it was answered; with labels in the query, what a correction changes."""
    gold = _gold(project, task)
    preview, problems, right = None, [], gold.labels
    if "try" in request.GET:
        right = read_right(request.GET, project)
        try:
            preview = preview_correction(project=project, gold=gold, labels=right, now=timezone.now())
        except InvalidInput as refusal:
            problems = sentences_for(refusal)
    line = _line(project, gold, _passed([gold.task_id]).get(gold.task_id, (0, 0)))
    context = {
        "gold": gold,
        "line": line,
        "question": {"payload": shown(gold.task.payload), "shows_candidates": True},
        "given": _given(project, gold),
        "restitutions": list(restitutions_of(project).filter(gold=gold).order_by("-id")[:20]),
        "choices": choices_of(project, right),
        "right_lines": lines_of(project, right),
        "preview": preview,
        "preview_labels": "" if preview is None else _labels(project, preview.labels),
        "is_same": preview is not None and sorted(map(str, preview.labels)) == sorted(map(str, gold.labels)),
        "right_fields": request.GET.getlist("right"),
        "problems": problems,
        "reason": request.GET.get("reason", ""),
    }
    return show(request, project, "manager/gold.html", "golds", context)


@manager_form("manage-gold")
def correct(request: HttpRequest, project: Project, task: uuid.UUID) -> HttpResponse:
    """Set the right labels anew; a job puts right what followed from the old ones."""
    row = correct_gold(
        project=project,
        task_uid=task,
        labels=read_right(request.POST, project),
        reason=request.POST.get("reason", "")[:MAX_REASON],
        actor=user_of(request),
    )
    messages.success(request, _("The gold is corrected; what followed from the old labels is being put right."))
    return redirect("manage-restitution", project.uid, row.uid)


@manager_form("manage-gold")
def retire(request: HttpRequest, project: Project, task: uuid.UUID) -> HttpResponse:
    """Show the gold to nobody any more."""
    reason = request.POST.get("reason", "").strip()[:MAX_REASON]
    if not reason:
        messages.warning(request, _("Nothing was changed: say why the gold is retired."))
        return redirect("manage-gold", project.uid, task)
    retire_gold(project=project, task_uid=task, reason=reason, actor=user_of(request))
    messages.success(request, _("The gold is retired; what it has shown stays."))
    return redirect("manage-gold", project.uid, task)


def _gold(project: Project, task: uuid.UUID) -> Gold:
    gold = Gold.objects.select_related("task").filter(project=project, task__uid=task).first()
    if gold is None:
        raise NotFound("there is no such gold in this project")
    return gold


def _passed(task_ids: list[int]) -> dict[int, tuple[int, int]]:
    rows = Answer.objects.filter(task__in=task_ids, is_correct__isnull=False).values_list("task").order_by()
    rows = rows.annotate(right=Count("id", filter=Q(is_correct=True)), n=Count("id"))
    return {task_id: (right, n) for task_id, right, n in rows}


def _line(project: Project, gold: Gold, passed: tuple[int, int]) -> dict[str, Any]:
    right, n = passed
    low, high = wilson(right, n) if n else (None, None)
    return {
        "gold": gold,
        "excerpt": excerpt(gold.task.payload),
        "labels": _labels(project, gold.labels),
        "right": percent(right / n) if n else MISSING,
        "range": percent_range(low, high) if n else "",
        "n": count(n),
    }


def _given(project: Project, gold: Gold) -> list[tuple[str, int]]:
    rows = Answer.objects.filter(task=gold.task, is_correct__isnull=False).values_list("value")
    found = rows.annotate(n=Count("id")).order_by("-n")[:20]
    return [(value_in_words(project, value), n) for value, n in found]


def _labels(project: Project, labels: list[Any]) -> str:
    return " / ".join(value_in_words(project, label) for label in labels)


def _payload(content: str) -> dict[str, Any]:
    if content.lstrip().startswith("{"):
        try:
            read = json.loads(content)
        except ValueError:
            return {"text": content}
        if isinstance(read, dict):
            return read
    return {"text": content}
