"""Reads the objects of exports that are no tables: whole tasks, Label Studio's tasks, examples for fine-tuning."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from crowd.enums import AssignmentState, ExportFormat, ExportKind, WorkerKind
from crowd.formats.label_studio import META, region
from crowd.models import Answer, Assignment, Gold, Project, Task
from crowd.policies.exports import ExportPlan
from crowd.policies.payloads import CANDIDATES, CONTENT
from crowd.policies.routing import asked_priority
from crowd.queries.export_rows import consensus_rows, pages_of
from crowd.times import zulu

PAGE = 1_000
# The answers of a comparison that prefer a candidate, in the order of the candidates; a tie prefers none.
SIDES = ("a", "b")


def objects_of(project: Project, plan: ExportPlan) -> Iterator[dict[str, Any]]:
    """The objects of an export of tasks, or of a consensus that is no table."""
    if plan.file_format == ExportFormat.FINETUNE:
        return _examples(project, plan)
    if plan.kind == ExportKind.CONSENSUS:
        return _predictions(project, plan)
    if plan.file_format == ExportFormat.LABEL_STUDIO:
        return _annotated(project, plan)
    return (_own(entry) for entry in _tasks(project, plan))


def _tasks(project: Project, plan: ExportPlan) -> Iterator[dict[str, Any]]:
    """Each task with its gold, its answers and skips; four queries a page."""
    rows = Task.objects.filter(project=project)
    if plan.states:
        rows = rows.filter(state__in=plan.states)
    for page in pages_of(rows, ("key", "payload", "state", "priority"), PAGE):
        ids = [row[0] for row in page]
        golds = {
            task: (labels, reason)
            for task, labels, reason in Gold.objects.filter(task_id__in=ids).values_list("task_id", "labels", "reason")
        }
        answers: dict[int, list[Any]] = defaultdict(list)
        fields = ("task_id", "worker__uid", "worker__kind", "value", "elapsed_seconds", "created_at", "worker__model")
        for task_id, *answer in Answer.objects.filter(task_id__in=ids).order_by("id").values_list(*fields):
            answers[task_id].append(answer)
        skips: dict[int, list[Any]] = defaultdict(list)
        skipped = Assignment.objects.filter(task_id__in=ids, state=AssignmentState.SKIPPED).order_by("id")
        for task_id, *skip in skipped.values_list("task_id", "worker__uid", "worker__kind", "ended_at"):
            skips[task_id].append(skip)
        for task_id, key, payload, state, priority in page:
            yield {
                "key": key,
                "payload": payload,
                "state": state,
                "priority": asked_priority(priority),
                "gold": golds.get(task_id),
                "answers": answers[task_id],
                "skips": skips[task_id],
            }


def _own(task: dict[str, Any]) -> dict[str, Any]:
    entry = {name: task[name] for name in ("key", "payload", "priority", "state")}
    if task["gold"] is not None:
        entry["gold"] = {"labels": task["gold"][0], "reason": task["gold"][1]}
    entry["answers"] = [
        {
            "worker": str(worker),
            "worker_kind": kind,
            "value": value,
            "elapsed_seconds": seconds,
            "answered_at": zulu(at),
        }
        for worker, kind, value, seconds, at, _ in task["answers"]
    ]
    entry["skips"] = [{"worker": str(worker), "worker_kind": kind} for worker, kind, _ in task["skips"]]
    return entry


def _annotated(project: Project, plan: ExportPlan) -> Iterator[dict[str, Any]]:
    numbers: dict[Any, int] = {}
    for i, task in enumerate(_tasks(project, plan), start=1):
        annotations, predictions, kinds = [], [], {}
        for worker, kind, value, seconds, at, _ in task["answers"]:
            result = region(value, project.answer_type)
            if kind == WorkerKind.HUMAN:
                annotations.append(_annotation(numbers, worker, result, at) | {"lead_time": seconds})
            else:
                kinds[str(worker)] = kind
                predictions.append({"model_version": str(worker), "result": result, "created_at": zulu(at)})
        for worker, kind, at in task["skips"]:
            if kind == WorkerKind.HUMAN:
                annotations.append(_annotation(numbers, worker, [], at) | {"was_cancelled": True})
        own: dict[str, Any] = {"key": task["key"], "priority": task["priority"]}
        if task["gold"] is not None:
            labels, own["reason"] = task["gold"]
            annotations += [
                {"ground_truth": True, "was_cancelled": False, "result": region(label, project.answer_type)}
                for label in labels
            ]
        if kinds:
            own["prediction_kinds"] = kinds
        yield {
            "id": i,
            "data": task["payload"],
            "meta": {META: own},
            "annotations": annotations,
            "predictions": predictions,
        }


def _annotation(numbers: dict[Any, int], worker: Any, result: list[dict[str, Any]], at: Any) -> dict[str, Any]:
    # Label Studio knows people by numbers: each gets one of this file; the public id stands beside it.
    number = numbers.setdefault(worker, len(numbers) + 1)
    return {
        "completed_by": {"id": number, "uid": str(worker)},
        "result": result,
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": zulu(at),
    }


def _consensuses(project: Project, plan: ExportPlan) -> Iterator[tuple[str, dict[str, Any], Any, float, str | None]]:
    """Of each consensus the task's key and payload, the value, the confidence, the model."""
    labels = project.label_values
    fields = ("task__key", "task__payload", "label_index", "value", "confidence", "run__model")
    for page in pages_of(consensus_rows(project, plan), fields, PAGE):
        for _, key, payload, label, value, confidence, model in page:
            yield key, payload, value if label is None else labels[label], confidence, model


