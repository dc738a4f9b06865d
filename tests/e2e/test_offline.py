"""The page and what was watched, with the server away."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

import shortdrama
from e2e.files import drop, picture
from e2e.page_store import wait_until, wait_until_stored
from e2e.studio_process import StudioProcess

pytestmark = pytest.mark.browser
_CONTROLLED = "() => navigator.serviceWorker.controller !== null"
_FROM_STORE = """async (url) => {
  const whole = await fetch(url, { headers: { Range: "bytes=0-" }, cache: "reload" });
  const part = await fetch(url, { headers: { Range: "bytes=10-19" }, cache: "reload" });
  const tail = await fetch(url, { headers: { Range: "bytes=-5" }, cache: "reload" });
  const past = await fetch(url, { headers: { Range: "bytes=99999999-" }, cache: "reload" });
  return {
    size: (await whole.arrayBuffer()).byteLength, status: whole.status,
    part: (await part.arrayBuffer()).byteLength, range: part.headers.get("Content-Range"),
    tail: (await tail.arrayBuffer()).byteLength, past: past.status,
  };
}"""


def ready_take(studio: StudioProcess) -> dict[str, Any]:
    """A clip made by the built-in engine."""
    order = {"prompt": "A tram", "model": "previz-1", "seconds": 2, "size": "720x1280"}
    with httpx.Client(base_url=studio.url, timeout=60) as client:
        take = client.post("/api/takes", json=order | {"references": []}).json()
        with client.stream("GET", "/api/events?after=0") as stream:
            for line in stream.iter_lines():
                if line.startswith("data:") and '"ready"' in line:
                    break
        answer: dict[str, Any] = client.get(f"/api/takes/{take['id']}").json()
        return answer


def open_installed(page: Page, url: str) -> None:
    """The page, once its service worker holds it."""
    page.goto(url)
    page.wait_for_function(_CONTROLLED)


def test_a_watched_clip_plays_with_the_server_away(
    page: Page, studio_server: StudioProcess
) -> None:
    take = ready_take(studio_server)
    open_installed(page, studio_server.url)
    video = page.get_by_role("main", name="Viewer").locator("video")
    video.evaluate("async (video) => { video.muted = true; await video.play(); }")
    (clip,) = wait_until_stored(page, "videos")
    assert set(clip) == {"id", "prompt", "videoBlob", "videoUrl", "generatedAt", "soraJobId"}
    assert clip["id"] == take["id"]
    assert clip["prompt"] == "A tram"

    studio_server.kill()
    answer = page.evaluate(_FROM_STORE, take["video_url"])
    size = clip["videoBlob"]["bytes"]
    assert answer == {
        "size": size,
        "status": 206,
        "part": 10,
        "range": f"bytes 10-19/{size}",
        "tail": 5,
        "past": 416,
    }
    page.reload()
    video.evaluate("async (video) => { video.muted = true; await video.play(); }")
    page.wait_for_function("() => document.querySelector('main video').currentTime > 0.2")
    expect(page.get_by_role("status").filter(has_text="The server is away")).to_be_visible()


def test_the_shell_opens_with_the_server_away_and_what_is_dropped_goes_up_later(
    page: Page, studio_server: StudioProcess
) -> None:
    open_installed(page, studio_server.url)
    studio_server.kill()
    # Never visited in this browser: kept when the service worker was installed.
    page.goto(f"{studio_server.url}/library")
    expect(page.get_by_role("status").filter(has_text="The server is away")).to_be_visible()
    drop(page, picture("Mei.png", 1))
    expect(page.locator("coming-in .tile", has_text="Mei.png")).to_contain_text("kept here")
    page.reload()
    expect(page.locator("coming-in .tile", has_text="Mei.png")).to_contain_text("kept here")
    studio_server.start()
    expect(page.get_by_role("button", name="Mei.png", exact=True)).to_be_visible(timeout=15_000)
    expect(page.get_by_role("status").filter(has_text="The server is away")).to_be_hidden()


def test_a_new_version_leaves_no_old_cache_behind(page: Page, studio_server: StudioProcess) -> None:
    page.goto(studio_server.url)
    page.evaluate("caches.open('studio-old').then((cache) => cache.put('/x', new Response('x')))")
    page.wait_for_function(_CONTROLLED)
    wait_until(page, "async () => (await caches.keys()).length === 1")
    (name,) = page.evaluate("caches.keys()")
    kept = page.evaluate(
        "async (name) => (await (await caches.open(name)).keys()).map((k) => k.url)", name
    )
    assert not [url for url in kept if "/api/" in url or "/media/" in url]


def newer_version(folder: Path) -> str:
    """A copy of the studio with one style changed; the path Python finds it by."""
    installed = Path(shortdrama.__file__).parent
    ignored = shutil.ignore_patterns("__pycache__")
    copy = Path(shutil.copytree(installed, folder / "shortdrama", ignore=ignored))
    with (copy / "web" / "static" / "tokens.css").open("a", encoding="utf-8") as styles:
        styles.write("\n:root { --newer: 1; }\n")
    return str(folder)


def test_a_new_version_takes_over_and_works_with_the_server_away(
    page: Page, studio_server: StudioProcess, tmp_path: Path
) -> None:
    is_newer = (
        "() => getComputedStyle(document.documentElement).getPropertyValue('--newer') === '1'"
    )
    old_tab = page.context.new_page()
    old_tab.goto(f"{studio_server.url}/library")
    open_installed(page, studio_server.url)
    (old_cache,) = page.evaluate("caches.keys()")
    studio_server.stop()
    studio_server.start(PYTHONPATH=newer_version(tmp_path / "newer"))

    page.reload()
    assert page.evaluate(is_newer)
    wait_until(page, "async (old) => !(await caches.keys()).includes(old)", old_cache)
    # A tab that was open all along goes on with the scripts it has.
    drop(old_tab, picture("Mei.png", 1))
    expect(old_tab.locator("asset-grid button[title='Mei.png']")).to_be_visible()
    assert not old_tab.evaluate(is_newer)

    studio_server.kill()
    for address in ("/", "/library"):
        page.goto(studio_server.url + address)
        assert page.evaluate(is_newer)
    drop(page, picture("Jun.png", 2))
    expect(page.locator("coming-in .tile", has_text="Jun.png")).to_contain_text("kept here")
    (new_cache,) = page.evaluate("caches.keys()")
    assert new_cache != old_cache


def test_the_api_is_never_answered_from_a_cache(page: Page, studio_server: StudioProcess) -> None:
    open_installed(page, studio_server.url)
    assert page.evaluate("fetch('/api/assets').then((r) => r.status)") == 200
    studio_server.kill()
    said = page.evaluate("fetch('/api/assets').then((r) => r.status, () => 'no answer')")
    assert said == "no answer"


def test_a_shot_that_was_made_in_the_page_is_kept(page: Page, studio_server: StudioProcess) -> None:
    """A reload while the server is away shows it, and what is sent then goes to it."""
    open_installed(page, studio_server.url)
    first = page.evaluate("document.body.dataset.shot")
    page.get_by_role("button", name="New shot").click()
    page.wait_for_function("(first) => document.body.dataset.shot !== first", arg=first)
    shot = page.evaluate("document.body.dataset.shot")
    wait_until(page, f"async () => Boolean(await caches.match('/?shot={shot}'))")
    studio_server.kill()
    page.reload()
    expect(page.get_by_role("heading", name="02")).to_be_visible()
    assert page.evaluate("document.body.dataset.shot") == shot


def test_a_page_that_stands_in_says_so_in_its_address(
    page: Page, studio_server: StudioProcess
) -> None:
    open_installed(page, studio_server.url)
    studio_server.kill()
    page.goto(f"{studio_server.url}/?shot=never-opened-here")
    expect(page.get_by_role("textbox", name="Prompt")).to_be_visible()
    shown = page.evaluate("document.body.dataset.shot")
    page.wait_for_url(f"**/?shot={shown}")
