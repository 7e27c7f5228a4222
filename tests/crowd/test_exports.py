"""Exports: what goes out, to whom it says what, and that it comes in again."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from cast import Cast, make_cast
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from imported import imported

from crowd.errors import InvalidInput
from crowd.models import Answer, Consensus, Event, Export, FileChunk, StoredFile, Task
from crowd.queries.export_rows import pages_of
from crowd.queries.exports import export_blocks, plan_for
from crowd.services import export_runs
from crowd.services.export_runs import run_export
from crowd.services.exports import cancel_export, create_export
from crowd.services.file_jobs import discard_old_files, work_off_files
from crowd.services.refit import refit_project
from crowd.services.stored_files import read_blocks

pytestmark = pytest.mark.django_db


def exported(cast: Cast, kind: str, file_format: str, **filters: Any) -> bytes:
    plan = plan_for(cast.project, kind=kind, file_format=file_format, filters=filters)
    return b"".join(export_blocks(cast.project, plan))


def lines(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.decode().splitlines()]


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def ordered(cast: Cast, kind: str = "answers", file_format: str = "csv") -> Export:
    plan = plan_for(cast.project, kind=kind, file_format=file_format, filters={})
    return create_export(project=cast.project, plan=plan, actor=cast.owner)


def agreed(cast: Cast) -> None:
    """Both tasks of the cast answered by two people, who agree, and fitted."""
    for worker in cast.workers[:2]:
        cast.answer(worker)
        cast.answer(worker)
    refit_project(project_id=cast.project.pk)


def test_the_consensus_with_its_posterior_and_run(cast: Cast) -> None:
    agreed(cast)
    rows = {row["task"]: row for row in table(exported(cast, "consensus", "csv"))}
    for stored in Consensus.objects.select_related("task", "run"):
        row = rows.pop(stored.task.key)
        assert stored.run is not None
        assert row == {
            "task": stored.task.key,
            "label": "positive",
            "confidence": repr(stored.confidence),
            "answers": "2",
            "model": "dawid-skene",
            "run": str(stored.run.uid),
            "state": stored.task.state,
            "updated_at": stored.updated_at.isoformat().replace("+00:00", "Z"),
            "probability of negative": repr(stored.posterior[0]),
            "probability of neutral": repr(stored.posterior[1]),
            "probability of positive": repr(stored.posterior[2]),
        }
    assert rows == {}
    by_line = lines(exported(cast, "consensus", "jsonl"))
    first = Consensus.objects.order_by("id")[0]
    assert by_line[0]["posterior"] == dict(zip(cast.project.label_values, first.posterior, strict=True))


def test_filters_narrow_the_consensus(cast: Cast) -> None:
    agreed(cast)
    Task.objects.filter(key="t1").update(state="disputed")
    Consensus.objects.filter(task__key="t1").update(confidence=0.5)

    def keys(**filters: Any) -> list[str]:
        return [row["task"] for row in table(exported(cast, "consensus", "csv", **filters))]

    assert sorted(keys()) == ["t1", "t2"]
    assert keys(state=["complete"]) == ["t2"]
    assert keys(min_confidence=0.6) == ["t2"]
    assert keys(since=timezone.now() + timedelta(seconds=1)) == []


def test_answers_name_workers_by_their_public_id_only(cast: Cast) -> None:
    agreed(cast)
    content = exported(cast, "answers", "csv")
    found = [(row["task"], row["worker"], row["label"], row["answer"]) for row in table(content)]
    stored = Answer.objects.order_by("id").select_related("task", "worker")
    assert found == [(row.task.key, str(row.worker.uid), row.value, str(row.uid)) for row in stored]
    whole = b"".join(
        exported(cast, kind, "jsonl") for kind in ("answers", "trust", "events", "payouts", "tasks", "consensus")
    ).decode()
    for worker in cast.workers:
        assert worker.user.email not in whole
        assert f'"{worker.name}"' not in whole


def test_payouts_are_exact_decimals(cast: Cast) -> None:
    agreed(cast)
    rows = table(exported(cast, "payouts", "csv"))
    assert [(row["worker"], row["owed"], row["currency"], row["answers"]) for row in rows] == [
        (str(worker.uid), "0.040000", "USD", "2") for worker in cast.workers[:2]
    ]


def test_agreement_comes_with_its_interval(cast: Cast) -> None:
    agreed(cast)
    rows = lines(exported(cast, "agreement", "jsonl"))
    run = Event.objects.get(kind="refit_done").subject
    assert {row["run"] for row in rows} == {str(run)}
    percent = next(row for row in rows if (row["group"], row["coefficient"]) == ("humans", "percent_agreement"))
    assert (percent["value"], percent["tasks"], percent["answers"]) == (1.0, 2, 4)
    assert exported(make_cast(), "agreement", "jsonl") == b""


def test_trust_and_events(cast: Cast) -> None:
    cast.gold()
    trust = table(exported(cast, "trust", "csv"))
    assert [(row["worker"], row["trust_level"], row["gold_right"], row["skill_mean"]) for row in trust] == [
        (str(worker.uid), "new", "0", "") for worker in cast.workers
    ]
    events = lines(exported(cast, "events", "jsonl"))
    stored = Event.objects.filter(project=cast.project).order_by("id")
    assert [(row["event"], row["kind"], row["detail"]) for row in events] == [
        (str(event.uid), event.kind, event.detail) for event in stored
    ]


def test_parquet_holds_the_posterior_as_a_vector(cast: Cast) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    agreed(cast)
    read = parquet.read_table(io.BytesIO(exported(cast, "consensus", "parquet"))).to_pylist()
    stored = Consensus.objects.order_by("id").values_list("task__key", "confidence", "posterior", "updated_at")
    assert [(r["task"], r["confidence"], r["posterior"], r["updated_at"]) for r in read] == list(stored)


def test_examples_for_fine_tuning(cast: Cast) -> None:
    agreed(cast)
    confidence = Consensus.objects.order_by("id")[0].confidence
    text = Consensus.objects.order_by("id").select_related("task")[0].task.payload["text"]
    assert lines(exported(cast, "consensus", "finetune"))[0] == {
        "text": text,
        "label": "positive",
        "confidence": confidence,
    }
    assert lines(exported(cast, "consensus", "finetune", style="instruction"))[0] == {
        "instruction": "Say how the text sounds.",
        "input": text,
        "response": "positive",
        "confidence": confidence,
    }


@pytest.mark.parametrize(
    ("kind", "file_format", "filters", "pointer"),
    [
        ("nothing", "csv", {}, "/kind"),
        ("tasks", "csv", {}, "/format"),
        ("answers", "finetune", {}, "/format"),
        ("answers", "csv", {"min_confidence": 0.5}, "/min_confidence"),
        ("consensus", "csv", {"state": ["gold"]}, "/state"),
        ("consensus", "csv", {"style": "instruction"}, "/style"),
        ("consensus", "finetune", {"style": "preference"}, "/style"),
    ],
)
def test_an_export_that_makes_no_sense_is_refused(
    cast: Cast, kind: str, file_format: str, filters: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        plan_for(cast.project, kind=kind, file_format=file_format, filters=filters)
    assert [problem.pointer for problem in caught.value.problems] == [pointer]


def test_a_job_makes_the_same_file_and_tells_when_it_is_ready(cast: Cast) -> None:
    agreed(cast)
    job = ordered(cast)
    assert work_off_files()
    job.refresh_from_db()
    assert (job.state, job.rows, job.problem) == ("finished", 4, "")
    assert job.file is not None
    assert b"".join(read_blocks(file=job.file)) == exported(cast, "answers", "csv")
    assert job.size_bytes == len(exported(cast, "answers", "csv"))
    event = Event.objects.get(kind="export_ready")
    assert (event.subject, event.detail["rows"]) == (job.uid, 4)
    assert not work_off_files()


def test_an_export_whose_process_died_is_made_anew(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    agreed(cast)
    job = ordered(cast)

    class Killed(BaseException):
        """Nothing in the house catches it, like a kill."""

    def die(*arguments: Any, **more: Any) -> Any:
        raise Killed

    end = export_runs._end
    monkeypatch.setattr(export_runs, "_end", die)
    with pytest.raises(Killed):
        run_export(export_id=job.pk)
    monkeypatch.setattr(export_runs, "_end", end)
    assert not run_export(export_id=job.pk)
    Export.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert run_export(export_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.rows, job.attempts) == ("finished", 4, 2)


def test_a_cancelled_export_leaves_no_file(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cancel_export(job=ordered(cast)).state == "cancelled"
    job = ordered(cast)
    blocks = export_runs.export_blocks

    def cancelled_meanwhile(*arguments: Any) -> Any:
        cancel_export(job=job)
        return blocks(*arguments)

    monkeypatch.setattr(export_runs, "export_blocks", cancelled_meanwhile)
    run_export(export_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.file, StoredFile.objects.count(), FileChunk.objects.count()) == ("cancelled", None, 0, 0)


def test_an_expired_file_goes_and_its_export_says_so(cast: Cast) -> None:
    job = ordered(cast)
    run_export(export_id=job.pk)
    past = timezone.now() - timedelta(seconds=1)
    Export.objects.update(expires_at=past)
    StoredFile.objects.update(expires_at=past)
    discard_old_files()
    job.refresh_from_db()
    assert (job.state, job.file, StoredFile.objects.count()) == ("expired", None, 0)


def test_pages_read_every_row_once_with_a_query_a_page(cast: Cast) -> None:
    imported(cast, "key,text\n" + "\n".join(f"k{i},x" for i in range(10)))
    rows = Task.objects.filter(project=cast.project)
    for size, queries in ((5, 3), (4, 4), (100, 1)):
        with CaptureQueriesContext(
            connection,
        ) as caught:
            found = [key for page in pages_of(rows, ("key",), size) for _, key in page]
        assert found == list(rows.order_by("id").values_list("key", flat=True))
        assert len(caught) == queries


def test_tasks_take_as_many_queries_for_one_as_for_three() -> None:
    found = []
    for n in (1, 3):
        cast = make_cast(tasks=n)
        with CaptureQueriesContext(connection) as caught:
            assert len(lines(exported(cast, "tasks", "jsonl"))) == n
        found.append(len(caught))
    assert found == [4, 4]
