"""What a task costs: a base price and the factors of a rule, in whole percent so that every figure can be checked."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crowd.enums import TrustLevel
from crowd.errors import FieldProblem

MAX_BASE_MICROS = 10**12
MAX_FACTORS = 5
MAX_STEPS = 20
PERCENT = (10, 1000)
KINDS = ("trust_level", "length", "number")


@dataclass(frozen=True)
class Quote:
    """A price and how it came about: the factors that applied, each ``{"by", "value", "percent"}``."""

    amount_micros: int
    factors: tuple[dict[str, Any], ...] = ()


def quote(body: Mapping[str, Any], *, trust_level: str, payload: Mapping[str, Any]) -> Quote:
    """The price of a task for a worker of this level, rounded down to a micro-unit once, after all factors."""
    factors = [_factor(factor, trust_level, payload) for factor in body["factors"]]
    amount = int(body["base_micros"])
    for factor in factors:
        amount *= factor["percent"]
    return Quote(amount // 100 ** len(factors), tuple(factors))


def missing_fields(body: Mapping[str, Any], payload: Mapping[str, Any]) -> list[str]:
    """The payload's fields that the rule needs and that are not as it needs them.

    A gold without them would cost otherwise than real tasks do, which would show what it is.
    """
    return [f["field"] for f in body["factors"] if f["by"] == "number" and _number(payload.get(f["field"])) is None]


def check_price(body: Any) -> list[FieldProblem]:
    """Every problem with the body of a price rule."""
    if not isinstance(body, dict) or set(body) - {"base_micros", "factors"} or "base_micros" not in body:
        return [FieldProblem("", "give a base price and a list of factors, nothing else")]
    problems = []
    base = body["base_micros"]
    if not isinstance(base, int) or isinstance(base, bool) or not 0 <= base <= MAX_BASE_MICROS:
        problems.append(FieldProblem("/base", "must be an amount that is not negative and not above a million"))
    factors = body.get("factors")
    if not isinstance(factors, list) or len(factors) > MAX_FACTORS:
        return [*problems, FieldProblem("/factors", f"a list of at most {MAX_FACTORS}")]
    for i, factor in enumerate(factors):
        problems += [FieldProblem(f"/factors/{i}{tail}", detail) for tail, detail in _factor_problems(factor)]
    return problems


def _factor_problems(factor: Any) -> list[tuple[str, str]]:
    if not isinstance(factor, dict) or factor.get("by") not in KINDS:
        return [("/by", f"one of {', '.join(KINDS)}")]
    if factor["by"] == "trust_level":
        if set(factor) != {"by", "percent"} or not isinstance(factor["percent"], dict) or not factor["percent"]:
            return [("/percent", "an object of trust level and percent")]
        return [
            (f"/percent/{level}", "a trust level with 10 to 1000 percent; a suspended worker gets no task")
            for level, percent in factor["percent"].items()
            if level not in (TrustLevel.NEW, TrustLevel.TRUSTED, TrustLevel.RESTRICTED) or not _is_percent(percent)
        ]
    field = factor.get("field")
    if set(factor) != {"by", "field", "steps"} or not isinstance(field, str) or not 0 < len(field) <= 100:
        return [("/field", "name a field of the payload, give steps, and nothing else")]
    return _step_problems(factor["steps"])


def _step_problems(steps: Any) -> list[tuple[str, str]]:
    if not isinstance(steps, list) or not 0 < len(steps) <= MAX_STEPS:
        return [("/steps", f"a list of 1 to {MAX_STEPS}")]
    problems: list[tuple[str, str]] = []
    last = -math.inf
    for i, step in enumerate(steps):
        start = _number(step.get("from")) if isinstance(step, dict) and set(step) == {"from", "percent"} else None
        if start is None or start <= last:
            problems.append((f"/steps/{i}/from", "a number above that of the step before"))
        elif not _is_percent(step["percent"]):
            problems.append((f"/steps/{i}/percent", "a whole number from 10 to 1000"))
        last = start if start is not None else last
    return problems


def _factor(factor: Mapping[str, Any], trust_level: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    if factor["by"] == "trust_level":
        return {"by": "trust_level", "value": trust_level, "percent": factor["percent"].get(trust_level, 100)}
    raw = payload.get(factor["field"])
    value = _length(raw) if factor["by"] == "length" else _number(raw)
    percent = 100 if value is None else _percent_of(factor["steps"], value)
    return {"by": factor["by"], "field": factor["field"], "value": value, "percent": percent}


def _percent_of(steps: Sequence[Mapping[str, Any]], value: float) -> int:
    # Steps ascend: the last one that begins at or under the value holds; under the first, the base.
    return next((int(step["percent"]) for step in reversed(steps) if step["from"] <= value), 100)


def _length(raw: Any) -> int:
    """Characters of a text, of the JSON of anything else; 0 where there is nothing."""
    if raw is None:
        return 0
    return len(raw) if isinstance(raw, str) else len(json.dumps(raw, ensure_ascii=False))


def _number(raw: Any) -> float | None:
    is_number = isinstance(raw, (int, float)) and not isinstance(raw, bool) and math.isfinite(raw)
    return raw if is_number else None


def _is_percent(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and PERCENT[0] <= value <= PERCENT[1]
