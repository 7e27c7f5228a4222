"""Reads what an hour on a project will pay, by its price rule and for each level of trust, before it is launched."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from statistics import fmean
from typing import Any

from django.db.models import Count

from crowd.enums import ReadingKind, TaskState, TrustLevel, WorkerKind
from crowd.models import Enrolment, Project, ProjectReading, Task
from crowd.policies.fairness import LevelForecast, PayForecast, forecast_pay
from crowd.policies.prices import quote
from crowd.queries.fairness import fairness_terms, floor_for
from crowd.queries.prices import LEVELS, newest_rule

SAMPLE = 200


def launch_forecast(project: Project) -> PayForecast:
    """What an hour on the project will pay, from work done, the manager's estimate, or the length of its tasks.

    Prices are those that the project's rule quotes for a sample of its tasks, at the levels at which people stand;
    where a level changes the price, each level is foretold by itself.
    """
    terms = fairness_terms(project)
    payloads = _sample(project)
    rule = newest_rule(project)
    prices = {level: _mean_price(project, rule.body if rule else None, level, payloads) for level in LEVELS}
    people = _people(project)
    price = sum(prices[level] * share for level, share in people.items())
    observed, paid = _observed(project)
    lengths = [len(json.dumps(payload, ensure_ascii=False)) for payload in payloads]
    known: dict[str, Any] = {
        "floor_micros": floor_for(project),
        "stated_seconds": None if terms is None else terms.expected_seconds,
        "typical_length": fmean(lengths) if lengths else None,
    }

    def foretold(price_micros: float) -> PayForecast:
        # Work that was done shows the pace; what it was paid may have changed since.
        ratio = price_micros / paid if paid else 1.0
        seen = None if observed is None else (observed[0] * ratio, observed[1] * ratio, observed[2] * ratio)
        return forecast_pay(price_micros=price_micros, observed=seen, **known)

    whole = replace(foretold(price), rule_version=None if rule is None else rule.version)
    if len(set(prices.values())) == 1:
        return whole
    return replace(whole, by_level=tuple(_of_level(level, prices[level], foretold(prices[level])) for level in LEVELS))


def forecast_body(forecast: PayForecast) -> dict[str, Any]:
    """A forecast as an event or a response keeps it."""
    return asdict(forecast)


def _sample(project: Project) -> list[dict[str, Any]]:
    # Random places behind the index of open tasks; once none is open, any.
    tasks = Task.objects.filter(project=project).exclude(state=TaskState.GOLD)
    opened = tasks.filter(is_open=True).order_by("-priority", "rnd").values_list("payload", flat=True)[:SAMPLE]
    return list(opened) or list(tasks.order_by("id").values_list("payload", flat=True)[:SAMPLE])


def _mean_price(
    project: Project, body: dict[str, Any] | None, level: TrustLevel, payloads: list[dict[str, Any]]
) -> float:
    if body is None:
        return float(project.price_micros)
    quotes = [quote(body, trust_level=level, payload=payload).amount_micros for payload in payloads or [{}]]
    return fmean(quotes)


def _people(project: Project) -> dict[TrustLevel, float]:
    """The share of the people at each level that may claim; everybody begins as new."""
    people = Enrolment.objects.filter(project=project, worker__kind=WorkerKind.HUMAN, trust_level__in=LEVELS)
    counts = {TrustLevel(level): n for level, n in people.order_by().values_list("trust_level").annotate(Count("id"))}
    total = sum(counts.values())
    return {level: n / total for level, n in counts.items()} if total else {TrustLevel.NEW: 1.0}


def _observed(project: Project) -> tuple[tuple[float, float, float] | None, float | None]:
    """The measured median of an hour with its interval, and the mean price at which it was earned."""
    reading = ProjectReading.objects.filter(project=project, kind=ReadingKind.FAIRNESS).first()
    hourly = None if reading is None else reading.figures["hourly"]
    if reading is None or hourly is None or hourly["low"] is None:
        return None, None
    return (hourly["value"], hourly["low"], hourly["high"]), reading.figures.get("mean_price_micros")


def _of_level(level: TrustLevel, price_micros: float, foretold: PayForecast) -> LevelForecast:
    return LevelForecast(
        level=level,
        price_micros=price_micros,
        micros=foretold.micros,
        low=foretold.low,
        high=foretold.high,
        under_probability=foretold.under_probability,
    )
