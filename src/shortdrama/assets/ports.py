"""What the asset manager needs of the outside."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from shortdrama.domain.asset import Asset, AssetKind, AssetRole
from shortdrama.domain.ids import AssetId
from shortdrama.state.ports import EventLog


@dataclass(frozen=True, slots=True)
class AssetQuery:
    """What the library shows. `after` is the opaque cursor of the last tile shown."""

    text: str = ""
    kind: AssetKind | None = None
    role: AssetRole | None = None
    tags: tuple[str, ...] = ()
    sort: str = "newest"  # newest, oldest, name, size
    in_trash: bool = False
    after: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class AssetPage:
    assets: tuple[Asset, ...]
    next_after: str | None


class AssetStore(Protocol):
    def add(self, asset: Asset) -> None:
        """Raises `Conflict` when another asset has these bytes (`key` is unique)."""
        ...

    def get(self, asset_id: AssetId) -> Asset | None: ...

    def get_many(self, asset_ids: Sequence[AssetId]) -> list[Asset]: ...

    def by_key(self, key: str) -> Asset | None:
        """The asset with these bytes, in the trash too."""
        ...

    def page(self, query: AssetQuery) -> AssetPage:
        """Keyset-paged: cost does not grow with the page's number."""
        ...

    def counts(self) -> dict[str, int]:
        """Keys: "all", each kind, each role, "trash"."""
        ...

    def tags(self) -> list[tuple[str, int]]:
        """Tag and how many assets bear it, most used first."""
        ...

    def change(self, asset_id: AssetId, changes: dict[str, Any]) -> Asset | None:
        """Fields of `Asset`; `tags` replaces them all."""
        ...

    def trashed_before(self, moment: datetime, limit: int) -> list[Asset]: ...

    def remove(self, asset_id: AssetId) -> None: ...

    def by_upload(self, upload_id: str) -> Asset | None: ...

    def link_upload(self, upload_id: str, asset_id: AssetId) -> None:
        """So that a finished upload told twice is one asset. The first link of an id stays."""
        ...


class KeyUse(Protocol):
    def is_used(self, key: str) -> bool:
        """Whether any row points at these bytes: an asset or its thumbnails, a take's clip."""
        ...


class AssetTransaction(Protocol):
    @property
    def assets(self) -> AssetStore: ...
    @property
    def keys(self) -> KeyUse: ...
    @property
    def events(self) -> EventLog: ...


class AssetRecords(Protocol):
    def begin(self) -> AbstractContextManager[AssetTransaction]: ...

    def hold(self, what: str) -> AbstractContextManager[None]:
        """Wait for it, against other processes; within this one nothing is held."""
        ...

    def read(self) -> AbstractContextManager[AssetTransaction]:
        """A view that never waits for a writer."""
        ...


class AssetBlobs(Protocol):
    def put_file(self, path: Path, key: str | None = None) -> str:
        """Take the file over (it is moved or removed); its SHA-256 in hex is the key."""
        ...

    def local_path(self, key: str) -> AbstractContextManager[Path]: ...

    def size(self, key: str) -> int | None: ...

    def delete(self, key: str) -> None: ...


@dataclass(frozen=True, slots=True)
class FileKind:
    kind: AssetKind
    mime: str
    suffix: str  # canonical, with its dot


class AssetMedia(Protocol):
    """Sync; `sniff` is pure, the others run in worker processes."""

    def sniff(self, head: bytes, name: str) -> FileKind:
        """Raises `UnsupportedFile` in words. `head` is the first 4 KiB (or all there is)."""
        ...

    def probe(self, path: Path, kind: AssetKind) -> dict[str, Any]: ...

    def thumbnails(self, path: Path, kind: AssetKind, destination: Path) -> dict[str, str]:
        """File names made in `destination`, by "small", "large" and "preview"."""
        ...
