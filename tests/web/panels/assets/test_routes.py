"""GET /panels/assets: what stands beside the prompt."""

from __future__ import annotations

import httpx
import pytest

from shortdrama.web.panels.assets.panel import GROUP_LIMIT
from web.panels.brought_assets import bring, headings_on, tiles_on


@pytest.fixture(scope="module")
def studio(library_studio: httpx.Client) -> httpx.Client:
    empty = library_studio.get("/panels/assets").text
    assert "Drop pictures of your cast, places and props." in empty
    assert 'data-total="0"' in empty
    bring(library_studio, "Mei.png", role="cast", tags=["lead"])
    bring(library_studio, "Tea stall.png", role="place")
    bring(library_studio, "Umbrella.png", role="prop")
    bring(library_studio, "Notes & plans.txt", "第一集：夜".encode())
    gone = bring(library_studio, "Gone.png", role="cast")
    library_studio.post("/api/assets/trash", json={"ids": [gone]})
    return library_studio


def test_groups_stand_in_their_order_without_the_trash(studio: httpx.Client) -> None:
    page = studio.get("/panels/assets")
    assert headings_on(page) == ["Cast", "Places", "Props and files"]
    names = ["Mei.png", "Tea stall.png", "Umbrella.png", "Notes &amp; plans.txt"]
    assert tiles_on(page) == names
    assert "Gone.png" not in page.text
    assert 'data-total="4"' in page.text


def test_a_search_goes_by_name_and_tag(studio: httpx.Client) -> None:
    assert tiles_on(studio.get("/panels/assets", params={"text": "umbr"})) == ["Umbrella.png"]
    assert tiles_on(studio.get("/panels/assets", params={"text": "lead"})) == ["Mei.png"]
    nothing = studio.get("/panels/assets", params={"text": "nobody"})
    assert tiles_on(nothing) == []
    assert "Nothing has this name or tag." in nothing.text
    assert "Drop pictures of your cast" not in nothing.text


def test_one_role_shows_its_button_to_add_even_where_it_is_empty(studio: httpx.Client) -> None:
    places = studio.get("/panels/assets", params={"role": "place"})
    assert tiles_on(places) == ["Tea stall.png"]
    assert 'data-choose-files="place"' in places.text
    none = studio.get("/panels/assets", params={"role": "place", "text": "nobody"})
    assert headings_on(none) == ["Places"]


@pytest.mark.parametrize("bad", [{"role": "hero"}, {"text": "x" * 501}])
def test_a_wrong_address_is_refused(studio: httpx.Client, bad: dict[str, str]) -> None:
    assert studio.get("/panels/assets", params=bad).status_code == 422


def test_a_name_is_text_and_never_markup(studio: httpx.Client) -> None:
    tricky = "\"><img src=x onerror=alert(1)>'"
    asset_id = bring(studio, "a.png", name=tricky)
    try:
        page = studio.get("/panels/assets", params={"text": "onerror"}).text
        assert "<img src=x" not in page
        assert "&lt;img src=x onerror=alert(1)&gt;" in page
    finally:
        studio.post("/api/assets/trash", json={"ids": [asset_id]})


def test_what_is_too_much_for_the_panel_is_in_the_library(studio: httpx.Client) -> None:
    ids = [bring(studio, f"Crowd {n:02d}.png", role="prop") for n in range(GROUP_LIMIT)]
    try:
        page = studio.get("/panels/assets", params={"role": "prop"})
        assert len(tiles_on(page)) == GROUP_LIMIT
        assert "All of them are in the library" in page.text
    finally:
        studio.post("/api/assets/trash", json={"ids": ids})


def test_the_words_are_in_the_browsers_language(studio: httpx.Client) -> None:
    page = studio.get("/panels/assets", headers={"Accept-Language": "zh-CN"})
    assert "Props and files" not in page.text
    assert tiles_on(page)[0] == "Mei.png"
