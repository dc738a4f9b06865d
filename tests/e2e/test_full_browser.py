"""A browser whose store is full: everything goes on, and what cannot be kept is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from e2e.files import drop, long_sound, picture
from e2e.page_store import stored, wait_until
from e2e.studio_process import StudioProcess

pytestmark = pytest.mark.browser
_FILL = """async () => {
  const request = indexedDB.open("filler", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("bytes", { autoIncrement: true });
  };
  const database = await new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const put = (size) => new Promise((resolve, reject) => {
    const tx = database.transaction("bytes", "readwrite", { durability: "strict" });
    tx.oncomplete = resolve;
    tx.onabort = () => reject(tx.error);
    tx.objectStore("bytes").put(crypto.getRandomValues(new Uint8Array(size)).buffer);
  });
  let size = 65_536;
  for (let tries = 0; tries < 1000; tries += 1) {
    try {
      await put(size);
    } catch (error) {
      if (size === 1024) return error.name;
      size = 1024;
    }
  }
  return "never full";
}"""


def limit_store(page: Page, size_bytes: int) -> None:
    """As a nearly full disk does it."""
    session = page.context.new_cdp_session(page)
    origin = page.evaluate("location.origin")
    session.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": size_bytes})


def assets(studio: StudioProcess) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"{studio.url}/api/assets").json()["assets"]
    return found


def test_a_file_that_does_not_fit_goes_up_all_the_same(
    page: Page, empty_library: StudioProcess, tmp_path: Path
) -> None:
    page.goto(f"{empty_library.url}/library")
    limit_store(page, 3_000_000)
    sound = long_sound(tmp_path / "rain.wav", 8)
    page.locator("file-drop input[type=file]").set_input_files(sound)
    shown = page.locator("asset-grid button[title='rain.wav']")
    expect(shown).to_be_visible(timeout=20_000)
    expect(page.locator("coming-in")).to_be_hidden()
    assert [asset["bytes"] for asset in assets(empty_library)] == [sound.stat().st_size]
    assert stored(page, "outbox") == []
    assert stored(page, "assets") == []


def test_with_the_server_away_it_says_that_the_page_must_stay_open(
    page: Page, studio_server: StudioProcess, tmp_path: Path
) -> None:
    page.goto(f"{studio_server.url}/library")
    limit_store(page, 3_000_000)
    sound = long_sound(tmp_path / "rain.wav", 8)
    studio_server.kill()
    page.locator("file-drop input[type=file]").set_input_files(sound)
    drop(page, picture("Mei.png", 1))
    waiting = page.locator("coming-in .tile")
    expect(waiting.filter(has_text="rain.wav")).to_contain_text("leave the page open")
    expect(waiting.filter(has_text="Mei.png")).to_contain_text("kept here")
    studio_server.start()
    for name in ("rain.wav", "Mei.png"):
        shown = page.locator(f"asset-grid button[title='{name}']")
        expect(shown).to_be_visible(timeout=20_000)


def test_a_full_store_keeps_neither_a_file_nor_an_order_from_the_server(
    page: Page, empty_library: StudioProcess
) -> None:
    page.goto(empty_library.url)
    wait_until(page, "async () => (await indexedDB.databases()).length > 0")
    limit_store(page, 2_000_000)
    assert page.evaluate(_FILL) == "QuotaExceededError"
    drop(page, picture("Mei.png", 1, (1200, 1600)))
    panel = page.get_by_role("complementary", name="Assets")
    expect(panel.get_by_role("button", name="Mei.png", exact=True)).to_be_visible()
    expect(page.locator("coming-in")).to_be_hidden()
    page.get_by_role("textbox", name="Prompt").fill("A tram at night")
    with page.expect_response("**/api/takes") as answer:
        page.get_by_role("button", name="Generate").click()
    assert answer.value.status == 202
    assert stored(page, "outbox") == []
