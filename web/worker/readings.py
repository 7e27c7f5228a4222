"""Reads a worker's answer out of a posted form."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from crowd.enums import AnswerType
from crowd.models import Project
from crowd.policies.payloads import items_of

ANSWER_FIELD = re.compile(r"choice|number|words|place-\d{1,3}")
# Longer digits are no number that a task asks for; turning them into one costs time.
LONGEST_NUMBER = 40
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")


class Unfinished(Exception):
    """The form does not hold an answer yet; its words are for the worker."""


def answer_fields(post: QueryDict) -> dict[str, list[str]]:
    """What the worker has filled in, as it stands in the form."""
    return {name: post.getlist(name) for name in post if ANSWER_FIELD.fullmatch(name)}


def read_answer(post: QueryDict, project: Project, payload: Mapping[str, Any]) -> Any:
    """The value that the form stands for. Raises Unfinished; whether it is a valid answer is for the service to say."""
    match AnswerType(project.answer_type):
        case AnswerType.NUMBER:
            return _number(post.get("number", "").strip())
        case AnswerType.TEXT:
            words = post.get("words", "")
            if not words.strip():
                raise Unfinished(_("Nothing was sent yet: please write an answer first."))
            return words
        case AnswerType.RANKING:
            return _ranking(post, items_of(payload))
        case AnswerType.MULTIPLE_CHOICE:
            return [_label(project, index) for index in dict.fromkeys(post.getlist("choice"))]
        case _:
            return _label(project, post.get("choice", ""))


def _label(project: Project, index: str) -> str:
    values = project.label_values
    # Chosen by its place in the label set: label values may hold what a form field would not keep.
    if not re.fullmatch(r"[0-9]{1,5}", index) or int(index) >= len(values):
        raise Unfinished(_("Nothing was sent yet: please choose an answer first."))
    return values[int(index)]


def _number(words: str) -> int | float:
    if not words:
        raise Unfinished(_("Nothing was sent yet: please give a number first."))
    # A browser's number field sends a point, whatever the keyboard shows.
    if len(words) > LONGEST_NUMBER or not NUMBER.fullmatch(words):
        raise Unfinished(_("Nothing was sent yet: what you typed is not a number."))
    value = int(words) if re.fullmatch(r"[+-]?[0-9]+", words) else float(words)
    if not math.isfinite(value):
        raise Unfinished(_("Nothing was sent yet: what you typed is not a number."))
    return value


def _ranking(post: QueryDict, items: tuple[str, ...]) -> list[str]:
    places = [post.get(f"place-{i}", "") for i in range(len(items))]
    if sorted(places) != sorted(str(i + 1) for i in range(len(items))):
        raise Unfinished(_("Nothing was sent yet: please give every item a place of its own, each place once."))
    return [item for _place, item in sorted(zip(map(int, places), items, strict=True))]
