"""A downloaded take has a name that says what it is, on every system and in every language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote

import pytest

from shortdrama.web import i18n
from shortdrama.web.panels.viewer.download import download_name, download_url
from web.panels.compare.test_comparison import place, ready


@pytest.fixture
def chinese() -> Iterator[None]:
    token = i18n.language.set("zh_CN")
    yield
    i18n.language.reset(token)


def name_of(project: str, episode: str = "") -> str:
    """Of take 2 of shot 07 in episode 3."""
    take = ready(2)
    where = replace(place(take), shown=take)
    board = replace(
        where.board,
        project=replace(where.board.project, title=project),
        episode=replace(where.board.episode, title=episode),
    )
    return download_name(replace(where, board=board))


def test_it_says_project_episode_shot_and_take() -> None:
    name = "Night Market - Episode 3 The last stall - Shot 07, take 2.mp4"
    assert name_of("Night Market", "The last stall") == name


def test_what_has_no_title_is_called_by_its_number() -> None:
    assert name_of("Night Market") == "Night Market - Episode 3 - Shot 07, take 2.mp4"
    assert name_of(" ", "\t") == "Untitled project - Episode 3 - Shot 07, take 2.mp4"


@pytest.mark.usefixtures("chinese")
def test_a_chinese_page_gives_a_chinese_name() -> None:
    assert not re.search("[a-z]", name_of("夜市", "最后一摊").removesuffix(".mp4"))
    assert name_of("") == "未命名的项目 - 第 3 集 - 镜头 07，第 2 条.mp4"


@pytest.mark.parametrize(
    ("title", "part"),
    [
        ("  Night \t\n  Market　2 ", "Night Market 2"),
        ('Rain / "Snow" <2>: what? 100%', "Rain Snow 2 what 100"),
        ("..hidden", "hidden"),
        ("Ends. ", "Ends"),
        ("a\x00b\x07c\u202etxt\ud800", "abctxt"),
        ("Cafe\u0301", "Café"),
        ("👩\u200d🚀 到了", "👩\u200d🚀 到了"),
        ("...", "Untitled project"),
    ],
)
def test_a_title_is_tidy_in_it(title: str, part: str) -> None:
    assert name_of(title) == f"{part} - Episode 3 - Shot 07, take 2.mp4"


@pytest.mark.parametrize("title", ["CON.", "nul.mp4", "Com1. x"])
def test_no_name_is_that_of_a_device(title: str) -> None:
    assert not re.match(r"(?i)(con|nul|com1)\s*\.", name_of(title))


def test_long_titles_leave_room_on_every_disk() -> None:
    name = name_of("夜" * 120, "市" * 120)
    assert len(name.encode()) < 240
    assert name.endswith("- Shot 07, take 2.mp4")
    assert "\ufffd" not in name


def test_the_address_carries_the_name() -> None:
    take = ready(2)
    where = replace(place(take), shown=take)
    path, _, query = download_url(where).partition("?")
    assert unquote(path.rpartition("/")[2]) == download_name(where)
    assert query == "download=1"
    assert download_url(place(take)) == ""
