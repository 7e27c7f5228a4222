"""Multiple choice: a set of labels."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import Any

from crowd.errors import FieldProblem, InvalidAnswer
from crowd.policies.forms.base import MOST_CHOICES, AnswerForm
from crowd.policies.forms.options import OptionReader
from crowd.policies.wording import listing, shorten


@dataclass(frozen=True)
class ChoicesForm(AnswerForm):
    """A value is a list of ``min_chosen`` to ``max_chosen`` different labels; canonical in the order of the label set.

    ``gold_similarity``: the Jaccard similarity with a right set from which on an answer counts as right.
    """

    labels: tuple[str, ...]
    min_chosen: int
    max_chosen: int
    gold_similarity: float

    def schema(self) -> dict[str, Any]:
        """A list without repeats."""
        return {
            "type": "array",
            "items": {"type": "string", "enum": list(self.labels)},
            "uniqueItems": True,
            "minItems": self.min_chosen,
            "maxItems": self.max_chosen,
        }

    def canonical(self, value: Any) -> list[str]:
        """The labels in the order of the label set."""
        if not isinstance(value, list):
            raise InvalidAnswer(f"{shorten(value)} is not a list; give a list of labels")
        for label in value:
            if not isinstance(label, str) or label not in self.labels:
                raise InvalidAnswer(
                    f"{shorten(label)} is not a label of this project; choose from {listing(self.labels)}"
                )
        if len(set(value)) != len(value):
            raise InvalidAnswer(f"{shorten(value)} names a label twice; name each once")
        if not self.min_chosen <= len(value) <= self.max_chosen:
            wanted = (
                str(self.min_chosen)
                if self.min_chosen == self.max_chosen
                else f"{self.min_chosen} to {self.max_chosen}"
            )
            raise InvalidAnswer(f"{len(value)} labels are chosen; choose {wanted}")
        chosen = set(value)
        return [label for label in self.labels if label in chosen]

    @property
    def bar(self) -> float:
        """The Jaccard similarity that counts as right."""
        return self.gold_similarity

    def similarity(self, first: Any, second: Any) -> float:
        """Jaccard: the labels in both as a share of those in either; two empty sets are the same."""
        a, b = frozenset(first), frozenset(second)
        either = len(a | b)
        return len(a & b) / either if either else 1.0

    @property
    def guess_choices(self) -> int:
        """As many as there are sets to choose."""
        sets = 0
        for size in range(self.min_chosen, self.max_chosen + 1):
            sets += comb(len(self.labels), size)
            if sets >= MOST_CHOICES:
                break
        return min(max(2, sets), MOST_CHOICES)

    def shown_options(self) -> dict[str, Any]:
        """How many to choose."""
        return {"min_chosen": self.min_chosen, "max_chosen": self.max_chosen}


def read_choices(labels: tuple[str, ...], options: Any) -> tuple[ChoicesForm, list[FieldProblem]]:
    """The form that the options describe, with what is wrong with them."""
    reader, n = OptionReader(options), max(1, len(labels))
    least = reader.integer("min_chosen", 1, low=0, high=n)
    most = reader.integer("max_chosen", n, low=1, high=n)
    if most < least:
        reader.refuse("max_chosen", f"{most} is under min_chosen, which is {least}")
    similarity = reader.share("gold_similarity", 1.0)
    return ChoicesForm(labels, least, most, similarity), reader.done()
