"""From an address to the blobs behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from shortdrama.errors import SetupProblem
from shortdrama.storage.blobs.cache import DEFAULT_CACHE_BYTES, BlobCache
from shortdrama.storage.blobs.files import FileBlobs


class Blobs(Protocol):
    """What every kind of blob storage can do; the docstrings are on `files.FileBlobs`."""

    def put_file(self, path: Path, key: str | None = None) -> str: ...
    def local_path(self, key: str) -> AbstractContextManager[Path]: ...
    def local_file(self, key: str) -> Path | None: ...
    def size(self, key: str) -> int | None: ...
    def stream(self, key: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]: ...
    def keys(self) -> Iterator[str]: ...
    def delete(self, key: str) -> None: ...
    def sweep_parts(self) -> int: ...


def blobs_from_url(
    url: str | Path, cache_dir: Path, cache_bytes: int = DEFAULT_CACHE_BYTES
) -> Blobs:
    """A folder (a path or `file:///…`) or a bucket (`s3://bucket/prefix?endpoint=…&region=…`).

    Removes at once what earlier programs left half-written. `cache_dir` holds at most
    `cache_bytes` of local copies of a bucket's files; a folder needs none.

    Raises:
        SetupProblem: The address is of neither kind.
    """
    blobs = _open(url, cache_dir, cache_bytes)
    blobs.sweep_parts()
    return blobs


def _open(url: str | Path, cache_dir: Path, cache_bytes: int) -> Blobs:
    if isinstance(url, Path) or "://" not in url:
        return FileBlobs(Path(url))
    parts = urlsplit(url)
    if parts.scheme == "file":
        return FileBlobs(Path(unquote(parts.path)))
    if parts.scheme == "s3":
        from shortdrama.storage.blobs.s3 import S3Blobs

        return S3Blobs(url, BlobCache(cache_dir, cache_bytes))
    raise SetupProblem("Files are kept in a folder or in a bucket whose address starts with s3://.")
