"""Label Studio's JSON of tasks, to rows and back: annotations are answers, predictions are votes of models."""

from __future__ import annotations

from typing import Any

from crowd.formats.rows import FoundAnswer, FoundRow, RowProblem

# Where we keep what Label Studio has no field for; it gives "meta" back as it came.
META = "assay"


def row_of(number: int, entry: dict[str, Any], prediction_kind: str) -> FoundRow:
    """The row that an exported task says. Raises RowProblem naming the field."""
    data = entry.get("data")
    if not isinstance(data, dict):
        raise RowProblem(number, "must be a JSON object", "data")
    meta = entry.get("meta")
    own: dict[str, Any] = meta.get(META, {}) if isinstance(meta, dict) else {}
    found = FoundRow(number=number, payload=data)
    key = own.get("key", entry.get("id"))
    found.key = "" if key is None else str(key)
    priority = own.get("priority", 0)
    found.priority = priority if isinstance(priority, int) and not isinstance(priority, bool) else 0
    found.reason = str(own.get("reason", ""))
    gold: list[Any] = []
    for i, annotation in enumerate(_list(number, entry, "annotations")):
        field = f"annotations/{i}"
        worker = _worker(number, annotation, field)
        if annotation.get("was_cancelled"):
            found.skips.append((worker, "human"))
            continue
        value = _value(number, annotation, field)
        if annotation.get("ground_truth"):
            gold.append(value)
            if annotation.get("completed_by") is None:
                continue
        seconds = annotation.get("lead_time") or 0
        is_number = isinstance(seconds, (int, float)) and 0 <= seconds < 1e9
        found.answers.append(
            FoundAnswer(
                worker=worker,
                value=value,
                elapsed_seconds=float(seconds) if is_number else 0.0,
                answered_at=str(annotation.get("created_at") or ""),
            )
        )
    for i, prediction in enumerate(_list(number, entry, "predictions")):
        field = f"predictions/{i}"
        version = str(prediction.get("model_version") or "undefined")
        kinds = own.get("prediction_kinds")
        kind = kinds.get(version, prediction_kind) if isinstance(kinds, dict) else prediction_kind
        score = prediction.get("score")
        found.answers.append(
            FoundAnswer(
                worker=version,
                value=_value(number, prediction, field),
                kind=kind if kind in ("llm", "classifier", "function") else prediction_kind,
                model={"model_version": version, "source": "label_studio"},
                answered_at=str(prediction.get("created_at") or ""),
            )
        )
        if score is not None and not isinstance(score, (int, float)):
            raise RowProblem(number, "must be a number", f"{field}/score")
    if gold:
        found.gold = gold
    return found


def _list(number: int, entry: dict[str, Any], name: str) -> list[dict[str, Any]]:
    values = entry.get(name) or []
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise RowProblem(number, "must be a list of JSON objects", name)
    return values


def _worker(number: int, annotation: dict[str, Any], field: str) -> str:
    by = annotation.get("completed_by")
    if isinstance(by, dict):
        # The address last: a worker is called after it only where nothing else tells people apart.
        by = by.get("uid") or by.get("id") or by.get("email")
    if by is None:
        if annotation.get("ground_truth"):
            return ""
        raise RowProblem(number, "must say who annotated", f"{field}/completed_by")
    return str(by)


def _value(number: int, source: dict[str, Any], field: str) -> Any:
    """The one value of an annotation's regions; several choices become a list."""
    regions = source.get("result")
    if not isinstance(regions, list) or not all(isinstance(region, dict) for region in regions):
        raise RowProblem(number, "must be a list of regions", f"{field}/result")
    values = [found for region in regions for found in _of_region(region)]
    if not values:
        raise RowProblem(number, "holds no choice, rating, number, text, ranking or comparison", f"{field}/result")
    is_multiple = any(isinstance(r.get("meta"), dict) and r["meta"].get("is_list") for r in regions)
    return values if is_multiple or len(values) > 1 else values[0]


def _of_region(region: dict[str, Any]) -> list[Any]:
    value = region.get("value")
    if not isinstance(value, dict):
        return []
    for name in ("choices", "labels", "text", "taxonomy", "ranker"):
        if isinstance(found := value.get(name), list):
            return found
        if isinstance(found, str):
            return [found]
    for name in ("number", "rating", "selected", "json"):
        if name in value:
            return [value[name]]
    return []


def region(value: Any, answer_type: str) -> list[dict[str, Any]]:
    """The regions that say a value, as Label Studio's own labelling tags would write them."""
    if answer_type in ("single_choice", "ordinal", "multiple_choice"):
        body: dict[str, Any] = {"type": "choices", "value": {"choices": value if isinstance(value, list) else [value]}}
    elif answer_type == "number":
        body = {"type": "number", "value": {"number": value}}
    elif answer_type == "text":
        body = {"type": "textarea", "value": {"text": [value]}}
    elif answer_type == "pairwise":
        body = {"type": "pairwise", "value": {"selected": value}}
    elif answer_type == "ranking":
        body = {"type": "ranker", "value": {"ranker": value}}
    else:
        body = {"type": "json", "value": {"json": value}}
    if isinstance(value, list):
        body["meta"] = {"is_list": True}
    return [{"from_name": "answer", "to_name": "task", **body}]
