"""Every page passes axe in both themes, wide and on a phone, empty and at work."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import axe_playwright_python
import httpx
import pytest
from playwright.sync_api import Page

from e2e.quick_studio import QuickStudio
from e2e.studio_process import StudioProcess

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
PHONE = {"width": 390, "height": 844}


def violations(page: Page) -> list[str]:
    """One line for each broken rule, with the first place where it is."""
    # Not as a script element: the page's own policy would refuse it, as it should.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate(f"axe.run(document, {json.dumps(RULES)})")
    return [f"{v['id']}: {v['nodes'][0]['target']}: {v['help']}" for v in found["violations"]]


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("path", ["/", "/library", "/settings", "/spend", "/nowhere"])
def test_every_page_in_both_themes(
    shared_studio: StudioProcess, page: Page, path: str, theme: str
) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.goto(shared_studio.url + path)
    page.get_by_role("main").wait_for()
    assert violations(page) == []
    page.set_viewport_size(PHONE)
    assert violations(page) == []


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_studio_at_work(studio_server: StudioProcess, page: Page, theme: str) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.goto(studio_server.url)
    page.get_by_role("textbox", name="Prompt").fill("A tram at night. Hold.")
    page.get_by_role("button", name="Generate").click()
    page.get_by_label("Viewer").locator("video").wait_for(timeout=60_000)
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_label("Keys and help").click()
    page.get_by_role("dialog").wait_for()
    assert violations(page) == []


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_comparison(quick_studio: QuickStudio, page: Page, theme: str) -> None:
    shot = quick_studio.new_shot()
    takes = [quick_studio.take(shot, f"{prompt} {shot}") for prompt in ("One.", "Two.", "Three.")]
    rejection = f"{quick_studio.url}/api/takes/{takes[1]['id']}/rejection"
    httpx.post(rejection, json={"reason": "Hands"}).raise_for_status()
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.goto(f"{quick_studio.url}/compare?shot={shot}")
    page.get_by_role("article").last.wait_for()
    assert violations(page) == []
    page.get_by_role("button", name="Takes", exact=True).click()
    page.get_by_role("menu", name="Takes to compare").wait_for()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.set_viewport_size(PHONE)
    assert violations(page) == []
    page.get_by_role("article", name="Take 3").get_by_role("button", name="Reject").click()
    page.get_by_role("dialog").wait_for()
    assert violations(page) == []
