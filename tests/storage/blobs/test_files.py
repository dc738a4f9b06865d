from __future__ import annotations

import errno
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shortdrama.errors import StorageFull
from shortdrama.storage.blobs.files import FileBlobs
from storage.blobs.test_blobs import put

OTHER_DISK = Path("/dev/shm")  # noqa: S108 - a second file system, where there is one


def all_files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_lies_by_its_key_and_is_its_owners_only(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path / "blobs")
    key = put(blobs, tmp_path, b"x")
    place = tmp_path / "blobs" / key[:2] / key[2:4] / key
    assert blobs.local_file(key) == place
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "blobs").stat().st_mode) == 0o700


def test_is_moved_not_copied_on_one_disk(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path / "blobs")
    source = tmp_path / "x"
    source.write_bytes(b"x")
    number = source.stat().st_ino
    kept = blobs.local_file(blobs.put_file(source))
    assert kept is not None
    assert kept.stat().st_ino == number


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    if not OTHER_DISK.is_dir() or OTHER_DISK.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system")
    path = OTHER_DISK / f"studio-test-{os.getpid()}"
    yield path
    path.unlink(missing_ok=True)


def test_comes_from_another_disk(tmp_path: Path, other_disk: Path) -> None:
    blobs = FileBlobs(tmp_path / "blobs")
    other_disk.write_bytes(b"far" * 1_000_000)
    key = blobs.put_file(other_disk)
    assert not other_disk.exists()
    assert b"".join(blobs.stream(key)) == b"far" * 1_000_000
    assert len(all_files(tmp_path / "blobs")) == 1


@contextmanager
def files_no_longer_than(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_keeps_nothing_and_loses_nothing(tmp_path: Path, other_disk: Path) -> None:
    """The size limit of the process stands for the disk's end: the kernel stops the write."""
    blobs = FileBlobs(tmp_path / "blobs")
    other_disk.write_bytes(b"x" * 3_000_000)
    with files_no_longer_than(1_000_000), pytest.raises(StorageFull):
        blobs.put_file(other_disk)
    assert all_files(tmp_path / "blobs") == []
    assert other_disk.stat().st_size == 3_000_000


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_no_room_for_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    blobs = FileBlobs(tmp_path / "blobs")
    source = tmp_path / "x"
    source.write_bytes(b"x")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as full:
        full.setattr(Path, "mkdir", refuse)
        with pytest.raises(StorageFull):
            blobs.put_file(source)
    assert source.exists()
    assert all_files(tmp_path / "blobs") == []


def test_sweeps_what_the_dead_left_and_not_what_the_living_write(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path / "blobs")
    (tmp_path / "blobs" / "parts" / "dead.part").write_bytes(b"half")
    program = (
        "import fcntl, sys; part = open(sys.argv[1], 'xb'); fcntl.flock(part, fcntl.LOCK_EX);"
        "print('held', flush=True); sys.stdin.read()"
    )
    living = str(tmp_path / "blobs" / "parts" / "living.part")
    command = [sys.executable, "-c", program, living]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as writer:  # type: ignore[call-overload]
        assert writer.stdout.readline() == b"held\n"
        assert blobs.sweep_parts() == 1
        assert all_files(tmp_path / "blobs") == ["parts/living.part"]
        writer.stdin.close()
    assert blobs.sweep_parts() == 1


def test_a_truncated_blob_is_replaced_by_a_whole_one(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path / "blobs")
    kept = blobs.local_file(put(blobs, tmp_path, b"whole"))
    assert kept is not None
    kept.write_bytes(b"wh")
    put(blobs, tmp_path, b"whole")
    assert kept.read_bytes() == b"whole"
