"""Ten thousand queued takes: the studio starts at once, and begins no more than can go on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from doubles.sora2_double import Sora2Double
from doubles.take_studio import KEY, Play, TakeStudio
from shortdrama.domain.ids import ConnectionId, TakeId, new_id
from shortdrama.domain.take import TakeStatus
from shortdrama.runner.backlog import Backlog
from shortdrama.runner.dbos_runner import DbosRunner

from .test_dbos_runner import FakeLife, until

pytestmark = pytest.mark.xdist_group("runner")
S = TakeStatus
NARROW, WIDE = ConnectionId("narrow"), ConnectionId("wide")


def take(number: int) -> TakeId:
    return TakeId(f"{number:032x}")


def test_the_oldest_follow_as_others_end() -> None:
    backlog = Backlog(2)
    begun = [number for number in range(5) if backlog.may_begin(take(number), NARROW)]
    assert begun == [0, 1]
    assert backlog.end(take(1)) == take(2)
    assert backlog.end(take(0)) == take(3)
    assert not backlog.may_begin(take(9), NARROW)
    assert backlog.end(take(2)) == take(4)
    assert backlog.end(take(3)) == take(9)
    assert backlog.end(take(4)) is None
    assert backlog.end(take(4)) is None  # harmless
    assert backlog.may_begin(take(10), NARROW)


def test_a_long_queue_of_one_connection_keeps_no_other_waiting() -> None:
    backlog = Backlog(1)
    assert [backlog.may_begin(take(number), NARROW) for number in range(3)] == [True, False, False]
    assert backlog.may_begin(take(7), WIDE)
    assert backlog.end(take(7)) is None


def test_nobody_is_begun_twice_and_who_left_is_not_called() -> None:
    backlog = Backlog(1)
    for _ in range(2):
        assert backlog.may_begin(take(0), NARROW)
        assert not backlog.may_begin(take(1), NARROW)
        assert not backlog.may_begin(take(2), NARROW)
    assert take(1) in backlog
    backlog.drop(take(1))
    assert take(1) not in backlog
    assert backlog.end(take(0)) == take(2)
    assert backlog.end(take(2)) is None


def test_those_that_the_engine_began_again_count() -> None:
    backlog = Backlog(2)
    for number in range(3):
        backlog.note(take(number), NARROW)
    assert not backlog.may_begin(take(3), NARROW)
    assert backlog.end(take(0)) is None
    assert backlog.end(take(1)) == take(3)


class LongQueue(FakeLife):
    """A studio that was stopped with many takes in its queue, and some at their provider."""

    def __init__(self, queued: int, sent: int) -> None:
        super().__init__()
        self.sent = [TakeId(new_id()) for _ in range(sent)]
        self.queued = dict.fromkeys((TakeId(new_id()) for _ in range(queued)), NARROW)
        self.may_tell = threading.Event()

    async def active_takes(self) -> list[TakeId]:
        until(self.may_tell.is_set)  # blocks the loop, as a slow disk would block the thread
        return [t for t in [*self.queued, *self.sent] if t not in self.ended]

    async def queued_takes(self) -> dict[TakeId, ConnectionId]:
        return {t: place for t, place in self.queued.items() if t not in self.ended}

    async def queue_of(self, take_id: TakeId) -> ConnectionId | None:
        return self.queued.get(take_id)


def test_the_studio_starts_at_once_and_begins_what_is_sent_before_the_queue(
    tmp_path: Path,
) -> None:
    life = LongQueue(10_000, 5)
    url = f"sqlite:///{tmp_path / 'workflows.db'}"
    runner = DbosRunner(life, url, look_every_s=0.1, most_begun=20)
    runner.open()  # although nobody has told yet what is under way
    try:
        assert not life.looks
        life.may_tell.set()
        until(lambda: len(runner.running()) == 25)
        assert life.looks[:5] == life.sent
        assert life.looks[5:25] == list(life.queued)[:20]
        runner.start(newest := TakeId(new_id()))  # of another connection
        assert newest in runner.running()
        life.queued[late := TakeId(new_id())] = NARROW
        runner.start(late)
        assert late not in runner.running()
        began = time.monotonic()
        until(lambda: time.monotonic() - began > 0.5)  # several looks for idle takes
        assert len(runner.running()) == 26
        life.gate.set()
        until(lambda: len(life.ended) > 60)
        assert life.looks[26:50] == list(life.queued)[20:44]
    finally:
        runner.close()


@pytest.fixture
def double() -> Iterator[Sora2Double]:
    with Sora2Double(api_key=KEY) as server:
        yield server


def test_a_queue_longer_than_what_is_begun_is_made_in_its_order(
    double: Sora2Double, tmp_path: Path
) -> None:
    studio = TakeStudio(tmp_path, double.base_url, Play(max_takes=2))
    studio.runner = studio.takes._runner = DbosRunner(
        studio.runner._life, f"sqlite:///{tmp_path / 'workflows.db'}", most_begun=4
    )
    with studio:
        takes = [studio.order(f"take {number:02}") for number in range(12)]
        assert {studio.wait_for(each.id).status for each in takes} == {S.READY}
    sent = [job.prompt for job in double.made()]
    assert sorted(sent) == [f"take {number:02}" for number in range(12)]
    assert all(abs(sent.index(f"take {n:02}") - n) <= 2 for n in range(12)), sent
