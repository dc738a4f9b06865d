"""The two ways a studio is stored: SQLite and files, or PostgreSQL and S3."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from shortdrama.storage.blobs.opening import Blobs, blobs_from_url
from shortdrama.storage.db.database import Database
from shortdrama.storage.db.migration import migrate

_KINDS = [
    pytest.param("local"),
    pytest.param("server", marks=[pytest.mark.postgres, pytest.mark.s3]),
]


@dataclass(frozen=True, slots=True)
class StudioStorage:
    """`kind` is "local" (SQLite, files) or "server" (PostgreSQL, S3)."""

    kind: str
    database: Database
    blobs: Blobs


@pytest.fixture(params=_KINDS)
def studio_storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StudioStorage]:
    """An empty studio's storage; a test that uses it runs once for each kind."""
    if request.param == "local":
        database = Database(f"sqlite:///{tmp_path / 'studio.db'}")
        migrate(database)
        blobs = blobs_from_url(tmp_path / "blobs", tmp_path / "cache")
    else:
        database = Database(request.getfixturevalue("postgres_url"))
        blobs = blobs_from_url(request.getfixturevalue("s3_url"), tmp_path / "cache")
    yield StudioStorage(request.param, database, blobs)
    database.close()


@pytest.fixture
def records(studio_storage: StudioStorage) -> Database:
    return studio_storage.database


@pytest.fixture
def blobs(studio_storage: StudioStorage) -> Blobs:
    return studio_storage.blobs
