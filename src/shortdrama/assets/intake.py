"""Takes a whole file in: judges it, finds it again by its bytes, or keeps it with its thumbnails.

Bytes go into the blob store before the row that points at them is committed. A crash in between
leaves bytes that nobody points at, which is harmless; doing it all again comes to the same end.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from shortdrama.assets.holds import KeyLocks
from shortdrama.assets.names import with_suffix
from shortdrama.assets.parts import HEAD_BYTES, telling_full_disk
from shortdrama.assets.ports import AssetBlobs, AssetMedia, AssetRecords, AssetTransaction
from shortdrama.domain.asset import Asset, AssetKind, AssetRole
from shortdrama.domain.ids import AssetId, UploadId, new_id
from shortdrama.errors import Conflict, TooLarge

# How an upload ended is kept beside its link, as further links under its id with these endings:
# an answer that was lost on the way is given again as it was.
_WAS_HERE, _CAME_BACK = ":was-here", ":came-back"
_DERIVED = {"small": "thumb_small_key", "large": "thumb_large_key", "preview": "preview_key"}


@dataclass(frozen=True, slots=True)
class Arrival:
    """A whole file. `path` is None when its bytes are in the blob store already."""

    key: str
    name: str
    path: Path | None
    upload_id: UploadId | None = None


@dataclass(frozen=True, slots=True)
class Intake:
    asset: Asset
    was_here: bool = False  # the same bytes had come before
    came_back: bool = False  # and lay in the trash


def hash_file(path: Path) -> str:
    """SHA-256 of a file in hex, read in small pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class IntakeDesk:
    """Everything that comes in passes here, from the page and from the command line."""

    def __init__(
        self, records: AssetRecords, blobs: AssetBlobs, media: AssetMedia, max_pixels: int
    ) -> None:
        self._records = records
        self._blobs = blobs
        self._media = media
        self._max_pixels = max_pixels
        self._locks = KeyLocks()

    def by_upload(self, upload_id: UploadId) -> Intake | None:
        """How a finished upload ended, as it was told the first time."""
        with self._records.read() as tx:
            asset = tx.assets.by_upload(upload_id)
            if asset is None:
                return None
            was_here, came_back = (
                tx.assets.by_upload(upload_id + ending) is not None
                for ending in (_WAS_HERE, _CAME_BACK)
            )
            return Intake(asset, was_here, came_back)

    def has_bytes(self, key: str) -> bool:
        return self._blobs.size(key) is not None

    def take_in(self, arrival: Arrival) -> Intake:
        """Keep the file, or find that it is here already. `arrival.path` may be moved away.

        Raises:
            UnsupportedFile: Of a kind not taken in, empty, cut or broken.
            TooLarge: More pixels than the settings allow.
            StorageFull: No room for it.
        """
        known = self._recognise(arrival)
        if known is not None:
            return known
        with self._readable(arrival) as path, telling_full_disk():
            asset = self._describe(arrival, path)
        try:
            return self._keep(arrival, asset)
        except Conflict:
            # Another process took the same bytes in between our look and our commit.
            known = self._recognise(arrival)
            if known is None:
                raise
            return known

    def derive(self, asset: Asset) -> dict[str, str]:
        """Make the thumbnails of a kept asset again: keys by field of `Asset`."""
        with self._blobs.local_path(asset.key) as path:
            return self._derived(path, asset.kind)

    @contextmanager
    def hold(self, key: str) -> Iterator[None]:
        """Nobody else takes these bytes in or deletes them meanwhile, in any process."""
        with self._locks.of(key), self._records.hold(f"key {key}"):
            yield

    def _recognise(self, arrival: Arrival) -> Intake | None:
        with self.hold(arrival.key):
            with self._records.read() as tx:
                if tx.assets.by_key(arrival.key) is None:
                    return None
            self._put(arrival)  # heals an asset whose bytes were lost
            with self._records.begin() as tx:
                return _welcome_back(tx, arrival)

    def _keep(self, arrival: Arrival, asset: Asset) -> Intake:
        with self.hold(arrival.key):
            self._put(arrival)
            with self._records.begin() as tx:
                tx.assets.add(asset)
                _link(tx, arrival, Intake(asset))
                tx.events.append("asset.added", {"asset_id": asset.id})
        return Intake(asset)

    def _put(self, arrival: Arrival) -> None:
        if arrival.path is not None and not self.has_bytes(arrival.key):
            with telling_full_disk():
                self._blobs.put_file(arrival.path, arrival.key)

    def _describe(self, arrival: Arrival, path: Path) -> Asset:
        with path.open("rb") as file:
            found = self._media.sniff(file.read(HEAD_BYTES), arrival.name)
        kind = AssetKind(found.kind)
        facts = self._media.probe(path, kind)
        width, height = facts.get("width"), facts.get("height")
        self._check_pixels(width or 0, height or 0)
        asset = Asset(
            id=AssetId(new_id()),
            key=arrival.key,
            name=arrival.name,
            file_name=with_suffix(arrival.name, found.suffix),
            kind=kind,
            role=AssetRole.FILE,
            mime=found.mime,
            bytes=path.stat().st_size,
            created_at=datetime.now(UTC),
            width=width,
            height=height,
            duration_ms=facts.get("duration_ms"),
        )
        return _with_keys(asset, self._derived(path, kind))

    def _derived(self, path: Path, kind: AssetKind) -> dict[str, str]:
        with tempfile.TemporaryDirectory(prefix="shortdrama-thumbnails-") as folder:
            made = self._media.thumbnails(path, kind, Path(folder))
            with telling_full_disk():
                return {
                    _DERIVED[what]: self._blobs.put_file(Path(folder) / file_name)
                    for what, file_name in made.items()
                }

    def _check_pixels(self, width: int, height: int) -> None:
        if width * height > self._max_pixels:
            raise TooLarge(
                "The picture is %(measures)s pixels; this studio takes in up to "
                "%(most)s megapixels.",
                code="too_many_pixels",
                measures=f"{width:,} × {height:,}",
                most=f"{self._max_pixels / 1e6:g}",
                width=width,
                height=height,
                limit_pixels=self._max_pixels,
            )

    @contextmanager
    def _readable(self, arrival: Arrival) -> Iterator[Path]:
        if arrival.path is not None:
            yield arrival.path
            return
        with self._blobs.local_path(arrival.key) as path:
            yield path


def _with_keys(asset: Asset, keys: dict[str, str]) -> Asset:
    return replace(
        asset,
        thumb_small_key=keys.get("thumb_small_key"),
        thumb_large_key=keys.get("thumb_large_key"),
        preview_key=keys.get("preview_key"),
    )


def _welcome_back(tx: AssetTransaction, arrival: Arrival) -> Intake | None:
    asset = tx.assets.by_key(arrival.key)
    if asset is None:
        return None
    came_back = asset.trashed_at is not None
    if came_back:
        asset = tx.assets.change(asset.id, {"trashed_at": None}) or asset
        tx.events.append("asset.changed", {"asset_id": asset.id})
    intake = Intake(asset, was_here=True, came_back=came_back)
    _link(tx, arrival, intake)
    return intake


def _link(tx: AssetTransaction, arrival: Arrival, intake: Intake) -> None:
    if arrival.upload_id is None:
        return
    for ending, is_so in (("", True), (_WAS_HERE, intake.was_here), (_CAME_BACK, intake.came_back)):
        if is_so:
            tx.assets.link_upload(arrival.upload_id + ending, intake.asset.id)
