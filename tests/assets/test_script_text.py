"""Encodings of scripts: told from the bytes, and binary is still no text."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortdrama.assets.script_text import read_script

SIMPLIFIED = (
    "第一集：雨夜。内景，厨房。\n林美：你为什么现在才回来？\n阿俊（低头）：对不起，我迷路了。\n"
)
TRADITIONAL = "第一集：雨夜。內景，廚房。\n林美：你為什麼現在才回來？\n阿俊（低頭）：對不起。\n"
JAPANESE = "第一話　雨の夜。\n美は窓の前に立って、雨がガラスを流れるのを見ている。\n"
KOREAN = "제1화 비 오는 밤. 부엌, 밤.\n미는 창가에 서서 비가 흐르는 것을 보고 있다.\n"
MIXED = "INT. KITCHEN - NIGHT\n\nLIN MEI\n(whispering)\n你在哪里？\n\nFADE OUT.\n"


@pytest.mark.parametrize(
    ("text", "codec", "encoding"),
    [
        (SIMPLIFIED, "utf-8", "utf-8"),
        (SIMPLIFIED, "utf-8-sig", "utf-8"),
        (SIMPLIFIED, "utf-16", "utf-16le"),
        ("\ufeff" + SIMPLIFIED, "utf-16-be", "utf-16be"),
        (SIMPLIFIED, "gb18030", "gb18030"),
        (SIMPLIFIED, "gbk", "gb18030"),
        (SIMPLIFIED, "gb2312", "gb18030"),
        (MIXED, "gbk", "gb18030"),
        (SIMPLIFIED + "😀镕", "gb18030", "gb18030"),
        ("雨夜", "gbk", "gb18030"),
        (TRADITIONAL, "gbk", "gb18030"),
        (TRADITIONAL, "big5", "big5"),
        ("佢哋喺邊度啫？我哋而家返屋企", "big5hkscs", "big5"),
        (JAPANESE, "cp932", "shift_jis"),
        (JAPANESE, "euc_jp", "euc-jp"),
        (KOREAN, "cp949", "euc-kr"),
    ],
)
def test_tells_how_a_script_was_written(text: str, codec: str, encoding: str) -> None:
    found = read_script(text.encode(codec), is_whole=True)
    assert found is not None
    assert (found.encoding, found.text) == (encoding, text.removeprefix("\ufeff"))


@pytest.mark.parametrize("cut", range(60, 68))
@pytest.mark.parametrize("codec", ["utf-8", "gb18030", "big5"])
def test_a_head_may_end_within_a_character(codec: str, cut: int) -> None:
    found = read_script(TRADITIONAL.encode(codec)[:cut], is_whole=False)
    assert found is not None
    assert TRADITIONAL.startswith(found.text)


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("Crème brûlée, crêpe.", "cp1252"),
        ("Übermäßig große Straße", "cp1252"),
        ("Été à l'île: un garçon naïf", "cp1252"),
        ("Привет, как дела? Дождливая ночь", "cp1251"),
        ("Привет, как дела? Дождливая ночь", "koi8-r"),
    ],
)
def test_other_encodings_are_not_taken_for_chinese(text: str, codec: str) -> None:
    assert read_script(text.encode(codec), is_whole=True) is None


@pytest.mark.parametrize("control", [b"\0", b"\1", b"\x1b\x08", b"\x7f"])
def test_one_control_character_makes_it_binary(control: bytes) -> None:
    data = SIMPLIFIED.encode("gb18030")
    assert read_script(data + control + data, is_whole=True) is None


def test_noise_is_no_text_even_without_control_characters() -> None:
    dice = random.Random(7)  # noqa: S311 - no secret
    for _ in range(300):
        noise = bytes(dice.choice(range(0x20, 0x100)) for _ in range(512))
        assert read_script(noise, is_whole=True) is None
        noise = bytes(dice.choice(range(0xA1, 0xFF)) for _ in range(512))
        assert read_script(noise, is_whole=True) is None


@given(st.binary(min_size=64, max_size=5000), st.booleans())
def test_any_bytes_are_answered(data: bytes, is_whole: bool) -> None:
    found = read_script(data, is_whole=is_whole)
    assert found is None or found.encoding
