"""Plain text: tables, money, figures with intervals."""

from __future__ import annotations

from decimal import Decimal

import pytest

from demo.figures import Estimate
from demo.tables import money, points, prose, share, table


def test_columns_are_as_wide_as_their_widest_cell():
    assert table(["who", "owed"], [["Ann", "1.20 USD"], ["Barbara", "0 USD"]]) == [
        "  who          owed",
        "  -------  --------",
        "  Ann      1.20 USD",
        "  Barbara     0 USD",
    ]


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("1.200000", "1.20 USD"), ("0.020000", "0.02 USD"), ("0.000150", "0.00015 USD"), ("100.000000", "100.00 USD")],
)
def test_money_has_two_decimals_unless_it_needs_more(amount, shown):
    assert money(Decimal(amount), "USD") == shown


def test_figures_come_with_their_interval():
    assert share(Estimate(0.9125, 0.881, 0.936)) == "91.2 % [88.1, 93.6]"
    assert points(Estimate(-0.0125, -0.03, 0.005)) == "-1.2 points [-3.0, +0.5]"


def test_prose_is_wrapped_under_its_indent():
    lines = prose("word " * 60)
    assert len(lines) == 3
    assert all(line.startswith("  word") and len(line) <= 112 for line in lines)
