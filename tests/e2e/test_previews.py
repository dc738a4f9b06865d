"""A video's tile plays while it is pointed at, in the panel and in the library."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e.files import drop, picture
from e2e.studio_process import StudioProcess
from media.samples import make_clip

pytestmark = pytest.mark.browser
_PLAYS = "(video) => new Promise((done) => { video.ontimeupdate = () => done(true); })"


@pytest.fixture(params=["/", "/library"])
def tiles(
    request: pytest.FixtureRequest, page: Page, empty_library: StudioProcess, tmp_path: Path
) -> Locator:
    """The tiles of a clip and of a picture, in the panel and in the library."""
    page.goto(empty_library.url + request.param)
    clip = make_clip(tmp_path / "clip.mp4", seconds=1.0)
    page.locator("file-drop input[type=file]").set_input_files(clip)
    drop(page, picture("Mei.png", 1))
    shown = page.locator("asset-panel, asset-grid").locator("[data-asset-id]")
    expect(shown).to_have_count(2, timeout=20_000)
    return shown


def test_it_plays_silently_while_pointed_at_and_stops_when_left(page: Page, tiles: Locator) -> None:
    clip, other = tiles.filter(has_text="clip.mp4"), tiles.filter(has_text="Mei.png")
    expect(clip.locator("img")).to_be_visible()
    clip.hover()
    video = clip.locator("video")
    assert video.evaluate(_PLAYS)
    assert video.evaluate("(video) => video.muted && video.loop && video.ariaHidden === 'true'")
    other.hover()
    expect(page.locator("video.preview")).to_have_count(0)
    expect(clip.locator("img")).to_be_visible()


def test_it_stops_over_the_empty_space_between_tiles(page: Page, tiles: Locator) -> None:
    tiles.filter(has_text="clip.mp4").hover()
    expect(page.locator("video.preview")).to_have_count(1)
    page.locator("asset-panel, asset-grid").get_by_role("heading").last.hover()
    expect(page.locator("video.preview")).to_have_count(0)


def test_it_plays_for_the_keyboard_too(page: Page, tiles: Locator) -> None:
    clip = tiles.filter(has_text="clip.mp4")
    clip.locator("[data-slot='face']").focus()
    assert clip.locator("video").evaluate(_PLAYS)
    tiles.filter(has_text="Mei.png").locator("[data-slot='face']").focus()
    expect(page.locator("video.preview")).to_have_count(0)


def test_a_preview_that_cannot_be_had_leaves_the_picture(page: Page, tiles: Locator) -> None:
    clip = tiles.filter(has_text="clip.mp4")
    clip.evaluate(
        """(tile) => {
          const asset = JSON.parse(tile.dataset.asset);
          tile.dataset.asset = JSON.stringify({ ...asset, preview_url: "/media/none/gone.webm" });
        }"""
    )
    with page.expect_response("**/media/none/gone.webm"):
        clip.hover()
    expect(clip.locator("video")).to_have_count(0)
    expect(clip.locator("img")).to_be_visible()
