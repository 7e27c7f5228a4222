"""Every page, light and dark, wide and narrow: no violation, no sideways scroll, nothing that axe objects to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from manager_scenes import manager_scenes
from playwright.sync_api import Page, expect
from project_scenes import project_scenes
from scenes import Scene, build_scenes, question_scenes, session_cookie

ROOT = Path(__file__).resolve().parents[2]
WIDE, NARROW, NARROWEST = ({"width": 1280, "height": 900}, {"width": 390, "height": 844}, {"width": 320, "height": 640})
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Only the colours differ in the dark.
RULES = {"light": {"type": "tag", "values": TAGS}, "dark": {"type": "rule", "values": ["color-contrast"]}}
# Links within a sentence are exempt (WCAG 2.5.8), and a radio is reached through its whole label.
TARGETS = "button, .button, nav a, summary, select, .choice"
SMALL_TARGETS = """targets => [...document.querySelectorAll(targets)].filter(target => target.checkVisibility())
  .map(target => [target.outerHTML.slice(0, 120), target.getBoundingClientRect()])
  .filter(([, box]) => box.width && Math.min(box.width, box.height) < 24).map(([html]) => html)"""
# So that two processes share the pages.
SHARES = 2
# What is inspected, by part of the site.
PARTS: dict[str, Callable[[], list[Scene]]] = {
    "site": lambda: build_scenes()[1],
    "questions": question_scenes,
    "manager": manager_scenes,
    "project": project_scenes,
}


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


def objections(page: Page, only: dict[str, Any]) -> list[str]:
    found = page.evaluate("options => window.axe.run(document, options)", {"runOnly": only})
    return [
        f"{violation['id']} ({violation['impact']}): {node['html'][:160]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("part", PARTS)
def test_every_page_is_for_everyone(new_page, visit: Visit, axe: str, screenshots: Path, share: int, part: str) -> None:
    """Axe objects to nothing, targets are 24 pixels, nothing scrolls sideways at 320 pixels."""
    scenes = PARTS[part]()
    assert len({scene.name for scene in scenes}) == len(scenes)
    found: dict[str, list[str]] = {}
    page = new_page()
    for scene in scenes[share::SHARES]:
        for scheme in RULES:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size(WIDE)
            visit(scene, page)
            page.evaluate(axe)
            for size in (WIDE, NARROW):
                page.set_viewport_size(size)
                where = f"{scene.name}-{scheme}-{size['width']}"
                page.screenshot(path=screenshots / f"{where}.png", full_page=True)
                found[where] = objections(page, RULES[scheme])
        found[f"{scene.name}, targets under 24 pixels"] = page.evaluate(SMALL_TARGETS, TARGETS)
        page.set_viewport_size(NARROWEST)
        page.reload()
        width = page.evaluate("document.documentElement.scrollWidth")
        found[f"{scene.name}, too wide for 320 pixels"] = [f"{width} pixels"] if width > 320 else []
    assert {where: complaints for where, complaints in found.items() if complaints} == {}


def test_the_first_tab_reaches_the_skip_link(new_page, visit: Visit) -> None:
    cast, _ = build_scenes()
    page = new_page()
    visit(Scene("manage", reverse("manage", args=[cast.project.uid]), cast.owner), page)
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
