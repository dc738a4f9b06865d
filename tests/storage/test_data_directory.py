from __future__ import annotations

import fcntl
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shortdrama.errors import SetupProblem
from shortdrama.storage.data_directory import DataDirectory

HOLDER = """
import sys
from pathlib import Path
from shortdrama.storage.data_directory import DataDirectory
with DataDirectory(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""

LOOKER = """
import sys
from pathlib import Path
from shortdrama.storage.data_directory import DataDirectory
directory = DataDirectory(Path(sys.argv[1]))
directory.create()
print("looking", flush=True)
while True:
    directory.is_in_use()
"""


def test_makes_its_folders_for_the_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "studio"
    path.mkdir(mode=0o755)
    data = DataDirectory(path)
    data.create()
    folders = (data.blobs_path, data.uploads_path, data.previz_path, data.cache_path)
    for folder in (path, data.work_path, *folders):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    data.create()


def test_naming_a_directory_makes_nothing(tmp_path: Path) -> None:
    assert DataDirectory(tmp_path / "a").database_url == f"sqlite:///{tmp_path / 'a' / 'studio.db'}"
    assert list(tmp_path.iterdir()) == []


def test_a_second_studio_is_told_who_holds_it(tmp_path: Path) -> None:
    with DataDirectory(tmp_path) as first, pytest.raises(SetupProblem) as caught:
        DataDirectory(first.path).lock()
    assert f"(process {os.getpid()})" in caught.value.message
    assert "give --data another folder" in caught.value.message
    assert caught.value.code == "data_in_use"
    with DataDirectory(tmp_path):
        pass


def test_records_are_one_studio_s_too(tmp_path: Path) -> None:
    """Two folders may name one SQLite file by SHORTDRAMA_DATABASE_URL, or a link to it."""
    records = tmp_path / "one" / "studio.db"
    (tmp_path / "link.db").symlink_to(records)
    with DataDirectory(tmp_path / "one", records=records):
        for name in (records, tmp_path / "link.db"):
            with pytest.raises(SetupProblem, match="already using the records in") as caught:
                DataDirectory(tmp_path / "two", records=name).lock()
            assert f"(process {os.getpid()})" in caught.value.message
            assert caught.value.code == "data_in_use"
        assert not DataDirectory(tmp_path / "two").is_in_use()
        with DataDirectory(tmp_path / "two", records=tmp_path / "two" / "studio.db"):
            pass
    with DataDirectory(tmp_path / "two", records=records):
        pass


def test_records_in_a_folder_that_is_not_there_are_for_their_opener_to_tell(
    tmp_path: Path,
) -> None:
    with DataDirectory(tmp_path / "one", records=tmp_path / "none" / "studio.db"):
        pass


def test_a_killed_studio_holds_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as holder:  # type: ignore[call-overload]
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(SetupProblem, match=f"process {holder.pid}"):
            DataDirectory(tmp_path).lock()
        holder.send_signal(signal.SIGKILL)
    with DataDirectory(tmp_path):
        pass


@pytest.mark.parametrize("loss", ["deleted", "replaced", "all_files_deleted"])
def test_a_deleted_lock_file_lets_no_second_studio_in(tmp_path: Path, loss: str) -> None:
    with running(HOLDER, tmp_path, b"held\n") as holder:
        lock = tmp_path / "studio.lock"
        lock.unlink()
        if loss == "replaced":
            lock.write_text("4711")
        if loss == "all_files_deleted":
            shutil.rmtree(tmp_path / "blobs")
        assert DataDirectory(tmp_path).is_in_use()
        second = subprocess.run(
            [sys.executable, "-c", HOLDER, str(tmp_path)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert second.returncode != 0
        assert "Another studio" in second.stderr
        assert second.stdout == ""
        assert holder.poll() is None
    assert not DataDirectory(tmp_path).is_in_use()
    with DataDirectory(tmp_path):
        pass


def test_a_moved_studio_is_still_held(tmp_path: Path) -> None:
    with running(HOLDER, tmp_path / "one", b"held\n"):
        (tmp_path / "one").rename(tmp_path / "two")
        with pytest.raises(SetupProblem, match="Another studio"):
            DataDirectory(tmp_path / "two").lock()


def test_an_older_program_that_holds_the_file_only_counts(tmp_path: Path) -> None:
    with (tmp_path / "studio.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert DataDirectory(tmp_path).is_in_use()
        with pytest.raises(SetupProblem, match="Another studio"):
            DataDirectory(tmp_path).lock()
    with DataDirectory(tmp_path):
        pass


def test_looking_whether_it_is_in_use_keeps_no_studio_out(tmp_path: Path) -> None:
    with running(LOOKER, tmp_path, b"looking\n"):
        for _ in range(200):
            with DataDirectory(tmp_path):
                pass


@contextmanager
def running(code: str, path: Path, word: bytes) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == word
            yield process
        finally:
            process.kill()


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "studio").write_text("")
    with pytest.raises(SetupProblem, match="is a file"):
        DataDirectory(tmp_path / "studio").create()
