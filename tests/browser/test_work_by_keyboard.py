"""A worker works with the keyboard alone, and nothing is lost on the way."""

from __future__ import annotations

from datetime import timedelta

from cast import Cast
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from crowd.models import Answer, Assignment


def start(page: Page, cast: Cast, log_in) -> None:
    log_in(page, cast.worker.user)
    page.goto(reverse("work", args=[cast.project.uid]))
    expect(page.get_by_role("button", name="Take a task")).to_be_focused()
    page.keyboard.press("Enter")
    is_ready(page)


def is_ready(page: Page) -> None:
    """The script has started: keys that come earlier do nothing, as on any page that is still loading."""
    expect(page.locator("html[data-keys=on]")).to_be_attached()


def test_three_tasks_with_number_keys(stage: Cast, new_page, log_in) -> None:
    page = new_page()
    start(page, stage, log_in)
    for key, value in (("1", "negative"), ("3", "positive"), ("2", "neutral")):
        held = Assignment.objects.get(state="active")
        is_ready(page)
        expect(page.locator("#payload")).to_have_text(held.task.payload["text"])
        page.keyboard.press(key)
        page.keyboard.press("Control+Enter")
        expect(page.locator("#payload")).not_to_have_text(held.task.payload["text"])
        assert Answer.objects.get(assignment=held).value == value
    assert Answer.objects.count() == 3


def test_tab_and_arrow_keys_do_without_shortcuts(stage: Cast, new_page, log_in) -> None:
    page = new_page()
    start(page, stage, log_in)
    page.locator("input[type=radio]").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(page.locator("#submit")).to_be_focused()
    held = Assignment.objects.get(state="active")
    page.keyboard.press("Enter")
    expect(page.locator("#payload")).not_to_have_text(held.task.payload["text"])
    assert Answer.objects.get().value == "neutral"


def test_sending_without_a_choice_says_what_is_missing(stage: Cast, new_page, log_in) -> None:
    page = new_page()
    start(page, stage, log_in)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notice")).to_have_text("Choose an answer first.")
    assert Answer.objects.count() == 0


def test_help_instructions_and_skip_are_one_key_away(stage: Cast, new_page, log_in) -> None:
    page = new_page()
    start(page, stage, log_in)
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    expect(page.get_by_text("Say how the text sounds.")).to_be_visible()
    page.keyboard.press("i")
    expect(page.get_by_text("Say how the text sounds.")).to_be_hidden()
    held = Assignment.objects.get(state="active")
    page.keyboard.press("s")
    expect(page.locator("#skip-reason")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("1 is no choice here")  # single keys rest while somebody types
    page.keyboard.press("Enter")
    expect(page.locator("#payload")).not_to_have_text(held.task.payload["text"])
    held.refresh_from_db()
    assert held.state == "skipped"
    # The instructions stay closed as the worker left them.
    expect(page.get_by_text("Say how the text sounds.")).to_be_hidden()


def test_single_keys_can_be_switched_off(stage: Cast, new_page, log_in) -> None:
    page = new_page()
    start(page, stage, log_in)
    page.keyboard.press("?")
    page.locator("#single-keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    expect(page.locator("input[type=radio]:checked")).to_have_count(0)
    page.reload()
    page.keyboard.press("2")
    expect(page.locator("input[type=radio]:checked")).to_have_count(0)


def test_a_reload_restores_the_choice(stage: Cast, new_page, log_in) -> None:
    page = new_page()
    start(page, stage, log_in)
    page.keyboard.press("3")
    page.reload()
    expect(page.locator("input[value='2']")).to_be_checked()
    expect(page.locator("#notice")).to_have_text("What you had filled in was restored.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("input[type=radio]:checked")).to_have_count(0)
    assert Answer.objects.get().value == "positive"


def test_the_clock_warns_and_one_key_gives_the_full_time(stage: Cast, new_page, log_in) -> None:
    page = new_page()
    start(page, stage, log_in)
    soon = timezone.now() + timedelta(seconds=15)
    Assignment.objects.filter(state="active").update(deadline=soon)
    page.reload()
    expect(page.locator("#notice")).to_contain_text("Little time left")
    page.keyboard.press("2")
    page.keyboard.press("t")
    expect(page.locator("#notice")).to_have_text("You have the full time again.")
    expect(page.locator("input[value='1']")).to_be_checked()
    assert Assignment.objects.get(state="active").deadline > soon + timedelta(seconds=30)


def test_an_answer_made_offline_goes_out_once_the_line_is_back(stage: Cast, new_page, log_in) -> None:
    page = new_page()
    start(page, stage, log_in)
    held = Assignment.objects.get(state="active")
    page.context.set_offline(True)
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notice")).to_contain_text("You are offline")
    page.context.set_offline(False)
    expect(page.locator("#payload")).not_to_have_text(held.task.payload["text"])
    assert Answer.objects.get().value == "negative"


def test_everything_works_without_script(stage: Cast, new_page, log_in) -> None:
    page = new_page(java_script_enabled=False)
    log_in(page, stage.worker.user)
    page.get_by_role("button", name="Work").click()
    page.get_by_label("Positive").check()
    page.get_by_role("button", name="More time").click()
    assert page.get_by_label("Positive").is_checked()
    page.get_by_role("button", name="Send, then next").click()
    assert Answer.objects.get().value == "positive"
    page.locator("#skip summary").click()
    page.get_by_role("button", name="Skip, then next").click()
    assert Assignment.objects.filter(state="skipped").count() == 1


def test_the_wait_page_finds_the_next_task_by_itself(stage: Cast, new_page, log_in) -> None:
    page = new_page()
    log_in(page, stage.worker.user)
    project = stage.project
    tasks = project.tasks
    tasks.update(overlap=0, open_slots=0, is_open=False)
    page.goto(reverse("work", args=[project.uid]))
    page.get_by_role("button", name="Take a task").press("Enter")
    expect(page.locator("#waiting")).to_have_text("This page asks again by itself.")
    tasks.filter(key="t2").update(overlap=1, open_slots=1, is_open=True)
    expect(page.locator("#payload")).to_have_text("text 2")
