"""Answer types: from a project's type, labels, options (and a task's payload) to the form that its answers have."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from crowd.enums import AnswerType
from crowd.errors import FieldProblem, InvalidAnswer
from crowd.policies.forms.base import AnswerForm
from crowd.policies.forms.choices import read_choices
from crowd.policies.forms.labels import LabelForm, preference_labels
from crowd.policies.forms.number import read_number
from crowd.policies.forms.options import OptionReader
from crowd.policies.forms.ranking import read_ranking
from crowd.policies.forms.text import read_text
from crowd.policies.payloads import items_of
from crowd.policies.wording import listing, shorten

__all__ = [
    "LABELLED",
    "PER_TASK",
    "WITH_LABELS",
    "AnswerForm",
    "answer_form",
    "check_options",
    "listing",
    "own_labels",
    "read_right_answers",
    "shorten",
]

# A value is one label: its index is stored with the answer, and the models of labels apply.
LABELLED = frozenset({AnswerType.SINGLE_CHOICE, AnswerType.ORDINAL, AnswerType.PAIRWISE})
# The manager names the labels.
WITH_LABELS = frozenset({AnswerType.SINGLE_CHOICE, AnswerType.ORDINAL, AnswerType.MULTIPLE_CHOICE})
# What a value may be depends on the task's payload.
PER_TASK = frozenset({AnswerType.RANKING})
FORMS_KEPT = 5_000


def answer_form(
    answer_type: AnswerType | str,
    labels: Sequence[str],
    options: Mapping[str, Any] | None = None,
    payload: Mapping[str, Any] | None = None,
) -> AnswerForm:
    """The form of a project's answers; of a task's answers where its payload is given and the type depends on it.

    The options have been checked when the project was created.
    """
    kind = AnswerType(answer_type)
    items = items_of(payload) if payload is not None and kind in PER_TASK else ()
    # One form for all tasks is made once: making it costs more than the rest of a submit.
    make = _made if kind in PER_TASK else _kept
    return make(kind, tuple(labels), json.dumps(options or {}, sort_keys=True), items)


def check_options(answer_type: AnswerType, labels: Sequence[str], options: Any) -> list[FieldProblem]:
    """What is wrong with the options of an answer type; an empty list when nothing is."""
    return _read(answer_type, tuple(labels), options, ())[1]


def own_labels(answer_type: AnswerType, options: Any) -> tuple[str, ...] | None:
    """The label set that the answer type itself brings; None where the manager names the labels."""
    if answer_type == AnswerType.PAIRWISE:
        return preference_labels(allow_tie=isinstance(options, Mapping) and options.get("allow_tie") is True)
    return None if answer_type in WITH_LABELS else ()


def read_right_answers(form: AnswerForm, values: Sequence[Any], pointer: str) -> tuple[list[Any], list[FieldProblem]]:
    """The answers that count as right, canonical and each once, with what is wrong with them under ``pointer``."""
    right: list[Any] = []
    problems: list[FieldProblem] = []
    for i, value in enumerate(values):
        try:
            canonical = form.canonical(value)
        except InvalidAnswer as error:
            problems.append(FieldProblem(f"{pointer}/{i}", error.detail))
        else:
            if canonical not in right:
                right.append(canonical)
    if not values:
        problems.append(FieldProblem(pointer, "give at least one right answer"))
    return right, problems


def _read(
    kind: AnswerType, labels: tuple[str, ...], options: Any, items: tuple[str, ...]
) -> tuple[AnswerForm, list[FieldProblem]]:
    match kind:
        case AnswerType.SINGLE_CHOICE | AnswerType.ORDINAL:
            return LabelForm(labels), OptionReader(options).done()
        case AnswerType.PAIRWISE:
            reader = OptionReader(options)
            reader.flag("allow_tie", False)
            return LabelForm(labels), reader.done()
        case AnswerType.MULTIPLE_CHOICE:
            return read_choices(labels, options)
        case AnswerType.NUMBER:
            return read_number(options)
        case AnswerType.TEXT:
            return read_text(options)
        case AnswerType.RANKING:
            return read_ranking(options, items)


def _made(kind: AnswerType, labels: tuple[str, ...], options: str, items: tuple[str, ...]) -> AnswerForm:
    return _read(kind, labels, json.loads(options), items)[0]


_kept = lru_cache(maxsize=FORMS_KEPT)(_made)
