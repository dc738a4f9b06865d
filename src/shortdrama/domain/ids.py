"""Identifiers: 32 hex digits of a UUIDv7, so that sorting by id is sorting by time."""

from __future__ import annotations

import re
import secrets
import time
from typing import NewType

ProjectId = NewType("ProjectId", str)
EpisodeId = NewType("EpisodeId", str)
SceneId = NewType("SceneId", str)
ShotId = NewType("ShotId", str)
TakeId = NewType("TakeId", str)
AssetId = NewType("AssetId", str)
PromptId = NewType("PromptId", str)
UploadId = NewType("UploadId", str)
ConnectionId = NewType("ConnectionId", str)

_HEX_ID = re.compile(r"[0-9a-f]{32}")


def new_id() -> str:
    """A fresh id: 48 bits of milliseconds, then 74 random bits (RFC 9562, section 5.7)."""
    milliseconds = time.time_ns() // 1_000_000
    random_bits = secrets.randbits(74)
    high, low = random_bits >> 62, random_bits & ((1 << 62) - 1)
    return f"{milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low:032x}"


def is_id(text: str) -> bool:
    return _HEX_ID.fullmatch(text) is not None
