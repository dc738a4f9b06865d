"""The studio's own look into clips, in this process instead of a child: real, only not fenced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shortdrama.media import derive, verify

_PIXELS = 100_000_000


class ClipMedia:
    def verify(self, path: Path, expected_s: float | None) -> dict[str, Any]:
        return verify.verify_clip(str(path), expected_s, _PIXELS)

    def remux_faststart(self, path: Path, destination: Path) -> None:
        verify.remux_faststart(str(path), str(destination))

    def poster(self, path: Path, destination: Path) -> None:
        derive.make_poster(str(path), str(destination), _PIXELS)

    def last_frame(self, path: Path, destination: Path) -> None:
        derive.make_last_frame(str(path), str(destination), _PIXELS)
