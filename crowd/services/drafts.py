"""Shapes a project that is still a draft, where more may change than later."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from crowd.enums import AnswerType, EventKind, ProjectState
from crowd.errors import ChangedMeanwhile, Conflict, FieldProblem, InvalidInput
from crowd.models import FairnessTerms, PriceRule, Project, User
from crowd.policies.answer_types import own_labels
from crowd.policies.forms.labels import OWN_TITLES
from crowd.policies.projects import usual_scale
from crowd.services.budgets import replace_budget
from crowd.services.events import record_event
from crowd.services.project_settings import CONFIGURABLE, configuration_of, problems_of
from crowd.services.versions import version_of

# What tasks and golds were checked against when they were added.
FIXED_BY_TASKS = ("answer_type", "labels", "answer_options")
DRAFTED = (*CONFIGURABLE, "answer_type", "answer_options", "currency", "budget_micros")


def shape_draft(*, project: Project, fields: dict[str, Any], actor: User, version: str | None = None) -> Project:
    """Change some of what a draft is to be, by the names in `DRAFTED`; ``version``: the one that was read.

    Another answer type brings its usual scale, and its own labels where it has them. Raises InvalidInput listing every
    problem, ChangedMeanwhile, Conflict for a project that was launched.
    """
    with transaction.atomic():
        row = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if version is not None and version != version_of(configuration_of(row)):
            raise ChangedMeanwhile("the draft has changed since it was read; read it again")
        if row.state != ProjectState.DRAFT:
            raise Conflict("the project is no draft any more; change its settings instead")
        wanted = completed(row, fields)
        changed = {name: value for name, value in wanted.items() if value != getattr(row, name)}
        problems = _fixed(row, changed)
        if "budget_micros" in changed:
            replace_budget(project=row, amount_micros=changed["budget_micros"])
        for name, value in changed.items():
            setattr(row, name, value)
        problems += problems_of(row)
        if problems:
            raise InvalidInput("the draft cannot be like this; nothing was saved", problems=tuple(problems))
        if changed:
            row.save(update_fields=list(changed))
            record_event(
                kind=EventKind.PROJECT_CONFIGURED, project=row, actor=actor, subject=row.uid, detail={"to": changed}
            )
        return row


def completed(row: Project, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields with what an answer type brings of its own: its labels, its usual scale."""
    wanted = dict(fields)
    kind = AnswerType(wanted.get("answer_type", row.answer_type))
    if kind != row.answer_type:
        wanted.setdefault("scale", usual_scale(kind))
    own = own_labels(kind, wanted.get("answer_options", row.answer_options))
    if own is not None:
        titles = {label["value"]: label.get("title") for label in row.labels}
        wanted["labels"] = [
            {"value": value, "title": titles.get(value) or OWN_TITLES.get(value, value)} for value in own
        ]
    return wanted


def _fixed(row: Project, changed: dict[str, Any]) -> list[FieldProblem]:
    problems = []
    touched = [name for name in FIXED_BY_TASKS if name in changed and not _only_titles(row, name, changed[name])]
    if touched and row.tasks.exists():
        problems = [FieldProblem(f"/{name}", "tasks have been added for the question as it is") for name in touched]
    if "currency" in changed:
        has_floor = FairnessTerms.objects.filter(project=row, floor_micros__isnull=False).exists()
        if has_floor or PriceRule.objects.filter(project=row).exists():
            problems.append(FieldProblem("/currency", "a floor or a price rule has been set in the present one"))
    return problems


def _only_titles(row: Project, name: str, value: Any) -> bool:
    if name != "labels":
        return False
    return [label["value"] for label in row.labels] == [label["value"] for label in value]
