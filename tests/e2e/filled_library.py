"""A data directory with many assets, as if they had been brought over the last weeks."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image

from shortdrama.domain.asset import Asset, AssetKind, AssetRole
from shortdrama.domain.ids import AssetId, new_id
from shortdrama.storage.blobs.files import FileBlobs
from shortdrama.storage.db.database import Database
from shortdrama.storage.db.migration import migrate

PICTURES = 300  # as many different thumbnails; more would only take time to make


def fill_library(data: Path, count: int) -> None:
    """`count` pictures named "Asset 00000" and up, the last one the newest."""
    data.mkdir(parents=True, exist_ok=True)
    database = Database(f"sqlite:///{data / 'studio.db'}")
    migrate(database)
    blobs = FileBlobs(data / "blobs")
    keys = [_thumbnail(blobs, data / "draft.webp", n) for n in range(min(count, PICTURES))]
    now = datetime.now(UTC)
    with database.begin() as tx:
        for number in range(count):
            key = keys[number % len(keys)]
            tx.assets.add(_asset(number, key, now - timedelta(minutes=count - number)))
    database.close()


def _asset(number: int, thumbnail: str, created_at: datetime) -> Asset:
    asset_id = new_id()
    return Asset(
        id=AssetId(asset_id),
        key=(asset_id * 2)[:64],
        name=f"Asset {number:05d}",
        file_name=f"asset-{number:05d}.png",
        kind=AssetKind.PICTURE,
        role=AssetRole.FILE,
        mime="image/png",
        bytes=1000 + number,
        created_at=created_at,
        width=360,
        height=640,
        thumb_small_key=thumbnail,
        thumb_large_key=thumbnail,
        tags=("every tenth",) if number % 10 == 0 else (),
    )


def _thumbnail(blobs: FileBlobs, draft: Path, number: int) -> str:
    hue = Image.new("HSV", (270, 480), (number % 256, 160, 120 + number % 100)).convert("RGB")
    out = io.BytesIO()
    hue.save(out, "WEBP", quality=60)
    draft.write_bytes(out.getvalue())
    return blobs.put_file(draft)
