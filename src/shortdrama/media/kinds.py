"""What a file is, judged by its first bytes and never by its name.

Pure and cheap: needs at most the first 4 KiB, imports nothing heavy. The name is used only to
speak about the file, and to tell Markdown and Fountain from other plain text.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from shortdrama.assets.ports import FileKind
from shortdrama.assets.script_text import read_script
from shortdrama.domain.asset import AssetKind
from shortdrama.errors import UnsupportedFile
from shortdrama.media import signatures
from shortdrama.media.signatures import Refusal

HEAD_BYTES = 4096

JPEG = FileKind(AssetKind.PICTURE, "image/jpeg", ".jpg")
PNG = FileKind(AssetKind.PICTURE, "image/png", ".png")
WEBP = FileKind(AssetKind.PICTURE, "image/webp", ".webp")
AVIF = FileKind(AssetKind.PICTURE, "image/avif", ".avif")
GIF = FileKind(AssetKind.PICTURE, "image/gif", ".gif")
HEIC = FileKind(AssetKind.PICTURE, "image/heic", ".heic")
MP4 = FileKind(AssetKind.VIDEO, "video/mp4", ".mp4")
MOV = FileKind(AssetKind.VIDEO, "video/quicktime", ".mov")
WEBM = FileKind(AssetKind.VIDEO, "video/webm", ".webm")
WAV = FileKind(AssetKind.SOUND, "audio/wav", ".wav")
MP3 = FileKind(AssetKind.SOUND, "audio/mpeg", ".mp3")
M4A = FileKind(AssetKind.SOUND, "audio/mp4", ".m4a")
OGG = FileKind(AssetKind.SOUND, "audio/ogg", ".ogg")
PLAIN_TEXT = FileKind(AssetKind.SCRIPT, "text/plain", ".txt")
MARKDOWN = FileKind(AssetKind.SCRIPT, "text/markdown", ".md")
# No registered media type for Fountain; text/plain is what a browser shows safely.
FOUNTAIN = FileKind(AssetKind.SCRIPT, "text/plain", ".fountain")
PDF = FileKind(AssetKind.SCRIPT, "application/pdf", ".pdf")

_TEXT_BY_SUFFIX = {
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".fountain": FOUNTAIN,
    ".spmd": FOUNTAIN,
}
_MEDIA_SUFFIXES = re.compile(
    r"\.(jpe?g|png|webp|avif|gif|hei[cf]|mp4|m4[av]|mov|webm|mkv|avi|wav|mp3|og[ga]|opus|flac"
    r"|pdf|psd|tiff?|bmp|docx?)"
)
_DATA_SUFFIXES = re.compile(r"\.(json|csv|xml|m?js|css|py|sh|bat|ps1|ya?ml|toml)")

_AVIF_BRANDS = {b"avif", b"avis"}
_BY_BRAND: dict[bytes, FileKind | Refusal] = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"), HEIC),
    **dict.fromkeys((b"mif1", b"msf1", b"heif"), HEIC),
    **dict.fromkeys((b"M4A ", b"M4B ", b"M4P "), M4A),
    b"qt  ": MOV,
    b"crx ": signatures.CAMERA_RAW,
}
# Boxes an old QuickTime file without `ftyp` may begin with (Apple, QuickTime File Format, 2012).
_QUICKTIME_BOXES = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}
_SPOKEN_CHARACTERS = 60


def sniff(head: bytes, name: str) -> FileKind:
    """Tell what a file is.

    Args:
        head: The first bytes of the file, all of them if it is shorter than 4 KiB.
        name: The name the file came with; may be anything.

    Raises:
        UnsupportedFile: With a sentence that names what it is and what to do instead.
    """
    found = identify(head, name)
    if isinstance(found, FileKind):
        return found
    shown = speakable_name(name)
    raise UnsupportedFile(
        "“%(name)s” %(what)s. %(advice)s", name=shown, what=found.what, advice=found.advice
    )


def identify(head: bytes, name: str = "") -> FileKind | Refusal:
    """As `sniff`, but hands back the reason for a refusal instead of raising it."""
    head = head[:HEAD_BYTES]
    if not head:
        return signatures.EMPTY
    found = _identify_binary(head)
    if found is not None:
        return found
    text = decode_text(head)
    if text is not None:
        return _identify_text(text, name)
    return signatures.refuse_unknown(head)


def speakable_name(name: str) -> str:
    """A stranger's file name made fit for a sentence: last part, printable, 60 characters."""
    last = re.split(r"[/\\]", name)[-1]
    printable = "".join(character for character in last if character.isprintable()).strip()
    if len(printable) > _SPOKEN_CHARACTERS:
        printable = printable[: _SPOKEN_CHARACTERS - 13] + "…" + printable[-12:]
    return printable or "This file"


