"""Every answer type is answered with the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cast import Cast
from django.urls import reverse
from playwright.sync_api import Page, expect
from questions import ASKED
from scenes import session_cookie

from crowd.models import Answer


def choose_by_number(page: Page) -> None:
    page.keyboard.press("1")


def rate(page: Page) -> None:
    page.keyboard.press("4")


def choose_several(page: Page) -> None:
    for key in ("3", "2", "1", "2"):  # the second is switched on, then off
        page.keyboard.press(key)


def type_a_number(page: Page) -> None:
    page.keyboard.press("a")
    page.keyboard.type("99.5")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")


def write(page: Page) -> None:
    page.keyboard.press("a")
    page.keyboard.type(" Water boils.")
    page.keyboard.press("Enter")
    expect(page.locator("#length-now")).to_have_text("; now 12")


def prefer(page: Page) -> None:
    page.keyboard.press("2")


def rank(page: Page) -> None:
    """Water first, then tea, then ink, from whatever order was drawn."""
    for place, name in enumerate(("Water", "Tea", "Ink")):
        names = page.locator(".ranked-item").evaluate_all("rows => rows.map(row => row.dataset.name)")
        page.keyboard.press(str(names.index(name) + 1))
        for _ in range(names.index(name) - place):
            page.keyboard.press("ArrowUp")
    expect(page.locator(".ranked-item .ranked-content")).to_have_text(["Water", "Tea", "Ink"])


ACTS: dict[str, Callable[[Page], None]] = {
    "single_choice": choose_by_number,
    "ordinal": rate,
    "multiple_choice": choose_several,
    "number": type_a_number,
    "text": write,
    "pairwise": prefer,
    "ranking": rank,
}


def open_task(page: Page, cast: Cast, address: str) -> None:
    """Log in by cookie, take a task with the Enter key."""
    page.context.add_cookies([{"name": "sessionid", "value": session_cookie(cast.worker.user), "url": address}])
    page.goto(reverse("work", args=[cast.project.uid]))
    page.get_by_role("button", name="Take a task").press("Enter")
    expect(page.locator("html[data-keys=on]")).to_be_attached()


@pytest.mark.parametrize("kind", list(ACTS))
def test_an_answer_is_given_kept_over_a_reload_and_sent(live_server, new_page, kind: str) -> None:
    cast, page = ASKED[kind].cast(tasks=2), new_page()
    open_task(page, cast, live_server.url)
    first = page.locator("#work").get_attribute("data-assignment") or ""
    with page.expect_response("**/draft/") as kept:
        ACTS[kind](page)
    assert kept.value.status == 204
    page.reload()
    expect(page.locator("html[data-keys=on]")).to_be_attached()
    page.keyboard.press("Control+Enter")
    expect(page.locator(f"#work:not([data-assignment='{first}'])")).to_be_attached()
    assert [answer.value for answer in Answer.objects.all()] == [ASKED[kind].value]


def test_an_order_that_nobody_touched_is_sent_only_when_sent_twice(live_server, new_page) -> None:
    cast, page = ASKED["ranking"].cast(), new_page()
    open_task(page, cast, live_server.url)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notice")).to_contain_text("You have moved nothing.")
    assert Answer.objects.count() == 0
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notice")).to_be_hidden()
    assert sorted(Answer.objects.get().value) == ["x", "y", "z"]


def test_buttons_move_items_too_and_say_where_they_are(live_server, new_page) -> None:
    cast, page = ASKED["ranking"].cast(), new_page()
    open_task(page, cast, live_server.url)
    last = page.locator(".ranked-item").last
    name = last.get_attribute("data-name")
    last.get_by_role("button", name="Up: ").press("Enter")
    expect(page.locator("#aloud")).to_have_text(f"{name} is now in place 2 of 3.")
    page.keyboard.press("Enter")
    expect(page.locator(".ranked-item").first).to_have_attribute("data-name", name or "")
    expect(page.locator(".ranked-item").first).to_be_focused()


@pytest.mark.parametrize("kind", list(ACTS))
def test_every_type_works_without_script(live_server, new_page, kind: str) -> None:
    cast, page = ASKED[kind].cast(tasks=2), new_page(java_script_enabled=False)
    page.context.add_cookies([{"name": "sessionid", "value": session_cookie(cast.worker.user), "url": live_server.url}])
    page.goto(reverse("work", args=[cast.project.uid]))
    page.get_by_role("button", name="Take a task").click()
    for name, value in ASKED[kind].form.items():
        for one in value if isinstance(value, list) else [value]:
            if name == "choice":
                page.locator(f"input[name=choice][value='{one}']").check()
            elif name.startswith("place-"):
                page.locator(f"select[name={name}]").select_option(one)
            else:
                page.locator(f"[name={name}]").fill(one.replace("\r", ""))
    page.get_by_role("button", name="Send, then next").click()
    assert Answer.objects.get().value == ASKED[kind].value
