"""Files on their way in: `<id>.part` holds what came so far, `<id>.json` what was announced.

The size of the part on disk is the only offset there is. A second record of it could disagree
with the bytes after a crash, and the file would be continued at the wrong place.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO

from shortdrama.domain.ids import UploadId, is_id
from shortdrama.errors import Busy, InvalidInput, StorageFull

HEAD_BYTES = 4096  # what `AssetMedia.sniff` wants to see
_HELD = frozenset({errno.EACCES, errno.EAGAIN})
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True)
class Part:
    """An announced upload. `key` is known once all bytes were there and hashed."""

    id: UploadId
    name: str
    size: int
    key: str | None = None


@contextmanager
def telling_full_disk() -> Iterator[None]:
    """Turn the operating system's "no space left" into the sentence for people.

    Raises:
        StorageFull: The disk, the quota or the largest file size is used up.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise StorageFull(
            "The disk is full, so the file was not kept. Free some space and try again.",
            code="disk_full",
        ) from error


class PartFiles:
    """The folder of parts. Ids are checked here, since they become file names."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)
        # Kept open: closing any descriptor of the file would free all holds of this process.
        self._holds = os.open(root.with_name(f"{root.name}.holds"), os.O_RDWR | os.O_CREAT, 0o600)
        weakref.finalize(self, os.close, self._holds)

    def path(self, upload_id: UploadId) -> Path:
        """Where the bytes are.

        Raises:
            InvalidInput: The id is not 32 hex digits.
        """
        if not is_id(upload_id):
            raise InvalidInput("An upload's id is 32 hex digits.", code="upload_id_invalid")
        return self._root / f"{upload_id}.part"

    @contextmanager
    def hold(self, upload_id: UploadId) -> Iterator[None]:
        """Against other processes on the same folder: a byte of one file stands for the upload.

        Raises:
            Busy: One of them is writing to it.
        """
        self.path(upload_id)
        byte = int(upload_id[-15:], 16)
        try:
            fcntl.lockf(self._holds, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
        except OSError as error:
            if error.errno not in _HELD:
                raise
            raise Busy(
                "Another request is sending this file right now.", code="upload_busy"
            ) from error
        try:
            yield
        finally:
            fcntl.lockf(self._holds, fcntl.LOCK_UN, 1, byte)

    def free_bytes(self) -> int:
        return shutil.disk_usage(self._root).free

    def create(self, part: Part) -> None:
        """Record the announcement, then make the empty part. Raises `StorageFull`."""
        with telling_full_disk():
            self._write_record(part)
            self.path(part.id).touch()

    def read(self, upload_id: UploadId) -> Part | None:
        try:
            record = json.loads(self._record(upload_id).read_text(encoding="utf-8"))
            return Part(**record)
        except (FileNotFoundError, ValueError, TypeError):
            return None  # an unreadable record is as good as none: the client begins again

    def set_key(self, part: Part, key: str) -> None:
        with telling_full_disk():
            self._write_record(replace(part, key=key))

    def offset(self, upload_id: UploadId) -> int:
        """Bytes that are here; 0 where there is no file."""
        try:
            return self.path(upload_id).stat().st_size
        except FileNotFoundError:
            return 0

    def head(self, upload_id: UploadId) -> bytes:
        with self.path(upload_id).open("rb") as file:
            return file.read(HEAD_BYTES)

    def open_end(self, upload_id: UploadId) -> BinaryIO:
        """For appending, unbuffered, so that the size on disk is always the truth."""
        return self.path(upload_id).open("ab", buffering=0)

    def remove(self, upload_id: UploadId) -> None:
        self.path(upload_id).unlink(missing_ok=True)
        self._record(upload_id).unlink(missing_ok=True)

    def remove_older(self, age_s: float) -> int:
        """Remove what nobody touched for `age_s`; how many files went."""
        limit = time.time() - age_s
        old = [path for path in self._root.iterdir() if _modified_at(path) < limit]
        for path in old:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        return len(old)

    def _record(self, upload_id: UploadId) -> Path:
        return self.path(upload_id).with_suffix(".json")

    def _write_record(self, part: Part) -> None:
        record = self._record(part.id)
        draft = record.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(part)), encoding="utf-8")
        draft.replace(record)


def write_all(file: BinaryIO, data: bytes | bytearray) -> None:
    """Write every byte: a raw file may take only some of them. Raises `StorageFull`."""
    rest = memoryview(data)
    with telling_full_disk():
        while rest:
            rest = rest[file.write(rest) :]


def sync(file: BinaryIO) -> None:
    """Put what was written onto the disk, since the client is about to be told it is kept."""
    with telling_full_disk():
        os.fdatasync(file.fileno())


def _modified_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()
