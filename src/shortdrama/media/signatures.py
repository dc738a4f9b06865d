"""The kinds of file that are not taken in: how to know them, what to call them, what to do.

`what` completes "“name” …", `advice` is a whole sentence. Signatures are from each format's
specification; the collection at https://www.garykessler.net/library/file_sigs.html (read
2026-11) served as the check.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    what: str
    advice: str


_AS_PICTURE = "Save it as PNG or JPEG and drop it again."
_AS_VIDEO = "Convert it to MP4 and drop it again."
_AS_SOUND = "Convert it to WAV, MP3 or M4A and drop it again."
_AS_SCRIPT = "Save it as plain text, Fountain or PDF and drop it again."
_TAKEN = "Drop a picture, a video, a sound or a script."

EMPTY = Refusal("is empty", "Check the file where it came from and drop it again.")
BLANK = Refusal("holds nothing but blank space", "Check the text and drop it again.")
UNKNOWN = Refusal("is of a kind the studio does not know", _TAKEN)
AVI = Refusal("is an AVI video", _AS_VIDEO)
MATROSKA = Refusal("is a Matroska (MKV) video", _AS_VIDEO)
OGG_VIDEO = Refusal("is an Ogg Theora video", _AS_VIDEO)
THREE_GP = Refusal("is a 3GP video", _AS_VIDEO)
FLAC = Refusal("is a FLAC sound", _AS_SOUND)
CAMERA_RAW = Refusal("is a camera's raw picture", _AS_PICTURE)
TEXT_IN_DISGUISE = Refusal(
    "holds text, although its name says otherwise",
    "Export or download the file again, or rename it to .txt if it is a script.",
)
DATA = Refusal("is a data or program file", "Scripts can be txt, md, fountain or pdf.")
OTHER_ENCODING = Refusal(
    "looks like text in an encoding other than UTF-8", "Save it as UTF-8 and drop it again."
)
SVG = Refusal("is an SVG drawing", _AS_PICTURE)
HTML = Refusal("is a web page (HTML)", "Save the picture or video itself and drop that.")
FINAL_DRAFT = Refusal("is a Final Draft script", "Export it as Fountain or PDF and drop that.")
XML = Refusal("is an XML file", _TAKEN)
RTF = Refusal("is an RTF document", _AS_SCRIPT)
PROGRAM = Refusal("is a program", _TAKEN)
ARCHIVE = Refusal("is a compressed archive", "Unpack it and drop the files inside.")
ZIP = Refusal("is a ZIP archive", "Unpack it and drop the files inside.")
WORD = Refusal("is a Word document", _AS_SCRIPT)
OFFICE = Refusal("is an office document", _AS_SCRIPT)

_BY_MAGIC: tuple[tuple[bytes, Refusal], ...] = (
    (b"8BPS\0", Refusal("is a Photoshop file", _AS_PICTURE)),
    (b"II*\0", Refusal("is a TIFF or raw picture", _AS_PICTURE)),
    (b"MM\0*", Refusal("is a TIFF or raw picture", _AS_PICTURE)),
    (b"II+\0", Refusal("is a TIFF picture", _AS_PICTURE)),
    (b"\xff\x0a", Refusal("is a JPEG XL picture", _AS_PICTURE)),
    (b"\0\0\0\x0cJXL ", Refusal("is a JPEG XL picture", _AS_PICTURE)),
    (b"\0\0\0\x0cjP  ", Refusal("is a JPEG 2000 picture", _AS_PICTURE)),
    (b"\0\0\1\0", Refusal("is an icon file", _AS_PICTURE)),
    (b"\x76\x2f\x31\x01", Refusal("is an OpenEXR picture", _AS_PICTURE)),
    (b"#?RADIANCE", Refusal("is a Radiance HDR picture", _AS_PICTURE)),
    (b"DDS |\0\0\0", Refusal("is a DirectDraw texture", _AS_PICTURE)),
    (b"gimp xcf", Refusal("is a GIMP file", _AS_PICTURE)),
    (b"%!PS", Refusal("is a PostScript file", _AS_PICTURE)),
    (b"fLaC", FLAC),
    (b"#!AMR", Refusal("is an AMR recording", _AS_SOUND)),
    (b"MThd\0", Refusal("is a MIDI file", _AS_SOUND)),
    (b"\xff\xf1", Refusal("is a raw AAC sound", _AS_SOUND)),
    (b"\xff\xf9", Refusal("is a raw AAC sound", _AS_SOUND)),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Refusal("is a Windows Media file", _AS_VIDEO)),
    (b"FLV\1", Refusal("is a Flash video", _AS_VIDEO)),
    (b"\0\0\1\xba", Refusal("is an MPEG-1 or MPEG-2 video", _AS_VIDEO)),
    (b"\0\0\1\xb3", Refusal("is an MPEG-1 or MPEG-2 video", _AS_VIDEO)),
    (b"{\\rtf", RTF),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Refusal("is an old office document", _AS_SCRIPT)),
    (b"\x7fELF", PROGRAM),
    (b"\xcf\xfa\xed\xfe", PROGRAM),
    (b"\xca\xfe\xba\xbe", PROGRAM),
    (b"\0asm", PROGRAM),
    (b"#!/", PROGRAM),
    (b"SQLite format 3\0", Refusal("is a database", _TAKEN)),
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
        return Refusal("is a BMP picture", _AS_PICTURE)
    if head[:2] == b"MZ" and b"\0" in head:
        return PROGRAM
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return Refusal("is an AIFF sound", _AS_SOUND)
    return ARCHIVE if head[257:262] == b"ustar" else None


def _name_zip(head: bytes) -> Refusal:
    if b"word/" in head:
        return WORD
    if b"[Content_Types].xml" in head or b"application/vnd.oasis" in head:
        return OFFICE
    if b"application/epub+zip" in head:
        return Refusal("is an EPUB book", _AS_SCRIPT)
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
        return Refusal("is an MPEG transport stream", _AS_VIDEO)
    has_control_bytes = re.search(rb"[\x00-\x08\x0e-\x1f\x7f]", head) is not None
    has_words = len(re.findall(rb"[\x20-\x7e\r\n\x80-\xff]", head)) > 0
    return UNKNOWN if has_control_bytes or not has_words else OTHER_ENCODING
