"""Turns what a task asks for into what its form shows: the choices, bounds and candidates with what was kept."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crowd.enums import AnswerType
from crowd.models import Project
from crowd.queries.forms import form_of
from web.worker.payload import Candidate, Shown, shown

NUMBER_KEYS = 9
# The form's template, by answer type: under web/templates/worker/ask/.
FORMS = {
    AnswerType.SINGLE_CHOICE: "choice",
    AnswerType.ORDINAL: "scale",
    AnswerType.MULTIPLE_CHOICE: "choices",
    AnswerType.NUMBER: "number",
    AnswerType.TEXT: "words",
    AnswerType.PAIRWISE: "pair",
    AnswerType.RANKING: "ranking",
}
Fields = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Choice:
    """One label to choose; ``key`` is the number key that chooses it, "" from the tenth on."""

    index: int
    title: str
    key: str
    is_chosen: bool
    candidate: Candidate | None = None


@dataclass(frozen=True)
class Place:
    """One candidate to rank; ``place`` is the one that was kept for it, "" before there is one."""

    candidate: Candidate
    key: str
    place: str


@dataclass(frozen=True)
class Question:
    """What a page shows of a task and asks about it."""

    payload: Shown
    template: str
    choices: list[Choice] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)
    kept: str = ""

    @property
    def shows_candidates(self) -> bool:
        """Whether the payload's candidates stand with it, because the form does not show them."""
        return bool(self.payload.candidates) and not (self.places or any(c.candidate for c in self.choices))

    @property
    def width(self) -> str:
        """How wide its page is: two candidates stand side by side."""
        return "middle" if any(choice.candidate for choice in self.choices) else "narrow"

    @property
    def place_numbers(self) -> range:
        """1 to as many as there are candidates."""
        return range(1, len(self.places) + 1)


def question_of(project: Project, payload: Mapping[str, Any], *, fields: Fields, seed: str) -> Question:
    """The question of a task; ``fields``: what the worker had filled in; ``seed``: what fixes an order drawn at random.

    Nothing here depends on whether the task is gold.
    """
    kind = AnswerType(project.answer_type)
    options = form_of(project, payload).shown_options()
    view, template = shown(payload), f"worker/ask/{FORMS[kind]}.html"
    match kind:
        case AnswerType.NUMBER:
            return Question(view, template, options=options, kept=_only(fields, "number"))
        case AnswerType.TEXT:
            return Question(view, template, options=options, kept=_only(fields, "words"))
        case AnswerType.RANKING:
            return Question(view, template, places=_places(view, fields, seed))
    chosen = set(fields.get("choice", ()))
    choices = [
        Choice(i, label.get("title") or label["value"], str(i + 1) if i < NUMBER_KEYS else "", str(i) in chosen)
        for i, label in enumerate(project.labels)
    ]
    if kind == AnswerType.PAIRWISE:
        # The first label stands for the first candidate, the second for the second; a tie stands for none.
        pairs = dict(enumerate(view.candidates))
        choices = [Choice(c.index, c.title, c.key, c.is_chosen, pairs.get(c.index)) for c in choices]
    return Question(view, template, choices=choices, options=options)


def _places(view: Shown, fields: Fields, seed: str) -> list[Place]:
    """In the order that was kept; else in one drawn for this assignment: the order given must not suggest an answer."""
    drawn = list(view.candidates)
    random.Random(seed).shuffle(drawn)
    kept = {candidate.index: _only(fields, f"place-{candidate.index}") for candidate in drawn}
    if all(place.isdecimal() for place in kept.values()):
        drawn.sort(key=lambda candidate: int(kept[candidate.index]))
    return [
        Place(candidate, str(i + 1) if i < NUMBER_KEYS else "", kept[candidate.index])
        for i, candidate in enumerate(drawn)
    ]


def _only(fields: Fields, name: str) -> str:
    values = fields.get(name, ())
    return values[0] if values else ""
