"""Sets how a project treats its models: pooling, promotion, certificates, audits, suggestions."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction

from crowd.enums import EventKind, SuggestionPolicy
from crowd.errors import FieldProblem, InvalidInput
from crowd.models import Enrolment, GateTerms, Project, User
from crowd.queries.model_evidence import models_on
from crowd.services.events import record_event
from crowd.services.refit import request_refit
from crowd.services.suggestions import forget_policies


def set_gate_terms(
    *, project: Project, changes: dict[str, Any], suggester_uid: uuid.UUID | None, actor: User
) -> GateTerms:
    """Change the given fields and keep the others; the consensus is made anew. Raises InvalidInput."""
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)
        terms, _ = GateTerms.objects.get_or_create(project=project)
        for name, value in changes.items():
            setattr(terms, name, value)
        if suggester_uid is not None:
            terms.suggester = _model(project, suggester_uid).worker
        if terms.suggestions != SuggestionPolicy.OFF and terms.suggester_id is None:
            problem = FieldProblem("/suggester", "say which model suggests")
            raise InvalidInput("suggestions need a model that makes them; nothing was changed", problems=(problem,))
        terms.save()
        record_event(
            kind=EventKind.GATE_TERMS_SET,
            project=project,
            actor=actor,
            detail={name: str(value) for name, value in changes.items()},
        )
        transaction.on_commit(forget_policies)
    request_refit(project=project)
    return terms


def _model(project: Project, worker_uid: uuid.UUID) -> Enrolment:
    for enrolment in models_on(project):
        if enrolment.worker.uid == worker_uid:
            return enrolment
    problem = FieldProblem("/suggester", "there is no such model on this project")
    raise InvalidInput("the terms cannot be set; nothing was changed", problems=(problem,))
