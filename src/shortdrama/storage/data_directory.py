"""The data directory: where everything of one studio lies, and the lock of its one server."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from typing import BinaryIO, Self

from shortdrama.errors import SetupProblem

_FOLDERS = ("blobs", "uploads", "previz", "cache", "work")
_UNWRITABLE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


class DataDirectory:
    """Paths of one studio. `lock` before writing; making the object touches nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()
        self._lock: BinaryIO | None = None

    @property
    def database_path(self) -> Path:
        return self.path / "studio.db"

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.database_path}"

    @property
    def blobs_path(self) -> Path:
        return self.path / "blobs"

    @property
    def uploads_path(self) -> Path:
        """Half-received files; they survive a restart."""
        return self.path / "uploads"

    @property
    def previz_path(self) -> Path:
        """Jobs of the built-in engine; they survive a restart."""
        return self.path / "previz"

    @property
    def cache_path(self) -> Path:
        """May be deleted while the studio is stopped."""
        return self.path / "cache"

    @property
    def work_path(self) -> Path:
        """Files in the making, on the same disk as the blobs so that they can be moved there."""
        return self.path / "work"

    def create(self) -> None:
        """Make what is missing, open to its owner only.

        Raises:
            SetupProblem: The folder cannot be made or written.
        """
        try:
            for folder in (self.path, *(self.path / name for name in _FOLDERS)):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.path.chmod(0o700)
        except FileExistsError as error:
            raise SetupProblem(
                "%(path)s is a file where a folder should be.", path=str(error.filename)
            ) from error
        except OSError as error:
            if error.errno not in _UNWRITABLE:
                raise
            raise SetupProblem(
                "The studio may not write in %(path)s; give --data another folder.",
                path=str(self.path),
            ) from error

    def lock(self) -> Self:
        """Create the directory and hold it until `release` or the end of the process.

        Raises:
            SetupProblem: Another studio holds it.
        """
        self.create()
        # Python's descriptors are not inherited, so a worker that outlives us holds no lock.
        lock = (self.path / "studio.lock").open("a+b")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            with lock:
                lock.seek(0)
                holder = lock.read(32).decode("ascii", "replace").strip()
            who = f" (process {holder})" if holder else ""
            raise SetupProblem(
                "Another studio%(who)s is already using %(path)s; stop it or give --data "
                "another folder.",
                code="data_in_use",
                who=who,
                path=str(self.path),
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()).encode())
        lock.flush()
        self._lock = lock
        return self

    def is_in_use(self) -> bool:
        """Whether a studio runs on it now. Touches nothing."""
        try:
            lock = (self.path / "studio.lock").open("rb")
        except FileNotFoundError:
            return False
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def __enter__(self) -> Self:
        return self.lock()

    def __exit__(self, *_: object) -> None:
        self.release()
