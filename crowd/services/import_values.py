"""Reads the values of a file as answers of a project."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from crowd.enums import AnswerType
from crowd.errors import InvalidAnswer
from crowd.models import Project
from crowd.policies.answer_types import PER_TASK, AnswerForm
from crowd.queries.forms import form_of

REMEMBERED = 10_000


class ValueReader:
    """From what a file holds to (canonical value, label index), each kind of text looked at once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._is_per_task = AnswerType(project.answer_type) in PER_TASK
        self._form = form_of(project)
        self._known: dict[tuple[str, bool], tuple[Any, int | None] | str] = {}

    def read(self, value: Any, *, is_text: bool, payload: Mapping[str, Any] | None = None) -> tuple[Any, int | None]:
        """The value as it is stored; ``is_text``: it was a cell of a table. Raises InvalidAnswer.

        ``payload``: the task's, which says what a ranking may be.
        """
        if self._is_per_task:
            if payload is None:
                raise InvalidAnswer("what is ranked stands in the task: give payload and answers in one row")
            found = _read_text(form_of(self._project, payload), value, is_text)
            if isinstance(found, str):
                raise InvalidAnswer(found)
            return found
        if not isinstance(value, str):
            canonical = self._form.canonical(value)
            return canonical, self._form.label_index(canonical)
        known = self._known.get((value, is_text))
        if known is None:
            known = _read_text(self._form, value, is_text)
            if len(self._known) < REMEMBERED:
                self._known[value, is_text] = known
        if isinstance(known, str):
            raise InvalidAnswer(known)
        return known


def _read_text(form: AnswerForm, text: Any, is_text: bool) -> tuple[Any, int | None] | str:
    try:
        canonical = form.canonical(text)
        return canonical, form.label_index(canonical)
    except InvalidAnswer as error:
        if is_text:
            # A cell holds numbers and lists as JSON.
            try:
                canonical = form.canonical(json.loads(text))
                return canonical, form.label_index(canonical)
            except (TypeError, ValueError, RecursionError, InvalidAnswer):
                pass
        return error.detail
