"""What the columns of a table mean: from a header and a mapping to the rows of an import."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crowd.formats.rows import FileProblem, FoundAnswer, FoundRow, RowProblem
from crowd.formats.tables import unguarded

FIELDS = (
    *("key", "payload", "priority", "gold", "reason", "worker", "label", "worker_kind"),
    *("elapsed_seconds", "answered_at", "-"),
)
KINDS = ("human", "llm", "classifier", "function")
PRIORITIES = range(-1000, 1001)
STATUS = "status"
ALIASES = {"task": "key", "value": "label"}
LONG = {
    **{field: field for field in FIELDS if field not in ("payload", "-")},
    "task": "key",
    "value": "label",
    "kind": "worker_kind",
    "created_at": "answered_at",
}
TASKS = {"key": "key", "id": "key", "task": "key", **{name: name for name in ("payload", "priority", "gold", "reason")}}
MTURK = {
    "HITId": "key",
    "WorkerId": "worker",
    "WorkTimeInSeconds": "elapsed_seconds",
    "SubmitTime": "answered_at",
    "AssignmentStatus": STATUS,
}
TOLOKA = {
    "ASSIGNMENT:worker_id": "worker",
    "ASSIGNMENT:task_id": "key",
    "ASSIGNMENT:submitted": "answered_at",
    "ASSIGNMENT:status": STATUS,
    "HINT:text": "reason",
}
PREFIXES = {
    "mturk": (("Input.", "payload."), ("Answer.", "label")),
    "toloka": (("INPUT:", "payload."), ("GOLDEN:", "gold"), ("OUTPUT:", "label"), ("HINT:", "reason")),
}


def parse_mapping(pairs: Sequence[str]) -> dict[str, str]:
    """``column=field`` pairs as a mapping. Raises ValueError with a sentence."""
    found: dict[str, str] = {}
    for pair in pairs:
        column, sign, field = pair.rpartition("=")
        field = ALIASES.get(field, field)
        is_known = field in FIELDS or (field.startswith("payload.") and len(field) > len("payload."))
        if not sign or not column or not is_known:
            fields = ", ".join((*FIELDS, "payload.NAME"))
            raise ValueError(f"{pair[:80]!r} is no mapping: write column=field with one of {fields}")
        if column in found:
            raise ValueError(f"the column {column[:60]!r} is mapped twice")
        found[column] = field
    return found


@dataclass(frozen=True)
class ColumnPlan:
    """Which cell is which field; ``payload`` holds the (name, place) of each cell that goes into the payload."""

    places: dict[str, int]
    payload: tuple[tuple[str, int], ...]
    header: tuple[str, ...]
    is_long: bool

    @property
    def has_answers(self) -> bool:
        """Whether rows are answers."""
        return "worker" in self.places

    def row(self, number: int, cells: Sequence[Any]) -> FoundRow:
        """The row that some cells say. Raises RowProblem naming the column."""
        places = self.places

        def cell(field: str) -> str:
            return unguarded(_text(cells[places[field]])) if field in places else ""

        status = cell(STATUS).strip().lower()
        found = FoundRow(number=number, key=cell("key"), is_addition=self.has_answers)
        found.is_passed_over = status == "rejected"
        if self.is_long and not found.key:
            raise RowProblem(number, "the value is missing", self.header[places["key"]])
        found.payload = self._payload(number, cells)
        if self.has_answers and not found.key and found.payload:
            # Answers without a task's name belong to the same task where they are about the same.
            content = json.dumps(found.payload, sort_keys=True, default=str)
            found.key = f"p-{hashlib.sha256(content.encode()).hexdigest()[:24]}"
        if priority := cell("priority").strip():
            found.priority = self._priority(number, priority)
        if gold := cell("gold"):
            found.gold, found.is_gold_text = _listed(gold), True
        found.reason = cell("reason")
        if self.has_answers:
            self._answer(found, cells, cell)
        return found

    def _payload(self, number: int, cells: Sequence[Any]) -> dict[str, Any] | None:
        payload: dict[str, Any] = {}
        if "payload" in self.places and (text := _text(cells[self.places["payload"]])):
            try:
                whole = json.loads(text)
            except (ValueError, RecursionError):
                whole = None
            if not isinstance(whole, dict):
                raise RowProblem(number, "must be a JSON object", self.header[self.places["payload"]])
            payload = whole
        for name, place in self.payload:
            value = cells[place]
            payload[name] = unguarded(value) if isinstance(value, str) else value
        return payload or None

    def _priority(self, number: int, text: str) -> int:
        try:
            priority = int(text)
        except ValueError:
            priority = PRIORITIES.stop
        if priority not in PRIORITIES:
            raise RowProblem(number, "must be a whole number in -1000 … 1000", self.header[self.places["priority"]])
        return priority

    def _answer(self, found: FoundRow, cells: Sequence[Any], cell: Any) -> None:
        worker, kind = cell("worker"), cell("worker_kind") or "human"
        value = cells[self.places["label"]]
        is_missing = value is None or value == ""
        if not worker and is_missing and not self.is_long:
            found.is_addition = False  # a task nobody has answered, among others
            return
        for field, missing in (("worker", not worker), ("label", is_missing)):
            if missing and not found.is_passed_over:
                raise RowProblem(found.number, "the value is missing", self.header[self.places[field]])
        if kind not in KINDS:
            raise RowProblem(
                found.number, f"must be one of {', '.join(KINDS)}", self.header[self.places["worker_kind"]]
            )
        seconds = cell("elapsed_seconds")
        try:
            elapsed = float(seconds) if seconds else 0.0
        except ValueError:
            elapsed = -1.0
        if not 0 <= elapsed < 1e9:
            raise RowProblem(
                found.number, "must be a number of seconds, 0 or more", self.header[self.places["elapsed_seconds"]]
            )
        answer = FoundAnswer(worker=worker, value=value, kind=kind, elapsed_seconds=elapsed)
        if isinstance(value, str):
            answer.value, answer.is_text = unguarded(value), True
        answer.answered_at = cell("answered_at")
        found.answers.append(answer)


def plan_columns(header: Sequence[str], *, layout: str, mapping: Mapping[str, str]) -> ColumnPlan:
    """The plan for a header in a layout: long, csv, mturk or toloka. Raises FileProblem with what is missing."""
    for column in mapping:
        if column not in header:
            shown = ", ".join(repr(name[:40]) for name in header[:12])
            raise FileProblem(f"there is no column {column[:60]!r} to map; the header has {shown}", 1)
    meanings = [mapping.get(name) or _natural(name, layout, header, mapping) for name in header]
    places: dict[str, int] = {}
    payload: list[tuple[str, int]] = []
    for place, (name, meaning) in enumerate(zip(header, meanings, strict=True)):
        if meaning.startswith("payload."):
            payload.append((meaning.removeprefix("payload."), place))
        elif meaning in places and meaning != "-":
            other = header[places[meaning]]
            raise FileProblem(f"the columns {other[:40]!r} and {name[:40]!r} are both {meaning}; map one of them", 1)
        elif meaning != "-":
            places[meaning] = place
    if layout == "long":
        for field in ("key", "worker", "label"):
            if field not in places:
                shown = ", ".join(repr(name[:40]) for name in header[:12])
                name = "task" if field == "key" else field
                raise FileProblem(f"the column {name!r} is missing; the header has {shown}", 1)
    if ("worker" in places) != ("label" in places):
        raise FileProblem("a worker and a label belong together; map both columns or leave both out (column=-)", 1)
    return ColumnPlan(places, tuple(payload), tuple(header), layout == "long")


def guess_layout(header: Sequence[str], mapping: Mapping[str, str]) -> str:
    """The layout that a header speaks for."""
    if any(name.startswith(("INPUT:", "OUTPUT:", "GOLDEN:")) for name in header):
        return "toloka"
    if any(name.startswith(("Input.", "Answer.")) for name in header):
        return "mturk"
    meanings = {mapping.get(name) or LONG.get(name) for name in header}
    if {"key", "worker", "label"} <= meanings and "payload" not in meanings:
        return "long"
    return "csv"


def _natural(name: str, layout: str, header: Sequence[str], mapping: Mapping[str, str]) -> str:
    if layout == "long":
        # A mapped column takes its field from the one that is called like it.
        meaning = LONG.get(name, "-")
        return "-" if meaning in mapping.values() else meaning
    if layout == "csv":
        named = dict(TASKS)
        if {"worker", "label"} <= {*header, *mapping.values()}:
            named |= {field: field for field in ("worker", "label", "worker_kind", "elapsed_seconds", "answered_at")}
        meaning = named.get(name, f"payload.{name}")
        is_second_key = meaning == "key" and name != next(n for n in ("key", "id", "task") if n in header)
        return f"payload.{name}" if meaning in mapping.values() or is_second_key else meaning
    fixed = (MTURK if layout == "mturk" else TOLOKA).get(name)
    if fixed is not None:
        return "-" if fixed in mapping.values() else fixed
    for prefix, meaning in PREFIXES[layout]:
        if name.startswith(prefix):
            if meaning == "payload.":
                return meaning + name.removeprefix(prefix)
            return "-" if meaning in mapping.values() else meaning
    return "-"


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else str(value)


def _listed(text: str) -> list[Any]:
    """The labels that a gold cell names: a JSON list of them, or the text itself."""
    if text.startswith("["):
        try:
            values = json.loads(text)
        except (ValueError, RecursionError):
            return [text]
        if isinstance(values, list):
            return values
    return [text]
