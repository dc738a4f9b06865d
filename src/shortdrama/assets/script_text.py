"""In which encoding a script was written, told from its bytes.

UTF-8 and UTF-16 prove themselves. The double-byte encodings of East Asia do not: nearly any bytes
above 0x7F decode as GB18030. So the characters are looked at too: a text is made of those that the
standard itself lists as frequent, and no other reading of the same bytes has more of them.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass

SAMPLE_BYTES = 256 * 1024  # enough to meet the first characters that are not ASCII
_JUDGED_CHARACTERS = 2000
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffe\uffff]")
_HIGH_CONTROLS = re.compile(r"[\x80-\x9f]")


@dataclass(frozen=True, slots=True)
class ScriptText:
    """`encoding` is a label of the WHATWG Encoding Standard; `codec` is Python's name for it."""

    text: str
    encoding: str
    codec: str


@dataclass(frozen=True, slots=True)
class _DoubleBytes:
    """What browsers mean by `label` is more than Python's codec of that name, hence `codec`."""

    label: str
    codec: str
    is_frequent: Callable[[int], bool]
    least_share: float
    least_characters: int = 1


def read_script(head: bytes, *, is_whole: bool) -> ScriptText | None:
    """The text of a file's head, or None when it is not text.

    Args:
        head: The first bytes of the file.
        is_whole: Whether that is all of it; otherwise its last character may be cut.
    """
    encoding = _proven_encoding(head)
    text = _decode(head, encoding, is_whole=is_whole)
    if text is not None:
        return ScriptText(text.removeprefix("\ufeff"), encoding, encoding)
    return _read_double_bytes(head, is_whole=is_whole)


def _proven_encoding(head: bytes) -> str:
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16le"
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16be"
    if head[1::2].count(0) * 2 > len(head[1::2]) > 1:
        return "utf-16le"
    if head[0::2].count(0) * 2 > len(head[0::2]) > 1:
        return "utf-16be"
    return "utf-8"


def _decode(head: bytes, codec: str, *, is_whole: bool) -> str | None:
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        text = decoder.decode(head, final=is_whole)
    except UnicodeDecodeError:
        return None
    return None if _CONTROLS.search(text) else text


def _read_double_bytes(head: bytes, *, is_whole: bool) -> ScriptText | None:
    best, best_share = None, 0.0
    for reading in _READINGS:
        text = _decode(head, reading.codec, is_whole=is_whole)
        if text is None or _HIGH_CONTROLS.search(text):
            continue
        share = _frequent_share(text, reading)
        if share >= reading.least_share and share > best_share:
            best, best_share = ScriptText(text, reading.label, reading.codec), share
    return best


def _frequent_share(text: str, reading: _DoubleBytes) -> float:
    """How many of the characters beyond ASCII, each as often as it stands there, are frequent."""
    strange = re.findall(r"[^\x00-\x7f]", text)[:_JUDGED_CHARACTERS]
    if len(strange) < reading.least_characters:
        return 0.0
    written = (character.encode(reading.codec, "replace")[:2] for character in strange)
    return sum(reading.is_frequent(int.from_bytes(code, "big")) for code in written) / len(strange)


def _is_frequent_hangul(code: int) -> bool:
    """Punctuation, and the 2350 syllables of KS X 1001."""
    lead, trail = code >> 8, code & 0xFF
    return trail >= 0xA1 and (lead in {0xA1, 0xA3} or 0xB0 <= lead <= 0xC8)


def _is_frequent_hanzi(code: int) -> bool:
    """Punctuation, digits and letters of full width, and the 3755 hanzi of GB 2312's level 1."""
    lead, trail = code >> 8, code & 0xFF
    return trail >= 0xA1 and (lead in {0xA1, 0xA3} or 0xB0 <= lead <= 0xD7)


def _is_frequent_big5(code: int) -> bool:
    """Punctuation, and the 5401 hanzi of Big5's level 1."""
    return 0xA140 <= code <= 0xA3BF or 0xA440 <= code <= 0xC67E


def _is_frequent_kanji(code: int) -> bool:
    """Punctuation, kana, and the 2965 kanji of JIS X 0208's level 1, as Shift JIS writes them."""
    return 0x8140 <= code <= 0x81FC or 0x829F <= code <= 0x8396 or 0x889F <= code <= 0x9872


def _is_frequent_euc_kanji(code: int) -> bool:
    """The same in EUC: punctuation, kana, and the kanji of level 1."""
    lead, trail = code >> 8, code & 0xFF
    return trail >= 0xA1 and (lead in {0xA1, 0xA3, 0xA4, 0xA5} or 0xB0 <= lead <= 0xCF)


# Where two readings are equally good, the first one is taken. Every Korean syllable is a frequent
# hanzi too, but sixteen hanzi that all are Korean syllables do not happen in Chinese. Traditional
# hanzi in GB18030, and Cantonese ones in Big5, are not among the frequent: hence the low shares.
_READINGS = (
    _DoubleBytes("euc-kr", "cp949", _is_frequent_hangul, 0.95, least_characters=16),
    _DoubleBytes("gb18030", "gb18030", _is_frequent_hanzi, 0.6),
    _DoubleBytes("big5", "big5hkscs", _is_frequent_big5, 0.6),
    _DoubleBytes("shift_jis", "cp932", _is_frequent_kanji, 0.8),
    _DoubleBytes("euc-jp", "euc_jp", _is_frequent_euc_kanji, 0.9),
)
