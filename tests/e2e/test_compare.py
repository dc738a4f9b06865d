"""Flow 5, compare: two to four takes with one playhead, chosen by key, seen on every page."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from e2e.quick_studio import QuickStudio
from e2e.studio_process import StudioProcess
from looks import look_until

pytestmark = pytest.mark.browser
CLIP: dict[str, Any] = {"clip_size": (180, 320), "clip_seconds": 4}
PHONE: ViewportSize = {"width": 390, "height": 844}
VIDEOS = "[...document.querySelectorAll('take-compare video')]"
LOADED = f"() => {VIDEOS}.length && {VIDEOS}.every(video => video.readyState === 4)"
PLAYING = f"() => {VIDEOS}.every(video => !video.paused && video.currentTime > 0.1)"
SPREAD = f"""(() => {{
  const times = {VIDEOS}.map(video => video.currentTime);
  return Math.max(...times) - Math.min(...times);
}})()"""


@pytest.fixture(scope="module")
def drawn(shared_studio: StudioProcess) -> str:
    """The page of a shot with three takes in full size, drawn by this machine."""
    order = {"prompt": "A tram at night. Hold.", "model": "previz-1", "size": "720x1280"}
    with httpx.Client(base_url=shared_studio.url, timeout=60) as api:
        takes = [api.post("/api/takes", json={**order, "seconds": s}).json() for s in (4, 2, 4)]
        for take in takes:
            ask = partial(api.get, f"/api/takes/{take['id']}")
            look_until(ask, lambda told: told.json()["status"] == "ready", within_s=180)
    return f"{shared_studio.url}/compare?shot={takes[0]['shot_id']}&takes="


@pytest.fixture(scope="module")
def drawn_takes(drawn: str, shared_studio: StudioProcess) -> list[str]:
    """Of 4 s, 2 s and 4 s."""
    takes = httpx.get(f"{shared_studio.url}/api/takes").json()
    return [take["id"] for take in sorted(takes, key=lambda take: take["number"])]


@pytest.fixture
def shot(quick_studio: QuickStudio) -> str:
    """A shot with three ready takes, the first of them selected."""
    shot = quick_studio.new_shot()
    for prompt in ("One.", "Two.", "Three."):
        quick_studio.take(shot, f"{prompt} {shot}", **CLIP)
    return shot


@pytest.fixture
def compared(page: Page, quick_studio: QuickStudio, shot: str) -> Locator:
    """The comparison of the three, loaded."""
    page.goto(f"{quick_studio.url}/compare?shot={shot}")
    page.wait_for_function(LOADED)
    return page.get_by_role("main", name="Viewer").get_by_role("article")


def column(page: Page, number: int) -> Locator:
    return page.get_by_role("article", name=f"Take {number}")


def chosen(page: Page) -> Locator:
    return page.locator("article[aria-current=true]")


def open_drawn(page: Page, drawn: str, takes: list[str]) -> None:
    page.goto(drawn + ",".join(takes))
    page.wait_for_function(LOADED)


def test_all_play_together_and_a_clip_that_falls_behind_catches_up(
    page: Page, compared: Locator
) -> None:
    page.keyboard.press("Space")
    page.wait_for_function(PLAYING)
    page.evaluate(f"{VIDEOS}[0].pause()")
    page.wait_for_function(f"() => {SPREAD} > 0.15")
    page.evaluate(f"{VIDEOS}[0].play()")
    page.evaluate(
        f"{VIDEOS}[2].addEventListener('seeking', () => {{ window.hasBegunAgain = true; }})"
    )
    page.wait_for_function(f"() => {VIDEOS}[2].currentTime > 2 && {SPREAD} < 0.1", timeout=4000)
    # The next round begins together anyway.
    assert not page.evaluate("window.hasBegunAgain ?? false")


def test_where_one_stands_still_all_begin_together_again(page: Page, compared: Locator) -> None:
    page.keyboard.press("Space")
    page.wait_for_function(PLAYING)
    page.evaluate(f"{VIDEOS}[0].pause()")
    page.wait_for_function(f"() => {SPREAD} > 0.3")
    page.wait_for_function(f"{PLAYING} && {SPREAD} < 0.1", timeout=8000)


def test_a_step_moves_all_by_exactly_one_frame(
    page: Page, drawn: str, drawn_takes: list[str]
) -> None:
    open_drawn(page, drawn, [drawn_takes[0], drawn_takes[2]])
    # The frames that are really on the screen, not the times that were asked for.
    page.evaluate(f"""() => {{
      window.frames = {VIDEOS}.map(() => -1);
      {VIDEOS}.forEach((video, index) => {{
        const note = (_now, {{ mediaTime }}) => {{
          window.frames[index] = Math.round(mediaTime * 30);
          video.requestVideoFrameCallback(note);
        }};
        video.requestVideoFrameCallback(note);
      }});
    }}""")
    for frame, key in enumerate(("ArrowRight",) * 4, start=1):
        page.keyboard.press(key)
        page.wait_for_function("frame => window.frames.every(each => each === frame)", arg=frame)
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("() => window.frames.every(each => each === 3)")
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_function("() => window.frames.every(each => each === 33)")
    expect(page.locator("[data-now]")).to_have_text("00:01.03")


def test_a_shorter_take_waits_on_its_last_frame_for_the_next_round(
    page: Page, drawn: str, drawn_takes: list[str]
) -> None:
    open_drawn(page, drawn, drawn_takes[:2])
    expect(page.locator("[data-all]")).to_have_text("00:04.00")
    page.keyboard.press("2")
    page.keyboard.press("Space")
    page.wait_for_function(f"() => {VIDEOS}[0].currentTime > 2.5", timeout=8000)
    assert page.evaluate(f"{VIDEOS}[1].currentTime") == pytest.approx(2, abs=0.1)
    page.wait_for_function(f"{PLAYING} && {VIDEOS}[0].currentTime < 1.5", timeout=8000)


def test_it_is_reached_from_the_studio_where_there_is_something_to_compare(
    page: Page, quick_studio: QuickStudio
) -> None:
    shot = quick_studio.new_shot()
    quick_studio.take(shot, f"Alone {shot}.", **CLIP)
    page.goto(quick_studio.page_of(shot))
    expect(page.get_by_role("complementary", name="Takes")).to_contain_text("Selected")
    assert page.get_by_role("link", name="Compare").count() == 0
    page.goto(f"{quick_studio.url}/compare?shot={shot}")
    expect(page.get_by_role("main")).to_contain_text("needs two ready takes")
    page.get_by_role("link", name="Back to shot").first.click()
    quick_studio.take(shot, f"Two {shot}.", **CLIP)
    expect(page.get_by_role("link", name="Compare takes")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Compare").click()
    expect(page.get_by_role("article")).to_have_count(2)
    page.get_by_role("link", name="Back to shot").click()
    page.wait_for_url(quick_studio.page_of(shot))


def test_keys_choose_and_select_and_the_studio_shows_it(
    page: Page, compared: Locator, quick_studio: QuickStudio, shot: str
) -> None:
    expect(compared).to_have_count(3)
    expect(chosen(page)).to_have_attribute("data-number", "3")
    page.keyboard.press("2")
    expect(chosen(page)).to_have_attribute("data-number", "2")
    assert page.evaluate(f"{VIDEOS}.map(video => video.muted)") == [True, False, True]
    page.keyboard.press("Enter")
    expect(column(page, 2)).to_contain_text("Plays in the cut")
    expect(column(page, 1)).to_contain_text("Ready")
    expect(chosen(page)).to_have_attribute("data-number", "2")
    page.keyboard.press("Control+z")
    expect(column(page, 1)).to_contain_text("Plays in the cut")
    column(page, 3).get_by_role("button", name="Select").click()
    expect(column(page, 3)).to_contain_text("Plays in the cut")
    page.goto(quick_studio.page_of(shot))
    takes = page.get_by_role("complementary", name="Takes")
    expect(takes.locator(".take.selected")).to_have_attribute("data-number", "3")


def test_x_rejects_with_a_reason_and_nothing_is_lost(
    page: Page, compared: Locator, quick_studio: QuickStudio, shot: str
) -> None:
    page.keyboard.press("2")
    page.keyboard.press("x")
    dialog = page.get_by_role("dialog", name="Why not take 2")
    dialog.get_by_role("button", name="Hands").click()
    dialog.get_by_label("Note, kept with the take").fill("at 00:03")
    page.keyboard.press("Enter")
    expect(column(page, 2)).to_contain_text("Rejected")
    expect(column(page, 2)).to_contain_text("Hands, at 00:03")
    expect(page.locator("#compare-sum")).to_contain_text("3 takes, $1.20, 1 rejected")
    page.goto(quick_studio.page_of(shot))
    rejected = page.get_by_role("complementary", name="Takes").locator(".take.rejected")
    expect(rejected).to_contain_text("Hands, at 00:03")
    page.go_back()
    column(page, 2).get_by_role("button", name="Restore").click()
    expect(column(page, 2)).to_contain_text("Ready")


def test_news_of_a_take_touch_its_card_and_not_what_plays(
    page: Page, compared: Locator, quick_studio: QuickStudio, shot: str
) -> None:
    page.keyboard.press("Space")
    page.wait_for_function(PLAYING)
    page.evaluate(f"""{VIDEOS}.forEach(video => {{
      video.isTheSame = true;
      for (const name of ["pause", "emptied", "seeking"]) {{
        video.addEventListener(name, () => {{ video.wasInterrupted = video.currentTime < 3.8; }});
      }}
    }})""")
    takes = {take["number"]: take["id"] for take in quick_studio.takes(shot)}
    rejection = f"{quick_studio.url}/api/takes/{takes[2]}/rejection"
    httpx.post(rejection, json={"reason": "Light"}).raise_for_status()
    expect(column(page, 2)).to_contain_text("Light")
    expect(chosen(page)).to_have_attribute("data-number", "3")
    page.wait_for_timeout(300)
    told = page.evaluate(f"{VIDEOS}.map(video => [video.isTheSame, video.wasInterrupted ?? false])")
    assert told == [[True, False]] * 3


def test_a_take_that_becomes_ready_can_be_put_in(
    page: Page, compared: Locator, quick_studio: QuickStudio, shot: str
) -> None:
    quick_studio.take(shot, f"Four {shot}.", **CLIP)
    takes = page.get_by_role("button", name="Takes", exact=True)
    takes.click()
    page.get_by_role("menuitemcheckbox", name="Take 4").click()
    expect(compared).to_have_count(4)
    page.get_by_role("group", name="Number of takes").get_by_role("link", name="2").click()
    expect(compared).to_have_count(2)
    assert [c.get_attribute("data-number") for c in compared.all()] == ["1", "4"]


def test_a_phone_swipes_from_take_to_take(page: Page, compared: Locator) -> None:
    page.set_viewport_size(PHONE)
    page.reload()
    page.wait_for_function(LOADED)
    rail = page.locator(".cmps")
    assert rail.evaluate("rail => rail.scrollWidth > 2 * rail.clientWidth")
    expect(column(page, 3)).to_be_in_viewport(ratio=0.9)
    rail.evaluate("rail => rail.scrollTo({ left: 0, behavior: 'instant' })")
    expect(chosen(page)).to_have_attribute("data-number", "1")
    expect(column(page, 1)).to_be_in_viewport(ratio=0.9)
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(PLAYING)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    rail.evaluate("rail => rail.scrollTo({ left: rail.clientWidth * 0.8, behavior: 'instant' })")
    expect(chosen(page)).to_have_attribute("data-number", "2")
    column(page, 2).get_by_role("button", name="Reject").click()
    dialog = page.get_by_role("dialog", name="Why not take 2")
    expect(dialog).to_be_in_viewport(ratio=1)
    dialog.get_by_role("button", name="Reject").click()
    expect(column(page, 2)).to_contain_text("Rejected")


def test_loop_points_and_speed_are_those_of_the_viewer(page: Page, compared: Locator) -> None:
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("i")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("o")
    expect(page.locator(".in-out")).to_be_visible()
    page.keyboard.press("l")
    assert page.evaluate(f"{VIDEOS}.every(video => video.playbackRate === 1.5)")
    page.keyboard.press("k")
    page.wait_for_function(PLAYING)
    page.wait_for_timeout(2000)
    assert page.evaluate(f"{VIDEOS}.every(v => v.currentTime > 0.9 && v.currentTime < 2.3)")
    page.keyboard.press("k")
    page.wait_for_function(f"() => {VIDEOS}.every(video => video.paused && !video.seeking)")
    assert page.evaluate(SPREAD) < 0.034


def test_what_cannot_be_compared_says_so(page: Page, quick_studio: QuickStudio, shot: str) -> None:
    take = quick_studio.takes(shot)[0]["id"]
    answer = page.goto(f"{quick_studio.url}/compare?shot={shot}&takes={take}")
    assert answer
    assert answer.status == 422
    expect(page.get_by_role("alert")).to_contain_text(re.compile("Two to four takes"))


def test_a_digit_is_the_number_of_a_take_as_in_the_studio(
    page: Page, quick_studio: QuickStudio, shot: str
) -> None:
    one, two, three = reversed(quick_studio.takes(shot))
    page.goto(f"{quick_studio.url}/compare?shot={shot}&takes={two['id']},{three['id']}")
    page.wait_for_function(LOADED)
    page.keyboard.press("2")
    expect(chosen(page)).to_have_attribute("data-take", two["id"])
    page.keyboard.press("1")  # take 1 is not here
    expect(chosen(page)).to_have_attribute("data-take", two["id"])
    page.keyboard.press("3")
    expect(chosen(page)).to_have_attribute("data-take", three["id"])
    expect(page.locator(".keys kbd").first).to_have_text("2")
    expect(page.locator("article kbd")).to_have_count(0)
    page.goto(f"{quick_studio.page_of(shot)}&take={one['id']}")
    page.keyboard.press("3")
    expect(page.locator("take-player")).to_have_attribute("data-take", three["id"])
