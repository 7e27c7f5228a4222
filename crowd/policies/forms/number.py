"""Number: a value on a scale, within bounds, on a grid where there is a step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from crowd.errors import FieldProblem, InvalidAnswer
from crowd.policies.forms.base import MOST_CHOICES, AnswerForm
from crowd.policies.forms.options import OptionReader
from crowd.policies.wording import shorten

# Beyond these a float no longer holds every whole number.
LARGEST = 2.0**53
LONGEST_UNIT = 40
# How far from a whole number of steps a value may be, as a share of a step: rounding errors of 0.1 + 0.2.
OFF_GRID = 1e-6


@dataclass(frozen=True)
class NumberForm(AnswerForm):
    """A value is a number from ``minimum`` to ``maximum``, a whole number of ``step`` where there is one.

    ``tolerance``: how far from a right number an answer is still right, and how near to the truth the consensus must
    be; half a step where the project says nothing. Canonical: a whole number as an integer, on the grid of the step.
    """

    minimum: float | None
    maximum: float | None
    step: float | None
    unit: str
    tolerance: float

    def schema(self) -> dict[str, Any]:
        """A number; a fractional step is left out, since validators disagree about multiples of 0.1."""
        schema: dict[str, Any] = {"type": "number"}
        low, high = self._bounds()
        schema |= {"minimum": _plain(low), "maximum": _plain(high)}
        if self.step is not None and self.step.is_integer():
            schema |= {"type": "integer"} if self.step == 1 else {"type": "integer", "multipleOf": int(self.step)}
        return schema

    def canonical(self, value: Any) -> int | float:
        """The number, on its grid."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise InvalidAnswer(f"{shorten(value)} is not a number")
        low, high = self._bounds()
        # An integer of any length compares exactly; only afterwards may it become a float.
        if not low <= value <= high:
            raise InvalidAnswer(f"{shorten(value)} is outside {_plain(low)} to {_plain(high)}")
        number = float(value)
        if self.step is not None:
            steps = number / self.step
            nearest = round(steps)
            if abs(steps - nearest) > OFF_GRID * max(1.0, abs(nearest) * 1e-6):
                raise InvalidAnswer(f"{shorten(value)} is not a multiple of {_plain(self.step)}")
            number = float(nearest * Decimal(repr(self.step)))
        return _plain(number)

    def is_right(self, canonical: Any, right: Sequence[Any]) -> bool:
        """Whether it is within the tolerance of a right number."""
        # The difference of two decimals may miss the tolerance by a rounding error.
        slack = 1e-9 * max(1.0, abs(canonical))
        return any(abs(canonical - one) <= self.tolerance + slack for one in right)

    def similarity(self, first: Any, second: Any) -> float:
        """1 for the same, 0 a whole range apart, or at any distance on an open scale."""
        if first == second:
            return 1.0
        if self.minimum is None or self.maximum is None or self.maximum == self.minimum:
            return 0.0
        return float(1.0 - abs(first - second) / (self.maximum - self.minimum))

    @property
    def guess_choices(self) -> int:
        """The range in stretches that one right number covers; an open scale counts as very many."""
        reach = max(2 * self.tolerance, self.step or 0.0)
        if self.minimum is None or self.maximum is None or reach == 0:
            return MOST_CHOICES
        return int(min(max(2.0, (self.maximum - self.minimum) / reach), MOST_CHOICES))

    def within(self, value: float) -> float:
        """The value, moved to the nearer bound where it lies beyond one."""
        low, high = self._bounds()
        return min(max(value, low), high)

    def nearest(self, value: float) -> int | float:
        """The canonical number that is nearest: on the grid, else to a thousandth of the tolerance."""
        step = Decimal(repr(self.step)) if self.step is not None else Decimal(10) ** (_exponent(self.tolerance) - 3)
        return _plain(self.within(float(round(Decimal(repr(self.within(value))) / step) * step)))

    def shown_options(self) -> dict[str, Any]:
        """Bounds, step, unit."""
        named = {"minimum": self.minimum, "maximum": self.maximum, "step": self.step}
        found: dict[str, Any] = {name: _plain(value) for name, value in named.items() if value is not None}
        return found | ({"unit": self.unit} if self.unit else {})

    def _bounds(self) -> tuple[float, float]:
        return (
            -LARGEST if self.minimum is None else self.minimum,
            LARGEST if self.maximum is None else self.maximum,
        )


def read_number(options: Any) -> tuple[NumberForm, list[FieldProblem]]:
    """The form that the options describe, with what is wrong with them."""
    reader = OptionReader(options)
    minimum, maximum = reader.number("minimum"), reader.number("maximum")
    step = reader.number("step", above=0)
    tolerance = reader.number("tolerance", least=0)
    unit = reader.words("unit", longest=LONGEST_UNIT)
    for name, bound in (("minimum", minimum), ("maximum", maximum)):
        if bound is not None and abs(bound) > LARGEST:
            reader.refuse(name, "is beyond the whole numbers that a computer's number holds exactly (2^53)")
        elif bound is not None and step is not None and not _is_multiple(bound, step):
            reader.refuse(name, f"{bound:g} is not a multiple of the step, which is {step:g}")
    if minimum is not None and maximum is not None and maximum <= minimum:
        reader.refuse("maximum", f"{maximum:g} is not above minimum, which is {minimum:g}")
    if not tolerance and step is None:
        reader.refuse("tolerance", "say how far from the right number an answer may be, or give a step")
    reach = tolerance if tolerance else (step or 0.0) / 2
    return NumberForm(minimum, maximum, step, unit, reach), reader.done()


def _is_multiple(value: float, step: float) -> bool:
    return math.isclose(value / step, round(value / step), rel_tol=0, abs_tol=OFF_GRID)


def _exponent(value: float) -> int:
    return math.floor(math.log10(value)) if value > 0 else 0


def _plain(value: float) -> int | float:
    return int(value) if float(value).is_integer() and abs(value) <= LARGEST else float(value)
