"""A phone has less room, and misses nothing of what the desk has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from e2e.quick_studio import QuickStudio

pytestmark = pytest.mark.browser
CLIP: dict[str, Any] = {"clip_size": (180, 320), "clip_seconds": 4}
FINGER_PX = 44


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, locale="en-US"
    )
    yield context.new_page()
    context.close()


@pytest.fixture
def shot(quick_studio: QuickStudio) -> str:
    """With two ready takes, the first of them selected."""
    shot = quick_studio.new_shot()
    for prompt in ("One.", "Two."):
        quick_studio.take(shot, f"{prompt} {shot}", **CLIP)
    return shot


@pytest.fixture
def studio(page: Page, quick_studio: QuickStudio, shot: str) -> Page:
    page.goto(quick_studio.page_of(shot))
    page.wait_for_function("() => document.querySelector('#main video')?.readyState >= 2")
    return page


def expect_fingers_fit(*targets: Locator) -> None:
    for target in targets:
        expect(target).to_be_in_viewport(ratio=1)
        box = target.bounding_box()
        assert box
        name = target.get_attribute("aria-label") or target.inner_text()
        assert min(box["width"], box["height"]) >= FINGER_PX, f"{name}: {box}"


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def test_the_size_of_the_video_is_chosen(studio: Page) -> None:
    size = studio.get_by_role("button", name=re.compile("^Size"))
    expect_fingers_fit(size)
    size.tap()
    expect_fingers_fit(*studio.get_by_role("menuitemradio").all())
    studio.get_by_role("menuitemradio", name="1280 × 720").tap()
    expect(size).to_contain_text("1280 × 720")


def test_prompts_that_were_sent_are_found_again(studio: Page, shot: str) -> None:
    expect_fingers_fit(button(studio, "Prompt history"))
    button(studio, "Prompt history").tap()
    past = studio.get_by_role("dialog", name="Prompt history")
    expect(past).to_be_in_viewport(ratio=1)
    past.get_by_role("button", name=f"One. {shot}").tap()
    expect(studio.get_by_role("textbox", name="Prompt")).to_have_value(f"One. {shot}")


def test_speed_loop_and_download_are_in_a_menu_of_the_player(studio: Page) -> None:
    more = button(studio, "More controls")
    expect_fingers_fit(more)
    more.tap()
    speed = studio.get_by_role("button", name=re.compile("Speed"))
    loop = button(studio, "Loop")
    download = studio.get_by_role("link", name="Download take")
    expect_fingers_fit(speed, loop, download)
    speed.tap()
    assert studio.evaluate("document.querySelector('#main video').playbackRate") == 1.5
    expect(speed).to_contain_text("1.5×")
    loop.tap()
    expect(loop).to_have_attribute("aria-pressed", "false")
    with studio.expect_download() as info:
        download.tap()
    assert info.value.path().read_bytes()[4:8] == b"ftyp"


def test_the_spend_of_today_is_seen(studio: Page) -> None:
    spend = studio.get_by_text(re.compile(r"^Today\s*\$\d+\.\d\d$"))
    expect(spend).to_be_in_viewport(ratio=1)


def test_nothing_of_it_is_crowded(studio: Page) -> None:
    """Every control of the player, the prompt and the cards is a target of its own."""
    places = (
        ".transport > .row > .btn, .prompt .pick, .prompt .estimate .btn, #day .btn:not(.still)"
    )
    controls = [each for each in studio.locator(places).all() if each.is_visible()]
    expect_fingers_fit(*controls)
    boxes = [box for each in controls if (box := each.bounding_box())]
    for index, one in enumerate(boxes):
        for other in boxes[index + 1 :]:
            beside = one["x"] + one["width"] <= other["x"] + 0.5 or (
                other["x"] + other["width"] <= one["x"] + 0.5
            )
            above = one["y"] + one["height"] <= other["y"] + 0.5 or (
                other["y"] + other["height"] <= one["y"] + 0.5
            )
            assert beside or above, (one, other)
    assert studio.evaluate("document.documentElement.scrollWidth") == 390
    studio.get_by_role("link", name="Takes", exact=True).tap()
    select = studio.get_by_role("button", name="Select")
    expect(select).to_be_in_viewport(ratio=1)
    expect_fingers_fit(select, studio.get_by_role("button", name="Reject"))


def test_fingers_press_no_keys(studio: Page) -> None:
    studio.get_by_role("link", name="Takes", exact=True).tap()
    expect(studio.get_by_role("button", name="Select")).to_be_in_viewport(ratio=1)
    for key in studio.locator(".btn kbd").all():
        expect(key).to_be_hidden()


def test_compare_has_the_same_menu(page: Page, quick_studio: QuickStudio, shot: str) -> None:
    page.goto(f"{quick_studio.url}/compare?shot={shot}")
    button(page, "More controls").tap()
    expect_fingers_fit(page.get_by_role("link", name="Download take"))
    page.keyboard.press("Escape")
    article = page.locator("article[aria-current=true]")
    expect_fingers_fit(article.get_by_role("button", name="Select"))
