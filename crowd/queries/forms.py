"""The form of a project's answers, or of one task's where its payload says what a value may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crowd.models import Project
from crowd.policies.answer_types import AnswerForm, answer_form


def form_of(project: Project, payload: Mapping[str, Any] | None = None) -> AnswerForm:
    """The answer form of the project; of a task of it, where ``payload`` is the task's."""
    return answer_form(project.answer_type, project.label_values, project.answer_options, payload)


def guess_choices(project: Project) -> int:
    """A guesser is right about once in so many answers: the number of labels, where the answers are labels."""
    return form_of(project).guess_choices