def decode_text(head: bytes) -> str | None:
    """The text of a file's head, or None when it is not text; see `assets.script_text`."""
    script = read_script(head, is_whole=len(head) < HEAD_BYTES)
    return None if script is None else script.text


def _identify_binary(head: bytes) -> FileKind | Refusal | None:
    for magic, kind in (
        (b"\xff\xd8\xff", JPEG),
        (b"\x89PNG\r\n\x1a\n", PNG),
        (b"GIF87a", GIF),
        (b"GIF89a", GIF),
        (b"%PDF-", PDF),
    ):
        if head.startswith(magic):
            return kind
    found = _identify_riff(head) or _identify_boxes(head) or _identify_stream(head)
    return found or signatures.refuse_known(head)


def _identify_riff(head: bytes) -> FileKind | Refusal | None:
    if head[:4] not in (b"RIFF", b"RF64", b"BW64"):
        return None
    form = head[8:12]
    if form == b"WEBP":
        return WEBP
    if form == b"WAVE":
        return WAV
    return signatures.AVI if form == b"AVI " else None


def _identify_boxes(head: bytes) -> FileKind | Refusal | None:
    """ISO base media files by the brands of `ftyp` (ISO/IEC 14496-12, 4.3)."""
    if head[4:8] != b"ftyp":
        return MOV if head[4:8] in _QUICKTIME_BOXES and head[0] == 0 else None
    size = min(int.from_bytes(head[:4], "big"), len(head))
    major = head[8:12]
    brands = {major} | {head[at : at + 4] for at in range(16, size - 3, 4)}
    if brands & _AVIF_BRANDS and (major in _AVIF_BRANDS or major in (b"mif1", b"msf1")):
        return AVIF
    if major[:2] == b"3g":
        return signatures.THREE_GP
    return _BY_BRAND.get(major, MP4)


def _identify_stream(head: bytes) -> FileKind | Refusal | None:
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return WEBM if _ebml_doctype(head) == b"webm" else signatures.MATROSKA
    if head.startswith(b"OggS\0"):
        return signatures.OGG_VIDEO if b"\x80theora" in head[:256] else OGG
    if head.startswith((b"ID3\2", b"ID3\3", b"ID3\4")):
        return signatures.FLAC if _after_id3(head).startswith(b"fLaC") else MP3
    return MP3 if _is_mp3_frame(head) else None


def _ebml_doctype(head: bytes) -> bytes:
    """The DocType string, element 0x4282 (RFC 8794, 11.2.4); its length is a one-byte number."""
    at = head.find(b"\x42\x82")
    if at < 0 or at + 3 > len(head):
        return b""
    length = head[at + 2] & 0x7F
    return head[at + 3 : at + 3 + length].rstrip(b"\0")


def _after_id3(head: bytes) -> bytes:
    """What follows an ID3v2 tag, whose size is four bytes of seven bits (id3.org, 3.1)."""
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte & 0x7F
    return head[10 + size :]


def _is_mp3_frame(head: bytes) -> bool:
    """Whether a valid MPEG audio Layer III frame header stands at the start."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate, sample_rate = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer == 1 and bitrate not in (0, 15) and sample_rate != 3


def _identify_text(text: str, name: str) -> FileKind | Refusal:
    suffix = PurePosixPath(name.lower()).suffix
    start = text.lstrip()[:1024].lower()
    if not start:
        return signatures.BLANK
    refusal = signatures.refuse_markup(start, is_markdown=_TEXT_BY_SUFFIX.get(suffix) is MARKDOWN)
    if refusal is not None:
        return refusal
    if _MEDIA_SUFFIXES.fullmatch(suffix):
        return signatures.TEXT_IN_DISGUISE
    if _DATA_SUFFIXES.fullmatch(suffix):
        return signatures.DATA
    return _TEXT_BY_SUFFIX.get(suffix, PLAIN_TEXT)
