"""A backup of a studio that may be running: the records first, then every blob they name."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from shortdrama.domain.model import BUILT_IN
from shortdrama.domain.money import Outcome
from shortdrama.domain.take import Failure, FailureKind, Money, TakeStatus
from shortdrama.errors import InvalidInput, SetupProblem, mark
from shortdrama.storage.blobs.files import FileBlobs, full_disk_in_words
from shortdrama.storage.blobs.keys import hash_file
from shortdrama.storage.data_directory import DataDirectory
from shortdrama.storage.db.database import Database
from shortdrama.storage.db.lost_records import need_records
from shortdrama.storage.db.migration import copy_sqlite
from shortdrama.storage.db.money_tables import ledger
from shortdrama.storage.db.tables import takes
from shortdrama.storage.db.takes import SubmissionStore

RESTORED = mark(
    "This studio was restored from a backup; the request may have been sent since. "
    "Check with the provider, then decide; nothing is sent again by itself."
)
_NOT_ANSWERED = (TakeStatus.QUEUED, TakeStatus.SUBMITTING)


@dataclass(frozen=True, slots=True)
class BackupReport:
    """`missing` are keys that rows name and the studio itself no longer has."""

    path: Path
    blobs: int
    bytes: int
    missing: tuple[str, ...]


def backup(data_dir: Path, destination: Path) -> BackupReport:
    """Copy a studio into a new folder, or into one file where the name ends in `.tar`.

    The studio may run. A folder is a data directory again: start the studio on it. Every blob
    is checked against its key. API keys are in the machine's keyring and not part of it. What the
    original has yet to pay for is `uncertain` in the copy, so that it is not paid for twice.

    Raises:
        SetupProblem: There is no studio in an SQLite file here.
        InvalidInput: The destination exists, or lies inside the studio.
        StorageFull: The disk is full; nothing half-made stays.
    """
    source = DataDirectory(data_dir)
    _check(source, destination)
    with full_disk_in_words():
        destination.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=destination.parent) as name:
            made = Path(name) / destination.name
            report = _copy_studio(source, made, destination)
            if destination.suffix == ".tar":
                made = _pack(made, Path(name) / "packed.tar")
            made.replace(destination)
    return report


def _check(source: DataDirectory, destination: Path) -> None:
    need_records(source.database_path)
    if not source.database_path.is_file():
        raise SetupProblem(
            "There are no records in %(path)s. Records in PostgreSQL are backed up with "
            "pg_dump, and a bucket with its provider's own means.",
            path=str(source.path),
        )
    if destination.exists():
        raise InvalidInput(
            "%(path)s exists already; name a new folder or .tar file.", path=str(destination)
        )
    if destination.absolute().is_relative_to(source.path):
        raise InvalidInput("A backup inside the studio would be lost with it; name another place.")


def _copy_studio(source: DataDirectory, made: Path, destination: Path) -> BackupReport:
    copy = DataDirectory(made)
    copy.create()
    copy_sqlite(source.database_path, copy.database_path)
    _check_database(copy.database_path)
    _hold_back_paid(copy)
    blobs, kept = FileBlobs(source.blobs_path), FileBlobs(copy.blobs_path)
    missing, count, size = [], 0, 0
    for key in _used_keys(copy):
        path = blobs.local_file(key)
        if path is None:
            missing.append(key)
            continue
        _copy_blob(path, copy.work_path / key, key)
        size += path.stat().st_size
        kept.put_file(copy.work_path / key, key)
        count += 1
    return BackupReport(destination, count, size, tuple(missing))


def _hold_back_paid(copy: DataDirectory) -> None:
    """The original goes on and pays for what waits in it: the copy leaves those to a person.

    Each has a lost attempt then, as after a crash in the call, so that a look at the provider's
    list may find the job that the original has had made.
    """
    now = datetime.now(UTC)
    database = Database(copy.database_url)
    try:
        with database.engine.begin() as connection:
            held_back = connection.execute(
                sa.update(takes)
                .where(takes.c.status.in_(_NOT_ANSWERED), takes.c.connection_id != BUILT_IN)
                .values(
                    status=TakeStatus.UNCERTAIN,
                    failure=asdict(_restored(now)),
                    submitted_at=sa.func.coalesce(takes.c.submitted_at, takes.c.created_at),
                    updated_at=now,
                )
                .returning(takes.c.id)
            )
            for take_id in held_back.scalars().all():
                store = SubmissionStore(connection)
                attempt = store.open_attempt(take_id) or store.open(take_id, now)
                store.close(take_id, attempt, "lost", None)
                _note_in_ledger(connection, take_id, now)
    finally:
        database.close()


def _note_in_ledger(connection: sa.Connection, take_id: str, now: datetime) -> None:
    """What the original goes on with may be charged."""
    told = {"outcome": Outcome.UNCERTAIN, "money": Money.MAYBE, "settled_at": now}
    is_open = (ledger.c.take_id == take_id) & ledger.c.money.is_(None)
    connection.execute(sa.update(ledger).where(is_open).values(**told))


def _restored(now: datetime) -> Failure:
    at = now.isoformat(timespec="milliseconds")
    return Failure(FailureKind.UNKNOWN, RESTORED, Money.MAYBE, details={"at": at})


def _used_keys(copy: DataDirectory) -> Iterator[str]:
    database = Database(copy.database_url)
    try:
        with database.read() as transaction:
            used = transaction.keys.all_used()
    finally:
        database.close()
    yield from sorted(used)


def _copy_blob(path: Path, target: Path, key: str) -> None:
    try:
        os.link(path, target)  # blobs never change, so on one disk a second name is a copy
    except OSError:
        shutil.copyfile(path, target)
    if hash_file(target) != key:
        raise SetupProblem(
            "The file %(path)s is damaged: its content is not what its name says. Restore it from "
            "an earlier backup, or remove what uses it, and try again.",
            code="blob_damaged",
            path=str(path),
        )


def _check_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
    if verdict != "ok":
        raise SetupProblem("The studio's records are damaged; keep the earlier backups.")


def _pack(folder: Path, packed: Path) -> Path:
    with tarfile.open(packed, "w") as archive:
        archive.add(folder, arcname=folder.stem)
    packed.chmod(0o600)
    return packed
