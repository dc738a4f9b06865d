"""Identifiers: 32 hex digits of a UUIDv7, so that sorting by id is sorting by time."""

from __future__ import annotations

import re
import secrets
import threading
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

_order = threading.Lock()
_newest = 0
_HEX_ID = re.compile(r"[0-9a-f]{32}")


def new_id() -> str:
    """A fresh id: 48 bits of milliseconds, then 74 random bits (RFC 9562, section 5.7).

    Ids of one process rise even within a millisecond (section 6.2, method 2), so that a list by
    id is a list by time.
    """
    global _newest  # noqa: PLW0603 - the order of a process's ids is the process's own
    milliseconds = time.time_ns() // 1_000_000
    random_bits = secrets.randbits(74)
    high, low = random_bits >> 62, random_bits & ((1 << 62) - 1)
    made = milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low
    with _order:
        _newest = made if made > _newest else _newest + 1
        return f"{_newest:032x}"


def is_id(text: str) -> bool:
    return _HEX_ID.fullmatch(text) is not None
