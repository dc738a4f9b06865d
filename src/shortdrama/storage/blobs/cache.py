"""Local copies of remote blobs: bounded, the longest unused goes first."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from shortdrama.storage.blobs.keys import is_key

DEFAULT_CACHE_BYTES = 4 * 1024**3
_ABANDONED_S = 24 * 3600  # no block holds a copy for a day; a program that died does


class BlobCache:
    """Several processes may share the folder: a reader has a hard link of its own."""

    def __init__(self, folder: Path, max_bytes: int = DEFAULT_CACHE_BYTES) -> None:
        self._folder = folder
        self._in_use = folder / "in-use"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._in_use.mkdir(exist_ok=True, mode=0o700)
        self._max_bytes = max_bytes

    @contextmanager
    def hold(self, key: str, download: Callable[[Path], None]) -> Iterator[Path]:
        """A copy that stays for the block. `download` writes a missing one, or raises."""
        link = self._in_use / secrets.token_hex(16)
        try:
            self._link_or_download(key, link, download)
            yield link
        finally:
            link.unlink(missing_ok=True)

    def forget(self, key: str) -> None:
        (self._folder / key).unlink(missing_ok=True)

    def sweep(self) -> int:
        """Remove what programs that died left behind; how many files went."""
        swept = 0
        for left in self._in_use.iterdir():
            if time.time() - left.stat().st_ctime > _ABANDONED_S:
                left.unlink(missing_ok=True)
                swept += 1
        return swept

    def _link_or_download(self, key: str, link: Path, download: Callable[[Path], None]) -> None:
        copy = self._folder / key
        try:
            link.hardlink_to(copy)
            os.utime(copy)  # used just now
        except FileNotFoundError:
            if not link.exists():
                download(link)
                self._admit(link, copy)

    def _admit(self, downloaded: Path, copy: Path) -> None:
        self._make_room(downloaded.stat().st_size)
        extra = self._in_use / secrets.token_hex(16)
        extra.hardlink_to(downloaded)
        extra.replace(copy)
        # Replacing a link by another link to the same file leaves both where they were.
        extra.unlink(missing_ok=True)

    def _make_room(self, wanted: int) -> None:
        copies = []
        for path in self._folder.iterdir():
            if is_key(path.name):
                try:
                    status = path.stat()
                except FileNotFoundError:
                    continue  # another process made room
                copies.append((status.st_mtime_ns, status.st_size, path))
        kept = sum(size for _, size, _ in copies)
        free = shutil.disk_usage(self._folder).free
        for _, size, path in sorted(copies):
            if kept + wanted <= self._max_bytes and free > wanted:
                return
            path.unlink(missing_ok=True)
            kept, free = kept - size, free + size
