"""Reads a project's price rules, and what a rule would make its tasks cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from crowd.enums import TaskState, TrustLevel
from crowd.models import PriceRule, Project, Task
from crowd.policies.prices import missing_fields, quote

SAMPLE = 1_000
LEVELS = (TrustLevel.NEW, TrustLevel.TRUSTED, TrustLevel.RESTRICTED)


@dataclass(frozen=True)
class PriceRange:
    """What the sampled tasks cost a worker of a level."""

    level: str
    low_micros: int
    mean_micros: float
    high_micros: int


@dataclass(frozen=True)
class PricePreview:
    """What a rule would do: ranges by level over the tasks looked at, golds that a factor's field is missing from."""

    tasks: int
    ranges: tuple[PriceRange, ...]
    golds_without_a_field: int


def newest_rule(project: Project) -> PriceRule | None:
    """The rule that quotes now."""
    return PriceRule.objects.filter(project=project).order_by("-version").first()


def price_rules_of(project: Project) -> list[PriceRule]:
    """Every version, the newest first."""
    return list(PriceRule.objects.filter(project=project).order_by("-version"))


def preview_price(project: Project, body: dict[str, Any]) -> PricePreview:
    """What a valid body would make at most a thousand random tasks cost; two queries."""
    rows = Task.objects.filter(project=project).exclude(state=TaskState.GOLD).order_by("rnd")
    payloads = list(rows.values_list("payload", flat=True)[:SAMPLE])
    ranges = []
    for level in LEVELS if payloads else ():
        prices = [quote(body, trust_level=level, payload=payload).amount_micros for payload in payloads]
        ranges.append(PriceRange(level, min(prices), fmean(prices), max(prices)))
    return PricePreview(len(payloads), tuple(ranges), sum(1 for _ in golds_without_a_field(project, body)))


def golds_without_a_field(project: Project, body: dict[str, Any]) -> Iterator[str]:
    """The keys of the golds whose price would show what they are."""
    golds = Task.objects.filter(project=project, state=TaskState.GOLD, gold__is_active=True)
    # Not by a cursor of the server: who asks for the first one only would leave it open.
    for key, payload in golds.values_list("key", "payload"):
        if missing_fields(body, payload):
            yield key
