"""One task of every answer type with an answer to it, for tests of pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cast import Cast, make_cast

# 8 by 8 pixels.
PICTURE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAbElEQVR42g3JQQEAMAgDMYQgpEIqhO"
    "eJQAhCKmzLN1VFFypcTLHFFSmqmm7UuJlmm2vSP0QLCYsRK05EP0wbGZsxa87EP4YeNHiYYYcbMj+WXrR4mWWXW7I/jj50+Jhjjz"
    "tyP0IHBYcJGy4kPNPOTwG7ddVjAAAAAElFTkSuQmCC"
)
LABELS = ({"value": "cat", "title": "Cat"}, {"value": "dog", "title": "Dog"}, {"value": "eel", "title": "Eel"})
RATING = tuple({"value": str(n), "title": title} for n, title in enumerate(("Bad", "Poor", "Fair", "Good", "Great"), 1))
ITEMS = [{"id": "x", "text": "Tea"}, {"id": "y", "text": "Water"}, {"id": "z", "text": "Ink"}]


@dataclass(frozen=True)
class Asked:
    """What a project asks: ``form`` is the answer as the page's form sends it, ``value`` as it is stored."""

    answer_type: str
    payload: dict[str, Any]
    form: dict[str, Any]
    value: Any
    plan: dict[str, Any] = field(default_factory=dict)

    def cast(self, *, tasks: int = 2) -> Cast:
        """A cast whose project asks this of every task."""
        settings: dict[str, Any] = {"labels": (), "answer_type": self.answer_type, "aggregation_model": "auto"}
        return make_cast(tasks=tasks, payload=self.payload, **(settings | self.plan))


ASKED = {
    asked.answer_type: asked
    for asked in (
        Asked("single_choice", {"text": "It purrs."}, {"choice": "0"}, "cat", {"labels": LABELS}),
        Asked("ordinal", {"image": PICTURE, "prompt": "How sharp?"}, {"choice": "3"}, "4", {"labels": RATING}),
        Asked(
            "multiple_choice",
            {"html": "<p>Fur <b>and</b> fins.</p>"},
            {"choice": ["2", "0"]},
            ["cat", "eel"],
            {"labels": LABELS, "answer_options": {"min_chosen": 1, "max_chosen": 2}},
        ),
        Asked(
            "number",
            {"prompt": "How warm is it?", "text": "Boiling water"},
            {"number": "99.5"},
            99.5,
            {"answer_options": {"minimum": -10, "maximum": 200, "step": 0.5, "unit": "°C"}},
        ),
        Asked("text", {"text": "Say it in your words."}, {"words": " Water boils.\r\n"}, "Water boils."),
        Asked(
            "pairwise",
            {"prompt": "Which is kinder?", "responses": ["Yes, gladly.", "No."]},
            {"choice": "1"},
            "b",
            {"answer_options": {"allow_tie": True}},
        ),
        Asked("ranking", {"items": ITEMS}, {"place-0": "2", "place-1": "1", "place-2": "3"}, ["y", "x", "z"]),
    )
}
