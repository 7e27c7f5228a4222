"""Every page, light and dark, wide and narrow: no violation, no sideways scroll, nothing that axe objects to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from scenes import Scene, build_scenes, session_cookie

ROOT = Path(__file__).resolve().parents[2]
SIZES = [(1280, 900), (390, 844)]
SCHEMES = ["light", "dark"]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, as `make setup` installed it."""
    source = ROOT / "web/front/node_modules/axe-core/axe.min.js"
    assert source.exists(), "axe-core is not installed; run make setup"
    return source.read_text()


Visit = Callable[[Scene, Page], None]


@pytest.fixture
def visit(live_server) -> Visit:
    """Opens a scene as the person who looks."""

    def open_scene(scene: Scene, page: Page) -> None:
        page.context.clear_cookies()
        if scene.user is not None:
            cookie = {"name": "sessionid", "value": session_cookie(scene.user), "url": live_server.url}
            page.context.add_cookies([cookie])
        page.goto(scene.address)

    return open_scene


def objections(page: Page, axe: str) -> list[str]:
    page.evaluate(axe)
    options: dict[str, Any] = {"runOnly": {"type": "tag", "values": RULES}}
    found = page.evaluate("options => window.axe.run(document, options)", options)
    return [
        f"{violation['id']} ({violation['impact']}): {node['html'][:160]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_objects_to_nothing(new_page, visit: Visit, axe: str, screenshots: Path, scheme: str) -> None:
    _, scenes = build_scenes()
    found: dict[str, list[str]] = {}
    for width, height in SIZES:
        page = new_page(color_scheme=scheme, viewport={"width": width, "height": height})
        for scene in scenes:
            visit(scene, page)
            page.screenshot(path=screenshots / f"{scene.name}-{scheme}-{width}.png", full_page=True)
            if complaints := objections(page, axe):
                found[f"{scene.name} at {width}"] = complaints
    assert found == {}


def test_nothing_scrolls_sideways_at_320_pixels(new_page, visit: Visit) -> None:
    _, scenes = build_scenes()
    page = new_page(viewport={"width": 320, "height": 640})
    too_wide = {}
    for scene in scenes:
        visit(scene, page)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 320:
            too_wide[scene.name] = width
    assert too_wide == {}


def test_targets_are_at_least_24_pixels(new_page, visit: Visit) -> None:
    _, scenes = build_scenes()
    page = new_page(viewport={"width": 390, "height": 844})
    small = {}
    for scene in scenes:
        visit(scene, page)
        # Links within a sentence are exempt (WCAG 2.5.8), and a radio is reached through its whole label.
        targets = page.locator(
            "button:visible, .button:visible, nav a:visible, summary:visible, select:visible, .choice"
        )
        boxes = [target.bounding_box() for target in targets.all()]
        small[scene.name] = [box for box in boxes if box and min(box["width"], box["height"]) < 24]
    assert {name: boxes for name, boxes in small.items() if boxes} == {}


def test_the_first_tab_reaches_the_skip_link(new_page, visit: Visit) -> None:
    cast, _ = build_scenes()
    page = new_page()
    visit(Scene("manage", reverse("manage", args=[cast.project.uid]), cast.owner), page)
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
