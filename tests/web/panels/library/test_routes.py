"""GET /library: all that its address can say."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from web.panels.brought_assets import bring, headings_on, tiles_on


@pytest.fixture(scope="module")
def studio(library_studio: httpx.Client) -> httpx.Client:
    empty = library_studio.get("/library").text
    assert re.search(r'data-none="all">', empty), "a newcomer is told what to drop"
    bring(library_studio, "b.png", role="cast", tags=["night", "rain"])
    bring(library_studio, "a.png", tags=["night"])
    bring(library_studio, "scene.txt", "第一集：夜。她在哪里？".encode("gb18030"))
    gone = bring(library_studio, "gone.png")
    library_studio.post("/api/assets/trash", json={"ids": [gone]})
    return library_studio


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["scene.txt", "a.png", "b.png"]),
        ({"sort": "oldest"}, ["b.png", "a.png", "scene.txt"]),
        ({"sort": "name"}, ["a.png", "b.png", "scene.txt"]),
        ({"kind": "picture"}, ["a.png", "b.png"]),
        ({"kind": "script"}, ["scene.txt"]),
        ({"kind": "sound"}, []),
        ({"role": "cast"}, ["b.png"]),
        ({"tag": "night"}, ["a.png", "b.png"]),
        ({"tag": ["night", "rain"]}, ["b.png"]),
        ({"text": "SCENE"}, ["scene.txt"]),
        ({"text": "nobody"}, []),
        ({"trash": "1"}, ["gone.png"]),
    ],
)
def test_the_address_says_what_is_shown(
    studio: httpx.Client, query: dict[str, Any], names: list[str]
) -> None:
    assert tiles_on(studio.get("/library", params=query)) == names


def test_sections_go_by_age_only_where_the_order_does(studio: httpx.Client) -> None:
    assert "Today" in headings_on(studio.get("/library"))
    assert "Today" not in headings_on(studio.get("/library", params={"sort": "name"}))


def test_filters_count_and_mark_the_current_one(studio: httpx.Client) -> None:
    page = studio.get("/library", params={"role": "cast"}).text
    counts = dict(re.findall(r'data-count="(\w+)">(\d+)<', page))
    expected = {"all": "3", "cast": "1", "picture": "2", "script": "1", "trash": "1", "sound": "0"}
    assert expected.items() <= counts.items()
    assert re.findall(r'data-filter="(\w+)" aria-current="true"', page) == ["cast"]


def test_a_tag_that_is_filtered_by_is_pressed(studio: httpx.Client) -> None:
    page = studio.get("/library", params={"tag": "rain"}).text
    tags = dict(re.findall(r'data-tag="(\w+)" aria-pressed="(\w+)"', page))
    assert tags == {"rain": "true", "night": "false"}


@pytest.mark.parametrize(
    ("query", "why"),
    [({"text": "nobody"}, "search"), ({"tag": "none"}, "search"), ({"kind": "sound"}, "all")],
)
def test_nothing_found_is_said_once_and_rightly(
    studio: httpx.Client, query: dict[str, str], why: str
) -> None:
    page = studio.get("/library", params=query).text
    assert re.findall(r'data-none="(\w+)">', page) == [why]


@pytest.mark.parametrize(
    "bad",
    [
        {"sort": "luck"},
        {"kind": "hat"},
        {"role": "hero"},
        {"trash": "perhaps"},
        {"text": "x" * 501},
    ],
)
def test_a_wrong_address_is_refused_in_words(studio: httpx.Client, bad: dict[str, str]) -> None:
    answer = studio.get("/library", params=bad)
    assert answer.status_code == 422
    assert "Traceback" not in answer.text


def test_the_page_names_its_limits_for_the_scripts(studio: httpx.Client) -> None:
    page = studio.get("/library").text
    assert re.search(r'data-max-upload-bytes="[1-9]\d{6,}"', page)
    assert re.search(r'data-browser-cache-bytes="[1-9]\d{6,}"', page)
    assert re.search(r'data-event-id="[1-9]\d*"', page)
