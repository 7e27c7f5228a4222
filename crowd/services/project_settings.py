"""Changes a project's configuration, archives it, clones it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from crowd.enums import AnswerType, EventKind, ProjectState, Scale
from crowd.errors import ChangedMeanwhile, Conflict, FieldProblem, InvalidInput
from crowd.models import Project, Requirements, Rule, User
from crowd.policies.projects import check_project
from crowd.services.eligibility import Asked, set_requirements
from crowd.services.events import record_event
from crowd.services.projects import ProjectPlan, create_project, move_project
from crowd.services.refit import request_refit
from crowd.services.rules import set_rule
from crowd.services.versions import version_of

# What a PATCH may change. The currency is fixed by what is booked in it, the answer type by the answers; labels keep
# their values and their order, which are the indexes of answers, and may get other titles.
CONFIGURABLE = (
    *("name", "instructions", "labels", "scale", "aggregation_model", "min_overlap", "max_overlap"),
    *("target_confidence", "label_worth_micros", "audit_share", "gold_rate", "lease_seconds", "price_micros"),
)
REFITS = {"aggregation_model", "scale"}


@dataclass(frozen=True)
class Change:
    """The fields to change, by the names in `CONFIGURABLE`; ``lease_seconds`` None: as work times ask for."""

    fields: dict[str, Any]


def configuration_of(project: Project) -> dict[str, Any]:
    """What a version of the project stands for."""
    names = (*CONFIGURABLE, *("state", "is_lease_fixed", "budget_micros", "answer_type", "answer_options", "currency"))
    return {name: getattr(project, name) for name in names}


def configure_project(*, project: Project, change: Change, actor: User, version: str | None = None) -> Project:
    """Change some of the configuration; tasks that are finished stay as they are.

    ``version``: the one that was read; another one now raises ChangedMeanwhile. Raises InvalidInput listing every
    problem, Conflict for an archived project.
    """
    with transaction.atomic():
        row = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if version is not None and version != version_of(configuration_of(row)):
            raise ChangedMeanwhile("the configuration has changed since it was read; read it again")
        if row.state == ProjectState.ARCHIVED:
            raise Conflict("the project is archived; its configuration stays as it is")
        before = {name: getattr(row, name) for name in change.fields}
        fields = dict(change.fields)
        if "lease_seconds" in fields:
            row.is_lease_fixed = fields["lease_seconds"] is not None
            fields["lease_seconds"] = fields["lease_seconds"] or row.lease_seconds
        for name, value in fields.items():
            setattr(row, name, value)
        problems = _problems(row, before)
        if problems:
            raise InvalidInput("the project cannot be configured like this; nothing changed", problems=tuple(problems))
        changed = {name: fields[name] for name in fields if fields[name] != before[name]}
        row.save(update_fields=[*fields, "is_lease_fixed"])
        if changed:
            record_event(
                kind=EventKind.PROJECT_CONFIGURED, project=row, actor=actor, subject=row.uid, detail={"to": changed}
            )
        if REFITS & changed.keys():
            request_refit(project=row)
        return row


def archive_project(*, project: Project, actor: User) -> Project:
    """Put the project away for good: it hands out nothing; what is lent out may still be submitted, and is paid."""
    states = [ProjectState.DRAFT, ProjectState.LIVE, ProjectState.PAUSED]
    with transaction.atomic():
        move_project(project, ProjectState.ARCHIVED, states, EventKind.PROJECT_ARCHIVED, actor)
    return project


def clone_project(*, project: Project, name: str, actor: User) -> Project:
    """A draft with the same configuration, rules and requirements; without tasks, workers, members or a budget."""
    with transaction.atomic():
        plan: dict[str, Any] = {field: getattr(project, field) for field in CONFIGURABLE}
        plan |= {"name": name, "labels": tuple(project.labels), "answer_type": project.answer_type}
        plan |= {"currency": project.currency, "answer_options": project.answer_options}
        plan["lease_seconds"] = project.lease_seconds if project.is_lease_fixed else None
        clone = create_project(plan=ProjectPlan(**plan), owner=actor)
        for rule in Rule.objects.filter(project=project, is_active=True).order_by("id"):
            set_rule(project=clone, name=rule.name, body=rule.body, actor=actor)
        asked = Requirements.objects.select_related("course").filter(project=project).first()
        if asked is not None:
            set_requirements(
                project=clone,
                asked=Asked(
                    course=None if asked.course is None else str(asked.course.uid),
                    languages=tuple(asked.languages),
                    trust_levels=tuple(asked.trust_levels),
                    max_answers=asked.max_answers,
                    daily_answers=asked.daily_answers,
                    is_open=asked.is_open,
                ),
                actor=actor,
            )
        record_event(
            kind=EventKind.PROJECT_CLONED,
            project=clone,
            actor=actor,
            subject=clone.uid,
            detail={"of": str(project.uid)},
        )
        return clone


def problems_of(row: Project) -> list[FieldProblem]:
    """What is wrong with a configuration that is not saved yet."""
    problems = check_project(
        labels=row.labels,
        min_overlap=row.min_overlap,
        max_overlap=row.max_overlap,
        target_confidence=row.target_confidence,
        aggregation_model=row.aggregation_model,
        scale=Scale(row.scale),
        answer_type=AnswerType(row.answer_type),
        answer_options=row.answer_options,
        audit_share=row.audit_share,
        label_worth_micros=row.label_worth_micros,
    )
    if row.label_worth_micros is not None and not row.price_micros:
        problems.append(FieldProblem("/label_worth", "only weighed against a price; set one"))
    return problems


def _problems(row: Project, before: dict[str, Any]) -> list[FieldProblem]:
    problems = problems_of(row)
    if "labels" in before:
        were, are = ([label["value"] for label in labels] for labels in (before["labels"], row.labels))
        if were != are:
            problems.append(
                FieldProblem("/labels", f"the values stay {', '.join(were[:10])}, in this order; titles may change")
            )
    return problems
