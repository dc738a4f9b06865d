"""The data directory: where everything of one studio lies, and the lock of its one server."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from shortdrama.errors import SetupProblem

_FOLDERS = ("blobs", "uploads", "previz", "cache", "work")
_LOCK_FILE = "studio.lock"
_LOOKS_S = (0.0, 0.02, 0.05, 0.1)
_NO_LOCKS = frozenset({errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.EOPNOTSUPP})
_UNWRITABLE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_NO_FOLDER = frozenset({errno.ENOENT, errno.ENOTDIR})


class DataDirectory:
    """Paths of one studio. `lock` before writing; making the object touches nothing."""

    def __init__(self, path: Path, *, is_shared: bool = False, records: Path | None = None) -> None:
        """Name a directory.

        Args:
            path: Of the folder.
            is_shared: Other processes may hold it too, if they share it as well.
            records: The SQLite file, wherever it lies: it is one studio's only, too.
        """
        self.path = path.expanduser().absolute()
        self._records = records
        self._is_shared = is_shared
        self._held: ExitStack | None = None

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

    @property
    def processes_path(self) -> Path:
        """A folder for each process, where several share the work."""
        return self.path / "processes"

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
            SetupProblem: Another studio holds it, or the records.
        """
        self.create()
        with ExitStack() as undo:
            # The folder itself is held: a file in it may be deleted, and another one of its name
            # would be free. The file is held as well, for filesystems that lock no folders.
            for name in (".", _LOCK_FILE):
                handle = _open(self.path / name)
                undo.callback(os.close, handle)
                if not _hold(handle, fcntl.LOCK_SH if self._is_shared else fcntl.LOCK_EX):
                    raise self._in_use()
            _sign(handle, "" if self._is_shared else str(os.getpid()))
            self._hold_records(undo)
            self._held = undo.pop_all()
        return self

    def is_in_use(self) -> bool:
        """Whether a studio runs on it now that shares it with nobody. Touches nothing."""
        return any(_is_held(self.path / name) for name in (".", _LOCK_FILE))

    def release(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None

    def _hold_records(self, undo: ExitStack) -> None:
        """By a file beside them: SQLite loses its own locks where somebody else closes its file."""
        if self._records is None:
            return
        file = self._records.expanduser().resolve()
        lock = file.with_name(f"{file.name}.lock")
        try:
            handle = _open(lock)
        except OSError as error:
            if error.errno in _UNWRITABLE | _NO_FOLDER:
                return  # whoever opens the records says so
            raise
        undo.callback(os.close, handle)
        if not _hold(handle, fcntl.LOCK_EX):
            raise SetupProblem(
                "Another studio%(who)s is already using the records in %(path)s; stop it, or give "
                "this one records of its own.",
                code="data_in_use",
                who=_signature(lock),
                path=str(file),
            )
        _sign(handle, str(os.getpid()))

    def _in_use(self) -> SetupProblem:
        return SetupProblem(
            "Another studio%(who)s is already using %(path)s; stop it or give --data "
            "another folder.",
            code="data_in_use",
            who=_signature(self.path / _LOCK_FILE),
            path=str(self.path),
        )

    def __enter__(self) -> Self:
        return self.lock()

    def __exit__(self, *_: object) -> None:
        self.release()


def _open(path: Path) -> int:
    """Python's descriptors are not inherited, so a worker that outlives us holds no lock."""
    return os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT, 0o600)


def _sign(handle: int, holder: str) -> None:
    os.ftruncate(handle, 0)
    os.write(handle, holder.encode())


def _signature(lock: Path) -> str:
    """Who holds it, for a sentence."""
    try:
        holder = lock.read_bytes()[:32].decode("ascii", "replace").strip()
    except FileNotFoundError:
        holder = ""
    return f" (process {holder})" if holder else ""


def _hold(handle: int, kind: int) -> bool:
    """False where somebody holds it for good: a look at the lock, too, holds it for a moment."""
    for pause_s in _LOOKS_S:
        time.sleep(pause_s)
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        except OSError as error:
            # NFS locks nothing that is not open for writing, and a folder never is.
            if error.errno not in _NO_LOCKS or not stat.S_ISDIR(os.fstat(handle).st_mode):
                raise
        return True
    return False


def _is_held(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        return False
    finally:
        os.close(handle)
    return False
