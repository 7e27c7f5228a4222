"""Real Chromium against the live server: skipped where the machine has no browser."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cast import Cast, make_cast

from crowd.models import User

sync_api = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")

LAUNCH = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
# The page itself is a 404 or a 403: the browser reports its status as an error of the console.
OWN_STATUS = "Failed to load resource: the server responded with a status of"

NewPage = Callable[..., "sync_api.Page"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    """Debian's Chromium, without a window; not longer than its tests, since its event loop shuts out every other."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("there is no chromium on this machine")
    # Playwright keeps an event loop in this thread; Django takes that for asynchronous code and refuses its database.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        with sync_api.sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=path, args=LAUNCH)
            yield chromium
            chromium.close()
    finally:
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
        else:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture
def new_page(browser: sync_api.Browser, live_server) -> Iterator[NewPage]:
    """Opens pages whose console must stay clean: an error or a policy violation fails the test at its end."""
    contexts, complaints = [], []

    def open_page(**options: object) -> sync_api.Page:
        context = browser.new_context(base_url=live_server.url, **options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [text for text in complaints if not text.startswith(OWN_STATUS)] == []


@pytest.fixture
def stage(live_server) -> Cast:
    """The cast, committed, so that the server's threads see it; workers have passwords."""
    cast = make_cast(tasks=4)
    for worker in cast.workers:
        worker.user.set_password("correct horse")
        worker.user.save(update_fields=["password"])
    return cast


@pytest.fixture
def log_in() -> Callable[[sync_api.Page, User], None]:
    """Logs in over the form, by keyboard."""

    def by_form(page: sync_api.Page, user: User) -> None:
        page.goto("/log-in/")
        sync_api.expect(page.get_by_label("E-mail address")).to_be_focused()
        page.keyboard.type(user.email)
        page.keyboard.press("Tab")
        page.keyboard.type("correct horse")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Log out").wait_for()

    return by_form


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where screenshots go: ASSAY_SCREENSHOTS, else a folder of their own under the system's temporary one."""
    folder = Path(os.environ.get("ASSAY_SCREENSHOTS") or Path(tempfile.gettempdir()) / "assay-screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
