"""The library with 10,000 files, and the memory that a large upload takes."""

from __future__ import annotations

import hashlib
import importlib
import os
import statistics
import struct
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

Row = tuple[str, float, str, float | None]

ASSETS = 10_000
PAGE = 100
UPLOAD_BYTES = 300_000_000
SLICE_BYTES = 8 * 1024 * 1024  # what the page sends at a time
_WORDS = ("rain", "neon", "kitchen", "Lin", "night", "close-up", "door", "letter")


def bench() -> list[Row]:
    """Paging through 10,000 files over HTTP, and one upload of 300 MB."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    import httpx

    library_server = importlib.import_module("web.api.library_server").library_server
    with tempfile.TemporaryDirectory(prefix="shortdrama-bench-") as folder:
        data = Path(folder)
        _fill(data)
        with library_server(data) as server, httpx.Client(base_url=server.url) as client:
            rows = _pages(client)
            clip = _long_clip(data / "long.mp4")
            _upload(client, _small_picture())  # what the first upload loads is not its memory
            base = server.memory_bytes()
            started = time.perf_counter()
            _upload(client, clip)
            seconds = time.perf_counter() - started
            growth = server.memory_bytes("VmHWM") - base
    return [
        *rows,
        (f"upload of {UPLOAD_BYTES / 1e6:.0f} MB in 8 MB slices, to asset", seconds, "s", None),
        ("memory the server took on top for it", growth / 1e6, "MB", 32),
    ]


def _pages(client: httpx.Client) -> list[Row]:
    times: list[float] = []
    after = ""
    for _ in range(ASSETS // PAGE):
        page, milliseconds = _ask(client, {"limit": PAGE, "after": after})
        times.append(milliseconds)
        after = page["next_after"] or ""
    by_name = [_ask(client, {"limit": PAGE, "sort": "name"})[1] for _ in range(9)]
    searches = [_ask(client, {"limit": PAGE, "text": "letter 99"})[1] for _ in range(9)]
    return [
        ("library of 10,000: first page of tiles", times[0], "ms", 150),
        ("library of 10,000: page, median of all", statistics.median(times), "ms", 150),
        ("library of 10,000: page, slowest of the last ten", max(times[-10:]), "ms", 150),
        ("library of 10,000: sorted by name, median", statistics.median(by_name), "ms", 150),
        ("library of 10,000: search, median", statistics.median(searches), "ms", 150),
    ]


def _ask(client: httpx.Client, params: dict[str, Any]) -> tuple[dict[str, Any], float]:
    started = time.perf_counter()
    answer = client.get("/api/assets", params=params)
    milliseconds = (time.perf_counter() - started) * 1000
    page: dict[str, Any] = answer.raise_for_status().json()
    assert page["assets"]
    return page, milliseconds


def _fill(data: Path) -> None:
    from shortdrama.storage.db.database import Database
    from shortdrama.storage.db.migration import migrate

    database = Database(f"sqlite:///{data / 'studio.db'}")
    migrate(database)
    with database.begin() as tx:
        for asset in _assets():
            tx.assets.add(asset)
    database.close()


def _assets() -> Iterator[Any]:
    from shortdrama.domain.asset import Asset, AssetKind, AssetRole
    from shortdrama.domain.ids import AssetId

    start = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(ASSETS):
        key = hashlib.sha256(str(number).encode()).hexdigest()
        word = _WORDS[number % len(_WORDS)]
        yield Asset(
            id=AssetId(f"{number:032x}"),
            key=key,
            name=f"{word} {number}.png",
            file_name=f"{word} {number}.png",
            kind=AssetKind.PICTURE,
            role=AssetRole.FILE,
            mime="image/png",
            bytes=1000 + number,
            created_at=start + timedelta(seconds=number),
            thumb_small_key=key,
            thumb_large_key=key,
            tags=(word.lower(), f"scene {number % 60}"),
        )


def _long_clip(path: Path) -> Path:
    """A real clip, made long by a box that players skip (ISO/IEC 14496-12, 8.1.2)."""
    importlib.import_module("media.samples").make_clip(path)
    rest = UPLOAD_BYTES - path.stat().st_size
    with path.open("ab") as file:
        file.write(struct.pack(">I4s", rest, b"free"))
        for written in range(8, rest, SLICE_BYTES):
            file.write(os.urandom(min(SLICE_BYTES, rest - written)))
    return path


def _small_picture() -> Path:
    path = Path(tempfile.gettempdir()) / "shortdrama-bench.png"
    path.write_bytes(importlib.import_module("assets.library").picture())
    return path


def _upload(client: httpx.Client, path: Path) -> None:
    size = path.stat().st_size
    upload_id = os.urandom(16).hex()
    announced = {"id": upload_id, "size": size, "name": path.name}
    state = client.post("/api/uploads", json=announced).raise_for_status().json()
    with path.open("rb") as file:
        while piece := file.read(SLICE_BYTES):
            headers = {
                "Content-Type": "application/offset+octet-stream",
                "Upload-Offset": str(state["offset"]),
            }
            address = f"/api/uploads/{upload_id}"
            answer = client.patch(address, content=piece, headers=headers, timeout=60)
            state = answer.raise_for_status().json()
    assert state["done"]
