"""Names and tags as strangers write them, made fit to keep, to show and to save under."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

from shortdrama.domain.asset import Asset
from shortdrama.errors import InvalidInput

MAX_NAME_CHARS = 120
MAX_NAME_BYTES = 240  # file systems stop at 255, and a browser may append " (1)"
MAX_TAG_CHARS = 50
MAX_TAGS = 20
_MAX_SUFFIX_CHARS = 12
# "Scene 1.5" has no suffix; "portrait.jpeg" has one.
_FILE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif", ".heic", ".heif"}
    | {".mp4", ".m4v", ".mov", ".webm", ".wav", ".mp3", ".m4a", ".ogg", ".oga", ".opus"}
    | {".txt", ".md", ".markdown", ".fountain", ".spmd", ".pdf"}
)
# Marks that turn the reading direction: "gpj.exe" can be made to read "exe.jpg" (UAX #9).
_DIRECTION_MARKS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_UNKEEPABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})


def clean_text(text: str) -> str:
    """One line without control characters, surrogates and direction marks, NFC, blanks unified."""
    unified = unicodedata.normalize("NFC", re.sub(r"\s", " ", text))
    kept = "".join(c for c in unified if not _is_unkeepable(c))
    return re.sub(r" {2,}", " ", kept).strip()


def clean_file_name(name: str) -> str:
    """A name that is safe on every disk: no path, at most 120 characters and 240 bytes.

    The suffix survives the shortening. An empty result becomes "file".
    """
    parts = [part.strip() for part in re.split(r"[/\\]", clean_text(name))]
    joined = "-".join(part for part in parts if part.strip("."))
    safe = re.sub(r'[<>:"|?*]', "-", joined).strip(" .")
    return _shorten(safe) or "file"


def clean_title(name: str) -> str:
    """The name the library shows: any text of one line, at most 120 characters.

    Raises:
        InvalidInput: Nothing is left, or it is too long.
    """
    title = clean_text(name)
    if not title:
        raise InvalidInput("Give the file a name.", code="name_empty")
    if len(title) > MAX_NAME_CHARS:
        raise InvalidInput(
            "The name has %(count)s characters; %(limit)s are allowed.",
            code="name_too_long",
            count=len(title),
            limit=MAX_NAME_CHARS,
        )
    return title


def clean_tag(tag: str) -> str:
    """A tag in its one spelling: lower case, no leading "#"; "" when nothing is left."""
    return clean_text(tag).lstrip("#").strip().lower()


def clean_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags in one spelling, each once, in the order given.

    Raises:
        InvalidInput: More than 20, or one longer than 50 characters.
    """
    cleaned = tuple(dict.fromkeys(tag for tag in map(clean_tag, tags) if tag))
    if any(len(tag) > MAX_TAG_CHARS for tag in cleaned):
        raise InvalidInput(
            "A tag can have %(limit)s characters at most.",
            code="tag_too_long",
            limit=MAX_TAG_CHARS,
        )
    if len(cleaned) > MAX_TAGS:
        raise InvalidInput(
            "A file can have %(limit)s tags at most.", code="too_many_tags", limit=MAX_TAGS
        )
    return cleaned


def with_suffix(name: str, suffix: str) -> str:
    """A safe file name that ends in `suffix`; a suffix of a known kind is replaced by it."""
    safe = clean_file_name(name)
    own = PurePosixPath(safe).suffix
    stem = safe.removesuffix(own) if own.lower() in _FILE_SUFFIXES else safe
    return _shorten(stem + suffix)


def download_name(asset: Asset) -> str:
    """What a download of the asset is called: its name in the library, the suffix of its bytes."""
    return with_suffix(asset.name, PurePosixPath(asset.file_name).suffix)


def _is_unkeepable(character: str) -> bool:
    return character in _DIRECTION_MARKS or unicodedata.category(character) in _UNKEEPABLE


def _shorten(name: str) -> str:
    suffix = PurePosixPath(name).suffix
    if len(suffix) > _MAX_SUFFIX_CHARS:
        suffix = ""
    stem = name[: len(name) - len(suffix)][: MAX_NAME_CHARS - len(suffix)]
    room = MAX_NAME_BYTES - len(suffix.encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(" .") + suffix
