"""Personal data in imported files: warned of, masked before it is stored, refused, or let be; never quoted."""

from __future__ import annotations

import json
import logging

import pytest
from cast import Cast
from django.utils import timezone
from imported import imported, problems

from crowd.enums import EventKind
from crowd.errors import InvalidInput
from crowd.models import Answer, Event, Import, ImportedWorker, StoredFile, Task
from crowd.services.imports import plan_import
from crowd.services.stored_files import discard_expired

pytestmark = pytest.mark.django_db

MAIL, CARD, PHONE = "olga@mail.example.org", "4111 1111 1111 1111", "+49 30 1234567"
TABLE = f"key,text,more\nk1,write to {MAIL},{CARD}\nk2,nothing here,3.14159265\n"


def warnings(job: Import) -> list[tuple[int, str, str]]:
    return list(job.problems.filter(is_warning=True).order_by("id").values_list("row", "column", "detail"))


def payloads(cast: Cast) -> dict[str, dict[str, str]]:
    return dict(Task.objects.filter(project=cast.project, key__startswith="k").values_list("key", "payload"))


def everything_told(job: Import) -> str:
    """All that an import leaves behind but the tasks themselves."""
    rows = list(job.problems.values_list("column", "detail"))
    events = list(Event.objects.filter(subject=job.uid).values_list("detail", flat=True))
    return json.dumps([rows, events, job.problem])


def test_a_warning_names_row_column_and_kind_and_changes_nothing(cast: Cast) -> None:
    job = imported(cast, TABLE)
    assert (job.state, job.pii, job.rows_with_pii, job.rows_failed, job.tasks) == ("finished", "warn", 1, 0, 2)
    assert warnings(job) == [
        (2, "payload.text", "it looks like an e-mail address; it is kept as it is"),
        (2, "payload.more", "it looks like a payment card's number; it is kept as it is"),
    ]
    assert payloads(cast)["k1"] == {"text": f"write to {MAIL}", "more": CARD}
    assert problems(job) == []
    assert Event.objects.get(kind=EventKind.IMPORT_FINISHED, subject=job.uid).detail["rows_with_pii"] == 1


def test_masked_texts_are_all_that_is_stored(cast: Cast) -> None:
    job = imported(cast, TABLE, pii="mask")
    assert (job.state, job.rows_with_pii, job.tasks) == ("finished", 1, 2)
    assert payloads(cast) == {
        "k1": {"text": "write to [email]", "more": "[card]"},
        "k2": {"text": "nothing here", "more": "3.14159265"},
    }
    assert {detail.partition(";")[2] for _, _, detail in warnings(job)} == {" it is masked"}


def test_names_that_are_personal_become_pseudonyms_that_later_files_find_again(cast: Cast) -> None:
    first = f"task,worker,label\n{PHONE},{MAIL},positive\n{PHONE},w2,negative\n"
    second = f"task,worker,label\n{PHONE},w3,positive\nother,{MAIL},positive\n"
    for text in (first, second):
        job = imported(cast, text, pii="mask")
        assert (job.state, problems(job)) == ("finished", [])
    names = sorted(ImportedWorker.objects.filter(project=cast.project).values_list("name", flat=True))
    assert [name.split("-")[0] for name in names] == ["w2", "w3", "worker"]
    [key] = Task.objects.filter(project=cast.project, key__startswith="task-").values_list("key", flat=True)
    assert Answer.objects.filter(task__key=key).count() == 3


@pytest.mark.parametrize(("on_error", "state", "tasks"), [("stop", "failed", 0), ("skip", "finished", 1)])
def test_refused_rows_are_bad_rows(cast: Cast, on_error: str, state: str, tasks: int) -> None:
    job = imported(cast, TABLE, pii="refuse", on_error=on_error)
    assert (job.state, job.tasks, job.rows_failed, job.rows_with_pii) == (state, tasks, 1, 1)
    assert problems(job) == [(2, "payload.text", "it looks like an e-mail address; take it out of the file")]
    assert warnings(job) == []


def test_off_does_not_look(cast: Cast) -> None:
    job = imported(cast, TABLE, pii="off")
    assert (job.state, job.rows_with_pii, warnings(job)) == ("finished", 0, [])
    assert payloads(cast)["k1"]["more"] == CARD


@pytest.mark.parametrize("pii", ["warn", "mask", "refuse"])
def test_nothing_found_is_ever_quoted(cast: Cast, pii: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    bad = f"task,worker,label\n{MAIL},{PHONE},{CARD}\n{MAIL},{PHONE},positive\n{MAIL},{PHONE},positive\n"
    told = "".join(everything_told(imported(cast, text, pii=pii)) for text in (TABLE, bad)) + caplog.text
    assert [value for value in (MAIL, CARD, PHONE) if value in told] == []
    assert "rows_with_pii" in told


def test_a_dry_run_warns_too(cast: Cast) -> None:
    job = imported(cast, TABLE, is_dry_run=True)
    assert (job.state, job.rows_with_pii, len(warnings(job)), payloads(cast)) == ("finished", 1, 2, {})


@pytest.mark.parametrize(("pii", "left"), [("warn", 1), ("mask", 0), ("refuse", 0)])
def test_a_file_that_was_not_to_be_stored_as_it_is_goes_with_the_next_sweep(cast: Cast, pii: str, left: int) -> None:
    imported(cast, TABLE, pii=pii, on_error="skip")
    discard_expired(at=timezone.now())
    assert StoredFile.objects.count() == left


def test_json_is_searched_to_its_depth(cast: Cast) -> None:
    line = {"key": "k", "payload": {"parts": [{"text": "a"}, {"text": f"ask {MAIL}"}]}, "gold": None}
    job = imported(cast, json.dumps(line), pii="mask")
    assert [column for _, column, _ in warnings(job)] == ["payload.parts[1].text"]
    assert payloads(cast)["k"] == {"parts": [{"text": "a"}, {"text": "ask [email]"}]}


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(InvalidInput) as refusal:
        plan_import(mapping=[], pii="maybe")
    assert [problem.pointer for problem in refusal.value.problems] == ["/pii"]
