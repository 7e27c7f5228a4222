"""Plain text: tables, figures with their intervals, money, wrapped sentences."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from decimal import Decimal

from demo.figures import Estimate

WIDTH = 112
INDENT = "  "


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> list[str]:
    """Lines of a table: the first ``left`` columns are flush left, the others flush right."""
    widths = [max(len(str(line[i])) for line in (headers, *rows)) for i in range(len(headers))]

    def line(cells: Sequence[str]) -> str:
        parts = [
            cell.ljust(w) if i < left else cell.rjust(w) for i, (cell, w) in enumerate(zip(cells, widths, strict=True))
        ]
        return (INDENT + "  ".join(parts)).rstrip()

    return [line(headers), INDENT + "  ".join("-" * w for w in widths), *(line(row) for row in rows)]


def heading(text: str) -> list[str]:
    """A section's heading, with a blank line before it."""
    return ["", text, "-" * len(text)]


def prose(text: str) -> list[str]:
    """Sentences, wrapped."""
    return textwrap.wrap(text, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT, break_on_hyphens=False)


def share(estimate: Estimate) -> str:
    """A share in percent with its interval."""
    return f"{estimate.value * 100:.1f} % [{estimate.low * 100:.1f}, {estimate.high * 100:.1f}]"


def points(estimate: Estimate) -> str:
    """A difference of shares in percentage points with its interval."""
    return f"{estimate.value * 100:+.1f} points [{estimate.low * 100:+.1f}, {estimate.high * 100:+.1f}]"


def money(amount: Decimal, currency: str) -> str:
    """An amount with two decimals, or with as many as it needs."""
    cents = amount.quantize(Decimal("0.01"))
    shown = cents if cents == amount else amount.normalize()
    return f"{shown:f} {currency}"
