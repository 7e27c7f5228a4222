"""Shows what workers will see of a draft, with the code of the work page; nothing is stored."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from crowd.enums import TaskState
from crowd.models import Project
from crowd.services.drafts import completed
from crowd.services.project_settings import problems_of
from web.manager.setup.forms import QuestionForm
from web.manager.setup.jobs import job_for
from web.money import Money
from web.worker.questions import Question, question_of


@dataclass(frozen=True)
class Preview:
    """The draft as it would be, and its question; ``problem`` in its stead while the draft makes no sense."""

    project: Project
    price: Money
    question: Question | None
    problem: str = ""


def preview_of(project: Project, form: QuestionForm | None = None, *, job: str | None = None) -> Preview:
    """The work page of the draft, or of what a form would make of it; with its first task, else one of the job."""
    shown = copy.copy(project)
    price = Money(project.price_micros, project.currency)
    if form is not None:
        if not form.is_valid():
            first = next(iter(form.errors.values()))[0]
            return Preview(shown, price, None, str(first))
        for name, value in completed(project, form.draft(_options_before(project, form))).items():
            setattr(shown, name, value)
        if problems := problems_of(shown):
            return Preview(shown, price, None, problems[0].detail)
    payload = _sample(shown, job)
    return Preview(shown, price, question_of(shown, payload, fields={}, seed=str(project.uid)))


def _options_before(project: Project, form: QuestionForm) -> dict[str, Any]:
    return dict(project.answer_options) if form.kind == project.answer_type else {}


def _sample(project: Project, job: str | None) -> dict[str, Any]:
    stored = Project.objects.only("answer_type").get(pk=project.pk)
    if stored.answer_type == project.answer_type:
        tasks = project.tasks.exclude(state=TaskState.GOLD).order_by("id")
        payload: dict[str, Any] | None = tasks.values_list("payload", flat=True).first()
        if payload is not None:
            return payload
    found = job_for(project.answer_type, job)
    return found.tried or found.sample
