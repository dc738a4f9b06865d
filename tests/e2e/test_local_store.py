"""The page's own database: the seed's stores and fields, and the bound on what is kept."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from e2e.files import drop, picture
from e2e.page_store import stored, wait_until, wait_until_stored
from e2e.studio_process import StudioProcess

pytestmark = pytest.mark.browser
_MODULE = "document.querySelector(\"script[src*='/static/']\").src.replace(/[^/]+$/, 'static/js/"


def test_a_dropped_file_is_held_in_the_seeds_fields(
    page: Page, empty_library: StudioProcess
) -> None:
    page.goto(empty_library.url)
    mei = picture("Mei.png", 1)
    drop(page, mei)
    wait_until(page, "async () => !!document.querySelector('asset-panel [title=\"Mei.png\"]')")
    (record,) = wait_until_stored(page, "assets")
    assert set(record) == {"id", "fileName", "fileType", "blob", "uploadedAt"}
    assert record["fileName"] == "Mei.png"
    assert record["blob"] == {"bytes": len(mei.content)}
    assert stored(page, "outbox") == []


def test_the_oldest_leave_first_and_what_waits_stays(
    page: Page, empty_library: StudioProcess
) -> None:
    page.goto(empty_library.url)
    left = page.evaluate(
        """async () => {
          const { whatLeaves } = await import(MODULE);
          const kept = ["c", "a", "b"].map((name) => (
            { id: `videos/${name}`, store: "videos", bytes: 100, usedAt: name.charCodeAt(0) }));
          const ids = ({ leaving }) => leaving.map(({ id }) => id);
          return {
            roomy: ids(whatLeaves(kept, new Set(), 300)),
            tight: ids(whatLeaves(kept, new Set(), 150)),
            waiting: ids(whatLeaves(kept, new Set(["a"]), 150)),
            never: whatLeaves(kept, new Set(["a", "b", "c"]), 150).fits,
          };
        }""".replace("MODULE", f"{_MODULE}cache.js')")
    )
    assert left == {
        "roomy": [],
        "tight": ["videos/a", "videos/b"],
        "waiting": ["videos/b", "videos/c"],
        "never": False,
    }


def test_what_is_kept_stays_under_the_setting(page: Page, empty_library: StudioProcess) -> None:
    page.goto(empty_library.url)
    first, second = picture("first.png", 1), picture("second.png", 2)
    bound = len(second.content) + 100
    page.evaluate(
        "(bound) => { document.getElementById('assets').dataset.browserCacheBytes = bound; }", bound
    )
    for each in (first, second):
        drop(page, each)
        shown = f"async () => !!document.querySelector('asset-panel [title=\"{each.name}\"]')"
        wait_until(page, shown)
    assert [record["fileName"] for record in stored(page, "assets")] == ["second.png"]


def test_a_browser_without_a_store_still_sends(page: Page, empty_library: StudioProcess) -> None:
    page.add_init_script(
        "indexedDB.open = () => { throw new DOMException('no', 'SecurityError'); };"
    )
    page.goto(empty_library.url)
    drop(page, picture("Mei.png", 1))
    wait_until(page, "async () => !!document.querySelector('asset-panel [title=\"Mei.png\"]')")
