"""Reads a rule from JSON, or says everything that is wrong with it."""

from __future__ import annotations

import math
from typing import Any

from crowd.errors import FieldProblem, InvalidInput
from crowd.policies.rules import LONGEST_WINDOW, MEASURES, SHARE_MEASURES, Condition, RuleBody

ACTIONS = ("note", "warn", "pause", "restrict", "suspend")
TIMED = ("pause", "restrict", "suspend")
MAX_CONDITIONS = 10
MAX_HOURS = 24 * 3650
MAX_WINDOW_HOURS = 24 * 90
TIMED_MEASURES = ("fast_share", "fast_count")
_KEYS = {"measure", "is", "value", "last", "hours", "at_least", "certainty", "seconds"}


def read_rule(body: Any) -> RuleBody:
    """The rule that ``body`` describes. Raises InvalidInput with a pointer for each problem.

    ``{"when": {"all": [{"measure": "gold_accuracy", "last": 10, "at_least": 5, "is": "<", "value": 0.75}]},
    "then": {"action": "restrict", "for_hours": 240}}``. A suspension needs a gold measure that must hold: speed, skips
    and peers are evidence, never a punishment by themselves.
    """
    problems: list[FieldProblem] = []
    if not isinstance(body, dict) or set(body) != {"when", "then"}:
        raise _refusal([FieldProblem("/body", 'give an object with "when" and "then"')])
    join, conditions = _read_when(body["when"], problems)
    action, for_hours = _read_then(body["then"], problems)
    rule = RuleBody(join=join, conditions=tuple(conditions), action=action, for_hours=for_hours)
    if not problems and action == "suspend":
        golds = [condition.measure == "gold_accuracy" for condition in conditions]
        if not (any(golds) if join == "all" else all(golds)):
            problems.append(
                FieldProblem("/body/when", "a suspension must rest on gold_accuracy; warn, pause or restrict instead")
            )
        problems += [
            FieldProblem(f"/body/when/{join}/{i}/certainty", "a suspension needs a certainty of .95 or more")
            for i, condition in enumerate(conditions)
            if condition.measure == "gold_accuracy" and condition.certainty < 0.95
        ]
    if problems:
        raise _refusal(problems)
    return rule


def _read_when(when: Any, problems: list[FieldProblem]) -> tuple[Any, list[Condition]]:
    if not isinstance(when, dict) or len(when) != 1 or next(iter(when)) not in ("all", "any"):
        problems.append(FieldProblem("/body/when", 'give {"all": […]} or {"any": […]}'))
        return "all", []
    join, rows = next(iter(when.items()))
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_CONDITIONS:
        problems.append(FieldProblem(f"/body/when/{join}", f"give 1 to {MAX_CONDITIONS} conditions"))
        return join, []
    read = [_read_condition(row, f"/body/when/{join}/{i}", problems) for i, row in enumerate(rows)]
    return join, [condition for condition in read if condition is not None]


def _read_condition(row: Any, pointer: str, problems: list[FieldProblem]) -> Condition | None:
    before = len(problems)
    if not isinstance(row, dict):
        problems.append(FieldProblem(pointer, "give an object"))
        return None
    problems += [FieldProblem(f"{pointer}/{key}", "unknown; leave it out") for key in sorted(set(row) - _KEYS)]
    measure = row.get("measure")
    if measure not in MEASURES:
        problems.append(FieldProblem(f"{pointer}/measure", f"choose one of {', '.join(MEASURES)}"))
    if row.get("is") not in ("<", ">"):
        problems.append(FieldProblem(f"{pointer}/is", 'give "<" or ">"'))
    is_share = measure in SHARE_MEASURES
    value = _number(row, "value", pointer, problems, low=0, high=1 if is_share else 1e6)
    if value is None and "value" not in row:
        problems.append(FieldProblem(f"{pointer}/value", "give the number to compare with"))
    last = _number(row, "last", pointer, problems, low=1, high=LONGEST_WINDOW, is_whole=True)
    hours = _number(row, "hours", pointer, problems, low=0.01, high=MAX_WINDOW_HOURS)
    if "last" not in row and "hours" not in row and measure != "skips_in_row":
        problems.append(FieldProblem(pointer, 'give the window: "last" so many events, "hours", or both'))
    at_least = _number(row, "at_least", pointer, problems, low=1, high=LONGEST_WINDOW, is_whole=True)
    certainty = _number(row, "certainty", pointer, problems, low=0, high=0.9999)
    if "certainty" in row and not is_share:
        problems.append(FieldProblem(f"{pointer}/certainty", "only a share has one"))
    seconds = _number(row, "seconds", pointer, problems, low=0, high=1e6)
    if (measure in TIMED_MEASURES) != ("seconds" in row):
        problems.append(FieldProblem(f"{pointer}/seconds", f"belongs to {', '.join(TIMED_MEASURES)}, only there"))
    if len(problems) > before:
        return None
    assert value is not None
    return Condition(
        measure=str(measure),
        comparison=row["is"],
        value=value,
        last=None if last is None else int(last),
        hours=hours,
        at_least=1 if at_least is None else int(at_least),
        certainty=0.95 if certainty is None else certainty,
        seconds=seconds,
    )


def _read_then(then: Any, problems: list[FieldProblem]) -> tuple[Any, float | None]:
    if not isinstance(then, dict) or not set(then) <= {"action", "for_hours"}:
        problems.append(FieldProblem("/body/then", 'give "action" and, where it applies, "for_hours"'))
        return "note", None
    action = then.get("action")
    if action not in ACTIONS:
        problems.append(FieldProblem("/body/then/action", f"choose one of {', '.join(ACTIONS)}"))
    for_hours = _number(then, "for_hours", "/body/then", problems, low=0.01, high=MAX_HOURS)
    if action in ("pause", "restrict") and "for_hours" not in then:
        problems.append(FieldProblem("/body/then/for_hours", f"a {action} by a rule must end"))
    if action not in TIMED and "for_hours" in then:
        problems.append(FieldProblem("/body/then/for_hours", f"{action} has no length"))
    return action, for_hours


def _number(
    row: dict[str, Any],
    key: str,
    pointer: str,
    problems: list[FieldProblem],
    *,
    low: float,
    high: float,
    is_whole: bool = False,
) -> float | None:
    if key not in row:
        return None
    number = row[key]
    is_number = isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number)
    if not is_number or not low <= number <= high or (is_whole and number != int(number)):
        kind = "a whole number" if is_whole else "a number"
        problems.append(FieldProblem(f"{pointer}/{key}", f"give {kind} from {low:g} to {high:g}"))
        return None
    return float(number)


def _refusal(problems: list[FieldProblem]) -> InvalidInput:
    return InvalidInput("the rule cannot be read; nothing was changed", problems=tuple(problems))
