"""Ranking: the items of the task's payload in order, best first."""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial
from typing import Any

from crowd.errors import FieldProblem, InvalidAnswer
from crowd.policies.forms.base import MOST_CHOICES, AnswerForm
from crowd.policies.forms.options import OptionReader
from crowd.policies.wording import listing, shorten
from quality.agreement.orders import kendall_tau

# What a project's rankings are taken for where no task is at hand: a guesser then hits once in 3!.
USUAL_ITEMS = 3


@dataclass(frozen=True)
class RankingForm(AnswerForm):
    """A value is a list of all ``items``, the payload's ids, best first; items are empty where no task is at hand.

    ``gold_similarity``: Kendall's tau with a right order from which on an answer counts as right, 1 for the same order.
    """

    items: tuple[str, ...]
    gold_similarity: float

    def schema(self) -> dict[str, Any]:
        """A permutation: as many items as there are, none twice."""
        count = len(self.items)
        schema: dict[str, Any] = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
        if not count:
            return schema
        schema["items"] = {"type": "string", "enum": list(self.items)}
        return schema | {"minItems": count, "maxItems": count}

    def canonical(self, value: Any) -> list[str]:
        """The order itself."""
        if not isinstance(value, list):
            raise InvalidAnswer(f"{shorten(value)} is not a list; give all items of the task, best first")
        for item in value:
            if not isinstance(item, str) or item not in self.items:
                raise InvalidAnswer(f"{shorten(item)} is not an item of this task; rank {listing(self.items)}")
        if len(set(value)) != len(value):
            raise InvalidAnswer(f"{shorten(value)} names an item twice; name each once")
        missing = [item for item in self.items if item not in value]
        if missing:
            raise InvalidAnswer(f"{listing(missing)} is not ranked; rank all {len(self.items)} items of the task")
        return list(value)

    @property
    def bar(self) -> float:
        """Kendall's tau that counts as right, a rounding error below it."""
        return self.gold_similarity - 1e-9

    def similarity(self, first: Any, second: Any) -> float:
        """Kendall's tau: 1 the same order, 0 none in common, −1 upside down."""
        return kendall_tau(first, second)

    @property
    def guess_choices(self) -> int:
        """As many as there are orders."""
        return int(min(max(2, factorial(min(len(self.items) or USUAL_ITEMS, 6))), MOST_CHOICES))


def read_ranking(options: Any, items: tuple[str, ...] = ()) -> tuple[RankingForm, list[FieldProblem]]:
    """The form that the options describe, with what is wrong with them."""
    reader = OptionReader(options)
    return RankingForm(items, reader.share("gold_similarity", 1.0)), reader.done()
