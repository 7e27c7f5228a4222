"""AnswerForm: what every answer type says about its values."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

# A guesser's chance is never taken for smaller than one in so many.
MOST_CHOICES = 100


class AnswerForm(ABC):
    """What one task asks for. Forms are immutable, hashable, and equal when they ask for the same.

    A value has one canonical form, which is what is stored: two answers are the same when their canonical forms are.
    """

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """The JSON schema (2020-12) of a value; every canonical value satisfies it."""

    @abstractmethod
    def canonical(self, value: Any) -> Any:
        """The value in its one form. Raises InvalidAnswer, with one sentence, when it is not an answer."""

    def label_index(self, canonical: Any) -> int | None:
        """Position of a canonical value in the label set; None for answer types without labels."""
        return None

    def is_right(self, canonical: Any, right: Sequence[Any]) -> bool:
        """Whether a canonical value counts as right where any of ``right``, canonical too, is a right answer."""
        return any(self.similarity(canonical, one) >= self.bar for one in right)

    @property
    def bar(self) -> float:
        """The similarity with a right answer from which on an answer counts as right."""
        return 1.0

    @abstractmethod
    def similarity(self, first: Any, second: Any) -> float:
        """How near two canonical values are: 1 for the same, 0 or less for nothing in common."""

    @property
    @abstractmethod
    def guess_choices(self) -> int:
        """A guesser is right about once in so many answers: at least 2, at most 100."""

    def shown_options(self) -> dict[str, Any]:
        """What a worker's client needs besides the schema to ask for a value; nothing about how it is scored."""
        return {}
