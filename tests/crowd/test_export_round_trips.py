"""What goes out comes in again, element by element, whatever the texts hold."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from cast import Cast, make_cast
from imported import imported

from crowd.enums import AnswerType
from crowd.formats.tables import guarded, unguarded
from crowd.models import Answer, Assignment, Gold, ImportedWorker, Task
from crowd.queries.exports import export_blocks, plan_for

pytestmark = pytest.mark.django_db


def exported(cast: Cast, kind: str, file_format: str, **filters: Any) -> bytes:
    plan = plan_for(cast.project, kind=kind, file_format=file_format, filters=filters)
    return b"".join(export_blocks(cast.project, plan))


HOSTILE = [
    "=1+2",
    "+SUM(A1)",
    "-cmd|' /C calc'!A0",
    "@x",
    "\tx",
    "\rx",
    "'=x",
    "''=x",
    "'",
    "'x",
    "-1",
    "+1.5e3",
    "-",
    'a,b\n"c"',
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_that_a_spreadsheet_would_run_is_guarded_and_given_back(text: str) -> None:
    cell = guarded(text)
    is_number = text in ("-1", "+1.5e3")
    assert (cell[0] not in "=+-@\t\r") or is_number
    assert unguarded(cell) == text


def test_hostile_keys_and_labels_survive_a_round_trip(cast: Cast) -> None:
    labels = [{"value": text, "title": text} for text in HOSTILE]
    cast.configure(labels=labels)
    entries = [
        {"key": f"{text}x", "payload": {"text": text}, "answers": [{"worker": text, "value": text}]} for text in HOSTILE
    ]
    assert imported(cast, "\n".join(map(json.dumps, entries))).state == "finished"
    content = exported(cast, "answers", "csv")
    for row in csv.reader(io.StringIO(content.decode(), newline="")):
        assert all(cell[:1] not in "=@\t\r" or not cell for cell in row)
    other = make_cast()
    other.configure(labels=labels)
    job = imported(other, content)
    assert (job.state, job.problem) == ("finished", "")
    assert sorted(Answer.objects.filter(project=other.project).values_list("task__key", "value")) == sorted(
        (f"{text}x", text) for text in HOSTILE
    )


def filled(cast: Cast) -> None:
    """People, models, golds, skips, surplus, unicode, nested payloads, priorities."""
    cast.gold()
    entries: list[dict[str, Any]] = [
        {
            "key": f"k{i}",
            "payload": {"text": f"täxt {i} 🙂", "nested": {"list": [1, 2.5, None, True]}},
            "priority": i - 3,
            "answers": [
                {
                    "worker": f"w{j}",
                    "value": cast.project.label_values[(i + j) % 3],
                    "elapsed_seconds": 1.5 + j,
                    "answered_at": f"2026-01-0{i + 1}T00:00:0{j}.123456Z",
                }
                for j in range(i)
            ]
            + [{"worker": "model", "worker_kind": "llm", "value": "neutral", "answered_at": "2026-01-01T00:00:00Z"}],
            "skips": [{"worker": "w9"}],
        }
        for i in range(6)
    ]
    entries.append({"key": "gg", "payload": {"text": "g"}, "gold": {"labels": ["positive", "neutral"], "reason": "so"}})
    assert imported(cast, "\n".join(map(json.dumps, entries))).state == "finished"


def everything(cast: Cast, names: dict[str, str]) -> dict[str, Any]:
    """All that a file says about a project, workers by the given names."""

    def who(worker: Any) -> tuple[str, str]:
        return worker.kind, names.get(str(worker.uid), str(worker.uid))

    tasks = {
        task.key: (task.payload, task.state, task.priority, task.overlap, task.open_slots)
        for task in Task.objects.filter(project=cast.project)
    }
    answers = sorted(
        (row.task.key, *who(row.worker), row.value, row.label_index, row.elapsed_seconds, row.created_at)
        for row in Answer.objects.filter(project=cast.project).select_related("task", "worker")
    )
    places = sorted(
        (row.task.key, row.holds_place, row.is_surplus, row.is_model, row.is_gold)
        for row in Answer.objects.filter(project=cast.project).select_related("task")
    )
    golds = {g.task.key: (g.labels, g.reason) for g in Gold.objects.filter(project=cast.project)}
    skips = sorted(
        (row.task.key, *who(row.worker)) for row in Assignment.objects.filter(project=cast.project, state="skipped")
    )
    return {"tasks": tasks, "answers": answers, "places": places, "golds": golds, "skips": skips}


@pytest.mark.parametrize("file_format", ["jsonl", "label_studio"])
def test_tasks_come_back_element_by_element(file_format: str) -> None:
    source, target = make_cast(tasks=1), make_cast(tasks=1)
    filled(source)
    Task.objects.filter(project=target.project).delete()
    job = imported(target, exported(source, "tasks", file_format))
    assert (job.state, job.problem, job.file_format) == ("finished", "", file_format)
    names = {
        str(row.worker.uid): row.name
        for row in ImportedWorker.objects.filter(project=target.project).select_related("worker")
    }
    before, after = everything(source, {}), everything(target, names)
    for part in before:
        assert after[part] == before[part], part


def test_answers_come_back_element_by_element_as_a_long_table() -> None:
    source, target = make_cast(), make_cast()
    filled(source)
    for file_format in ("csv", "jsonl", "parquet"):
        if file_format == "parquet":
            pytest.importorskip("pyarrow")
        target = make_cast(tasks=1)
        job = imported(target, exported(source, "answers", file_format))
        assert (job.state, job.problem) == ("finished", ""), file_format
        names = {
            str(row.worker.uid): row.name
            for row in ImportedWorker.objects.filter(project=target.project).select_related("worker")
        }
        assert everything(target, names)["answers"] == everything(source, {})["answers"], file_format


def test_every_answer_type_has_regions_of_label_studio() -> None:
    from crowd.formats.label_studio import _of_region, region

    values: dict[str, Any] = {
        "single_choice": "a",
        "ordinal": "a",
        "multiple_choice": ["a", "b"],
        "number": 2.5,
        "text": "so",
        "pairwise": "first",
        "ranking": ["b", "a"],
    }
    for answer_type in AnswerType.values:
        value = values[answer_type]
        (found,) = region(value, answer_type)
        assert _of_region(found) == (value if isinstance(value, list) else [value])
