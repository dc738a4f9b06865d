"""A copy of a running studio, started beside it or after it, pays for nothing once more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from doubles.sora2_double import Sora2Double
from doubles.take_studio import KEY, Play, TakeStudio
from generation.conftest import LIMITS
from shortdrama.domain.ids import ConnectionId, TakeId
from shortdrama.domain.model import BUILT_IN
from shortdrama.domain.take import Money, TakeStatus
from shortdrama.generation.service import Decision
from shortdrama.storage.backup import RESTORED, backup
from shortdrama.storage.db.database import Database

pytestmark = pytest.mark.xdist_group("takes-restored")
S = TakeStatus


@pytest.fixture
def double() -> Iterator[Sora2Double]:
    with Sora2Double(api_key=KEY) as server:
        yield server


def test_a_restored_copy_sends_nothing(double: Sora2Double, tmp_path: Path) -> None:
    double.script("being sent", submit="delay:1", poll="completed")
    double.script("waiting", poll="completed")
    original, copy = tmp_path / "original", tmp_path / "copy"
    with TakeStudio(original, double.base_url, Play(limits=LIMITS, max_takes=1)) as studio:
        sent = studio.order("being sent").id
        studio.wait_until(lambda: double.submits("being sent") == 1)
        waiting = studio.order("waiting").id
        backup(original, copy)
        assert studio.takes.get(waiting).status is S.QUEUED
        assert {studio.wait_for(take_id).status for take_id in (sent, waiting)} == {S.READY}
    with TakeStudio(copy, double.base_url, Play(limits=LIMITS)) as studio:
        for take_id in (sent, waiting):
            take = studio.wait_for(take_id)
            assert take.status is S.UNCERTAIN
            assert take.failure is not None
            assert (take.failure.message, take.failure.money) == (RESTORED, Money.MAYBE)
            with studio.records.read() as tx:
                assert [e.money for e in tx.ledger.of_take(take_id)] == [Money.MAYBE]
            studio.takes.resolve_uncertain(take_id, Decision.CHECK)
            assert studio.wait_for(take_id, frozenset({S.READY})).provider_job_id is not None
    assert (double.submits("being sent"), double.submits("waiting")) == (1, 1)


def test_what_costs_nothing_goes_on(double: Sora2Double, tmp_path: Path) -> None:
    """The studio's own previews are made again in the copy, as after a crash."""
    play = Play(limits=LIMITS, max_takes=0, connection=ConnectionId(BUILT_IN))
    with TakeStudio(tmp_path / "original", double.base_url, play) as studio:
        take_id = studio.order("a preview").id
        backup(studio.folder, tmp_path / "copy")
    assert status_in(tmp_path / "copy", take_id) is S.QUEUED


def status_in(folder: Path, take_id: TakeId) -> TakeStatus:
    records = Database(f"sqlite:///{folder / 'studio.db'}")
    try:
        with records.read() as tx:
            take = tx.takes.get(take_id)
        assert take is not None
        return take.status
    finally:
        records.close()
