from __future__ import annotations

import hashlib
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from shortdrama.domain.asset import Asset
from shortdrama.errors import InvalidInput, SetupProblem
from shortdrama.storage.backup import backup
from shortdrama.storage.blobs.files import FileBlobs
from shortdrama.storage.data_directory import DataDirectory
from shortdrama.storage.db.database import Database
from shortdrama.storage.db.migration import migrate
from storage.samples import make_asset


@dataclass
class Studio:
    data: DataDirectory
    database: Database
    blobs: FileBlobs

    def bring(self, text: str) -> Asset:
        content = text.encode()
        path = self.data.work_path / "incoming"
        path.write_bytes(content)
        key = self.blobs.put_file(path)
        asset = make_asset(text, key=key, bytes=len(content))
        with self.database.begin() as tx:
            tx.assets.add(asset)
        return asset


def open_studio(path: Path) -> Studio:
    data = DataDirectory(path).lock()
    database = Database(data.database_url)
    migrate(database)
    return Studio(data, database, FileBlobs(data.blobs_path))


def close_studio(studio: Studio) -> None:
    studio.database.close()
    studio.data.release()


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    studio = open_studio(tmp_path / "studio")
    yield studio
    close_studio(studio)


def check_restored(path: Path, assets: list[Asset]) -> None:
    """The backup is a studio: it opens, its rows are there, its bytes are what their keys say."""
    restored = open_studio(path)
    with restored.database.begin() as tx:
        assert tx.assets.get_many([asset.id for asset in assets]) == assets
    for asset in assets:
        content = b"".join(restored.blobs.stream(asset.key))
        assert hashlib.sha256(content).hexdigest() == asset.key
    close_studio(restored)


def test_a_folder_is_a_studio_again(studio: Studio, tmp_path: Path) -> None:
    assets = [studio.bring("one"), studio.bring("two")]
    (studio.data.blobs_path / "parts" / "half.part").write_bytes(b"half")
    report = backup(studio.data.path, tmp_path / "copies" / "monday")
    assert (report.blobs, report.bytes, report.missing) == (2, 6, ())
    check_restored(report.path, assets)
    assert list((tmp_path / "copies").iterdir()) == [report.path]


def test_what_is_deleted_afterwards_is_still_in_the_backup(studio: Studio, tmp_path: Path) -> None:
    asset = studio.bring("one")
    report = backup(studio.data.path, tmp_path / "monday")
    with studio.database.begin() as tx:
        tx.assets.remove(asset.id)
    studio.blobs.delete(asset.key)
    check_restored(report.path, [asset])


def test_one_file_unpacks_to_a_studio(studio: Studio, tmp_path: Path) -> None:
    assets = [studio.bring("one")]
    report = backup(studio.data.path, tmp_path / "monday.tar")
    with tarfile.open(report.path) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    check_restored(tmp_path / "unpacked" / "monday", assets)


def test_backs_up_while_the_studio_works(studio: Studio, tmp_path: Path) -> None:
    is_over = threading.Event()
    failures: list[BaseException] = []

    def work() -> None:
        number = 0
        try:
            while not is_over.is_set() or number < 20:
                studio.bring(f"file {number}")
                number += 1
        except BaseException as error:  # noqa: BLE001 - told to the test
            failures.append(error)

    first = studio.bring("first")
    worker = threading.Thread(target=work)
    worker.start()
    report = backup(studio.data.path, tmp_path / "running")
    is_over.set()
    worker.join()
    assert failures == []
    assert report.missing == ()
    check_restored(report.path, [first])


def test_a_missing_file_is_told_and_a_damaged_one_stops(studio: Studio, tmp_path: Path) -> None:
    lost, damaged = studio.bring("lost"), studio.bring("damaged")
    studio.blobs.delete(lost.key)
    assert backup(studio.data.path, tmp_path / "a").missing == (lost.key,)
    path = studio.blobs.local_file(damaged.key)
    assert path is not None
    path.write_bytes(b"rotten")
    with pytest.raises(SetupProblem, match="damaged"):
        backup(studio.data.path, tmp_path / "b")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "studio"]


def test_refuses_in_words(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(InvalidInput, match="exists already"):
        backup(studio.data.path, tmp_path / "there")
    with pytest.raises(InvalidInput, match="inside"):
        backup(studio.data.path, studio.data.path / "copy")
    with pytest.raises(SetupProblem, match="pg_dump"):
        backup(tmp_path / "there", tmp_path / "copy")
