"""Reads the options of an answer type, collecting a sentence for everything that is wrong with them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from crowd.errors import FieldProblem
from crowd.policies.wording import shorten

POINTER = "/answer_options"


class OptionReader:
    """Takes options out of a mapping one by one; ``problems`` names what is wrong, with `done` what is unknown."""

    def __init__(self, options: Any) -> None:
        self.problems: list[FieldProblem] = []
        self.cleaned: dict[str, Any] = {}
        self._options: Mapping[str, Any] = options if isinstance(options, Mapping) else {}
        self._known: list[str] = []
        if not isinstance(options, Mapping):
            self.problems.append(FieldProblem(POINTER, f"must be an object, not {shorten(options)}"))

    def refuse(self, name: str, detail: str) -> None:
        """Note a problem with one option."""
        self.problems.append(FieldProblem(f"{POINTER}/{name}", detail))

    def integer(self, name: str, default: int, *, low: int, high: int) -> int:
        """A whole number in [low, high]."""
        value = self._take(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.refuse(name, f"must be a whole number from {low} to {high}, not {shorten(value)}")
            return default
        return value

    def number(self, name: str, *, above: float | None = None, least: float | None = None) -> float | None:
        """A finite number, None where it is left out."""
        value = self._take(name, None)
        if value is None:
            return None
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        if not is_number:
            self.refuse(name, f"must be a number, not {shorten(value)}")
        elif above is not None and value <= above:
            self.refuse(name, f"must be above {above:g}, not {shorten(value)}")
        elif least is not None and value < least:
            self.refuse(name, f"must be at least {least:g}, not {shorten(value)}")
        else:
            return float(value)
        return None

    def share(self, name: str, default: float) -> float:
        """A number above 0 and at most 1."""
        value = self._take(name, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 1:
            self.refuse(name, f"must be above 0 and at most 1, not {shorten(value)}")
            return default
        return float(value)

    def flag(self, name: str, default: bool) -> bool:
        """True or false."""
        value = self._take(name, default)
        if not isinstance(value, bool):
            self.refuse(name, f"must be true or false, not {shorten(value)}")
            return default
        return value

    def words(self, name: str, *, longest: int) -> str:
        """A short text, empty where it is left out."""
        value = self._take(name, "")
        if not isinstance(value, str) or len(value) > longest:
            self.refuse(name, f"must be a text of at most {longest} characters, not {shorten(value)}")
            return ""
        return value

    def choice(self, name: str, default: str, values: Sequence[str]) -> str:
        """One of the values."""
        value = self._take(name, default)
        if value not in values:
            self.refuse(name, f"must be one of {', '.join(values)}, not {shorten(value)}")
            return default
        return str(value)

    def done(self) -> list[FieldProblem]:
        """Every problem, with those of options that this answer type does not know."""
        known = ", ".join(self._known) or "none"
        for name in self._options:
            if name not in self._known:
                self.problems.append(FieldProblem(f"{POINTER}/{name}", f"unknown option; this answer type has {known}"))
        return self.problems

    def _take(self, name: str, default: Any) -> Any:
        self._known.append(name)
        value = self._options.get(name)
        return default if value is None else value
