"""How a person watches: kept from take to take and visit to visit, and one tab at a time."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from e2e.quick_studio import QuickStudio

pytestmark = pytest.mark.browser
CLIP: dict[str, Any] = {"clip_size": (180, 320), "clip_seconds": 4}
LOADED = "() => document.querySelector('#main video')?.readyState >= 2"
PLAYS = "() => document.querySelector('#main video')?.paused === false"
PAUSED = "() => document.querySelector('#main video')?.paused === true"
# The moment between a clip's end and what the page does about it, as long as a test needs it.
HOLD_END = """() => {
  document.addEventListener("ended", (event) => {
    event.stopImmediatePropagation();
    window.isAtEnd = true;
  }, { capture: true, once: true });
  new BroadcastChannel("shortdrama-playing").onmessage = () => { window.hasHeard = true; };
}"""
HEARD = "() => window.hasHeard"
HABITS = """() => {
  const video = document.querySelector("#main video");
  return [video.playbackRate, video.volume, video.muted];
}"""


@pytest.fixture
def shot(quick_studio: QuickStudio) -> str:
    """With two ready takes, the first of them selected."""
    shot = quick_studio.new_shot()
    for prompt in ("One.", "Two."):
        quick_studio.take(shot, f"{prompt} {shot}", **CLIP)
    return shot


def open_loaded(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_function(LOADED)


def expect_habits(page: Page) -> None:
    """Twice the speed (two steps up), no loop, and a low sound that is on."""
    page.wait_for_function(LOADED)
    assert page.evaluate(HABITS) == [2, 0.3, False]
    speed = page.locator("#main [data-speed]").first
    expect(speed).to_have_text("2×")
    loop = page.locator("#main [data-key=loop]")
    expect(loop).to_have_attribute("aria-pressed", "false")


def test_speed_loop_and_volume_stay_as_they_are_set(
    page: Page, quick_studio: QuickStudio, shot: str
) -> None:
    other = quick_studio.new_shot()
    quick_studio.take(other, f"Elsewhere. {other}", **CLIP)
    open_loaded(page, quick_studio.page_of(shot))
    page.keyboard.press("l")
    page.keyboard.press("l")
    page.get_by_role("button", name="Loop").click()
    page.get_by_role("button", name="Volume").click()
    page.get_by_role("slider", name="Volume").fill("30")
    page.keyboard.press("Escape")
    page.locator("body").click(position={"x": 2, "y": 2})
    expect_habits(page)

    page.keyboard.press("2")
    expect(page.locator("take-player")).to_have_attribute("data-number", "2")
    expect_habits(page)
    page.locator(f"#cell-{other} a, a#cell-{other}").first.click()
    expect(page.locator("body")).to_have_attribute("data-shot", other)
    expect(page.locator("take-player")).to_have_attribute("data-number", "1")
    expect_habits(page)
    page.reload()
    expect_habits(page)
    open_loaded(page, f"{quick_studio.url}/compare?shot={shot}")
    expect(page.locator("#main [data-speed]").first).to_have_text("2×")
    assert page.evaluate(HABITS)[0] == 2


def test_the_loop_points_of_one_take_are_not_those_of_the_next(
    page: Page, quick_studio: QuickStudio, shot: str
) -> None:
    open_loaded(page, quick_studio.page_of(shot))
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("i")
    expect(page.locator(".in-out")).to_be_visible()
    page.keyboard.press("2")
    expect(page.locator("take-player")).to_have_attribute("data-number", "2")
    expect(page.locator(".in-out")).to_be_hidden()


def test_a_broken_note_of_the_speed_is_no_speed(
    page: Page, quick_studio: QuickStudio, shot: str
) -> None:
    open_loaded(page, quick_studio.page_of(shot))
    page.evaluate("localStorage.setItem('viewer:speed', '1e9')")
    page.reload()
    page.wait_for_function(LOADED)
    assert page.evaluate(HABITS)[0] == 1


def test_playing_in_one_tab_pauses_the_other(
    page: Page, context: BrowserContext, quick_studio: QuickStudio, shot: str
) -> None:
    other = context.new_page()
    for tab in (page, other):
        open_loaded(tab, quick_studio.page_of(shot))
    for starts, stops in ((page, other), (other, page), (page, other)):
        starts.keyboard.press("k")
        starts.wait_for_function(PLAYS)
        stops.wait_for_function(PAUSED)
    # A clip that begins anew is still the one that plays.
    page.evaluate("document.querySelector('#main video').currentTime = 3.9")
    page.wait_for_function("() => document.querySelector('#main video').currentTime < 2")
    assert page.evaluate(PLAYS)
    assert other.evaluate(PAUSED)


def test_a_clip_at_its_end_gives_way_to_a_tab_that_begins(
    page: Page, context: BrowserContext, quick_studio: QuickStudio, shot: str
) -> None:
    """It is paused there for a moment, and must not begin anew over the other tab."""
    other = context.new_page()
    for tab in (page, other):
        open_loaded(tab, quick_studio.page_of(shot))
    page.evaluate(HOLD_END)
    page.keyboard.press("k")
    page.wait_for_function(PLAYS)
    page.evaluate("document.querySelector('#main video').currentTime = 3.9")
    page.wait_for_function("() => window.isAtEnd")
    other.keyboard.press("k")
    other.wait_for_function(PLAYS)
    page.wait_for_function(HEARD)
    page.evaluate("document.querySelector('#main video').dispatchEvent(new Event('ended'))")
    assert page.evaluate(PAUSED)
    assert other.evaluate(PLAYS)


def test_a_finished_take_plays_in_one_of_two_tabs(
    page: Page, context: BrowserContext, quick_studio: QuickStudio
) -> None:
    shot = quick_studio.new_shot()
    other = context.new_page()
    for tab in (page, other):
        tab.goto(quick_studio.page_of(shot))
    quick_studio.take(shot, f"Both wait for it. {shot}", **CLIP)
    for tab in (page, other):
        tab.wait_for_function(LOADED)
    page.wait_for_timeout(500)  # either may begin, and the other has to hear of it
    assert sorted(bool(tab.evaluate(PLAYS)) for tab in (page, other)) == [False, True]


def test_a_page_that_nobody_sees_plays_when_it_is_seen(
    page: Page, quick_studio: QuickStudio
) -> None:
    shot = quick_studio.new_shot()
    page.add_init_script(
        "Object.defineProperty(document, 'hidden', { get: () => window.isAway ?? true })"
    )
    page.goto(quick_studio.page_of(shot))
    quick_studio.take(shot, f"Behind the others. {shot}", **CLIP)
    page.wait_for_function(LOADED)
    page.wait_for_timeout(300)  # time in which it must not begin
    assert page.evaluate(PAUSED)
    page.evaluate("window.isAway = false; document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_function(PLAYS)
