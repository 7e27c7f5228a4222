"""The pages of the API's document in a browser: whole without the network, no violation of the policy."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from api.schema import openapi

# They lay out every operation, on a machine that may be busy.
PATIENCE_MS = 60_000
OPERATIONS = [operation["operationId"] for methods in openapi()["paths"].values() for operation in methods.values()]
HEADINGS = {operation["tags"][0] for methods in openapi()["paths"].values() for operation in methods.values()}


@pytest.fixture
def asked_elsewhere(new_page, live_server) -> tuple[Page, list[str]]:
    """A page that reaches this server only, with the addresses elsewhere that it tried."""
    page: Page = new_page(viewport={"width": 1280, "height": 900})
    tried: list[str] = []

    def keep_home(route: Route) -> None:
        address = route.request.url
        if address.startswith((live_server.url, "data:", "blob:")):
            route.continue_()
        else:
            tried.append(address)
            route.abort()

    page.route("**/*", keep_home)
    return page, tried


def test_swagger_ui_shows_every_heading_and_an_example(
    asked_elsewhere: tuple[Page, list[str]], screenshots: Path
) -> None:
    page, tried = asked_elsewhere
    page.goto("/api/v1/docs")
    expect(page.locator(".opblock-tag").first).to_be_visible(timeout=PATIENCE_MS)
    # Only what is on the screen is laid out.
    seen: set[str] = set()
    for _ in range(20):
        seen |= set(page.locator(".opblock-tag").evaluate_all("tags => tags.map(tag => tag.dataset.tag)"))
        if seen == HEADINGS:
            break
        page.mouse.wheel(0, 600)
        page.evaluate("new Promise(requestAnimationFrame)")
    assert seen == HEADINGS
    page.mouse.wheel(0, -20_000)
    page.locator(".opblock-tag[data-tag='assignments']").click()
    shown = page.locator("[id='operations-assignments-post_submit']")
    shown.locator(".opblock-summary-control").click()
    expect(shown.locator(".opblock-body")).to_contain_text('"next": true', timeout=PATIENCE_MS)
    page.screenshot(path=screenshots / "api-swagger.png")
    assert tried == []


def test_redoc_shows_every_operation(asked_elsewhere: tuple[Page, list[str]], screenshots: Path) -> None:
    page, tried = asked_elsewhere
    page.goto("/api/v1/redoc")
    # It lays out one after the other; then one look is enough.
    expect(page.locator(f"[id$='operation/{OPERATIONS[-1]}']").first).to_be_attached(timeout=PATIENCE_MS)
    places = page.locator("[id*='operation/']").evaluate_all("found => found.map(one => one.id)")
    assert set(OPERATIONS) - {place.rpartition("/")[2] for place in places} == set()
    page.screenshot(path=screenshots / "api-redoc.png")
    assert tried == []
