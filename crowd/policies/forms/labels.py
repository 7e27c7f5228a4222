"""One label out of a fixed set: single choice, ordinal rating, preference between two candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crowd.errors import InvalidAnswer
from crowd.policies.forms.base import MOST_CHOICES, AnswerForm
from crowd.policies.wording import listing, shorten

# A preference: the first item of the payload, the second, or neither.
FIRST, SECOND, TIE = "a", "b", "tie"
OWN_TITLES = {FIRST: "A", SECOND: "B", TIE: "Equal"}


@dataclass(frozen=True)
class LabelForm(AnswerForm):
    """A value is a label of ``labels``, in whose order it has its index."""

    labels: tuple[str, ...]

    def schema(self) -> dict[str, Any]:
        """An enumeration."""
        return {"type": "string", "enum": list(self.labels)}

    def canonical(self, value: Any) -> str:
        """The label itself."""
        if not isinstance(value, str) or value not in self.labels:
            raise InvalidAnswer(
                f"{shorten(value)} is not a label of this project; choose one of {listing(self.labels)}"
            )
        return value

    def label_index(self, canonical: Any) -> int:
        """Position in the label set."""
        return self.labels.index(canonical)

    def is_right(self, canonical: Any, right: Sequence[Any]) -> bool:
        """Whether it is one of the right labels."""
        return canonical in right

    def similarity(self, first: Any, second: Any) -> float:
        """Same or not."""
        return float(first == second)

    @property
    def guess_choices(self) -> int:
        """As many as there are labels."""
        return min(max(2, len(self.labels)), MOST_CHOICES)


def preference_labels(*, allow_tie: bool) -> tuple[str, ...]:
    """The label set of a pairwise project."""
    return (FIRST, SECOND, TIE) if allow_tie else (FIRST, SECOND)
