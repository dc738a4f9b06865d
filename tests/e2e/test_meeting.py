"""Two tabs, or a tab and the disk, that change the same thing at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from e2e.files import Given, drop, long_sound, picture
from e2e.studio_process import StudioProcess

pytestmark = pytest.mark.browser
SLOW_MS = 20_000


@pytest.fixture
def other(page: Page) -> Page:
    """A second tab of the same browser."""
    return page.context.new_page()


def assets(studio: StudioProcess, **query: Any) -> list[dict[str, Any]]:
    answer = httpx.get(f"{studio.url}/api/assets", params=query).json()
    found: list[dict[str, Any]] = answer["assets"]
    return found


def tile(page: Page, name: str) -> Locator:
    return page.locator(f"asset-panel button[title='{name}']")


def menu(page: Page, name: str, item: str) -> None:
    page.get_by_role("button", name=f"More about {name}").click()
    page.get_by_role("menuitem", name=item).click()


def hold_uploads(page: Page) -> list[Route]:
    """What is announced to the server and waits for its `continue_`."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/uploads", hold)
    return held


def test_a_file_trashed_in_one_tab_and_renamed_in_another_keeps_both(
    page: Page, other: Page, empty_library: StudioProcess
) -> None:
    for tab in (page, other):
        tab.goto(empty_library.url)
    drop(page, picture("Mei.png", 1))
    expect(tile(other, "Mei.png")).to_be_visible(timeout=SLOW_MS)
    menu(page, "Mei.png", "Name and tags")
    menu(other, "Mei.png", "Move to the trash")
    expect(tile(page, "Mei.png")).to_have_count(0)
    dialog = page.get_by_role("dialog", name="Name and tags")
    dialog.get_by_label("Name").fill("Mei front")
    dialog.get_by_role("button", name="Save").click()
    said = page.get_by_role("status").filter(has_text="Mei front was moved to the trash meanwhile")
    expect(said).to_be_visible()
    assert assets(empty_library) == []
    assert [asset["name"] for asset in assets(empty_library, trash=True)] == ["Mei front"]


def test_what_is_in_the_trash_already_is_not_moved_again(
    page: Page, empty_library: StudioProcess
) -> None:
    page.goto(empty_library.url)
    drop(page, picture("Mei.png", 1))
    expect(tile(page, "Mei.png")).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("button", name="More about Mei.png").click()
    (asset,) = assets(empty_library)
    httpx.post(f"{empty_library.url}/api/assets/trash", json={"ids": [asset["id"]]})
    page.get_by_role("menuitem", name="Move to the trash").click()
    expect(page.get_by_role("status").filter(has_text="Already in the trash")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)


def test_two_tabs_that_bring_the_same_file_at_once_have_one_asset(
    page: Page, other: Page, empty_library: StudioProcess
) -> None:
    mei = picture("Mei.png", 1)
    for tab in (page, other):
        tab.goto(empty_library.url)
    drop(page, mei)
    drop(other, Given("Mei copy.png", mei.content))
    for tab in (page, other):
        twin = tab.locator("coming-in .tile[data-state='twin']")
        expect(twin).to_contain_text("Already here", timeout=SLOW_MS)
    for tab in (page, other):
        expect(tab.locator("asset-panel [data-list] [data-asset-id]")).to_have_count(1)
        expect(tab.locator("coming-in")).to_be_hidden(timeout=SLOW_MS)
    assert len(assets(empty_library)) == 1


def test_a_kept_file_goes_up_as_it_was_dropped_though_the_disk_has_changed(
    page: Page, empty_library: StudioProcess, tmp_path: Path
) -> None:
    path = long_sound(tmp_path / "rain.wav", 3)
    before = path.read_bytes()
    page.goto(empty_library.url)
    held = hold_uploads(page)
    page.locator("file-drop input[type=file]").set_input_files(path)
    while not held:
        page.wait_for_timeout(50)
    path.write_bytes(b"something else entirely")
    held[0].continue_()
    expect(tile(page, "rain.wav")).to_be_visible(timeout=SLOW_MS)
    (asset,) = assets(empty_library)
    assert httpx.get(f"{empty_library.url}{asset['url']}").content == before


def test_a_file_that_could_not_be_kept_and_changes_on_its_way_is_refused_in_words(
    page: Page, empty_library: StudioProcess, tmp_path: Path
) -> None:
    path = long_sound(tmp_path / "rain.wav", 40)  # too large to be copied in the page
    page.add_init_script(
        "indexedDB.open = () => { throw new DOMException('no', 'SecurityError'); };"
    )
    page.goto(empty_library.url)
    held = hold_uploads(page)
    page.locator("file-drop input[type=file]").set_input_files(path)
    while not held:
        page.wait_for_timeout(50)
    path.write_bytes(b"something else entirely")
    held[0].continue_()
    refusal = page.locator("refused-files .refused")
    expect(refusal).to_contain_text("rain.wav: The file was changed or moved while it went up.")
    assert assets(empty_library) == []
