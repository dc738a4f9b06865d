"""Blobs as plain files: `ab/cd/<key>`, written whole and durably or not at all."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from shortdrama.errors import NotFound, StorageFull
from shortdrama.storage.blobs.keys import check_key, hash_file, is_key

CHUNK_BYTES = 1024 * 1024
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class _OtherDisk(Exception):
    """Two mounts of one device: nothing can be renamed from one to the other."""


class FileBlobs:
    """Safe from any thread and from several processes on one folder."""

    def __init__(self, root: Path) -> None:
        """Makes the folder, readable by its owner only."""
        self._root = root
        self._parts = root / "parts"
        with full_disk_in_words():
            root.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._parts.mkdir(exist_ok=True, mode=0o700)

    def put_file(self, path: Path, key: str | None = None) -> str:
        """Take the file over (it is moved or removed); its SHA-256 in hex is the key.

        Durable when it returns. A `key` that is given was computed by the caller while the bytes
        came in and is trusted.

        Raises:
            StorageFull: The disk is full; `path` is still where it was, and nothing else is.
        """
        with full_disk_in_words():
            if path.stat().st_dev == self._root.stat().st_dev:
                known = check_key(key) if key is not None else hash_file(path)
                with suppress(_OtherDisk):
                    self._keep(path, known)
                    return known
            with self._copy_in(path) as (part, found):
                self._keep(part, found)
            path.unlink()
            return found

    @contextmanager
    def local_path(self, key: str) -> Iterator[Path]:
        """The blob as a file that may be read inside the block; `NotFound` where there is none."""
        yield self._existing(key)

    def local_file(self, key: str) -> Path | None:
        """Where the blob lies for good, so that a server can send it without reading it."""
        place = self._place(key)
        return place if place.is_file() else None

    def size(self, key: str) -> int | None:
        """In bytes; None where there is no such blob."""
        try:
            return self._place(key).stat().st_size
        except FileNotFoundError:
            return None

    def stream(self, key: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Bytes from `start` up to, not including, `stop`; read as asked for.

        Raises `NotFound` at once, not at the first piece.
        """
        return _read_pieces(self._existing(key), start, stop)

    def keys(self) -> Iterator[str]:
        """Every blob's key, in no order."""
        for place in self._root.glob("??/??/*"):
            if is_key(place.name):
                yield place.name

    def delete(self, key: str) -> None:
        """Whether or not it is there."""
        self._place(key).unlink(missing_ok=True)

    def sweep_parts(self) -> int:
        """Remove what a program that died left half-written; how many files went."""
        swept = 0
        for part in self._parts.iterdir():
            with part.open("rb") as held:
                if _try_lock(held):  # a living writer holds its part
                    part.unlink(missing_ok=True)
                    swept += 1
        return swept

    def _place(self, key: str) -> Path:
        check_key(key)
        return self._root / key[:2] / key[2:4] / key

    def _existing(self, key: str) -> Path:
        found = self.local_file(key)
        if found is None:
            raise NotFound("This file is missing from the studio's storage.", key=key)
        return found

    def _keep(self, path: Path, key: str) -> None:
        place = self._place(key)
        if self.size(key) == path.stat().st_size:
            path.unlink()
            return
        with path.open("rb") as written:
            os.fsync(written.fileno())
        path.chmod(0o600)
        self._make_folders(place.parent)
        try:
            path.replace(place)
        except OSError as error:
            if error.errno == errno.EXDEV:
                raise _OtherDisk from error
            raise
        _sync_folder(place.parent)

    def _make_folders(self, folder: Path) -> None:
        for level in (folder.parent, folder):
            if not level.is_dir():
                level.mkdir(exist_ok=True, mode=0o700)
                _sync_folder(level.parent)

    @contextmanager
    def _copy_in(self, path: Path) -> Iterator[tuple[Path, str]]:
        part = self._parts / f"{secrets.token_hex(16)}.part"
        try:
            with part.open("xb") as copy, path.open("rb") as source:
                _try_lock(copy)
                digest = hashlib.sha256()
                while piece := source.read(CHUNK_BYTES):
                    digest.update(piece)
                    copy.write(piece)
                copy.flush()
                yield part, digest.hexdigest()
        finally:
            part.unlink(missing_ok=True)


def _read_pieces(path: Path, start: int, stop: int | None) -> Iterator[bytes]:
    left = None if stop is None else stop - start
    with path.open("rb") as source:
        source.seek(start)
        while left is None or left > 0:
            piece = source.read(CHUNK_BYTES if left is None else min(left, CHUNK_BYTES))
            if not piece:
                return
            left = None if left is None else left - len(piece)
            yield piece


def _try_lock(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def full_disk_in_words() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise StorageFull(
            "The disk that holds the studio's files is full. Free some space."
        ) from error
