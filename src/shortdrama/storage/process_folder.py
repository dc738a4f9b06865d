"""A folder of one process's own, where several share a data directory."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path


class ProcessFolder:
    """Removed when its process ends; those of processes that were killed, by the next one."""

    def __init__(self, root: Path, name: str) -> None:
        self._root = root
        self._path = root / name
        self._handle = -1

    def __enter__(self) -> Path:
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in self._root.iterdir():
            _remove_if_left(left)
        self._path.mkdir(mode=0o700)
        self._handle = os.open(self._path, os.O_RDONLY)
        fcntl.flock(self._handle, fcntl.LOCK_SH)
        return self._path

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._path, ignore_errors=True)
        os.close(self._handle)


def _remove_if_left(folder: Path) -> None:
    """A process holds its folder for as long as it lives."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        return  # held, or on a filesystem that cannot tell
    finally:
        os.close(handle)
