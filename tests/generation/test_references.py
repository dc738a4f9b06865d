"""The pictures that go along with a prompt: brought to this machine before anything looks sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from doubles.sora2_double import Sora2Double
from doubles.take_studio import TakeStudio
from samples import add_asset
from shortdrama.domain.ids import AssetId, TakeId, new_id
from shortdrama.domain.take import Money, Take, TakeStatus
from shortdrama.domain.waiting import STORAGE_AWAY, HeldUp, held_up
from shortdrama.errors import Busy
from shortdrama.generation import failures
from shortdrama.generation.orders import TakeOrder

pytestmark = pytest.mark.xdist_group("takes-references")
S = TakeStatus
PICTURE = b"\x89PNG\r\n\x1a\n and more"


class Away:
    """Storage on another machine that gives no file out until it is back."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.is_back = threading.Event()

    def local_path(self, key: str) -> AbstractContextManager[Path]:
        if not self.is_back.is_set():
            raise Busy("The studio's storage does not answer. Try again.", code="storage_away")
        path: AbstractContextManager[Path] = self._inner.local_path(key)
        return path

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    path.write_bytes(PICTURE)
    return path


def order_with(studio: TakeStudio, prompt: str, asset_id: AssetId) -> Take:
    return studio.takes.order(TakeOrder(prompt, "sora-2", 1, "720x1280", (asset_id,)), new_id())


def attempts(studio: TakeStudio, take_id: TakeId) -> int:
    with studio.records.read() as tx:
        return tx.submissions.count(take_id)


def test_a_reference_goes_along(studio: TakeStudio, double: Sora2Double, picture: Path) -> None:
    asset = add_asset(studio.records, key=studio.blobs.put_file(picture))
    studio.wait_for(order_with(studio, "with Mei", asset.id).id)
    assert [job.reference for job in double.made("with Mei")] == [PICTURE]


def test_a_reference_that_is_gone_is_said(studio: TakeStudio, double: Sora2Double) -> None:
    take = studio.wait_for(order_with(studio, "with a ghost", AssetId(new_id())).id)
    assert take.status is S.FAILED
    assert take.failure is not None
    assert take.failure.message == failures.REFERENCE_GONE
    assert take.failure.money is Money.NONE
    assert double.submits("with a ghost") == 0


@pytest.fixture
def away(studio: TakeStudio) -> Iterator[Away]:
    inner = studio.blobs
    away = Away(inner)
    object.__setattr__(studio.tools, "blobs", away)
    yield away
    object.__setattr__(studio.tools, "blobs", inner)


def test_a_storage_that_is_away_is_waited_for(
    studio: TakeStudio, double: Sora2Double, picture: Path, away: Away
) -> None:
    """Before the intent, so that a death meanwhile leaves nothing for a person to decide."""
    picture.write_bytes(PICTURE + b" than before")
    asset = add_asset(studio.records, key=studio.blobs.put_file(picture))
    take = order_with(studio, "with Mei later", asset.id)
    studio.wait_until(lambda: studio.takes.get(take.id).provider_status == STORAGE_AWAY)
    waiting = studio.takes.get(take.id)
    assert waiting.status is S.QUEUED
    assert held_up(waiting) == HeldUp(STORAGE_AWAY)
    assert attempts(studio, take.id) == 0
    away.is_back.set()
    assert studio.wait_for(take.id).status is S.READY
    assert attempts(studio, take.id) == 1
    assert double.submits("with Mei later") == 1
