"""JSON objects of tasks in our own shape, to rows and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crowd.formats.columns import KINDS, LONG, PRIORITIES
from crowd.formats.rows import FoundAnswer, FoundRow, RowProblem

KEYS = ("key", "id", "task")


def row_of(number: int, entry: dict[str, Any], mapping: Mapping[str, str]) -> FoundRow:
    """The row that an object says: a task with all that hangs on it, or one answer (task, worker, label).

    ``mapping`` (field of the object -> field) comes first. Raises RowProblem naming the field.
    """
    if mapping:
        entry = _mapped(number, entry, mapping)
    if "payload" not in entry and "worker" in entry and ("label" in entry or "value" in entry):
        return _answer_row(number, entry)
    name = next((key for key in KEYS if key in entry), "")
    found = FoundRow(number=number, key=_text(number, entry, name) if name else "")
    if "payload" in entry:
        payload = entry["payload"]
        if not isinstance(payload, dict):
            raise RowProblem(number, "must be a JSON object", "payload")
        found.payload = payload
    else:
        known = {name, "priority", "gold", "reason", "answers", "skips"}
        found.payload = {field: value for field, value in entry.items() if field not in known}
    priority = entry.get("priority", 0)
    if not isinstance(priority, int) or isinstance(priority, bool) or priority not in PRIORITIES:
        raise RowProblem(number, "must be a whole number in -1000 … 1000", "priority")
    found.priority = priority
    _gold(number, entry, found)
    for i, answer in enumerate(_list(number, entry, "answers")):
        found.answers.append(_answer(number, answer, f"answers/{i}"))
    for i, skip in enumerate(_list(number, entry, "skips")):
        field = f"skips/{i}"
        if not isinstance(skip, dict):
            raise RowProblem(number, "must be a JSON object", field)
        found.skips.append((_text(number, skip, "worker", field), _kind(number, skip, field)))
    return found


def _mapped(number: int, entry: dict[str, Any], mapping: Mapping[str, str]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    payload: dict[str, Any] = {}
    for name, value in entry.items():
        field = mapping.get(name)
        if field is None:
            result.setdefault(name, value)
        elif field.startswith("payload."):
            payload[field.removeprefix("payload.")] = value
        elif field != "-":
            result[field] = value
    if payload:
        own = result.get("payload", {})
        if not isinstance(own, dict):
            raise RowProblem(number, "must be a JSON object", "payload")
        result["payload"] = own | payload
    return result


def _answer_row(number: int, entry: dict[str, Any]) -> FoundRow:
    fields = {LONG[name]: value for name, value in entry.items() if name in LONG}
    found = FoundRow(number=number, key=_text(number, fields, "key"), is_addition=True)
    found.answers.append(_answer(number, {**fields, "value": fields.get("label")}, ""))
    return found


def _gold(number: int, entry: dict[str, Any], found: FoundRow) -> None:
    gold = entry.get("gold")
    reason = entry.get("reason", "")
    if isinstance(gold, dict):
        reason = gold.get("reason", reason)
        gold = gold.get("labels")
        if not isinstance(gold, list):
            raise RowProblem(number, "must name its labels as a list", "gold")
    if gold is not None:
        found.gold = gold if isinstance(gold, list) else [gold]
    if not isinstance(reason, str):
        raise RowProblem(number, "must be a text", "reason")
    found.reason = reason


def _answer(number: int, answer: Any, field: str) -> FoundAnswer:
    if not isinstance(answer, dict):
        raise RowProblem(number, "must be a JSON object", field)
    value = answer.get("value", answer.get("label"))
    if value is None:
        raise RowProblem(number, "the value is missing", f"{field}/value".lstrip("/"))
    seconds = answer.get("elapsed_seconds") or 0
    if not isinstance(seconds, (int, float)) or not 0 <= seconds < 1e9:
        raise RowProblem(number, "must be a number of seconds, 0 or more", f"{field}/elapsed_seconds".lstrip("/"))
    at = answer.get("answered_at") or ""
    if not isinstance(at, str):
        raise RowProblem(number, "must be a time, ISO 8601", f"{field}/answered_at".lstrip("/"))
    return FoundAnswer(
        worker=_text(number, answer, "worker", field),
        value=value,
        kind=_kind(number, answer, field),
        elapsed_seconds=float(seconds),
        answered_at=at,
    )


def _kind(number: int, answer: dict[str, Any], field: str) -> str:
    kind = answer.get("worker_kind") or "human"
    if kind not in KINDS:
        raise RowProblem(number, f"must be one of {', '.join(KINDS)}", f"{field}/worker_kind".lstrip("/"))
    return str(kind)


def _text(number: int, entry: dict[str, Any], name: str, field: str = "") -> str:
    value = entry.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        raise RowProblem(number, "must be a text, not empty", f"{field}/{name}".lstrip("/"))
    return value


def _list(number: int, entry: dict[str, Any], name: str) -> list[Any]:
    value = entry.get(name) or []
    if not isinstance(value, list):
        raise RowProblem(number, "must be a list", name)
    return value
