"""Numbers as people read them."""

from __future__ import annotations

MISSING = "–"
# A number and its sign stay on one line.
NO_BREAK = "\N{NO-BREAK SPACE}"


def percent(share: float | None, decimals: int = 0) -> str:
    """A share in [0, 1] as a percentage; a dash where there is none."""
    return MISSING if share is None else f"{100 * share:.{decimals}f}{NO_BREAK}%"


def percent_range(low: float | None, high: float | None) -> str:
    """An interval of shares; a dash where there is none."""
    return MISSING if low is None or high is None else f"{100 * low:.0f}–{100 * high:.0f}{NO_BREAK}%"


def number(value: float | None, decimals: int = 2) -> str:
    """A number with a proper minus sign; a dash where there is none."""
    return MISSING if value is None else f"{value:.{decimals}f}".replace("-", "−")


def number_range(low: float | None, high: float | None, decimals: int = 2) -> str:
    """An interval, its ends apart enough to read with signs; a dash where there is none."""
    return MISSING if low is None or high is None else f"{number(low, decimals)} to {number(high, decimals)}"


def count(value: int) -> str:
    """A whole number, thousands set apart."""
    return f"{value:,}"


def coordinate(value: float) -> str:
    """A number for an SVG attribute, in no language."""
    return f"{value:.1f}"
