"""AssetService: the one door to the library, for the web and the command line."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from shortdrama.assets.intake import Arrival, Intake, IntakeDesk, hash_file
from shortdrama.assets.names import clean_file_name, clean_tag, clean_tags, clean_text, clean_title
from shortdrama.assets.parts import PartFiles, telling_full_disk
from shortdrama.assets.ports import (
    AssetBlobs,
    AssetMedia,
    AssetPage,
    AssetQuery,
    AssetRecords,
    AssetTransaction,
)
from shortdrama.assets.uploads import UploadLimits, Uploads, UploadState, check_size
from shortdrama.domain.asset import Asset, AssetRole
from shortdrama.domain.ids import AssetId, UploadId, new_id
from shortdrama.errors import Conflict, NotFound
from shortdrama.settings import Settings

ABANDONED_AFTER = timedelta(days=7)
_PURGE_BATCH = 100


class AssetService:
    """Synchronous, but for `append`. Safe to use from many threads."""

    def __init__(
        self,
        records: AssetRecords,
        blobs: AssetBlobs,
        media: AssetMedia,
        settings: Settings,
        limits: UploadLimits | None = None,
    ) -> None:
        self._records = records
        self._blobs = blobs
        self._trash_days = settings.trash_days
        self._limits = limits or UploadLimits(settings.max_upload_bytes)
        self._parts = PartFiles(settings.data / "uploads")
        self._desk = IntakeDesk(records, blobs, media, settings.max_pixels)
        self._uploads = Uploads(self._parts, self._desk, media, self._limits)

    def begin_upload(self, upload_id: UploadId, name: str, size: int) -> UploadState:
        return self._uploads.begin(upload_id, name, size)

    def upload_state(self, upload_id: UploadId) -> UploadState:
        return self._uploads.state(upload_id)

    async def append(
        self, upload_id: UploadId, offset: int, chunks: AsyncIterator[bytes]
    ) -> UploadState:
        return await self._uploads.append(upload_id, offset, chunks)

    def cancel_upload(self, upload_id: UploadId) -> None:
        self._uploads.cancel(upload_id)

    def take_in_file(self, path: Path, name: str | None = None) -> Intake:
        """Take in a file of this machine; the file itself stays where it is.

        Raises:
            InvalidInput: Empty, too large, or of a kind not taken in.
            NotFound: There is no such file.
            StorageFull: No room for it.
        """
        if not path.is_file():
            raise NotFound("There is no file %(name)s.", code="file_not_found", name=path.name)
        check_size(path.stat().st_size, self._limits)
        draft = self._parts.path(UploadId(new_id()))
        try:
            with telling_full_disk():
                shutil.copyfile(path, draft)
            arrival = Arrival(hash_file(draft), clean_file_name(name or path.name), draft)
            return self._desk.take_in(arrival)
        finally:
            draft.unlink(missing_ok=True)

    def get(self, asset_id: AssetId) -> Asset:
        """Raises `NotFound`."""
        with self._records.read() as tx:
            return _found(tx.assets.get(asset_id))

    def get_many(self, asset_ids: Sequence[AssetId]) -> list[Asset]:
        """Those that exist, in no promised order."""
        with self._records.read() as tx:
            return tx.assets.get_many(asset_ids)

    def page(self, query: AssetQuery) -> AssetPage:
        """A page of tiles. Raises `InvalidInput` for a cursor that was not handed out."""
        tags = tuple(tag for tag in map(clean_tag, query.tags) if tag)
        cleaned = replace(query, text=clean_text(query.text), tags=tags)
        with self._records.read() as tx:
            return tx.assets.page(cleaned)

    def counts(self) -> dict[str, int]:
        with self._records.read() as tx:
            return tx.assets.counts()

    def tags(self) -> list[tuple[str, int]]:
        with self._records.read() as tx:
            return tx.assets.tags()

    def rename(self, asset_id: AssetId, name: str) -> Asset:
        return self.change(asset_id, name=name)

    def set_role(self, asset_id: AssetId, role: AssetRole) -> Asset:
        return self.change(asset_id, role=role)

    def set_tags(self, asset_id: AssetId, tags: Sequence[str]) -> Asset:
        return self.change(asset_id, tags=tags)

    def change(
        self,
        asset_id: AssetId,
        *,
        name: str | None = None,
        role: AssetRole | None = None,
        tags: Sequence[str] | None = None,
    ) -> Asset:
        """Change what is given, all or nothing. Raises `InvalidInput`, `NotFound`."""
        changes: dict[str, Any] = {}
        if name is not None:
            changes["name"] = clean_title(name)
        if role is not None:
            changes["role"] = role
        if tags is not None:
            changes["tags"] = clean_tags(tags)
        if not changes:
            return self.get(asset_id)
        with self._records.begin() as tx:
            return _changed(tx, asset_id, changes)

    def trash(self, asset_ids: Sequence[AssetId]) -> list[Asset]:
        """Put into the trash; those that were not in it, so that undo restores just them."""
        now = datetime.now(UTC)
        return self._move(asset_ids, lambda asset: asset.trashed_at is None, now)

    def restore(self, asset_ids: Sequence[AssetId]) -> list[Asset]:
        """Take out of the trash; those that lay in it."""
        return self._move(asset_ids, lambda asset: asset.trashed_at is not None, None)

    def remove_for_good(self, asset_ids: Sequence[AssetId]) -> list[AssetId]:
        """Remove from the trash for ever; the ids that went.

        Raises:
            Conflict: One of them is not in the trash; then none is removed.
        """
        assets = self.get_many(asset_ids)
        if any(asset.trashed_at is None for asset in assets):
            raise Conflict("Only files in the trash can be removed for good.", code="not_in_trash")
        return [asset.id for asset in assets if self._remove(asset)]

    def purge_trash(self, now: datetime | None = None) -> int:
        """Remove what has lain in the trash for longer than the settings say; how many went."""
        limit = (now or datetime.now(UTC)) - timedelta(days=self._trash_days)
        count = 0
        while True:
            with self._records.read() as tx:
                old = tx.assets.trashed_before(limit, _PURGE_BATCH)
            removed = sum(self._remove(asset) for asset in old)
            count += removed
            if removed == 0:
                return count

    def sweep(self) -> None:
        """What is due at every start: abandoned uploads go, and what lay too long in the trash."""
        self._parts.remove_older(ABANDONED_AFTER.total_seconds())
        self.purge_trash()

    def ensure_thumbnails(self, asset_id: AssetId) -> Asset:
        """Make the thumbnails again if one was never made or its bytes are gone."""
        asset = self.get(asset_id)
        keys = _derived_keys(asset)
        if keys and all(self._desk.has_bytes(key) for key in keys):
            return asset
        derived = self._desk.derive(asset)
        if not derived:
            return asset
        with self._records.begin() as tx:
            return _changed(tx, asset_id, dict(derived))

    def _move(
        self,
        asset_ids: Sequence[AssetId],
        is_due: Callable[[Asset], bool],
        trashed_at: datetime | None,
    ) -> list[Asset]:
        with self._records.begin() as tx:
            due = [asset for asset in tx.assets.get_many(asset_ids) if is_due(asset)]
            return [_changed(tx, asset.id, {"trashed_at": trashed_at}) for asset in due]

    def _remove(self, asset: Asset) -> bool:
        """Row first, then bytes: a crash in between leaves bytes nobody points at."""
        with self._desk.hold(asset.key):
            with self._records.begin() as tx:
                current = tx.assets.get(asset.id)
                if current is None or current.trashed_at is None:
                    return False  # restored or gone while we looked
                tx.assets.remove(asset.id)
                tx.events.append("asset.removed", {"asset_id": asset.id})
                keys = [asset.key, *_derived_keys(asset)]
                unused = [key for key in keys if not tx.keys.is_used(key)]
            for key in unused:
                self._blobs.delete(key)
        return True


def _found(asset: Asset | None) -> Asset:
    if asset is None:
        raise NotFound("There is no such file in the library.", code="asset_not_found")
    return asset


def _changed(tx: AssetTransaction, asset_id: AssetId, changes: dict[str, Any]) -> Asset:
    asset = _found(tx.assets.change(asset_id, changes))
    tx.events.append("asset.changed", {"asset_id": asset_id})
    return asset


def _derived_keys(asset: Asset) -> list[str]:
    keys = (asset.thumb_small_key, asset.thumb_large_key, asset.preview_key)
    return [key for key in keys if key is not None]
