"""The kinds of file that are not taken in: how to know them, what to call them, what to do.

`what` completes "“name” …", `advice` is a whole sentence. Signatures are from each format's
specification; the collection at https://www.garykessler.net/library/file_sigs.html (read
2026-11) served as the check.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from shortdrama.errors import mark


@dataclass(frozen=True)
class Refusal:
    what: str
    advice: str


_AS_PICTURE = mark("Save it as PNG or JPEG and drop it again.")
_AS_VIDEO = mark("Convert it to MP4 and drop it again.")
_AS_SOUND = mark("Convert it to WAV, MP3 or M4A and drop it again.")
_AS_SCRIPT = mark("Save it as plain text, Fountain or PDF and drop it again.")
_TAKEN = mark("Drop a picture, a video, a sound or a script.")

EMPTY = Refusal(mark("is empty"), mark("Check the file where it came from and drop it again."))
BLANK = Refusal(mark("holds nothing but blank space"), mark("Check the text and drop it again."))
UNKNOWN = Refusal(mark("is of a kind the studio does not know"), _TAKEN)
AVI = Refusal(mark("is an AVI video"), _AS_VIDEO)
MATROSKA = Refusal(mark("is a Matroska (MKV) video"), _AS_VIDEO)
OGG_VIDEO = Refusal(mark("is an Ogg Theora video"), _AS_VIDEO)
THREE_GP = Refusal(mark("is a 3GP video"), _AS_VIDEO)
FLAC = Refusal(mark("is a FLAC sound"), _AS_SOUND)
CAMERA_RAW = Refusal(mark("is a camera's raw picture"), _AS_PICTURE)
TEXT_IN_DISGUISE = Refusal(
    mark("holds text, although its name says otherwise"),
    mark("Export or download the file again, or rename it to .txt if it is a script."),
)
DATA = Refusal(mark("is a data or program file"), mark("Scripts can be txt, md, fountain or pdf."))
OTHER_ENCODING = Refusal(
    mark("looks like text in an encoding the studio cannot tell"),
    mark("Save it as UTF-8 and drop it again."),
)
SVG = Refusal(mark("is an SVG drawing"), _AS_PICTURE)
HTML = Refusal(
    mark("is a web page (HTML)"), mark("Save the picture or video itself and drop that.")
)
FINAL_DRAFT = Refusal(
    mark("is a Final Draft script"), mark("Export it as Fountain or PDF and drop that.")
)
XML = Refusal(mark("is an XML file"), _TAKEN)
RTF = Refusal(mark("is an RTF document"), _AS_SCRIPT)
PROGRAM = Refusal(mark("is a program"), _TAKEN)
ARCHIVE = Refusal(mark("is a compressed archive"), mark("Unpack it and drop the files inside."))
ZIP = Refusal(mark("is a ZIP archive"), mark("Unpack it and drop the files inside."))
WORD = Refusal(mark("is a Word document"), _AS_SCRIPT)
OFFICE = Refusal(mark("is an office document"), _AS_SCRIPT)

_BY_MAGIC: tuple[tuple[bytes, Refusal], ...] = (
    (b"8BPS\0", Refusal(mark("is a Photoshop file"), _AS_PICTURE)),
    (b"II*\0", Refusal(mark("is a TIFF or raw picture"), _AS_PICTURE)),
    (b"MM\0*", Refusal(mark("is a TIFF or raw picture"), _AS_PICTURE)),
    (b"II+\0", Refusal(mark("is a TIFF picture"), _AS_PICTURE)),
    (b"\xff\x0a", Refusal(mark("is a JPEG XL picture"), _AS_PICTURE)),
    (b"\0\0\0\x0cJXL ", Refusal(mark("is a JPEG XL picture"), _AS_PICTURE)),
    (b"\0\0\0\x0cjP  ", Refusal(mark("is a JPEG 2000 picture"), _AS_PICTURE)),
    (b"\0\0\1\0", Refusal(mark("is an icon file"), _AS_PICTURE)),
    (b"\x76\x2f\x31\x01", Refusal(mark("is an OpenEXR picture"), _AS_PICTURE)),
    (b"#?RADIANCE", Refusal(mark("is a Radiance HDR picture"), _AS_PICTURE)),
    (b"DDS |\0\0\0", Refusal(mark("is a DirectDraw texture"), _AS_PICTURE)),
    (b"gimp xcf", Refusal(mark("is a GIMP file"), _AS_PICTURE)),
    (b"%!PS", Refusal(mark("is a PostScript file"), _AS_PICTURE)),
    (b"fLaC", FLAC),
    (b"#!AMR", Refusal(mark("is an AMR recording"), _AS_SOUND)),
    (b"MThd\0", Refusal(mark("is a MIDI file"), _AS_SOUND)),
    (b"\xff\xf1", Refusal(mark("is a raw AAC sound"), _AS_SOUND)),
    (b"\xff\xf9", Refusal(mark("is a raw AAC sound"), _AS_SOUND)),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Refusal(mark("is a Windows Media file"), _AS_VIDEO)),
    (b"FLV\1", Refusal(mark("is a Flash video"), _AS_VIDEO)),
    (b"\0\0\1\xba", Refusal(mark("is an MPEG-1 or MPEG-2 video"), _AS_VIDEO)),
    (b"\0\0\1\xb3", Refusal(mark("is an MPEG-1 or MPEG-2 video"), _AS_VIDEO)),
    (b"{\\rtf", RTF),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Refusal(mark("is an old office document"), _AS_SCRIPT)),
    (b"\x7fELF", PROGRAM),
    (b"\xcf\xfa\xed\xfe", PROGRAM),
    (b"\xca\xfe\xba\xbe", PROGRAM),
    (b"\0asm", PROGRAM),
    (b"#!/", PROGRAM),
    (b"SQLite format 3\0", Refusal(mark("is a database"), _TAKEN)),
    (b"\x1f\x8b", ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", ARCHIVE),
    (b"Rar!\x1a\x07", ARCHIVE),
    (b"BZh91AY&SY", ARCHIVE),
    (b"\xfd7zXZ\0", ARCHIVE),
    (b"\x28\xb5\x2f\xfd", ARCHIVE),
)

_ALWAYS_HTML = re.compile(r"<(?:!doctype html|html|head|body|script|iframe|style|title|meta)\b")
# The rest of the tags by which browsers take a file for HTML (WHATWG MIME Sniffing, 7.1);
# Markdown may begin with them and is served as plain text.
_PERHAPS_HTML = re.compile(r"<(?:h1|div|font|table|a|b|br|p|img|!--)(?:[\s>/]|$|-)")


def refuse_known(head: bytes) -> Refusal | None:
    """The refusal for a binary file of a known but unwanted kind."""
    for magic, refusal in _BY_MAGIC:
        if head.startswith(magic):
            return refusal
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _name_zip(head)
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0":
        return Refusal(mark("is a BMP picture"), _AS_PICTURE)
    if head[:2] == b"MZ" and b"\0" in head:
        return PROGRAM
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return Refusal(mark("is an AIFF sound"), _AS_SOUND)
    return ARCHIVE if head[257:262] == b"ustar" else None


def _name_zip(head: bytes) -> Refusal:
    if b"word/" in head:
        return WORD
    if b"[Content_Types].xml" in head or b"application/vnd.oasis" in head:
        return OFFICE
    if b"application/epub+zip" in head:
        return Refusal(mark("is an EPUB book"), _AS_SCRIPT)
    return ZIP


def refuse_markup(start: str, *, is_markdown: bool) -> Refusal | None:
    """The refusal for text that is a web page or a drawing; `start` is lower-case, stripped."""
    if start.startswith(("<?xml", "<!doctype", "<!--")):
        for tag, refusal in (("<svg", SVG), ("<finaldraft", FINAL_DRAFT), ("<html", HTML)):
            if tag in start:
                return refusal
    if start.startswith("<svg"):
        return SVG
    if start.startswith("<?xml"):
        return XML
    if _ALWAYS_HTML.match(start):
        return HTML
    return HTML if _PERHAPS_HTML.match(start) and not is_markdown else None


def refuse_unknown(head: bytes) -> Refusal:
    """The refusal for what is neither a known kind nor text we can read."""
    if head[0:1] == head[188:189] == head[376:377] == b"G":
        return Refusal(mark("is an MPEG transport stream"), _AS_VIDEO)
    has_control_bytes = re.search(rb"[\x00-\x08\x0e-\x1f\x7f]", head) is not None
    has_words = len(re.findall(rb"[\x20-\x7e\r\n\x80-\xff]", head)) > 0
    return UNKNOWN if has_control_bytes or not has_words else OTHER_ENCODING
