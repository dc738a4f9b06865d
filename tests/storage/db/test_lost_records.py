"""A studio whose records are gone is not begun anew over what is left of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shortdrama.errors import SetupProblem
from shortdrama.storage.backup import backup
from shortdrama.storage.blobs.files import FileBlobs
from shortdrama.storage.data_directory import DataDirectory
from shortdrama.storage.db.database import Database
from shortdrama.storage.db.migration import migrate


def open_records(folder: Path) -> None:
    database = Database(DataDirectory(folder).database_url)
    try:
        migrate(database)
    finally:
        database.close()


@pytest.fixture
def studio(tmp_path: Path) -> Path:
    """A studio that has worked: its records, and a blob."""
    folder = tmp_path / "studio"
    data = DataDirectory(folder)
    data.create()
    open_records(folder)
    (data.work_path / "clip").write_bytes(b"clip")
    FileBlobs(data.blobs_path).put_file(data.work_path / "clip")
    return folder


@pytest.mark.parametrize("loss", ["truncated", "deleted"])
@pytest.mark.parametrize("left", ["blobs", "workflows"])
def test_lost_records_are_told_and_nothing_is_made(studio: Path, loss: str, left: str) -> None:
    file = studio / "studio.db"
    os.truncate(file, 0) if loss == "truncated" else file.unlink()
    if left == "workflows":
        shutil.rmtree(studio / "blobs")
        (studio / "workflows.db").write_bytes(b"SQLite format 3\0")
    before = sorted(path for path in studio.rglob("*"))
    with pytest.raises(SetupProblem, match="records are gone") as caught:
        open_records(studio)
    assert caught.value.code == "records_gone"
    assert ("is empty" if loss == "truncated" else "is missing") in caught.value.message
    assert sorted(path for path in studio.rglob("*")) == before
    assert not file.exists() or file.stat().st_size == 0


def test_a_backup_is_the_way_back(studio: Path, tmp_path: Path) -> None:
    backup(studio, tmp_path / "backup")
    os.truncate(studio / "studio.db", 0)
    open_records(tmp_path / "backup")
    with pytest.raises(SetupProblem, match="records are gone"):
        backup(studio, tmp_path / "worthless")
    assert not (tmp_path / "worthless").exists()


def test_moving_everything_away_begins_anew(studio: Path, tmp_path: Path) -> None:
    os.truncate(studio / "studio.db", 0)
    for path in studio.iterdir():
        path.rename(tmp_path / path.name)
    open_records(studio)


def test_a_start_that_was_cut_off_before_its_first_row_goes_on(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    data.create()
    FileBlobs(data.blobs_path)
    data.database_path.touch()
    (data.blobs_path / ".DS_Store").touch()
    open_records(tmp_path)


def test_the_server_says_it_and_ends(studio: Path) -> None:
    os.truncate(studio / "studio.db", 0)
    command = [sys.executable, "-m", "shortdrama", "serve", "--data", str(studio), "--port", "0"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode != 0
    said = " ".join((ended.stdout + ended.stderr).split())
    assert "records are gone" in said
    assert "Traceback" not in said
    assert (studio / "studio.db").stat().st_size == 0
