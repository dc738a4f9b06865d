"""A library on real rows and real files, and small files to put into it."""

from __future__ import annotations

import hashlib
import io
import random
import struct
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from doubles.plain_media import PlainMedia
from shortdrama.assets.service import AssetService
from shortdrama.assets.uploads import UploadLimits
from shortdrama.domain.ids import UploadId, new_id
from shortdrama.settings import Settings
from shortdrama.state.ports import Event
from shortdrama.storage.blobs.files import FileBlobs
from shortdrama.storage.db.database import Database
from shortdrama.storage.db.migration import migrate

LIMITS = UploadLimits(max_bytes=64 * 1024**2, idle_s=0.2, reserve_bytes=0)


@dataclass
class Library:
    """One studio's library. `reopen` is what a restart of the program does to it."""

    data: Path
    media: PlainMedia
    limits: UploadLimits = LIMITS

    def __post_init__(self) -> None:
        self.database = Database(f"sqlite:///{self.data / 'studio.db'}")
        migrate(self.database)
        self.blobs = FileBlobs(self.data / "blobs")
        settings = Settings(data=self.data)
        self.service = AssetService(self.database, self.blobs, self.media, settings, self.limits)

    def reopen(self) -> Library:
        self.database.close()
        return Library(self.data, self.media, self.limits)

    def events(self) -> list[Event]:
        with self.database.read() as tx:
            return tx.events.after(0)

    def part_files(self) -> list[str]:
        return sorted(path.name for path in (self.data / "uploads").iterdir())

    def begin(self, data: bytes, name: str = "still.png") -> UploadId:
        upload_id = UploadId(new_id())
        self.service.begin_upload(upload_id, name, len(data))
        return upload_id


def picture(seed: int = 1, size_bytes: int = 0, width: int = 4, height: int = 4) -> bytes:
    """A real PNG that differs by seed; `size_bytes` of noise in an extra chunk make it longer."""
    noise = random.Random(seed)  # noqa: S311 - no secret
    rows = b"".join(b"\0" + noise.randbytes(3 * width) for _ in range(height))
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
    ]
    if size_bytes:
        chunks.insert(1, (b"noIs", noise.randbytes(size_bytes)))
    return png(*chunks)


def huge_picture() -> bytes:
    """A small PNG that says of itself to be 50,000 x 50,000 pixels."""
    facts = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0)
    return png((b"IHDR", facts), (b"IDAT", zlib.compress(bytes(100_000))))


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    out = io.BytesIO(b"\x89PNG\r\n\x1a\n")
    out.seek(0, io.SEEK_END)
    for kind, body in (*chunks, (b"IEND", b"")):
        checksum = zlib.crc32(kind + body)
        out.write(struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum))
    return out.getvalue()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def in_chunks(data: bytes, size: int = 65_536) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]
