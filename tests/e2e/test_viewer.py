"""Flows 4 and 6: the clip plays when it is ready; a failure says what to do."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from e2e.quick_studio import QuickStudio

pytestmark = pytest.mark.browser
FRAME_IS = """([frame, fps]) =>
  Math.floor(document.querySelector("#main video").currentTime * fps) === frame"""
CLIP = {"clip_size": (180, 320), "clip_seconds": 4}


@pytest.fixture
def shot(quick_studio: QuickStudio) -> str:
    return quick_studio.new_shot()


@pytest.fixture
def viewer(page: Page) -> Locator:
    return page.get_by_role("main", name="Viewer")


@pytest.fixture
def clip(page: Page, quick_studio: QuickStudio, shot: str, viewer: Locator) -> Locator:
    """A ready take, on the page and loaded."""
    quick_studio.take(shot, "A tram at night.", **CLIP)
    page.goto(quick_studio.page_of(shot))
    video = viewer.locator("video")
    page.wait_for_function("() => document.querySelector('#main video')?.readyState >= 2")
    return video


def now(video: Locator) -> float:
    return float(video.evaluate("video => video.currentTime"))


def test_it_plays_at_once_and_says_in_words_how_far_it_is(
    page: Page, quick_studio: QuickStudio, shot: str, viewer: Locator
) -> None:
    page.goto(quick_studio.page_of(shot))
    status = viewer.get_by_role("status")
    quick_studio.order(shot, "Watch me.", takes_s=3.0, **CLIP)
    expect(status).to_contain_text("Take 1 is generating")
    expect(status).to_contain_text(re.compile(r"\d+ %"), timeout=10_000)
    video = viewer.locator("video")
    expect(video).to_be_visible(timeout=20_000)
    page.wait_for_function("() => !document.querySelector('#main video').paused")
    expect(status).to_contain_text("Take 1 plays")


def test_a_poster_stands_before_it_plays(clip: Locator) -> None:
    assert clip.evaluate("video => video.paused")
    poster = clip.get_attribute("poster")
    assert poster
    assert clip.evaluate("video => fetch(video.poster).then(answer => answer.ok)")


def test_keys_play_pause_and_change_speed(page: Page, clip: Locator) -> None:
    page.keyboard.press("Space")
    page.wait_for_function("() => !document.querySelector('#main video').paused")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.keyboard.press("k")
    page.wait_for_function("() => document.querySelector('#main video').paused")
    page.keyboard.press("l")
    assert clip.evaluate("video => video.playbackRate") == 1.5
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert clip.evaluate("video => video.playbackRate") == 0.75


def test_every_step_is_exactly_one_frame(page: Page, clip: Locator) -> None:
    fps = float(page.locator("take-player").get_attribute("data-fps") or 0)
    for key, way in (("ArrowRight", 1), ("ArrowLeft", -1)):
        for _ in range(6):
            before = int(now(clip) * fps)
            page.keyboard.press(key)
            page.wait_for_function(
                FRAME_IS,
                arg=[before + way, fps],
            )
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_function("() => document.querySelector('#main video').currentTime > 0.9")


@pytest.mark.parametrize("rate", ["24", "25", "30000/1001", "60"])
def test_a_step_is_the_next_frame_of_a_clip_of_any_rate(
    page: Page, quick_studio: QuickStudio, shot: str, rate: str
) -> None:
    clip = {**CLIP, "clip_seconds": 1, "clip_fps": Fraction(rate)}
    quick_studio.take(shot, f"In {rate} frames. {shot}", **clip)
    page.goto(quick_studio.page_of(shot))
    page.wait_for_function("() => document.querySelector('#main video')?.readyState >= 2")
    # The frames that are really on the screen, not the times that were asked for.
    page.evaluate(
        """fps => {
          const video = document.querySelector("#main video");
          window.frame = 0;
          const note = (_now, { mediaTime }) => {
            window.frame = Math.round(mediaTime * fps);
            video.requestVideoFrameCallback(note);
          };
          video.requestVideoFrameCallback(note);
        }""",
        float(Fraction(rate)),
    )
    for frame in (*range(1, 15), 13, 12):
        before = int(page.evaluate("window.frame"))
        page.keyboard.press("ArrowRight" if frame > before else "ArrowLeft")
        page.wait_for_function("frame => window.frame === frame", arg=frame, timeout=3000)


def test_the_slider_seeks_and_speaks(page: Page, clip: Locator) -> None:
    slider = page.get_by_role("slider", name="Position")
    slider.focus()
    page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"(3\.9|4\.0) seconds of 4\.0"))
    page.keyboard.press("Home")
    expect(slider).to_have_attribute("aria-valuenow", "0.0")
    box = slider.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 12)
    page.wait_for_function(
        "() => Math.abs(document.querySelector('#main video').currentTime - 2) < 0.1"
    )


def test_in_and_out_bound_the_loop(page: Page, clip: Locator) -> None:
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("i")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("o")
    expect(page.locator(".in-out")).to_be_visible()
    clip.evaluate(
        "video => { window.seen = [];"
        " video.addEventListener('timeupdate', () => window.seen.push(video.currentTime)); }"
    )
    page.keyboard.press("Space")
    page.wait_for_timeout(2600)
    seen = page.evaluate("window.seen")
    assert max(seen) < 2.2
    assert min(seen[3:]) > 0.9
    assert any(later < earlier for earlier, later in pairwise(seen[3:]))


def test_without_loop_it_stops_at_the_end(page: Page, clip: Locator) -> None:
    page.get_by_role("button", name="Loop").click()
    expect(page.get_by_role("button", name="Loop")).to_have_attribute("aria-pressed", "false")
    page.get_by_role("slider", name="Position").press("End")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("() => document.querySelector('#main video').ended", timeout=5000)
    page.wait_for_timeout(300)
    assert clip.evaluate("video => video.paused")


def test_volume_and_mute_are_kept_for_the_next_visit(page: Page, clip: Locator) -> None:
    page.keyboard.press("m")
    assert clip.evaluate("video => video.muted")
    page.reload()
    assert clip.evaluate("video => video.muted")
    page.get_by_role("button", name="Volume").click()
    page.get_by_role("slider", name="Volume").fill("40")
    assert clip.evaluate("video => [video.muted, video.volume]") == [False, 0.4]


def test_download_has_a_speaking_name(page: Page, clip: Locator) -> None:
    with page.expect_download() as info:
        page.get_by_role("link", name="Download take").click()
    assert re.fullmatch(
        r"Untitled project - Episode 1 - Shot \d\d, take 1\.mp4", info.value.suggested_filename
    )
    assert info.value.path().read_bytes()[4:8] == b"ftyp"


def test_the_address_of_a_clip_never_changes(
    page: Page, clip: Locator, quick_studio: QuickStudio, shot: str
) -> None:
    before = clip.get_attribute("src")
    page.reload()
    assert clip.get_attribute("src") == before
    assert quick_studio.takes(shot)[0]["video_url"] == before
    answer = httpx.get(f"{quick_studio.url}{before}", headers={"Range": "bytes=0-9"})
    assert (answer.status_code, len(answer.content)) == (206, 10)


def test_a_clip_that_plays_is_watched_to_its_end_before_the_next(
    page: Page, clip: Locator, quick_studio: QuickStudio, shot: str
) -> None:
    page.keyboard.press("Space")
    page.wait_for_function("() => !document.querySelector('#main video').paused")
    quick_studio.take(shot, "The next one.", **CLIP)
    player = page.locator("take-player")
    expect(player).to_have_attribute("data-number", "1")
    expect(player).to_have_attribute("data-number", "2", timeout=8000)
    page.wait_for_function("() => !document.querySelector('#main video').paused")


def test_a_paused_clip_gives_way_at_once(
    page: Page, clip: Locator, quick_studio: QuickStudio, shot: str
) -> None:
    quick_studio.take(shot, "At once.", **CLIP)
    expect(page.locator("take-player")).to_have_attribute("data-number", "2", timeout=3000)


def test_safe_areas_are_a_toggle_that_is_kept(page: Page, clip: Locator) -> None:
    expect(page.locator(".safe")).to_be_hidden()
    page.get_by_text("Safe areas").click()
    expect(page.locator(".safe")).to_be_visible()
    page.reload()
    expect(page.locator(".safe")).to_be_visible()


def test_the_neighbours_frame_the_clip(
    page: Page, clip: Locator, quick_studio: QuickStudio, viewer: Locator
) -> None:
    after = quick_studio.new_shot()
    quick_studio.take(after, "Later.", **CLIP)
    page.reload()
    expect(viewer.get_by_role("figure").last).to_contain_text("opens on")
    page.get_by_text("Neighbours").click()
    expect(viewer.get_by_role("figure").last).to_be_hidden()


@pytest.mark.parametrize(
    ("submit", "button"),
    [
        ("401", "Open the settings"),
        ("moderation", "Edit the prompt"),
        ("422", "Edit the prompt"),
    ],
)
def test_a_refusal_says_what_happened_money_and_what_to_do(
    page: Page, quick_studio: QuickStudio, shot: str, submit: str, button: str
) -> None:
    quick_studio.take(shot, f"Refused with {submit} in {shot}.", "failed", submit=submit)
    page.goto(quick_studio.page_of(shot))
    problem = page.get_by_role("main").get_by_role("alert")
    for words in ("What happened", "Money", "Nothing was charged.", "What to do"):
        expect(problem).to_contain_text(words)
    expect(problem.get_by_role("button", name=button)).to_be_visible()
    problem.get_by_text("Details for a bug report").click()
    expect(problem.locator("pre")).to_be_visible()
    expect(problem.locator("pre")).not_to_contain_text("sk-made-up")


def test_edit_the_prompt_leads_to_the_prompt(
    page: Page, quick_studio: QuickStudio, shot: str, viewer: Locator
) -> None:
    quick_studio.take(shot, f"Not this word {shot}.", "failed", submit="moderation")
    page.goto(quick_studio.page_of(shot))
    viewer.get_by_role("button", name="Edit the prompt").click()
    expect(page.get_by_role("textbox", name="Prompt")).to_be_focused()


def test_an_uncertain_take_waits_for_a_person_who_can_check(
    page: Page, quick_studio: QuickStudio, shot: str, viewer: Locator
) -> None:
    prompt = f"Lost on the way {shot}."
    quick_studio.provider.has_list = False
    try:
        quick_studio.take(shot, prompt, "uncertain", submit="drop_after_accept", poll="completed")
        page.goto(quick_studio.page_of(shot))
        expect(viewer.get_by_role("heading", name="Take 1 may have been sent")).to_be_visible()
        expect(viewer.get_by_role("status")).to_contain_text("nothing is sent until you decide")
        expect(viewer.get_by_role("alert")).to_contain_text("Up to $0.40 may have been charged.")
    finally:
        quick_studio.provider.has_list = True
    viewer.get_by_role("button", name="Check with the provider").click()
    expect(viewer.locator("video")).to_be_visible(timeout=20_000)
    assert quick_studio.provider.submits(prompt) == 1
