"""Flow 1, the first minute: a sentence, a clip without any key, and a sample to look around in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from e2e.studio_process import StudioProcess

pytestmark = pytest.mark.browser
SENTENCE = "Describe the first shot below and press Generate."
DRAWN_MS = 60_000
SAMPLE_DRAWN_MS = 300_000  # eight clips, on a machine that has other things to do
# The clip's time once it has moved; -1 where it does not.
PLAYED_S = """video => new Promise(done => {
  setTimeout(() => done(-1), 20000);
  video.addEventListener("timeupdate", () => video.currentTime > 0.2 && done(video.currentTime));
})"""


@pytest.fixture
def studio(studio_server: StudioProcess, page: Page) -> Iterator[StudioProcess]:
    """A fresh studio, open in the page."""
    page.goto(studio_server.url)
    yield studio_server
    page.goto("about:blank")


@pytest.fixture
def viewer(page: Page) -> Locator:
    return page.get_by_role("main", name="Viewer")


def cells(page: Page) -> Locator:
    return page.get_by_role("region", name="Filmstrip").locator("[data-open-shot]")


def project(page: Page) -> Locator:
    """The top bar's button with the project's title."""
    return page.get_by_role("button", name="Project:")


def go_to(page: Page, title: str) -> None:
    project(page).click()
    page.get_by_role("navigation", name="Projects").get_by_role("link", name=title).click()
    expect(project(page)).to_have_text(title)


def takes(studio: StudioProcess) -> list[dict[str, Any]]:
    found = httpx.get(f"{studio.url}/api/takes", params={"limit": 200}, timeout=30)
    return list(found.raise_for_status().json())


def test_a_sentence_a_prompt_and_a_clip_without_key_or_cost(
    page: Page, studio: StudioProcess, viewer: Locator
) -> None:
    expect(viewer.get_by_text(SENTENCE)).to_be_visible()
    expect(viewer.get_by_text("For real pictures, connect a model.")).to_be_visible()
    form = page.get_by_role("form", name="Prompt")
    expect(form.get_by_text("Free", exact=True)).to_be_visible()
    page.get_by_role("textbox", name="Prompt").fill("A tram at night. Slow push in.")
    form.get_by_role("button", name="Generate", exact=True).click()
    video = viewer.locator("video")
    expect(video).to_be_visible(timeout=DRAWN_MS)
    assert video.evaluate(PLAYED_S) > 0.2
    (take,) = takes(studio)
    assert (take["model"], take["status"]) == ("previz-1", "ready")
    assert take["estimate_micro_usd"] == 0
    state = httpx.get(f"{studio.url}/api/state", timeout=30).json()
    assert state["api_config"] == {"base_url": "/v1", "has_key": False}


def test_the_sample_fills_in_beside_the_own_project(
    page: Page, studio: StudioProcess, viewer: Locator, browser: Browser
) -> None:
    viewer.get_by_role("button", name="Open a finished sample").click()
    page.wait_for_url(re.compile(r"/\?shot=[0-9a-f]{32}$"))
    sample = page.url
    expect(project(page)).to_have_text("Night Market")
    expect(cells(page)).to_have_count(8)

    go_to(page, "Untitled project")
    expect(viewer.get_by_text(SENTENCE)).to_be_visible()
    queue = page.locator("#day").get_by_role("button", name="Queue")
    expect(queue).to_contain_text(re.compile("running|queued"))
    queue.click()
    expect(page.locator("#queue-list [data-take]").first).to_be_visible()
    page.keyboard.press("Escape")
    # What comes in for the sample is told here too, and changes nothing of this project.
    expect(queue).to_contain_text(re.compile("[2-9] (running|queued)"), timeout=SAMPLE_DRAWN_MS)
    expect(queue).to_contain_text("Nothing queued", timeout=SAMPLE_DRAWN_MS)
    expect(viewer.get_by_text(SENTENCE)).to_be_visible()
    expect(project(page)).to_have_text("Untitled project")

    go_to(page, "Night Market")
    assert page.url == sample
    expect(cells(page).locator("img")).to_have_count(8)
    expect(page.get_by_text("8 of 8 selected")).to_be_visible()
    viewer.get_by_role("button", name="Play", exact=True).click()
    assert viewer.locator("video").evaluate(PLAYED_S) > 0.2
    assert _pressed_without_script(browser, studio.url) == sample
    assert len(takes(studio)) == 8


def test_the_sample_brings_its_cast_and_tells_how_far_it_is(
    page: Page, studio: StudioProcess
) -> None:
    page.get_by_role("button", name="Open a finished sample").click()
    expect(page.get_by_text(re.compile(r"[0-7] of 8 shots"))).to_be_visible()
    assets = page.get_by_role("complementary", name="Assets")
    for name in ("Mei", "Jun", "Umbrella", "Station platform"):
        expect(assets.get_by_text(name, exact=True)).to_be_visible(timeout=DRAWN_MS)
    listed = httpx.get(f"{studio.url}/api/assets", timeout=30).json()["assets"]
    roles = {asset["name"]: asset["role"] for asset in listed}
    assert (roles["Mei"], roles["Umbrella"], roles["Station platform"]) == ("cast", "prop", "place")
    by_id = {asset["id"]: asset["name"] for asset in listed}
    used = [by_id[key] for take in takes(studio) for key in take["references"]]
    assert sorted(used) == ["Jun", "Mei", "Station platform", "Umbrella"]


def test_the_drawing_of_the_sample_can_be_stopped(page: Page, studio: StudioProcess) -> None:
    page.get_by_role("button", name="Open a finished sample").click()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text(re.compile("of 8 shots"))).to_have_count(0, timeout=DRAWN_MS)
    left = [take["status"] for take in takes(studio)]
    assert "cancelled" in left
    assert not {"queued", "submitting", "generating"} & set(left)
    page.reload()
    expect(page.get_by_text(re.compile("of 8 shots"))).to_have_count(0)
    assert len(takes(studio)) == len(left)


def test_renaming_and_new_shots_stay_in_the_project_that_is_open(
    page: Page, studio: StudioProcess
) -> None:
    page.get_by_role("button", name="Open a finished sample").click()
    expect(cells(page)).to_have_count(8)
    page.get_by_role("button", name="New shot").click()
    expect(cells(page)).to_have_count(9)
    project(page).click()
    page.get_by_role("textbox", name="Project").fill("Borrowed")
    page.locator("#projects").get_by_role("button", name="Rename").click()
    expect(project(page)).to_have_text("Borrowed")
    project(page).click()
    current = page.get_by_role("navigation", name="Projects").locator("[aria-current]")
    expect(current).to_have_text(re.compile("Borrowed"))
    page.keyboard.press("Escape")
    go_to(page, "Untitled project")
    assert len(httpx.get(f"{studio.url}/api/shots", timeout=30).json()) == 1


def _pressed_without_script(browser: Browser, url: str) -> str:
    """Where the button leads in a browser that runs no script."""
    context = browser.new_context(java_script_enabled=False, locale="en-US")
    page = context.new_page()
    page.goto(url)
    page.get_by_role("button", name="Open a finished sample").click()
    page.wait_for_url(re.compile(r"shot="))
    context.close()
    return page.url
