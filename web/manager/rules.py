"""The page of a project's rules: their versions, a new one tried on past data before it is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crowd.errors import InvalidInput
from crowd.models import Project
from crowd.policies.rule_bodies import ACTIONS, read_rule
from crowd.policies.rules import MEASURES
from crowd.queries.previews import preview_rule
from crowd.queries.rules import rules_of
from crowd.services.rules import retire_rule, set_rule
from web.manager.doors import manager_form, manager_page, show, user_of
from web.refusals import sentences_for

CONDITIONS = 3
MOST_HITS = 100
MAX_PAST_DAYS = 365
NUMBERS = {
    "value": gettext_lazy("Value"),
    "last": gettext_lazy("Over the last so many"),
    "hours": gettext_lazy("Over the last so many hours"),
    "at_least": gettext_lazy("Not under so many"),
    "certainty": gettext_lazy("Certainty"),
    "seconds": gettext_lazy("Fast is under so many seconds"),
}


@manager_page()
def show_rules(request: HttpRequest, project: Project) -> HttpResponse:
    """Every version of every rule; with a rule in the query, whom it would have hit."""
    asked, problems, preview = request.GET, [], None
    body = body_of(asked)
    if asked.get("action"):
        try:
            days = _days(asked.get("past", ""))
            preview = preview_rule(project=project, body=read_rule(body), now=timezone.now(), days=days)
        except InvalidInput as refusal:
            problems = sentences_for(refusal)
    hits = [] if preview is None else preview.hits
    context = {
        "lines": [
            {
                "rule": rule,
                "when": when_in_words(rule.body),
                "then": then_in_words(rule.body),
                "query": urlencode(fields_of(rule.name, rule.body)),
            }
            for rule in rules_of(project)
        ],
        "form": {
            "name": asked.get("name", ""),
            "join": asked.get("join", "all"),
            "action": asked.get("action", "warn"),
            "for_hours": asked.get("for_hours", ""),
            "past": asked.get("past", "30"),
            "rows": [_row(asked, n) for n in range(1, CONDITIONS + 1)],
        },
        "measures": MEASURES,
        "actions": ACTIONS,
        "problems": problems,
        "preview": preview,
        "hits": hits[:MOST_HITS],
        "workers_hit": len({hit.worker.pk for hit in hits}),
        "body": json.dumps(body),
    }
    return show(request, project, "manager/rules.html", "workers", context)


@manager_form("manage-rules")
def keep_rule(request: HttpRequest, project: Project) -> HttpResponse:
    """Store the rule that was tried as the next version of its name."""
    try:
        body = json.loads(request.POST.get("body", ""))
    except ValueError:
        body = None
    rule = set_rule(project=project, name=request.POST.get("name", ""), body=body, actor=user_of(request))
    words = _("Kept: “%(name)s”, version %(version)d.") % {"name": rule.name, "version": rule.version}
    messages.success(request, words)
    return redirect("manage-rules", project.uid)


@manager_form("manage-rules")
def end_rule(request: HttpRequest, project: Project) -> HttpResponse:
    """Let it fire no more."""
    rule = retire_rule(project=project, name=request.POST.get("name", ""), actor=user_of(request))
    messages.success(request, _("Retired: “%(name)s”.") % {"name": rule.name})
    return redirect("manage-rules", project.uid)


def body_of(fields: Mapping[str, str]) -> dict[str, Any]:
    """The rule that the form's fields describe, as `read_rule` takes it; what is not a number stays a text."""
    conditions = []
    for n in range(1, CONDITIONS + 1):
        if not fields.get(f"measure-{n}"):
            continue
        condition: dict[str, Any] = {"measure": fields[f"measure-{n}"], "is": fields.get(f"is-{n}", "<")}
        numbers = {name: fields.get(f"{name}-{n}", "").strip() for name in NUMBERS}
        conditions.append(condition | {name: _number(text) for name, text in numbers.items() if text})
    then: dict[str, Any] = {"action": fields.get("action", "")}
    if fields.get("for_hours", "").strip():
        then["for_hours"] = _number(fields["for_hours"].strip())
    return {"when": {"any" if fields.get("join") == "any" else "all": conditions}, "then": then}


def fields_of(name: str, body: Mapping[str, Any]) -> dict[str, str]:
    """The form's fields for a stored rule."""
    join, conditions = next(iter(body["when"].items()))
    fields = {"name": name, "join": join, "action": str(body["then"]["action"])}
    if "for_hours" in body["then"]:
        fields["for_hours"] = f"{body['then']['for_hours']:g}"
    for n, condition in enumerate(conditions[:CONDITIONS], start=1):
        fields |= {
            f"{key}-{n}": f"{value:g}" if isinstance(value, int | float) else str(value)
            for key, value in condition.items()
        }
    return fields


def when_in_words(body: Mapping[str, Any]) -> str:
    """The conditions of a stored rule in one line."""
    join, conditions = next(iter(body["when"].items()))
    words = []
    for condition in conditions:
        more = [
            f"{name.replace('_', ' ')} {condition[name]:g}" for name in NUMBERS if name != "value" and name in condition
        ]
        measure = condition["measure"].replace("_", " ")
        words.append(f"{measure} {condition['is']} {condition['value']:g}" + (f" ({', '.join(more)})" if more else ""))
    return f" {_('and') if join == 'all' else _('or')} ".join(words)


def then_in_words(body: Mapping[str, Any]) -> str:
    """What a stored rule does."""
    then = body["then"]
    return f"{then['action']}, {then['for_hours']:g} h" if "for_hours" in then else str(then["action"])


def _row(fields: Mapping[str, str], n: int) -> dict[str, Any]:
    return {
        "n": n,
        "measure": fields.get(f"measure-{n}", ""),
        "is": fields.get(f"is-{n}", ""),
        "numbers": [
            {"id": f"{name}-{n}", "title": title, "value": fields.get(f"{name}-{n}", "")}
            for name, title in NUMBERS.items()
        ],
    }


def _number(text: str) -> float | int | str:
    try:
        value = float(text)
    except ValueError:
        return text
    return int(value) if value.is_integer() and abs(value) < 1e9 else value


def _days(text: str) -> int:
    return min(MAX_PAST_DAYS, max(1, int(text))) if text.isascii() and text.isdigit() and len(text) < 5 else 30
