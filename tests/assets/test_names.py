from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortdrama.assets.names import (
    clean_file_name,
    clean_tags,
    clean_text,
    clean_title,
    with_suffix,
)
from shortdrama.errors import InvalidInput


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("still.png", "still.png"),
        ("../../etc/passwd", "etc-passwd"),
        ("C:\\Users\\me\\shot.mov", "C--Users-me-shot.mov"),
        ("scene 1/2.png", "scene 1-2.png"),
        ("a\0b\x1b[31m\nc.png", "ab[31m c.png"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("雨の夜.png", "雨の夜.png"),
        ("👩‍👩‍👧 family.png", "👩‍👩‍👧 family.png"),
        ("\ud800broken.png", "broken.png"),
        ("...", "file"),
        ("", "file"),
        ("   .png  ", "png"),
        (".hidden", "hidden"),
    ],
)
def test_a_file_name_is_kept_short_and_safe(given_name: str, kept: str) -> None:
    assert clean_file_name(given_name) == kept


def test_a_long_name_keeps_its_suffix() -> None:
    kept = clean_file_name("x" * 400 + ".png")
    assert kept == "x" * 116 + ".png"
    assert len(clean_file_name("漢" * 400 + ".png").encode()) <= 240


@given(st.text(alphabet=st.characters(), max_size=500))
def test_no_name_is_unsafe(text: str) -> None:
    kept = clean_file_name(text)
    assert 0 < len(kept) <= 120
    assert len(kept.encode()) <= 240
    assert not set(kept) & set('/\\\0\n\r<>:"|?*\u202e\u2066')
    assert kept not in {".", ".."}
    assert clean_file_name(kept) == kept


@given(st.text(alphabet=st.characters(), max_size=100))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean_text(clean_text(text)) == clean_text(text)


@pytest.mark.parametrize(
    ("name", "suffix", "expected"),
    [
        ("a.jpeg", ".jpg", "a.jpg"),
        ("a.png", ".jpg", "a.jpg"),
        ("Scene 1.5", ".png", "Scene 1.5.png"),
        ("notes.v2.fountain", ".fountain", "notes.v2.fountain"),
    ],
)
def test_a_download_ends_as_its_bytes_do(name: str, suffix: str, expected: str) -> None:
    assert with_suffix(name, suffix) == expected


def test_tags_have_one_spelling() -> None:
    assert clean_tags(["#Rain", "rain ", "  night\tshot ", "", "#"]) == ("rain", "night shot")


def test_tags_are_bounded() -> None:
    with pytest.raises(InvalidInput, match="50 characters"):
        clean_tags(["x" * 51])
    with pytest.raises(InvalidInput, match="20 tags"):
        clean_tags([f"tag {number}" for number in range(21)])


def test_a_title_is_text_of_one_line() -> None:
    assert clean_title(" Lin,\nin the rain / night ") == "Lin, in the rain / night"
    for bad in ("", " \0 ", "x" * 121):
        with pytest.raises(InvalidInput):
            clean_title(bad)
