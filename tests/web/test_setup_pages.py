"""Creating a project on pages: each step is kept in a draft, and the launch says what it will cost."""

from __future__ import annotations

from typing import Any

import pytest
from cast import Cast
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from crowd.models import Assignment, Event, FairnessTerms, Gold, Import, Project, Task
from crowd.services.import_runs import run_import
from crowd.services.projects import create_project
from web.manager.setup.jobs import JOBS

PAY = {
    "price": "0.05", "currency": "EUR", "budget": "20", "min_overlap": "2", "max_overlap": "4", "confidence": "95",
    "gold_rate": "12.5", "expected_seconds": "9",
}  # fmt: skip


@pytest.fixture
def draft(cast: Cast) -> Project:
    return create_project(plan=JOBS["sentiment"].plan("Kettles"), owner=cast.owner)


def at(name: str, project: Project, *more: Any) -> str:
    return reverse(name, args=[project.uid, *more])


def carry_out() -> None:
    for job in Import.objects.filter(finished_at__isnull=True):
        run_import(import_id=job.pk)


def question(**changed: Any) -> dict[str, Any]:
    fields = {"name": "Pots", "instructions": "Look.", "answer_type": "single_choice", "labels": "a | Alpha\nb"}
    return {**fields, **changed}


@pytest.mark.parametrize("job", JOBS)
def test_every_job_begins_a_draft_whose_page_is_shown(cast: Cast, owner_client: Client, job: str) -> None:
    response = owner_client.post(reverse("manage-new"), {"name": "New", "job": job}, follow=True)
    project = Project.objects.get(name="New")
    assert (project.state, project.answer_type, project.created_by) == ("draft", JOBS[job].answer_type, cast.owner)
    page = response.content.decode()
    assert 'id="preview"' in page
    assert "Not complete yet" not in page
    for value, title in JOBS[job].labels:
        assert f'<span class="choice-title" dir="auto">{title}</span>' in page, value


@pytest.mark.parametrize("job", JOBS)
def test_the_example_files_of_every_job_can_be_uploaded(cast: Cast, owner_client: Client, job: str) -> None:
    owner_client.post(reverse("manage-new"), {"name": "New", "job": job})
    project = Project.objects.get(name="New")
    for step in ("tasks", "golds"):
        file = owner_client.get(at("setup-example", project, step))
        name = file["Content-Disposition"].split('"')[1]
        owner_client.post(at(f"setup-{step}", project), {"file": SimpleUploadedFile(name, file.content)})
        carry_out()
    assert [job.problem for job in Import.objects.all()] == ["", ""]
    assert (
        Task.objects.filter(project=project, state="open").count(),
        Gold.objects.filter(project=project).count(),
    ) == (1, 1)


def test_the_question_is_kept(owner_client: Client, draft: Project) -> None:
    response = owner_client.post(at("setup-question", draft), question())
    assert response["Location"] == at("setup-tasks", draft)
    draft.refresh_from_db()
    assert (draft.name, draft.instructions) == ("Pots", "Look.")
    assert draft.labels == [{"value": "a", "title": "Alpha"}, {"value": "b", "title": "b"}]


def test_a_label_named_twice_is_said_at_its_field_with_its_line(owner_client: Client, draft: Project) -> None:
    page = owner_client.post(at("setup-question", draft), question(labels="a\na")).content.decode()
    assert 'id="id_labels_error"' in page
    assert "line 2: label &#x27;a&#x27; is named twice" in page
    draft.refresh_from_db()
    assert draft.name == "Kettles"


def test_another_type_brings_its_fields_and_keeps_what_was_typed(owner_client: Client, draft: Project) -> None:
    sent = question(answer_type="number", do="redraw")
    page = owner_client.post(at("setup-question", draft), sent).content.decode()
    assert 'name="minimum"' in page
    assert 'name="labels"' not in page
    assert 'value="Pots"' in page
    draft.refresh_from_db()
    assert draft.answer_type == "single_choice"
    sent = {"name": "Pots", "answer_type": "number", "minimum": "1", "step": "0.5", "unit": "kg"}
    owner_client.post(at("setup-question", draft), sent)
    draft.refresh_from_db()
    assert (draft.answer_type, draft.answer_options) == ("number", {"minimum": 1, "step": 0.5, "unit": "kg"})


def test_the_preview_shows_what_is_typed_and_stores_nothing(owner_client: Client, draft: Project) -> None:
    page = owner_client.post(at("setup-preview", draft), question(labels="x | Xylo\ny")).content.decode()
    assert "Xylo" in page
    assert "I would buy it again" in page
    draft.refresh_from_db()
    assert (draft.name, Assignment.objects.filter(project=draft).count()) == ("Kettles", 0)
    page = owner_client.post(at("setup-preview", draft), question(labels="x")).content.decode()
    assert "Not complete yet: 1 labels; give 2 to 1000" in page


def test_the_preview_shows_the_first_task_once_there_is_one(owner_client: Client, draft: Project) -> None:
    owner_client.post(at("setup-tasks", draft), {"lines": "The first one.\n\nThe second one."})
    carry_out()
    assert "The first one." in owner_client.get(at("setup-question", draft)).content.decode()


