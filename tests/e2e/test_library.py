"""The library page: find, select, tag, throw away; and thousands of assets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from e2e.files import drop, picture
from e2e.filled_library import fill_library
from e2e.page_store import wait_until
from e2e.studio_process import StudioProcess
from web.panels.brought_assets import bring

pytestmark = pytest.mark.browser
MANY = 10_000
# The first screen has its pictures and the page behind it is here.
SETTLED = """async () => document.querySelector("asset-grid").assets.length > 200
  && [...document.querySelectorAll("asset-grid img")].every((image) => image.complete)"""


@pytest.fixture(scope="module")
def filled_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioProcess]:
    """A studio with ten thousand assets."""
    data: Path = tmp_path_factory.mktemp("filled") / "data"
    fill_library(data, MANY)
    studio = StudioProcess(data)
    studio.start()
    try:
        yield studio
    finally:
        studio.stop()


@pytest.fixture
def library(page: Page, empty_library: StudioProcess) -> Page:
    """The page with three pictures."""
    page.goto(f"{empty_library.url}/library")
    drop(page, picture("a.png", 1), picture("b.png", 2), picture("c.png", 3))
    for name in ("a.png", "b.png", "c.png"):
        expect(tile(page, name)).to_be_visible()
    return page


def tile(page: Page, name: str) -> Locator:
    return page.locator("asset-grid").get_by_role("button", name=name, exact=True)


def bar(page: Page) -> Locator:
    return page.get_by_role("toolbar", name="Selection")


def assets(studio: StudioProcess, **query: Any) -> list[dict[str, Any]]:
    answer = httpx.get(f"{studio.url}/api/assets", params=query).json()
    found: list[dict[str, Any]] = answer["assets"]
    return found


def count_of(page: Page, key: str) -> Locator:
    return page.locator(f"[data-count='{key}']")


def test_several_are_tagged_at_once_and_found_by_the_tag(
    library: Page, empty_library: StudioProcess
) -> None:
    tile(library, "a.png").click()
    tile(library, "c.png").click()
    expect(bar(library)).to_contain_text("2 selected")
    bar(library).get_by_role("button", name="Tag", exact=True).click()
    library.get_by_role("textbox", name="Tag").fill("night")
    library.get_by_role("textbox", name="Tag").press("Enter")
    library.get_by_role("button", name="night", exact=True).click()
    expect(tile(library, "b.png")).to_have_count(0)
    expect(tile(library, "a.png")).to_be_visible()
    expect(library.get_by_text("2 found")).to_be_visible()
    assert "tag=night" in library.url
    assert {asset["name"] for asset in assets(empty_library, tag="night")} == {"a.png", "c.png"}
    library.reload()
    expect(tile(library, "c.png")).to_be_visible()
    expect(tile(library, "b.png")).to_have_count(0)
    library.go_back()
    expect(tile(library, "b.png")).to_be_visible()


def test_shift_takes_what_lies_between_and_escape_lets_go(library: Page) -> None:
    names = library.locator("asset-grid [data-slot='name']").all_inner_texts()
    tile(library, names[0]).click()
    tile(library, names[2]).click(modifiers=["Shift"])
    expect(bar(library)).to_contain_text("3 selected")
    library.keyboard.press("Escape")
    expect(bar(library)).to_be_hidden()


def test_the_grid_is_walked_by_keys(library: Page) -> None:
    names = library.locator("asset-grid [data-slot='name']").all_inner_texts()
    tile(library, names[0]).focus()
    library.keyboard.press("ArrowRight")
    expect(tile(library, names[1])).to_be_focused()
    library.keyboard.press("Space")
    expect(bar(library)).to_contain_text("1 selected")
    library.keyboard.press("Delete")
    expect(tile(library, names[1])).to_have_count(0)


def test_trash_undo_trash_restore_and_delete_for_good(
    library: Page, empty_library: StudioProcess
) -> None:
    tile(library, "a.png").click()
    tile(library, "b.png").click()
    bar(library).get_by_role("button", name="Move to the trash").click()
    expect(tile(library, "a.png")).to_have_count(0)
    library.get_by_role("button", name="Undo").click()
    expect(tile(library, "a.png")).to_be_visible()

    tile(library, "a.png").click()
    tile(library, "b.png").click()
    bar(library).get_by_role("button", name="Move to the trash").click()
    expect(count_of(library, "trash")).to_have_text("2")
    library.get_by_role("link", name="Trash").click()
    tile(library, "a.png").click()
    bar(library).get_by_role("button", name="Restore").click()
    expect(tile(library, "a.png")).to_have_count(0)
    tile(library, "b.png").click()
    bar(library).get_by_role("button", name="Delete for good").click()
    dialog = library.get_by_role("dialog", name="Delete for good")
    dialog.get_by_role("button", name="Keep it").click()
    expect(tile(library, "b.png")).to_be_visible()
    bar(library).get_by_role("button", name="Delete for good").click()
    dialog.get_by_role("button", name="Delete for good").click()
    expect(library.get_by_text("The trash is empty.")).to_be_visible()
    assert {asset["name"] for asset in assets(empty_library)} == {"a.png", "c.png"}
    assert assets(empty_library, trash=True) == []


def test_a_kind_is_given_to_several(library: Page) -> None:
    tile(library, "a.png").click()
    tile(library, "b.png").click()
    bar(library).get_by_role("button", name="Kind").click()
    library.locator("#give-role").get_by_role("button", name="Cast").click()
    expect(count_of(library, "cast")).to_have_text("2")
    library.get_by_role("link", name="Cast").click()
    expect(tile(library, "c.png")).to_have_count(0)
    expect(tile(library, "a.png")).to_be_visible()


def test_the_order_is_chosen(library: Page) -> None:
    library.get_by_role("combobox", name="Order").select_option("By name")
    expect(library.locator("asset-grid [data-slot='name']")).to_have_text(
        ["a.png", "b.png", "c.png"]
    )


def test_selected_assets_go_to_the_prompt(library: Page) -> None:
    tile(library, "a.png").click()
    bar(library).get_by_role("button", name="Use in the prompt").click()
    library.wait_for_url("**/?**")
    panel = library.get_by_role("complementary", name="Assets")
    expect(panel.get_by_role("button", name="a.png", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )


@pytest.mark.parametrize("count", [3, 14])
def test_all_that_is_selected_is_downloaded(
    page: Page, empty_library: StudioProcess, count: int
) -> None:
    with httpx.Client(base_url=empty_library.url) as client:
        for number in range(count):
            bring(client, f"still {number:02d}.png")
    page.goto(f"{empty_library.url}/library")
    tile(page, "still 00.png").click()
    page.keyboard.press("ControlOrMeta+a")
    expect(bar(page)).to_contain_text(f"{count} selected")
    came: list[str] = []
    page.on("download", lambda download: came.append(download.suggested_filename))
    bar(page).get_by_role("button", name="Download").click()
    for _ in range(100):
        if len(came) >= count:
            break
        page.wait_for_timeout(100)
    assert sorted(came) == [f"still {number:02d}.png" for number in range(count)]


def test_ten_thousand_assets_come_a_screen_at_a_time(
    page: Page, filled_studio: StudioProcess
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{filled_studio.url}/library")
    expect(tile(page, f"Asset {MANY - 1:05d}")).to_be_visible()
    wait_until(page, SETTLED)
    assert len(asked) <= 60, asked
    assert page.locator("asset-grid [data-asset-id]").count() < 100


def test_scrolling_reaches_the_oldest_with_few_nodes(
    page: Page, filled_studio: StudioProcess
) -> None:
    page.goto(f"{filled_studio.url}/library?text=Asset+000")
    region = page.get_by_role("region", name="Asset grid")
    expect(tile(page, "Asset 00099")).to_be_visible()
    region.evaluate("(region) => { region.scrollTop = region.scrollHeight; }")
    expect(tile(page, "Asset 00000")).to_be_visible()

    page.goto(f"{filled_studio.url}/library")
    wait_until(
        page,
        """async () => {
          const region = document.querySelector(".lib");
          region.scrollTop = region.scrollHeight;
          return document.querySelector("asset-grid").assets.length >= 2000;
        }""",
    )
    assert page.locator("asset-grid [data-asset-id]").count() < 200
    ids = page.evaluate("document.querySelector('asset-grid').assets.map((asset) => asset.id)")
    assert len(ids) == len(set(ids))


def test_the_next_page_comes_when_the_end_is_near(page: Page, filled_studio: StudioProcess) -> None:
    page.goto(f"{filled_studio.url}/library")
    wait_until(page, SETTLED)
    more = page.evaluate(
        """async () => {
          const grid = document.querySelector("asset-grid");
          const before = grid.assets.length;
          const filled = new Promise((resolve) => grid.addEventListener("grid-changed", resolve));
          document.querySelector(".lib").scrollTop = 1e6;
          await filled;
          return grid.assets.length - before;
        }"""
    )
    assert more == 200
