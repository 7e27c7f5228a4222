"""Every format that comes in, and what is wrong with files and rows."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cast import Cast
from imported import imported, problems

from crowd.enums import AssignmentState, TaskState, VoteState
from crowd.models import Answer, Assignment, Enrolment, Gold, Import, ImportedWorker, Task
from crowd.queries.exactness import broken_promises

pytestmark = pytest.mark.django_db


def counts(job: Import) -> tuple[int, ...]:
    return (job.tasks, job.golds, job.answers, job.workers, job.skips, job.rows_failed)


def keys(cast: Cast) -> list[str]:
    return list(Task.objects.filter(project=cast.project).order_by("id").values_list("key", flat=True))


def test_tasks_and_golds_as_json_lines(cast: Cast) -> None:
    lines: list[dict[str, Any]] = [
        {"key": "a", "payload": {"text": "x"}, "priority": 2},
        {"key": "g", "payload": {"text": "y"}, "gold": {"labels": ["positive", "neutral"], "reason": "it smiles"}},
        {"id": 7, "text": "z", "lang": "en"},
        {
            "key": "b",
            "payload": {"text": "w"},
            "answers": [
                {"worker": "v", "value": "positive", "elapsed_seconds": 4.5, "answered_at": "2026-01-02T03:04:05Z"},
                {"worker": "m-1", "value": "negative", "worker_kind": "llm"},
            ],
            "skips": [{"worker": "w"}],
        },
    ]
    job = imported(cast, "\n".join(map(json.dumps, lines)))
    assert (job.state, job.file_format, counts(job)) == ("finished", "jsonl", (3, 1, 2, 3, 1, 0))
    assert (cast.task("a").priority, cast.task("a").payload) == (16, {"text": "x"})
    assert (cast.task("7").payload, cast.task("g").state) == ({"text": "z", "lang": "en"}, TaskState.GOLD)
    gold = Gold.objects.get()
    assert (gold.task.key, gold.labels, gold.reason) == ("g", ["positive", "neutral"], "it smiles")
    person, model = Answer.objects.order_by("id")
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert (person.elapsed_seconds, person.created_at, person.holds_place) == (4.5, moment, True)
    assert (model.is_model, model.holds_place, model.is_surplus) == (True, False, False)
    votes = dict(Enrolment.objects.filter(worker__imported_as__isnull=False).values_list("worker__kind", "vote_state"))
    assert votes == {"human": VoteState.COUNTED, "llm": VoteState.SHADOW}
    assert Assignment.objects.get(state=AssignmentState.SKIPPED).task.key == "b"
    assert broken_promises(cast.project) == dict.fromkeys(broken_promises(cast.project), 0)


def test_label_studio_tasks_with_annotations_predictions_and_skips(cast: Cast) -> None:
    def region(label: str) -> list[dict[str, Any]]:
        return [{"type": "choices", "from_name": "s", "to_name": "t", "value": {"choices": [label]}}]

    tasks = [
        {
            "id": 11,
            "data": {"text": "fine"},
            "annotations": [
                {"completed_by": 3, "result": region("positive"), "lead_time": 7.5, "was_cancelled": False},
                {"completed_by": {"id": 4, "email": "a@b.c"}, "result": [], "was_cancelled": True},
            ],
            "predictions": [{"model_version": "m-2", "score": 0.8, "result": region("neutral")}],
        },
        {"id": 12, "data": {"text": "bad"}, "annotations": [{"ground_truth": True, "result": region("negative")}]},
    ]
    job = imported(cast, json.dumps(tasks, indent=1))
    assert (job.state, job.problem, job.file_format) == ("finished", "", "label_studio")
    assert counts(job) == (1, 1, 2, 3, 1, 0)
    person, model = Answer.objects.order_by("id")
    assert (person.value, person.elapsed_seconds, model.value, model.worker.kind) == (
        "positive",
        7.5,
        "neutral",
        "classifier",
    )
    assert model.worker.model == {"model_version": "m-2", "source": "label_studio"}
    assert Gold.objects.get().task.payload == {"text": "bad"}
    assert set(ImportedWorker.objects.values_list("kind", "name")) == {
        ("human", "3"),
        ("human", "4"),
        ("classifier", "m-2"),
    }


def test_tables_of_tasks_with_a_mapping(cast: Cast) -> None:
    table = "ref;x,text,weight,right,why\n".replace(";", ",") + 'a,1,"two\nlines",5,,\nb,2,"q""q",,positive,clear\n'
    job = imported(cast, table, "ref=key", "weight=priority", "right=gold", "why=reason", "x=payload.number")
    assert (job.state, job.problem, job.file_format, counts(job)) == ("finished", "", "csv", (1, 1, 0, 0, 0, 0))
    assert (cast.task("a").payload, cast.task("a").priority) == ({"number": "1", "text": "two\nlines"}, 40)
    assert (cast.task("b").payload, Gold.objects.get().labels) == ({"number": "2", "text": 'q"q'}, ["positive"])


def test_a_task_without_a_key_is_called_after_its_import_and_row(cast: Cast) -> None:
    job = imported(cast, "text\nx\ny\n")
    assert keys(cast)[2:] == [f"{job.uid.hex[:12]}-2", f"{job.uid.hex[:12]}-3"]


def test_a_mechanical_turk_batch(cast: Cast) -> None:
    table = (
        '"HITId","WorkerId","AssignmentStatus","WorkTimeInSeconds","Input.text","Answer.sentiment.label"\n'
        '"H1","A1","Approved","12","nice","positive"\n"H1","A2","Rejected","2","nice","negative"\n'
        '"H1","A3","Submitted","9","nice","neutral"\n'
    )
    job = imported(cast, table)
    assert (job.state, job.file_format, counts(job)) == ("finished", "mturk", (1, 0, 2, 2, 0, 0))
    assert (job.rows_passed_over, cast.task("H1").payload) == (1, {"text": "nice"})
    assert list(Answer.objects.order_by("id").values_list("value", "elapsed_seconds")) == [
        ("positive", 12.0),
        ("neutral", 9.0),
    ]


def test_toloka_tasks_with_golds(cast: Cast) -> None:
    table = "INPUT:image\tGOLDEN:result\tHINT:text\nhttp://x/1\t\t\nhttp://x/2\tpositive\tlook at the eyes\n"
    job = imported(cast, table)
    assert (job.state, job.file_format, counts(job)) == ("finished", "toloka", (1, 1, 0, 0, 0, 0))
    gold = Gold.objects.get()
    assert (gold.task.payload, gold.labels, gold.reason) == ({"image": "http://x/2"}, ["positive"], "look at the eyes")


def test_toloka_answers(cast: Cast) -> None:
    table = (
        "INPUT:image\tOUTPUT:result\tASSIGNMENT:task_id\tASSIGNMENT:worker_id\tASSIGNMENT:status\n"
        "http://x/1\tpositive\tT1\tw1\tAPPROVED\nhttp://x/1\tneutral\tT1\tw2\tAPPROVED\n"
    )
    job = imported(cast, table)
    assert (job.state, job.problem, counts(job)) == ("finished", "", (1, 0, 2, 2, 0, 0))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"task,worker,label\na,v,\xff\n", "row 2: the text is not UTF-8; save the file in the encoding UTF-8"),
        (b"text\na\nb\0\n", "row 3: the row holds a NUL byte; save the file as plain UTF-8 text"),
        (b"task,task\na,b\n", "row 1: the header names the column 'task' twice"),
        (b"a;b\n1;2\n", "row 1: the header is one cell; commas must separate the columns"),
        (b'text\n"never closed\n', "row 2: the row is not valid CSV (unexpected end of data)"),
        (b'[{"a": 1}, {"a": ]', "row 2: entry 2 is not JSON: Expecting value at character 18"),
        (b'[{"a": 1}', "row 1: the list is cut off after 1 entries"),
        (gzip.compress(b"text\nx\n", mtime=0)[:-9], "the gzip file is cut off; send it again"),
        (b"text\n", "the file holds no rows"),
        (b"PAR1 not really", "the file is not readable as Parquet"),
    ],
)
def test_a_file_that_cannot_be_read_to_its_end_writes_nothing(cast: Cast, content: bytes, problem: str) -> None:
    before = keys(cast)
    job = imported(cast, content, on_error="skip")
    assert (job.state, job.problem.startswith(problem)) == ("failed", True), job.problem
    assert keys(cast) == before


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ('{"text": "\\u0000"}', "a text holds a NUL character; remove it"),
        ('{"text": "\\ud800"}', "a text holds half of a surrogate pair; write valid Unicode"),
        ('{"x": NaN}', "is not JSON: NaN is not a JSON number"),
        ('{"x": 1e999}', "is not JSON: 1e999 is too large for a number"),
        ('{"x": ' + "[" * 70 + "]" * 70 + "}", "the entry is nested deeper than 64 levels"),
        ('{"x": ' + "[" * 200_000, "is nested deeper than 64 levels"),
        ("[1]x", "is not JSON: Extra data at character 4"),
        ('"text"', "the entry must be a JSON object"),
        ('{"key": "t1", "payload": {}}', "the project already has a task 't1'"),
        ('{"key": "a", "payload": 3}', "must be a JSON object"),
        ('{"payload": {}, "priority": 1001}', "must be a whole number in -1000 … 1000"),
        ('{"payload": {}, "gold": "wrong"}', "'wrong' is not a label of this project; choose one of"),
        ('{"payload": {}, "gold": []}', "a gold needs at least one right label"),
        ('{"payload": {}, "answers": [{"worker": "w"}]}', "the value is missing"),
        (
            '{"payload": {}, "answers": [{"worker": "w", "value": "neutral", "answered_at": "soon"}]}',
            "'soon' is no time",
        ),
        (
            '{"payload": {}, "answers": [{"worker": "w", "value": "neutral"}, {"worker": "w", "value": "neutral"}]}',
            "worker 'w' has answered task",
        ),
    ],
)
def test_a_bad_entry_is_named_and_the_others_go_in(cast: Cast, line: str, detail: str) -> None:
    job = imported(cast, f'{{"key": "fine", "payload": {{}}}}\n{line}\n', on_error="skip")
    assert (job.state, job.tasks) == ("finished", 1)
    ((row, _, found),) = problems(job)
    assert (row, found.startswith(detail)) == (2, True), found


def test_gzip_is_unpacked_within_the_limit(cast: Cast, settings: Any) -> None:
    packed = gzip.compress(b"task,worker,label\n") + gzip.compress(b"a,v,positive\n")
    assert imported(cast, packed).answers == 1
    settings.IMPORT_MAX_UNPACKED_BYTES = 1 << 20
    bomb = imported(cast, gzip.compress(b"text\n" + b"x\n" * (1 << 20)))
    assert (bomb.state, bomb.problem) == (
        "failed",
        "the file unpacks to more than 1 MiB; split it; nothing was written",
    )


def test_parquet_is_read_like_a_table(cast: Cast, tmp_path: Any) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "a.parquet"
    parquet.write_table(pyarrow.table({"task": ["a", "a"], "worker": [1, 2], "label": ["positive", "neutral"]}), path)
    job = imported(cast, path.read_bytes())
    assert (job.state, job.problem, counts(job)) == ("finished", "", (1, 0, 2, 2, 0, 0))
