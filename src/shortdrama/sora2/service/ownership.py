"""One process at a time renders the jobs of a folder: two would render each of them twice."""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import ExitStack
from pathlib import Path

from shortdrama.errors import Conflict

_NO_LOCKS = frozenset({errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.EOPNOTSUPP})


class FolderLock:
    """Held from `take` to `release`; the system frees it when the process dies.

    The folder itself is held, since a file in it may be deleted and another one of its name would
    be free. The file is held as well, for filesystems that lock no folders.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: ExitStack | None = None

    def take(self) -> None:
        """Raises `Conflict` where another process, or another service in this one, holds it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as undo:
            folder = os.open(self._folder, os.O_RDONLY)
            undo.callback(os.close, folder)
            file = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
            undo.callback(os.close, file)
            for handle, refusals in ((folder, _NO_LOCKS), (file, frozenset[int]())):
                _hold(handle, refusals)
            self._held = undo.pop_all()

    def release(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None


def _hold(handle: int, allowed: frozenset[int]) -> None:
    """`allowed`: errors that mean that the filesystem cannot hold this."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in allowed:
            return
        raise Conflict(
            "Another Sora2 service is running on this folder. Stop it, or choose another one."
        ) from error
