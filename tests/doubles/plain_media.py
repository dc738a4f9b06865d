"""Media tools without child processes, for tests of what happens around them.

Judges files exactly as the studio does (`media.kinds`); reads only a PNG's own size.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shortdrama.assets.ports import FileKind
from shortdrama.domain.asset import AssetKind
from shortdrama.media import kinds


class PlainMedia:
    """`before_sniff` and `before_probe` let a test act in the middle of an upload or intake."""

    def __init__(self) -> None:
        self.before_sniff: Callable[[], object] = lambda: None
        self.before_probe: Callable[[], object] = lambda: None
        self.probes = 0

    def sniff(self, head: bytes, name: str) -> FileKind:
        self.before_sniff()
        found = kinds.sniff(head, name)
        return FileKind(AssetKind(found.kind), found.mime, found.suffix)

    def probe(self, path: Path, kind: AssetKind) -> dict[str, Any]:
        self.probes += 1
        self.before_probe()
        if kind is not AssetKind.PICTURE:
            return {}
        head = path.read_bytes()[:24]
        return {
            "width": int.from_bytes(head[16:20], "big"),
            "height": int.from_bytes(head[20:24], "big"),
        }

    def thumbnails(self, path: Path, kind: AssetKind, destination: Path) -> dict[str, str]:
        if kind is not AssetKind.PICTURE:
            return {}
        digest = hashlib.sha256(path.read_bytes()).digest()
        for name in ("small", "large"):
            (destination / f"{name}.webp").write_bytes(name.encode() + digest)
        return {"small": "small.webp", "large": "large.webp"}
