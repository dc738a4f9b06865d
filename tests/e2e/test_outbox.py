"""What is dropped or sent goes up by itself, once: killed servers, closed browsers, two tabs."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import OpenProfile
from e2e.files import drop, long_sound, picture
from e2e.page_store import stored, wait_until, wait_until_stored
from e2e.studio_process import StudioProcess

pytestmark = pytest.mark.browser
AWAY = "The server is away. What you drop or send is kept here and goes up by itself."


def assets(studio: StudioProcess) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"{studio.url}/api/assets").json()["assets"]
    return found


def takes(studio: StudioProcess) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"{studio.url}/api/takes").json()
    return found


def bring_through_button(page: Page, path: Path) -> None:
    page.locator("file-drop input[type=file]").set_input_files(path)


def slow_down(page: Page) -> None:
    """30 MB a second upwards, so that a kill falls between the first and the last byte."""
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1}
    session = page.context.new_cdp_session(page)
    session.send("Network.emulateNetworkConditions", {**conditions, "uploadThroughput": 30e6})


def shown_sha256(studio: StudioProcess, asset: dict[str, Any]) -> str:
    return hashlib.sha256(httpx.get(studio.url + str(asset["url"])).content).hexdigest()


def tile(page: Page, name: str) -> Any:
    return page.locator("asset-panel, asset-grid").locator(f"button[title='{name}']")


def order(page: Page, prompt: str) -> Any:
    """What the prompt box does when Generate is pressed."""
    script = """async (prompt) => {
      const { src } = document.querySelector("script[src*='/static/']");
      const { enqueueTake } = await import(src.replace(/[^/]+$/, "static/js/outbox.js"));
      const key = Array.from({ length: 32 }, () => "0123456789abcdef"[Math.random() * 16 | 0]);
      const order = { prompt, model: "previz-1", seconds: 2, size: "720x1280", references: [] };
      const sent = enqueueTake({ key: key.join(""), order });
      return sent.catch((error) => ({ refused: error.message }));
    }"""
    return page.evaluate(script, prompt)


def test_a_server_killed_amid_an_upload_gets_the_rest_when_it_is_back(
    page: Page, studio_server: StudioProcess, tmp_path: Path
) -> None:
    sound = long_sound(tmp_path / "rain.wav", 60)
    page.goto(f"{studio_server.url}/library")
    page.evaluate(
        """() => document.addEventListener("outbox", ({ detail }) => {
          if (detail.what === "progress" && detail.sent > 20e6) window.isHalfWay = true;
        })"""
    )
    slow_down(page)
    bring_through_button(page, sound)
    page.wait_for_function("() => window.isHalfWay")
    studio_server.kill()
    waiting = page.locator("coming-in .tile", has_text="rain.wav")
    expect(waiting).to_contain_text("Waits for the server, kept here")
    expect(page.get_by_role("status").filter(has_text=AWAY)).to_be_visible()
    studio_server.start()
    expect(tile(page, "rain.wav")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("status").filter(has_text=AWAY)).to_be_hidden()
    (asset,) = assets(studio_server)
    assert shown_sha256(studio_server, asset) == hashlib.sha256(sound.read_bytes()).hexdigest()
    assert stored(page, "outbox") == []


def test_what_is_dropped_and_sent_while_the_server_is_away_survives_the_browser(
    open_profile: OpenProfile, studio_server: StudioProcess
) -> None:
    mei = picture("Mei.png", 1)
    page = open_profile().new_page()
    page.goto(studio_server.url)
    studio_server.kill()
    drop(page, mei)
    expect(page.locator("coming-in .tile", has_text="Mei.png")).to_contain_text("kept here")
    page.get_by_role("textbox", name="Prompt").fill("A tram at night")
    page.get_by_role("button", name="Generate").click()
    wait_until_stored(page, "outbox", 2)
    open_profile.close()

    studio_server.start()
    context = open_profile()
    first, second = context.new_page(), context.new_page()
    first.goto(studio_server.url)
    second.goto(f"{studio_server.url}/library")
    expect(tile(first, "Mei.png")).to_be_visible()
    expect(tile(second, "Mei.png")).to_be_visible()
    wait_until(first, "async () => (await (await fetch('/api/takes')).json()).length > 0")
    expect(first.locator("coming-in")).to_be_hidden()
    assert [asset["bytes"] for asset in assets(studio_server)] == [len(mei.content)]
    assert [take["prompt"] for take in takes(studio_server)] == ["A tram at night"]
    assert stored(first, "outbox") == []
    (prompt,) = stored(first, "prompts")
    assert prompt["videoId"] == takes(studio_server)[0]["id"]


def test_two_tabs_send_each_file_once(page: Page, studio_server: StudioProcess) -> None:
    other = page.context.new_page()
    begun: list[str] = []
    for tab in (page, other):
        tab.goto(f"{studio_server.url}/library")
        tab.on("request", lambda request: begun.append(request.method + request.url))
    drop(page, picture("a.png", 1), picture("b.png", 2))
    drop(other, picture("c.png", 3))
    for name in ("a.png", "b.png", "c.png"):
        expect(tile(page, name)).to_be_visible()
        expect(tile(other, name)).to_be_visible()
    assert len([line for line in begun if line.startswith("POST") and "uploads" in line]) == 3
    assert len(assets(studio_server)) == 3
    assert stored(page, "outbox") == []


def test_a_tab_takes_over_when_the_sending_one_is_closed(
    page: Page, studio_server: StudioProcess
) -> None:
    other = page.context.new_page()
    other.goto(f"{studio_server.url}/library")
    page.goto(f"{studio_server.url}/library")
    page.route("**/api/uploads", lambda _route: None)  # never answered: this tab hangs
    drop(page, picture("Mei.png", 1))
    expect(other.locator("coming-in .tile", has_text="Mei.png")).to_be_visible()
    page.unroute_all(behavior="ignoreErrors")
    page.close()
    expect(tile(other, "Mei.png")).to_be_visible()
    assert len(assets(studio_server)) == 1


def test_a_refused_order_is_thrown_with_the_servers_words(
    page: Page, studio_server: StudioProcess
) -> None:
    page.goto(studio_server.url)
    assert "Write a prompt first" in order(page, "  ")["refused"]
    assert stored(page, "outbox") == []
    assert stored(page, "prompts") == []
    assert takes(studio_server) == []


def test_an_accepted_order_comes_back_as_the_take(page: Page, studio_server: StudioProcess) -> None:
    page.goto(studio_server.url)
    answer = order(page, "A tram at night")
    assert "take" in answer, answer
    take = answer["take"]
    assert take["prompt"] == "A tram at night"
    assert [each["id"] for each in takes(studio_server)] == [take["id"]]


def test_an_order_waits_among_the_takes_until_the_server_has_it(
    page: Page, studio_server: StudioProcess
) -> None:
    page.goto(studio_server.url)
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    takes_panel = page.get_by_role("complementary", name="Takes")
    waiting = takes_panel.get_by_role("listitem").filter(has_text="Take waits for the server")
    studio_server.kill()
    prompt = page.get_by_role("textbox", name="Prompt")
    prompt.fill("A tram at night")
    page.get_by_role("button", name="Generate").click()
    expect(waiting).to_contain_text("A tram at night")
    expect(waiting).to_contain_text("Kept here")
    prompt.fill("Rain on the window")
    page.get_by_role("button", name="Generate").click()
    expect(waiting).to_have_count(2)

    page.reload()
    expect(waiting).to_have_count(2)
    waiting.filter(has_text="Rain").get_by_role("button", name="Cancel").click()
    expect(waiting).to_have_count(1)

    studio_server.start()
    expect(takes_panel.locator("[data-take]")).to_have_count(1, timeout=15_000)
    expect(waiting).to_have_count(0)
    assert stored(page, "outbox") == []
    assert [take["prompt"] for take in takes(studio_server)] == ["A tram at night"]


def test_an_order_that_is_cancelled_while_it_waits_is_never_sent(
    page: Page, studio_server: StudioProcess
) -> None:
    page.goto(studio_server.url)
    waiting = page.get_by_role("listitem").filter(has_text="Take waits for the server")
    studio_server.kill()
    page.get_by_role("textbox", name="Prompt").fill("A tram at night")
    page.get_by_role("button", name="Generate").click()
    waiting.get_by_role("button", name="Cancel").click()
    expect(waiting).to_have_count(0)
    studio_server.start()
    expect(page.get_by_role("status").filter(has_text=AWAY)).to_be_hidden(timeout=15_000)
    # What is sent after it is with the server: the cancelled one would have gone before.
    assert order(page, "Rain on the window")["take"]
    drop(page, picture("Mei.png", 1))
    expect(tile(page, "Mei.png")).to_be_visible()
    assert [take["prompt"] for take in takes(studio_server)] == ["Rain on the window"]


def test_the_word_that_the_server_is_away_covers_nothing_that_is_pressed(
    page: Page, studio_server: StudioProcess
) -> None:
    page.goto(studio_server.url)
    page.get_by_role("textbox", name="Prompt").fill("A tram at night")
    studio_server.kill()
    page.get_by_role("button", name="Generate").click()
    banner = page.get_by_role("status").filter(has_text=AWAY)
    for width in (1440, 800, 390):
        page.set_viewport_size({"width": width, "height": 844})
        expect(banner).to_be_visible()
        covered = banner.evaluate(
            """(banner) => {
              const bottom = banner.getBoundingClientRect().bottom;
              return [...document.querySelectorAll("button, a:not(.skip), label, summary, video")]
                .filter((one) => one.checkVisibility({ visibilityProperty: true }))
                .filter((one) => one.getBoundingClientRect().top < bottom - 0.5)
                .filter((one) => !banner.contains(one))
                .map((one) => one.outerHTML.slice(0, 80));
            }"""
        )
        assert covered == [], width
