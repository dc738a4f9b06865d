"""The disk is full, or the records do not answer, in the worst moments of a take."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from doubles.sora2_double import Sora2Double
from doubles.take_studio import KEY, Play, TakeStudio
from generation.conftest import LIMITS
from shortdrama.domain.take import FailureKind, Money, TakeStatus
from shortdrama.errors import StorageFull
from shortdrama.generation.phases import Tools
from shortdrama.storage.blobs.files import FileBlobs

pytestmark = pytest.mark.xdist_group("takes-disk")
S = TakeStatus


class FullRecords:
    """Rows that cannot be written while `is_full`."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.is_full = False
        self.refusals = 0

    @contextmanager
    def begin(self) -> Iterator[Any]:
        if self.is_full:
            self.refusals += 1
            raise StorageFull("The disk is full.")
        with self._inner.begin() as tx:
            yield tx

    def read(self) -> Any:
        return self._inner.read()


class FullBlobs(FileBlobs):
    is_full = False

    def put_file(self, path: Path, key: str | None = None) -> str:
        if self.is_full:
            raise StorageFull("The disk is full.")
        return super().put_file(path, key)


@pytest.fixture
def double() -> Iterator[Sora2Double]:
    with Sora2Double(api_key=KEY) as server:
        yield server


def swap(tools: Tools, **ports: Any) -> None:
    for name, port in ports.items():
        object.__setattr__(tools, name, port)


def test_a_paid_jobs_id_is_kept_until_it_can_be_written(
    double: Sora2Double, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    double.default(submit="delay:0.4")
    studio = TakeStudio(tmp_path, double.base_url, Play(limits=LIMITS))
    records = FullRecords(studio.records)
    swap(studio.tools, records=records)
    with caplog.at_level(logging.CRITICAL, "shortdrama"), studio:
        take = studio.order("in the worst moment")
        studio.wait_until(lambda: double.submits() == 1)
        records.is_full = True
        studio.wait_until(lambda: records.refusals >= 3)
        assert double.made()[0].id in caplog.text
        records.is_full = False
        assert studio.wait_for(take.id).status is S.READY
    assert double.submits() == 1


def test_records_that_are_full_for_a_while_fail_no_take(
    double: Sora2Double, tmp_path: Path
) -> None:
    double.default(takes_s=0.5)
    studio = TakeStudio(tmp_path, double.base_url, Play(limits=LIMITS))
    records = FullRecords(studio.records)
    swap(studio.tools, records=records)
    with studio:
        take = studio.order("patience")
        studio.wait_for(take.id, frozenset({S.GENERATING}))
        records.is_full = True
        studio.wait_until(lambda: records.refusals >= 3)
        records.is_full = False
        assert studio.wait_for(take.id).status is S.READY
    assert double.submits() == 1


def test_a_clip_that_finds_no_room_is_downloaded_again(double: Sora2Double, tmp_path: Path) -> None:
    studio = TakeStudio(tmp_path, double.base_url, Play(limits=LIMITS))
    blobs = FullBlobs(tmp_path / "blobs")
    blobs.is_full = True
    swap(studio.tools, blobs=blobs)
    with studio:
        take = studio.wait_for(studio.order("no room").id)
        assert take.status is S.FAILED
        assert take.failure is not None
        assert take.failure.kind is FailureKind.STORAGE
        assert take.failure.money is Money.CHARGED
        assert "Free some space" in take.failure.message
        assert list((tmp_path / "tmp").iterdir()) == []
        blobs.is_full = False
        studio.takes.fetch_again(take.id)
        assert studio.wait_for(take.id).status is S.READY
    assert double.submits() == 1
