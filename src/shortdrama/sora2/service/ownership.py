"""One process at a time renders the jobs of a folder: two would render each of them twice."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from shortdrama.errors import Conflict


class FolderLock:
    """Held from `take` to `release`; the system frees it when the process dies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._handle: int | None = None

    def take(self) -> None:
        """Raises `Conflict` where another process, or another service in this one, holds it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            raise Conflict(
                "Another Sora2 service is running on this folder. Stop it, or choose another one."
            ) from error
        self._handle = handle

    def release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
