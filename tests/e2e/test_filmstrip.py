"""The filmstrip: every shot is a place with an address."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e.quick_studio import QuickStudio
from e2e.studio_process import StudioProcess

pytestmark = pytest.mark.browser


@pytest.fixture
def strip(page: Page) -> Locator:
    return page.get_by_role("region", name="Filmstrip")


def test_a_fresh_studio_has_one_empty_shot(page: Page, studio_server: StudioProcess) -> None:
    page.goto(studio_server.url)
    expect(page.get_by_role("main")).to_contain_text(
        "Describe the first shot below and press Generate."
    )
    expect(page.get_by_role("main")).to_contain_text("connect a model")
    page.get_by_role("button", name="Hide this").click()
    page.reload()
    expect(page.get_by_text("For real pictures, connect a model.")).to_be_hidden()
    for name in ("Studio", "Library", "Settings"):
        expect(page.get_by_role("navigation").get_by_role("link", name=name)).to_be_visible()


def test_a_new_shot_opens_and_waits_for_words(
    page: Page, quick_studio: QuickStudio, strip: Locator
) -> None:
    page.goto(quick_studio.page_of(quick_studio.new_shot()))
    count = strip.get_by_role("link").count()
    strip.get_by_role("button", name="New shot").click()
    expect(strip.get_by_role("link")).to_have_count(count + 1)
    expect(strip.get_by_role("link").last).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("textbox", name="Prompt")).to_be_focused()
    expect(page).to_have_url(re.compile(r"\?shot=[0-9a-f]{32}$"))


def test_shots_open_without_a_reload_and_back_goes_back(
    page: Page, quick_studio: QuickStudio, strip: Locator
) -> None:
    first, second = quick_studio.new_shot(), quick_studio.new_shot()
    quick_studio.take(first, "The first.")
    page.goto(quick_studio.page_of(second))
    page.evaluate("window.isSamePage = true")
    strip.locator(f"#cell-{first}").click()
    expect(page.get_by_role("main").locator("video")).to_be_visible()
    assert page.url.endswith(f"?shot={first}")
    page.go_back()
    expect(page.get_by_role("main").locator("video")).to_have_count(0)
    expect(strip.locator(f"#cell-{second}")).to_have_attribute("aria-current", "true")
    assert page.evaluate("window.isSamePage")
    page.go_forward()
    page.reload()
    expect(strip.locator(f"#cell-{first}")).to_have_attribute("aria-current", "true")


def test_each_shot_keeps_its_own_words(
    page: Page, quick_studio: QuickStudio, strip: Locator
) -> None:
    first, second = quick_studio.new_shot(), quick_studio.new_shot()
    page.goto(quick_studio.page_of(first))
    prompt = page.get_by_role("textbox", name="Prompt")
    prompt.fill("Of the first")
    strip.locator(f"#cell-{second}").click()
    expect(prompt).to_have_value("")
    prompt.fill("Of the second")
    strip.locator(f"#cell-{first}").click()
    expect(prompt).to_have_value("Of the first")


def test_keys_move_along_the_strip(page: Page, quick_studio: QuickStudio, strip: Locator) -> None:
    first, second = quick_studio.new_shot(), quick_studio.new_shot()
    page.goto(quick_studio.page_of(first))
    strip.locator(f"#cell-{first}").focus()
    page.keyboard.press("ArrowRight")
    expect(strip.locator(f"#cell-{second}")).to_be_focused()
    page.keyboard.press("Enter")
    expect(strip.locator(f"#cell-{second}")).to_have_attribute("aria-current", "true")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("[")
    expect(strip.locator(f"#cell-{first}")).to_have_attribute("aria-current", "true")


def test_a_cell_shows_poster_state_and_length(
    page: Page, quick_studio: QuickStudio, strip: Locator
) -> None:
    ready, failed = quick_studio.new_shot(), quick_studio.new_shot()
    quick_studio.take(ready, "Good.", clip_seconds=2)
    quick_studio.take(failed, f"Bad {failed}.", "failed", submit="401")
    page.goto(quick_studio.page_of(ready))
    expect(strip.locator(f"#cell-{ready} img")).to_be_visible()
    expect(strip.locator(f"#cell-{ready}")).to_contain_text("2.0")
    expect(strip.locator(f"#cell-{failed}")).to_contain_text(", Failed")


def test_a_drawer_on_a_narrow_page_is_a_place(page: Page, quick_studio: QuickStudio) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(quick_studio.page_of(quick_studio.new_shot()))
    takes = page.get_by_role("complementary", name="Takes")
    expect(takes).to_be_hidden()
    page.get_by_role("link", name="Takes").first.click()
    expect(takes).to_be_visible()
    page.reload()
    expect(takes).to_be_visible()
    page.keyboard.press("Escape")
    expect(takes).to_be_hidden()


def test_a_shot_that_is_not_there_is_said_in_words(page: Page, quick_studio: QuickStudio) -> None:
    page.goto(quick_studio.page_of("0" * 32))
    expect(page.get_by_role("alert")).to_contain_text("This shot is not here any more.")
    page.get_by_role("link", name="Open the studio").click()
    expect(page.get_by_role("textbox", name="Prompt")).to_be_visible()


def test_the_project_is_renamed_where_its_name_stands(
    page: Page, quick_studio: QuickStudio
) -> None:
    other = page.context.new_page()
    for tab in (page, other):
        tab.goto(quick_studio.url)
    page.get_by_role("button", name="Project:").click()
    page.get_by_role("textbox", name="Project").fill("Night Market")
    page.keyboard.press("Enter")
    for tab in (page, other):
        expect(tab.get_by_role("button", name="Project: Night Market")).to_be_visible()


def test_nothing_on_the_page_breaks_its_own_policy(page: Page, quick_studio: QuickStudio) -> None:
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    shot = quick_studio.new_shot()
    page.goto(quick_studio.page_of(shot))
    page.locator("[data-pick=model]").click()
    page.keyboard.press("Escape")
    quick_studio.take(shot, "Clean.")
    expect(page.locator(".take")).to_contain_text("Selected")
    page.get_by_role("button", name="New shot").click()
    expect(page.get_by_role("textbox", name="Prompt")).to_be_focused()
    page.go_back()
    expect(page.get_by_role("main").locator("video")).to_be_visible()
    assert complaints == []
