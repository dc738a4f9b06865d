"""How lines are laid over time and width, and that their letters stay letters."""

from __future__ import annotations

import pylopdf_fonts_zh_cn
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shortdrama.previz.captions import (
    FontRuler,
    escape_ass,
    plan_captions,
    text_size_px,
    wrap_text,
    write_ass,
    write_fonts_conf,
)

SIZE = (720, 1280)


@pytest.fixture(scope="module")
def ruler() -> FontRuler:
    return FontRuler(pylopdf_fonts_zh_cn.sans_path())


def test_lines_share_the_clip_by_their_length(ruler: FontRuler) -> None:
    short, long = plan_captions(["No.", "But I have waited for you since the war."], 8, SIZE, ruler)
    assert short.start_s < short.end_s == long.start_s < long.end_s <= 8
    assert long.end_s - long.start_s > short.end_s - short.start_s > 0.8


def test_rows_fit_the_frame(ruler: FontRuler) -> None:
    text = "You came back after all these years, and the tea is still warm 你终于回来了我等了你很久"
    captions = plan_captions([text], 8, SIZE, ruler)
    assert sum(len(c.rows) for c in captions) > 1
    for caption in captions:
        assert len(caption.rows) <= 2
        for row in caption.rows:
            assert ruler.measure(row) * text_size_px(SIZE) <= 720 * 0.85


def test_no_lonely_letter_on_the_last_row(ruler: FontRuler) -> None:
    (caption,) = plan_captions(["你终于回来了，我等了你很久很久。"], 8, SIZE, ruler)
    assert len(caption.rows) == 2
    assert len(caption.rows[1]) >= 4


def test_far_too_much_text_is_cut_and_says_so(ruler: FontRuler) -> None:
    captions = plan_captions(["word " * 6_000], 4, SIZE, ruler)
    assert captions[-1].rows[-1].endswith("…")
    assert all(c.end_s - c.start_s >= 0.5 for c in captions)
    assert captions[-1].end_s <= 4


def test_letters_without_a_glyph_are_left_out(ruler: FontRuler) -> None:
    (caption,) = plan_captions(["Hello 🎬 there"], 4, SIZE, ruler)
    assert caption.rows == ("Hello there",)
    assert plan_captions(["مرحبا بالعالم"], 4, SIZE, ruler) == []
    assert plan_captions([], 4, SIZE, ruler) == []


@given(st.text(alphabet="ab 你好,.{}\\", max_size=120), st.floats(3, 20))
@settings(max_examples=80, deadline=None)
def test_wrapping_loses_nothing(text: str, width: float) -> None:
    rows = wrap_text(text, width, lambda t: 0.6 * len(t))
    assert "".join("".join(rows).split()) == "".join(text.split())
    assert all(0.6 * len(row) <= width + 0.6 for row in rows)


@pytest.mark.parametrize(
    "text", [r"{\an8}up", r"a\Nb", "a{b", "a}b", "\\", "a\nb\rc\u2028d", "\u202eabc"]
)
def test_no_text_can_give_orders(text: str) -> None:
    safe = escape_ass(text)
    assert "\n" not in safe
    assert "\r" not in safe
    assert "\u202e" not in safe
    rest = safe.replace(r"\{", "").replace(r"\}", "").replace("\\\u2060", "")
    assert not set(rest) & set("{}\\")


def test_captions_stay_above_the_platform_s_controls() -> None:
    text = write_ass([], 8, SIZE)
    style = next(line for line in text.splitlines() if line.startswith("Style: Line"))
    assert int(style.split(",")[21]) >= 0.21 * 1280
    assert "PREVIZ" in text


def test_font_folder_is_quoted_in_xml() -> None:
    from pathlib import Path

    assert "<dir>/a&amp;b&lt;</dir>" in write_fonts_conf(Path("/a&b<"), Path("/c"))
