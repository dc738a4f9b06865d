"""The Assets panel of the studio: bring, refuse, pick, name, throw away."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from e2e.files import Given, drop, drop_paths, paste, photoshop, picture
from e2e.studio_process import StudioProcess

pytestmark = pytest.mark.browser


@pytest.fixture
def panel(page: Page, empty_library: StudioProcess) -> Locator:
    page.goto(empty_library.url)
    return page.get_by_role("complementary", name="Assets")


def assets(studio: StudioProcess, **query: str) -> list[dict[str, object]]:
    answer = httpx.get(f"{studio.url}/api/assets", params=query).json()
    return list(answer["assets"])


def face(panel: Locator, name: str) -> Locator:
    return panel.get_by_role("button", name=name, exact=True)


def test_a_newcomer_is_told_what_to_drop(panel: Locator) -> None:
    expect(panel).to_contain_text("Drop pictures of your cast, places and props.")
    expect(panel.get_by_role("button", name="Choose files")).to_be_visible()


def test_a_wrong_type_is_refused_on_its_own_tile_while_the_others_go_on(
    page: Page, panel: Locator, empty_library: StudioProcess
) -> None:
    drop(page, picture("Mei.png", 1), photoshop("moodboard.psd"), picture("Jun.png", 2))
    expect(face(panel, "Mei.png")).to_be_visible()
    expect(face(panel, "Jun.png")).to_be_visible()
    refusal = panel.locator("refused-files .refused")
    expect(refusal).to_contain_text("moodboard.psd” is a Photoshop file. Save it as PNG or JPEG")
    assert {asset["name"] for asset in assets(empty_library)} == {"Mei.png", "Jun.png"}
    refusal.get_by_role("button", name="Dismiss").click()
    expect(refusal).to_have_count(0)
    page.reload()
    expect(face(panel, "Mei.png")).to_be_visible()
    expect(panel.locator("refused-files .refused")).to_have_count(0)


def test_an_empty_file_is_refused_in_words(page: Page, panel: Locator) -> None:
    drop(page, Given("nothing.png", b""))
    expect(panel.locator("refused-files .refused")).to_contain_text("The file is empty")


def test_the_same_bytes_twice_are_one_asset_and_it_is_said(
    page: Page, panel: Locator, empty_library: StudioProcess
) -> None:
    mei = picture("Mei.png", 1)
    drop(page, mei)
    expect(face(panel, "Mei.png")).to_be_visible()
    drop(page, Given("umbrella-final.png", mei.content))
    twin = panel.locator("coming-in .tile", has_text="umbrella-final.png")
    expect(twin).to_contain_text("Already here")
    expect(twin).to_contain_text("Same bytes as Mei.png")
    expect(panel.locator(".tile.asset.met")).to_have_text("Mei.png")
    expect(twin).to_have_count(0, timeout=10_000)
    expect(panel.locator("coming-in")).to_be_hidden()
    expect(panel.locator(".tile.asset.met")).to_have_count(0)
    assert len(assets(empty_library)) == 1


def test_a_picture_is_pasted(page: Page, panel: Locator) -> None:
    paste(page, picture("image.png", 3))
    expect(face(panel, "image.png")).to_be_visible()


def test_the_file_button_brings_several(page: Page, panel: Locator, tmp_path: Path) -> None:
    paths = []
    for seed, name in enumerate(("a.png", "b.png")):
        paths.append(tmp_path / name)
        paths[-1].write_bytes(picture(name, seed).content)
    with page.expect_file_chooser() as chosen:
        panel.get_by_role("button", name="Add files").click()
    chosen.value.set_files(paths)
    expect(face(panel, "a.png")).to_be_visible()
    expect(face(panel, "b.png")).to_be_visible()


def test_a_dropped_folder_is_walked(page: Page, panel: Locator, tmp_path: Path) -> None:
    deep = tmp_path / "cast" / "leads"
    deep.mkdir(parents=True)
    (deep / "Mei.png").write_bytes(picture("Mei.png", 1).content)
    (tmp_path / "cast" / "Jun.png").write_bytes(picture("Jun.png", 2).content)
    (deep / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    drop_paths(page, tmp_path / "cast")
    expect(face(panel, "Mei.png")).to_be_visible()
    expect(face(panel, "Jun.png")).to_be_visible()
    expect(panel.locator("refused-files .refused")).to_have_count(0)


def test_a_tile_is_there_at_once_from_the_local_copy(page: Page, panel: Locator) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/uploads", hold)
    with page.expect_request("**/api/uploads"):
        drop(page, picture("Mei.png", 1))
    tile = panel.locator("coming-in .tile", has_text="Mei.png")
    expect(tile.locator("img")).to_be_visible()
    assert str(tile.locator("img").get_attribute("src")).startswith("blob:")
    assert len(held) == 1
    held[0].continue_()
    expect(face(panel, "Mei.png")).to_be_visible()


def test_a_click_picks_a_reference_for_the_prompt(page: Page, panel: Locator) -> None:
    drop(page, picture("Mei.png", 1))
    expect(face(panel, "Mei.png")).to_be_visible()
    page.evaluate(
        "document.addEventListener('reference-toggle', (e) => { window.heard = e.detail; })"
    )
    face(panel, "Mei.png").click()
    heard = page.evaluate("[window.heard.asset.name, window.heard.selected]")
    assert heard == ["Mei.png", True]
    expect(face(panel, "Mei.png")).to_have_attribute("aria-pressed", "true")
    page.evaluate(
        "document.dispatchEvent(new CustomEvent('references-changed', { detail: { ids: [] } }))"
    )
    expect(face(panel, "Mei.png")).to_have_attribute("aria-pressed", "false")


def test_name_tags_and_kind_are_given_by_the_menu(
    page: Page, panel: Locator, empty_library: StudioProcess
) -> None:
    drop(page, picture("IMG_0042.png", 1))
    more = panel.get_by_role("button", name="More about IMG_0042.png")
    more.click()
    page.get_by_role("menuitem", name="Name and tags").click()
    dialog = page.get_by_role("dialog", name="Name and tags")
    expect(dialog.get_by_role("heading", name="Name and tags")).to_be_visible()
    dialog.get_by_label("Name").fill("Mei <b>front</b>")
    dialog.get_by_label("Tags, with commas between them").fill("night, lantern")
    dialog.get_by_role("button", name="Save").click()
    expect(face(panel, "Mei <b>front</b>")).to_be_visible()
    panel.get_by_role("button", name="More about Mei").click()
    page.get_by_role("menuitemradio", name="Cast").click()
    expect(panel.get_by_role("heading", name="Cast")).to_be_visible()
    (asset,) = assets(empty_library, role="cast")
    assert asset["tags"] == ["lantern", "night"] or asset["tags"] == ["night", "lantern"]


def test_search_finds_by_name_and_by_tag(page: Page, panel: Locator) -> None:
    drop(page, picture("Mei.png", 1), picture("Jun.png", 2))
    expect(face(panel, "Jun.png")).to_be_visible()
    panel.get_by_role("searchbox").fill("mei")
    expect(face(panel, "Jun.png")).to_have_count(0)
    expect(face(panel, "Mei.png")).to_be_visible()
    panel.get_by_role("searchbox").fill("nobody")
    expect(panel).to_contain_text("Nothing has this name or tag.")


def test_the_trash_can_be_taken_back(
    page: Page, panel: Locator, empty_library: StudioProcess
) -> None:
    drop(page, picture("Mei.png", 1))
    face(panel, "Mei.png").click(button="right")
    page.get_by_role("menuitem", name="Move to the trash").click()
    expect(face(panel, "Mei.png")).to_have_count(0)
    toast = page.get_by_role("status").filter(has_text="Moved Mei.png to the trash")
    toast.get_by_role("button", name="Undo").click()
    expect(face(panel, "Mei.png")).to_be_visible()
    assert len(assets(empty_library)) == 1


def test_two_tabs_show_the_same(page: Page, panel: Locator, empty_library: StudioProcess) -> None:
    other = page.context.new_page()
    other.goto(empty_library.url)
    drop(page, picture("Mei.png", 1))
    expect(face(other.get_by_role("complementary", name="Assets"), "Mei.png")).to_be_visible()


def test_a_file_over_the_limit_is_refused_in_words(
    page: Page, panel: Locator, empty_library: StudioProcess
) -> None:
    page.evaluate("document.getElementById('assets').dataset.maxUploadBytes = '1000'")
    drop(page, picture("Mei.png", 1))
    expect(panel.locator("refused-files .refused")).to_contain_text(
        re.compile("Mei.png.*larger than")
    )
    assert assets(empty_library) == []


def test_many_refusals_are_one_folded_group_below_what_is_on_its_way(
    page: Page, panel: Locator
) -> None:
    page.route("**/api/uploads/*", lambda route: route.abort())  # what is good stays on its way
    empty = [Given(f"nothing-{number}.png", b"") for number in range(6)]
    drop(page, *empty[:3], picture("Mei.png", 1), *empty[3:])
    group = panel.locator("refused-files")
    expect(group.get_by_role("button", name="Not taken in: 6")).to_have_attribute(
        "aria-expanded", "false"
    )
    on_its_way = panel.locator("coming-in .tile")
    expect(on_its_way).to_have_count(1)
    tile_box, group_box = on_its_way.bounding_box(), group.bounding_box()
    assert tile_box is not None
    assert group_box is not None
    assert tile_box["y"] + tile_box["height"] <= group_box["y"]
    assert group_box["height"] < 40

    group.get_by_role("button", name="Not taken in: 6").click()
    sentences = group.locator(".refused")
    expect(sentences).to_have_count(6)
    for number in range(6):
        expect(
            sentences.filter(has_text=f"nothing-{number}.png: The file is empty")
        ).to_be_visible()
    sentences.filter(has_text="nothing-2.png").get_by_role("button", name="Dismiss").click()
    expect(group.get_by_role("button", name="Not taken in: 5")).to_be_visible()
    group.get_by_role("button", name="Dismiss all").click()
    expect(group).to_be_hidden()
    page.reload()
    expect(panel.locator("coming-in .tile")).to_have_count(1)
    expect(panel.locator("refused-files .refused")).to_have_count(0)


def test_few_refusals_stand_open_and_are_the_same_after_a_reload(
    page: Page, panel: Locator
) -> None:
    drop(page, Given("nothing.png", b""))
    expect(panel.locator("refused-files .refused")).to_be_visible()
    expect(panel.get_by_role("button", name="Dismiss all")).to_be_hidden()
    page.reload()
    expect(panel.locator("refused-files .refused")).to_be_visible()


def test_bytes_from_the_trash_are_said_to_be_back(
    page: Page, panel: Locator, empty_library: StudioProcess
) -> None:
    mei = picture("Mei.png", 1)
    drop(page, mei)
    expect(face(panel, "Mei.png")).to_be_visible()
    (asset,) = assets(empty_library)
    httpx.post(f"{empty_library.url}/api/assets/trash", json={"ids": [asset["id"]]})
    expect(face(panel, "Mei.png")).to_have_count(0)
    drop(page, Given("again.png", mei.content))
    twin = panel.locator("coming-in .tile", has_text="again.png")
    expect(twin).to_contain_text("It lay in the trash as Mei.png")
    expect(panel.locator(".tile.asset.met")).to_have_text("Mei.png")


def test_enter_in_the_dialog_saves_and_cancel_does_not(
    page: Page, panel: Locator, empty_library: StudioProcess
) -> None:
    drop(page, picture("one.png", 1))
    dialog = page.get_by_role("dialog", name="Name and tags")
    panel.get_by_role("button", name="More about one.png").click()
    page.get_by_role("menuitem", name="Name and tags").click()
    dialog.get_by_label("Name").fill("never")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    panel.get_by_role("button", name="More about one.png").click()
    page.get_by_role("menuitem", name="Name and tags").click()
    expect(dialog.get_by_label("Name")).to_have_value("one.png")
    dialog.get_by_label("Name").fill("two.png")
    dialog.get_by_label("Name").press("Enter")
    expect(face(panel, "two.png")).to_be_visible()
    assert [asset["name"] for asset in assets(empty_library)] == ["two.png"]
