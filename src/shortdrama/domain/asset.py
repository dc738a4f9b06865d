"""An asset: a file somebody brought, kept once per content."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shortdrama.domain.ids import AssetId


class AssetKind(StrEnum):
    PICTURE = "picture"
    VIDEO = "video"
    SOUND = "sound"
    SCRIPT = "script"


class AssetRole(StrEnum):
    """What a file stands for in the drama; "file" until somebody says."""

    FILE = "file"
    CAST = "cast"
    PLACE = "place"
    PROP = "prop"


@dataclass(frozen=True, slots=True)
class Asset:
    """`key` is the SHA-256 of the bytes in hex; thumbnails are keys into the blob store too."""

    id: AssetId
    key: str
    name: str  # what the library shows; the file name at first
    file_name: str
    kind: AssetKind
    role: AssetRole
    mime: str
    bytes: int
    created_at: datetime
    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None
    thumb_small_key: str | None = None  # WebP, longest edge 160 px
    thumb_large_key: str | None = None  # WebP, longest edge 480 px
    preview_key: str | None = None  # short silent MP4 of a video
    tags: tuple[str, ...] = ()
    trashed_at: datetime | None = None