def _predictions(project: Project, plan: ExportPlan) -> Iterator[dict[str, Any]]:
    for i, (key, payload, value, confidence, model) in enumerate(_consensuses(project, plan), start=1):
        yield {
            "id": i,
            "data": payload,
            "meta": {META: {"key": key}},
            "annotations": [],
            "predictions": [
                {
                    "model_version": f"assay {model or 'preview'}",
                    "score": confidence,
                    "result": region(value, project.answer_type),
                }
            ],
        }


def _examples(project: Project, plan: ExportPlan) -> Iterator[dict[str, Any]]:
    for _, payload, value, confidence, _ in _consensuses(project, plan):
        if plan.style == "preference":
            pair = _pair(payload, value)
            if pair is not None:
                yield {**pair, "confidence": confidence}
        elif plan.style == "instruction":
            response = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield {
                "instruction": project.instructions,
                "input": words_of(payload),
                "response": response,
                "confidence": confidence,
            }
        else:
            yield {"text": words_of(payload), "label": value, "confidence": confidence}


def words_of(payload: dict[str, Any]) -> str:
    """What a model reads of a payload: its text, else its only text, else all of it as JSON."""
    for name in ("text", "prompt"):
        if isinstance(payload.get(name), str):
            return str(payload[name])
    if len(payload) == 1 and isinstance(only := next(iter(payload.values())), str):
        return only
    return json.dumps(payload, ensure_ascii=False, sort_keys=True)


def _pair(payload: dict[str, Any], value: Any) -> dict[str, Any] | None:
    """The chosen and the rejected candidate; None for a tie, and where there are no two."""
    rows: list[Any] = next((payload[name] for name in CANDIDATES if isinstance(payload.get(name), list)), [])
    if len(rows) != len(SIDES) or value not in SIDES:
        return None
    chosen = SIDES.index(value)
    prompt = next((payload[name] for name in ("prompt", "text") if isinstance(payload.get(name), str)), "")
    return {"prompt": prompt, "chosen": _words(rows[chosen]), "rejected": _words(rows[1 - chosen])}


def _words(candidate: Any) -> str:
    if isinstance(candidate, dict):
        return next((str(candidate[name]) for name in CONTENT if candidate.get(name)), "")
    return str(candidate)
