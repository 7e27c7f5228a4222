"""Reads the values of a file as answers of a project."""

from __future__ import annotations

import json
from typing import Any

from crowd.enums import AnswerType
from crowd.errors import InvalidAnswer
from crowd.models import Project
from crowd.policies.answer_types import AnswerForm

REMEMBERED = 10_000


class ValueReader:
    """From what a file holds to (value, label index), each kind of text looked at once."""

    def __init__(self, project: Project) -> None:
        self._form = AnswerForm(AnswerType(project.answer_type), tuple(project.label_values))
        self._known: dict[tuple[str, bool], tuple[Any, int | None] | str] = {}

    def read(self, value: Any, *, is_text: bool) -> tuple[Any, int | None]:
        """The value as it is stored; ``is_text``: it was a cell of a table. Raises InvalidAnswer."""
        if not isinstance(value, str):
            return value, self._form.label_index(value)
        known = self._known.get((value, is_text))
        if known is None:
            known = self._read_text(value, is_text)
            if len(self._known) < REMEMBERED:
                self._known[value, is_text] = known
        if isinstance(known, str):
            raise InvalidAnswer(known)
        return known

    def _read_text(self, text: str, is_text: bool) -> tuple[Any, int | None] | str:
        try:
            return text, self._form.label_index(text)
        except InvalidAnswer as error:
            if is_text:
                # A cell holds numbers and lists as JSON.
                try:
                    value = json.loads(text)
                    return value, self._form.label_index(value)
                except (ValueError, RecursionError, InvalidAnswer):
                    pass
            return error.detail
