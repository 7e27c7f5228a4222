"""Raters that are asked in batch files, and the money that moves with them."""

from __future__ import annotations

from typing import Any

from cast import Cast
from fake_endpoint import FakeEndpoint
from raters_at_work import chat_rater

from crowd.models import BudgetShard, ModelCost, Rater

BUDGET = 1_000_000
PRICES = {"input_price_micros": 2_000_000, "output_price_micros": 10_000_000}


def batched(cast: Cast, endpoint: FakeEndpoint, **changes: Any) -> Rater:
    """A rater with prices, asked in batch files."""
    return chat_rater(cast, endpoint.url, is_batched=True, **(PRICES | changes))


def money(cast: Cast) -> tuple[int, int, int]:
    """Left in the budget, held, booked."""
    costs = ModelCost.objects.filter(project=cast.project)
    return (
        sum(BudgetShard.objects.filter(project=cast.project).values_list("left_micros", flat=True)),
        sum(costs.filter(state="held").values_list("reserved_micros", flat=True)),
        sum(costs.filter(state="settled").values_list("actual_micros", flat=True)),
    )
