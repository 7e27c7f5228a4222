"""Answer types: the schema that a value must satisfy for each, with its place in the label set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator

from crowd.enums import AnswerType
from crowd.errors import InvalidAnswer

MAX_SHOWN = 80


@dataclass(frozen=True)
class AnswerForm:
    """What a project asks for: its answer type with the label values in their order."""

    answer_type: AnswerType
    labels: tuple[str, ...]

    def schema(self) -> dict[str, Any]:
        """The JSON schema (2020-12) of a value."""
        match self.answer_type:
            case AnswerType.SINGLE_CHOICE | AnswerType.ORDINAL:
                return {"type": "string", "enum": list(self.labels)}

    def label_index(self, value: Any) -> int:
        """Position of the value in the label set.

        Raises InvalidAnswer, with one sentence, when the value does not satisfy the schema.
        """
        if not _validator(self).is_valid(value):
            raise InvalidAnswer(
                f"{shorten(value)} is not a label of this project; choose one of {listing(self.labels)}"
            )
        return self.labels.index(value)


@lru_cache(maxsize=1000)
def _validator(form: AnswerForm) -> Any:
    # Making one costs more than all the rest of a submit.
    return Draft202012Validator(form.schema())


def shorten(value: Any) -> str:
    """The value as it can stand in a sentence, however long it is."""
    shown = repr(value)
    return shown if len(shown) <= MAX_SHOWN else f"{shown[:MAX_SHOWN]}… ({len(shown)} characters)"


def listing(values: Sequence[str]) -> str:
    """The first of the values, quoted, as they can stand in a sentence."""
    shown = ", ".join(shorten(value) for value in values[:10])
    return shown if len(values) <= 10 else f"{shown} and {len(values) - 10} more"
