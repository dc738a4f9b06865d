"""Spoken lines as captions: when each is shown, how it is broken, and the ASS text for libass.

Everything here is pure but for `FontRuler`, which measures with the caption font.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from xml.sax.saxutils import escape

FONT_NAME = "Noto Sans SC"
# libass sizes a font by ascent + descent; Noto Sans SC has 1.160 + 0.288 em (its hhea table).
_LINE_PER_EM = 1.448
_ROWS_SHOWN = 2
_SHORTEST_S = 0.9
_LETTERS_PER_S = 22.0
_LEAD_S = 0.25


class Ruler(Protocol):
    """Knows how wide text is and which characters the font can draw."""

    def measure(self, text: str) -> float:
        """Width in em."""
        ...

    def can_draw(self, character: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Caption:
    """Rows of text shown from `start_s` until `end_s`."""

    rows: tuple[str, ...]
    start_s: float
    end_s: float


class FontRuler:
    """Measures with the font file itself, so that what fits here fits in libass."""

    def __init__(self, font: Path) -> None:
        from PIL import ImageFont

        self._font = ImageFont.truetype(str(font), 100)
        self._missing = bytes(self._font.getmask("\U000ffffe"))
        self._known: dict[str, bool] = {}

    def measure(self, text: str) -> float:
        return float(self._font.getlength(text)) / 100

    def can_draw(self, character: str) -> bool:
        if character not in self._known:
            drawn = bytes(self._font.getmask(character))
            self._known[character] = drawn != self._missing
        return self._known[character]


def plan_captions(
    lines: list[str], seconds: float, size: tuple[int, int], ruler: Ruler
) -> list[Caption]:
    """Lay the lines over the clip, each as long as its share of the letters.

    A line longer than two rows is shown in parts. What cannot be read in `seconds` is left out
    and an ellipsis says so. Letters the font does not have (emoji) are left out too.
    """
    pages = _paginate(lines, seconds, size, ruler)
    if not pages:
        return []
    lead = min(_LEAD_S, seconds * 0.05)
    room = seconds - 2 * lead
    weights = [_weigh(page) for page in pages]
    captions, clock = [], lead
    for page, weight in zip(pages, weights, strict=True):
        end = clock + room * weight / sum(weights)
        captions.append(Caption(page, round(clock, 3), round(end, 3)))
        clock = end
    return captions


def _paginate(
    lines: list[str], seconds: float, size: tuple[int, int], ruler: Ruler
) -> list[tuple[str, ...]]:
    budget = max(12, int(seconds * _LETTERS_PER_S))
    at_most = max(1, int(seconds / _SHORTEST_S))
    width_em = 0.84 * size[0] / text_size_px(size)
    pages: list[tuple[str, ...]] = []
    for line in lines:
        clean = _keep_drawable(line[: budget * 2], ruler)
        shown, budget = clean[:budget], budget - len(clean)
        if len(shown) < len(line) and shown and len(clean) > len(shown):
            shown = shown.rstrip() + "…"
        rows = _balance(shown, width_em, ruler.measure)
        pages += [tuple(rows[i : i + _ROWS_SHOWN]) for i in range(0, len(rows), _ROWS_SHOWN)]
        if budget <= 0 or len(pages) >= at_most:
            break
    return pages[:at_most]


def _keep_drawable(line: str, ruler: Ruler) -> str:
    """Normal form, and only letters the font has; nothing if most of the line would be lost."""
    line = unicodedata.normalize("NFC", line)
    seen = [c for c in line if unicodedata.category(c)[0] != "C"]
    kept = [c for c in seen if c == " " or ruler.can_draw(c)]
    clean = " ".join("".join(kept).split())
    letters_before = sum(c.isalnum() for c in seen)
    letters_after = sum(c.isalnum() for c in clean)
    return clean if letters_after and letters_after * 2 >= letters_before else ""


def _weigh(page: tuple[str, ...]) -> float:
    """Reading time: a Han character takes about as long as three Latin letters."""
    text = "".join(page)
    return 8.0 + sum(3.0 if _is_wide(c) else 1.0 for c in text)


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in ("W", "F")


def wrap_text(text: str, width_em: float, measure: Callable[[str], float]) -> list[str]:
    """Break at spaces and between Han characters; a word wider than the row is cut."""
    rows: list[str] = []
    row = ""
    for piece in _pieces(text, width_em, measure):
        if row and measure((row + piece).rstrip()) > width_em:
            rows.append(row.rstrip())
            row = piece.lstrip()
        else:
            row += piece
    return [*rows, row.rstrip()] if row.strip() else rows


def _balance(text: str, width_em: float, measure: Callable[[str], float]) -> list[str]:
    """The same number of rows, as even as they go: no single letter alone on the last."""
    rows = wrap_text(text, width_em, measure)
    narrow = width_em
    while len(rows) > 1 and narrow > 4.0:
        narrow *= 0.94
        tighter = wrap_text(text, narrow, measure)
        if len(tighter) != len(rows):
            break
        rows = tighter
    return rows


# A closing mark stays with what it closes, an opening one with what it opens.
_PIECE = re.compile(
    r"[（《【“‘]?[\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef][，。！？、；：）》】”’…—]*|[^\s\u2e80-\u9fff\uac00-\ud7af]+\s*|\s+|."
)


def _pieces(text: str, width_em: float, measure: Callable[[str], float]) -> list[str]:
    pieces: list[str] = []
    for piece in _PIECE.findall(text):
        rest = piece
        while len(rest) > 1 and measure(rest.rstrip()) > width_em:
            fits = max(1, int(len(rest) * width_em / max(measure(rest), 1e-6)) - 1)
            pieces.append(rest[:fits])
            rest = rest[fits:]
        pieces.append(rest)
    return pieces


def text_size_px(size: tuple[int, int]) -> float:
    """The em of a caption in frame pixels: readable on a phone, never wider than a short frame."""
    width, height = size
    return max(7.0, min(width * 0.058, height * 0.052))


def write_ass(captions: list[Caption], seconds: float, size: tuple[int, int]) -> str:
    """The whole ASS file: captions above the platform's controls, and the mark in a corner."""
    width, height = size
    em = text_size_px(size)
    mark_em = max(6.0, min(width, height) * 0.028)
    side, above = round(width * 0.08), round(height * 0.215)
    edge = round(min(width, height) * 0.04)
    head = [
        "[Script Info]",
        "ScriptType: v4.00+",
        f"PlayResX: {width}",
        f"PlayResY: {height}",
        "WrapStyle: 2",
        "ScaledBorderAndShadow: yes",
        "YCbCr Matrix: TV.709",
        "[V4+ Styles]",
        "Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour,"
        " BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle,"
        " BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding",
        f"Style: Line,{FONT_NAME},{em * _LINE_PER_EM:.2f},&H00F4F8FA,&H00F4F8FA,&H28100C0A,"
        f"&H90000000,-1,0,0,0,100,100,0,0,1,{em * 0.075:.2f},{em * 0.04:.2f},2,"
        f"{side},{side},{above},1",
        f"Style: Mark,{FONT_NAME},{mark_em * _LINE_PER_EM:.2f},&H00FFFFFF,&H00FFFFFF,&H40100C0A,"
        # A plate behind it (3), since the picture under it may be as bright as the letters.
        f"&HFF000000,-1,0,0,0,100,100,{mark_em * 0.16:.2f},0,3,{mark_em * 0.3:.2f},0,7,"
        f"{edge},{edge},{edge},1",
        "[Events]",
        "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text",
        f"Dialogue: 1,0:00:00.00,{_clock(seconds + 1)},Mark,,0,0,0,,PREVIZ",
    ]
    events = [
        f"Dialogue: 0,{_clock(c.start_s)},{_clock(c.end_s)},Line,,0,0,0,,"
        + r"\N".join(escape_ass(row) for row in c.rows)
        for c in captions
    ]
    return "\n".join([*head, *events]) + "\n"


def escape_ass(text: str) -> str:
    r"""Make braces and backslashes plain letters: a word joiner after `\` ends what it began."""
    text = re.sub(r"[\x00-\x1f\x7f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]", " ", text)
    text = text.replace("\\", "\\\u2060")
    return text.replace("{", r"\{").replace("}", r"\}")


def write_fonts_conf(folder: Path, cache: Path) -> str:
    """A fontconfig file that knows our folder only, so that every host draws the same."""
    return (
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">'
        f"<fontconfig><dir>{escape(str(folder))}</dir><cachedir>{escape(str(cache))}</cachedir>"
        "</fontconfig>\n"
    )


def _clock(seconds: float) -> str:
    hundredths = round(seconds * 100)
    minutes, hundredths = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{hundredths // 100:02d}.{hundredths % 100:02d}"
