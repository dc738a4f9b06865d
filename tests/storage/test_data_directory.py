from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
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


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "studio").write_text("")
    with pytest.raises(SetupProblem, match="is a file"):
        DataDirectory(tmp_path / "studio").create()
