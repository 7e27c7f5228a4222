"""Free text: words of the worker's own, for instructions, responses, transcriptions."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crowd.errors import FieldProblem, InvalidAnswer
from crowd.policies.forms.base import MOST_CHOICES, AnswerForm
from crowd.policies.forms.options import OptionReader
from crowd.policies.wording import shorten
from quality.agreement.distances import edit_distance

MOST_CHARACTERS = 100_000
USUAL_CHARACTERS = 10_000
# Once all answers that a task wants are there: all of them are the result, or an expert decides.
KEEP_ALL, ADJUDICATE = "keep_all", "adjudicate"


@dataclass(frozen=True)
class TextForm(AnswerForm):
    """A value is a text of ``min_length`` to ``max_length`` characters that is not blank.

    Canonical: lines end in a line feed, composed Unicode (NFC), no space around it. ``when_full`` says what becomes of
    a task with all its answers. A gold is answered right where only case and space differ.
    """

    min_length: int
    max_length: int
    when_full: str

    def schema(self) -> dict[str, Any]:
        """A text with something in it."""
        return {"type": "string", "minLength": self.min_length, "maxLength": self.max_length, "pattern": r"\S"}

    def canonical(self, value: Any) -> str:
        """The text, trimmed and composed."""
        if not isinstance(value, str):
            raise InvalidAnswer(f"{shorten(value)} is not a text")
        if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise InvalidAnswer("the text holds a NUL character or half of a surrogate pair; remove it")
        text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
        if not text:
            raise InvalidAnswer("the text is blank; write an answer")
        if not self.min_length <= len(text) <= self.max_length:
            raise InvalidAnswer(f"the text has {len(text)} characters; write {self.min_length} to {self.max_length}")
        return text

    def is_right(self, canonical: Any, right: Sequence[Any]) -> bool:
        """Whether only case and space differ from a right text."""
        return _folded(canonical) in {_folded(one) for one in right}

    def similarity(self, first: Any, second: Any) -> float:
        """1 minus the edit distance as a share of the longer text."""
        return 1.0 - edit_distance(first, second)

    @property
    def guess_choices(self) -> int:
        """Nobody guesses a text."""
        return MOST_CHOICES

    def shown_options(self) -> dict[str, Any]:
        """How long it may be."""
        return {"min_length": self.min_length, "max_length": self.max_length}


def read_text(options: Any) -> tuple[TextForm, list[FieldProblem]]:
    """The form that the options describe, with what is wrong with them."""
    reader = OptionReader(options)
    shortest = reader.integer("min_length", 1, low=1, high=MOST_CHARACTERS)
    longest = reader.integer("max_length", max(USUAL_CHARACTERS, shortest), low=1, high=MOST_CHARACTERS)
    if longest < shortest:
        reader.refuse("max_length", f"{longest} is under min_length, which is {shortest}")
    when_full = reader.choice("when_full", KEEP_ALL, (KEEP_ALL, ADJUDICATE))
    return TextForm(shortest, longest, when_full), reader.done()


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