def test_two_managers_see_each_others_changes(owner_client: Client, draft: Project) -> None:
    stale = {"version": "0" * 32}
    page = owner_client.post(at("setup-question", draft), question(**stale)).content.decode()
    assert "Somebody else has changed the draft meanwhile" in page
    draft.refresh_from_db()
    assert draft.name == "Kettles"
    version = page.split('name="version" value="')[1].split('"')[0]
    owner_client.post(at("setup-question", draft), question(version=version))
    draft.refresh_from_db()
    assert draft.name == "Pots"


def test_lines_become_tasks(owner_client: Client, draft: Project) -> None:
    owner_client.post(at("setup-tasks", draft), {"lines": " Good.\r\n\r\nBad, =1+1\r\n"})
    carry_out()
    texts = list(Task.objects.filter(project=draft).order_by("id").values_list("payload", flat=True))
    assert texts == [{"text": "Good."}, {"text": "Bad, =1+1"}]


def test_bad_rows_are_shown_and_nothing_is_written(owner_client: Client, draft: Project) -> None:
    file = SimpleUploadedFile("g.csv", b"text,gold,reason\nFine,positive,so\nHm,awful,so\n")
    owner_client.post(at("setup-golds", draft), {"file": file})
    page = owner_client.get(at("setup-golds", draft)).content.decode()
    assert 'hx-trigger="every 2s"' in page
    carry_out()
    part = owner_client.get(at("setup-imports", draft, "golds")).content.decode()
    assert "hx-trigger" not in part
    assert "&#x27;awful&#x27;" in part
    assert not Task.objects.filter(project=draft).exists()


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [({}, "Choose a file first."), ({"file": SimpleUploadedFile("t.csv", b"")}, "The file is empty.")],
)
def test_an_upload_of_nothing_says_so(
    owner_client: Client, draft: Project, sent: dict[str, Any], sentence: str
) -> None:
    assert sentence in owner_client.post(at("setup-tasks", draft), sent).content.decode()
    assert Import.objects.count() == 0


def test_an_import_can_be_stopped(owner_client: Client, draft: Project) -> None:
    owner_client.post(at("setup-tasks", draft), {"lines": "x"})
    owner_client.post(at("setup-cancel", draft, Import.objects.get().uid))
    assert Import.objects.get().state == "cancelled"


def test_price_and_overlap_are_kept_exactly(owner_client: Client, draft: Project) -> None:
    assert owner_client.post(at("setup-pay", draft), PAY)["Location"] == at("setup-launch", draft)
    draft.refresh_from_db()
    assert (draft.price_micros, draft.currency, draft.budget_micros) == (50_000, "EUR", 20_000_000)
    assert (draft.min_overlap, draft.max_overlap, draft.target_confidence, draft.gold_rate) == (2, 4, 0.95, 0.125)
    assert FairnessTerms.objects.get(project=draft).expected_seconds == 9
    page = owner_client.get(at("setup-pay", draft)).content.decode()
    for shown in ('value="0.05"', 'value="20"', 'value="95.0"', 'value="12.5"'):
        assert shown in page


def test_an_overlap_out_of_order_is_said_at_its_field(owner_client: Client, draft: Project) -> None:
    page = owner_client.post(at("setup-pay", draft), PAY | {"max_overlap": "1"}).content.decode()
    assert "1 is under min_overlap, which is 2" in page
    assert FairnessTerms.objects.count() == 0


def test_the_forecast_comes_with_its_ranges(owner_client: Client, draft: Project) -> None:
    owner_client.post(at("setup-tasks", draft), {"lines": "x\n" * 100})
    carry_out()
    owner_client.post(at("setup-pay", draft), PAY | {"min_overlap": "3", "max_overlap": "3", "budget": "14"})
    page = owner_client.get(at("setup-launch", draft)).content.decode().replace("\xa0", " ")
    assert "15.00 EUR" in page
    assert "9 s an answer, from the seconds that you gave" in page
    assert "does not cover the least that it may cost, 15.00 EUR" in page
    assert "There are no golds" in page


def test_a_launch_under_the_floor_asks_for_words(owner_client: Client, draft: Project, settings: Any) -> None:
    settings.PAY_FLOORS_MICROS = {"EUR": 12_000_000}
    owner_client.post(at("setup-tasks", draft), {"lines": "x"})
    carry_out()
    owner_client.post(at("setup-pay", draft), PAY | {"price": "0.001"})
    page = owner_client.post(at("setup-launch", draft)).content.decode()
    assert 'name="acknowledgement"' in page
    assert Project.objects.get(pk=draft.pk).state == "draft"
    response = owner_client.post(at("setup-launch", draft), {"acknowledgement": "volunteers"})
    assert response["Location"] == at("manage", draft)
    assert Project.objects.get(pk=draft.pk).state == "live"
    event = Event.objects.get(kind="pay_floor_acknowledged")
    assert event.detail["acknowledgement"] == "volunteers"


def test_a_launch_without_tasks_says_why_not(owner_client: Client, draft: Project) -> None:
    assert "add tasks before launching" in owner_client.post(at("setup-launch", draft)).content.decode()


@pytest.mark.parametrize("name", ["setup-question", "setup-pay", "setup-launch"])
def test_after_the_launch_only_tasks_and_golds_are_open(cast: Cast, owner_client: Client, name: str) -> None:
    assert owner_client.get(at(name, cast.project))["Location"] == at("manage", cast.project)
    assert owner_client.get(at("setup-tasks", cast.project)).status_code == 200
