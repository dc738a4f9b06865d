"""The runner: quick to start, cheap to wait, and nothing lost between two runs."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from doubles.clip_media import ClipMedia
from doubles.sora2_double import Sora2Double
from doubles.take_studio import KEY, Play, TakeStudio, quick
from shortdrama.domain.ids import ConnectionId, TakeId, new_id
from shortdrama.domain.take import Money, TakeStatus
from shortdrama.errors import SetupProblem
from shortdrama.generation import failures
from shortdrama.generation.life import Life
from shortdrama.generation.phases import Phase
from shortdrama.runner.dbos_runner import DbosRunner

pytestmark = pytest.mark.xdist_group("runner")
S = TakeStatus


class FakeLife(Life):
    """One phase that waits until it is let go; needs no rows."""

    def __init__(self) -> None:
        self.looks: list[TakeId] = []
        self.ended: list[TakeId] = []
        self.gate = threading.Event()

    async def first_phase(self, take_id: TakeId) -> Phase | None:
        self.looks.append(take_id)
        return None if take_id in self.ended else Phase.WAIT

    async def run(self, phase: Phase, take_id: TakeId) -> Phase | None:
        while not self.gate.is_set():  # noqa: ASYNC110 - set from another thread
            await asyncio.sleep(0.02)
        self.ended.append(take_id)
        return None

    async def active_takes(self) -> list[TakeId]:
        return []

    async def queued_takes(self) -> dict[TakeId, ConnectionId]:
        return {}

    async def queue_of(self, take_id: TakeId) -> ConnectionId | None:
        return None

    async def drain(self, seconds: float) -> None:
        return None

    async def close(self) -> None:
        return None

    def wake(self, take_id: TakeId) -> None:
        return None


class ForgottenLife(FakeLife):
    """Tells of takes under way that were never started."""

    def __init__(self) -> None:
        super().__init__()
        self.active: list[TakeId] = []
        self.is_broken = False

    async def active_takes(self) -> list[TakeId]:
        if self.is_broken:
            self.is_broken = False
            raise OSError("the disk is full")
        return [take_id for take_id in self.active if take_id not in self.ended]


@pytest.fixture
def double() -> Iterator[Sora2Double]:
    with Sora2Double(api_key=KEY) as server:
        yield server


def until(is_so: Any, timeout_s: float = 30) -> None:
    pause, deadline = threading.Event(), time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen in time"
        pause.wait(0.02)


def test_two_hundred_takes_wait_cheaply(tmp_path: Path) -> None:
    life = FakeLife()
    runner = DbosRunner(life, f"sqlite:///{tmp_path / 'workflows.db'}")
    before = threading.active_count()
    runner.open()
    try:
        takes = [TakeId(new_id()) for _ in range(200)]
        for take_id in takes:
            runner.start(take_id)
        assert runner.running() == set(takes)
        assert threading.active_count() - before < 30
        life.gate.set()
        until(lambda: not runner.running())
        assert sorted(life.ended) == sorted(takes)
    finally:
        runner.close()


def test_a_take_starts_at_once(tmp_path: Path) -> None:
    """Not by a queue that looks once a second. The bound is loose for a busy machine."""
    life = FakeLife()
    life.gate.set()
    runner = DbosRunner(life, f"sqlite:///{tmp_path / 'workflows.db'}")
    runner.open()
    try:
        spent = []
        for _ in range(11):
            began = time.monotonic()
            runner.start(TakeId(new_id()))
            spent.append(time.monotonic() - began)
        assert sorted(spent)[5] < 0.3
        until(lambda: len(life.ended) == 11)
    finally:
        runner.close()


def test_a_start_during_the_last_moment_is_not_lost(tmp_path: Path) -> None:
    life = FakeLife()
    runner = DbosRunner(life, f"sqlite:///{tmp_path / 'workflows.db'}")
    runner.open()
    try:
        take_id = TakeId(new_id())
        runner.start(take_id)
        runner.start(take_id)
        assert life.looks == [take_id]
        life.gate.set()
        until(lambda: not runner.running() and life.looks == [take_id, take_id])
        assert life.ended == [take_id]
    finally:
        runner.close()


def test_a_take_that_nobody_works_on_is_found(tmp_path: Path) -> None:
    """Its row says that it is under way; the engine lost it after the start, as on a full disk."""
    life = ForgottenLife()
    life.gate.set()
    runner = DbosRunner(life, f"sqlite:///{tmp_path / 'workflows.db'}", look_every_s=0.05)
    runner.open()
    try:
        life.active = [TakeId(new_id())]
        until(lambda: life.ended == life.active)
        life.is_broken = True  # one look that goes wrong is not the last
        until(lambda: not life.is_broken)
        life.active = [TakeId(new_id())]
        until(lambda: life.active[0] in life.ended)
    finally:
        runner.close()


def test_one_studio_in_a_process(tmp_path: Path) -> None:
    first = DbosRunner(FakeLife(), f"sqlite:///{tmp_path / 'a.db'}")
    second = DbosRunner(FakeLife(), f"sqlite:///{tmp_path / 'b.db'}")
    first.open()
    try:
        with pytest.raises(SetupProblem):
            second.open()
    finally:
        first.close()
    second.open()
    second.close()
    second.start(TakeId(new_id()))  # does nothing, and says nothing


def test_a_stop_fails_no_take(double: Sora2Double, tmp_path: Path) -> None:
    double.default(takes_s=1.0)
    with TakeStudio(tmp_path, double.base_url) as studio:
        take = studio.order("over the night")
        studio.wait_for(take.id, frozenset({S.GENERATING}))
    assert status_in(studio, take.id) is S.GENERATING
    with TakeStudio(tmp_path, double.base_url) as studio:
        assert studio.wait_for(take.id).status is S.READY
    assert double.submits() == 1


def test_a_stop_waits_for_the_answer_to_a_paid_call(double: Sora2Double, tmp_path: Path) -> None:
    double.default(submit="delay:0.7")
    with TakeStudio(tmp_path, double.base_url) as studio:
        take = studio.order("just sent")
        studio.wait_until(lambda: double.submits() == 1)
    assert status_in(studio, take.id) is S.GENERATING
    with TakeStudio(tmp_path, double.base_url) as studio:
        assert studio.wait_for(take.id).status is S.READY
    assert double.submits() == 1


def test_a_take_that_the_engine_forgot_goes_on(double: Sora2Double, tmp_path: Path) -> None:
    """As after a restored backup, or a crash between the row and the start."""
    double.default(takes_s=1.0)
    with TakeStudio(tmp_path, double.base_url) as studio:
        take = studio.order("forgotten")
        studio.wait_for(take.id, frozenset({S.GENERATING}))
    for file in tmp_path.glob("workflows.db*"):
        file.unlink()
    with TakeStudio(tmp_path, double.base_url) as studio:
        assert studio.wait_for(take.id).status is S.READY
    assert double.submits() == 1


def test_a_bug_ends_one_take_in_words(
    double: Sora2Double, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class BuggyMedia(ClipMedia):
        def verify(self, path: Path, expected_s: float | None) -> dict[str, Any]:
            if expected_s == 2:
                raise RuntimeError("a secret detail")
            return super().verify(path, expected_s)

    with (
        caplog.at_level(logging.ERROR, "shortdrama"),
        TakeStudio(tmp_path, double.base_url, Play(media=BuggyMedia())) as studio,
    ):
        bad = studio.wait_for(studio.order("bad", seconds=2).id)
        good = studio.wait_for(studio.order("good", seconds=1).id)
    assert good.status is S.READY
    assert bad.status is S.FAILED
    assert bad.failure is not None
    assert bad.failure.message == failures.STUDIO_FAULT
    assert bad.failure.money is Money.MAYBE
    assert "secret detail" not in str(bad.failure)
    assert "a secret detail" in caplog.text


def test_what_is_over_is_forgotten(tmp_path: Path) -> None:
    """The engine's file does not grow with every take that ever was."""
    life, url = FakeLife(), f"sqlite:///{tmp_path / 'workflows.db'}"
    life.gate.set()
    runner = DbosRunner(life, url)
    runner.open()
    runner.start(TakeId(new_id()))
    until(lambda: life.ended and not runner.running())
    runner.close()
    assert count_workflows(tmp_path) == 1
    with closing(sqlite3.connect(tmp_path / "workflows.db")) as connection, connection:
        connection.execute("UPDATE workflow_status SET completed_at = completed_at - 172800000")
    runner = DbosRunner(life, url)
    runner.open()
    runner.close()
    assert count_workflows(tmp_path) == 0


def count_workflows(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "workflows.db")) as connection:
        (count,) = connection.execute("SELECT count(*) FROM workflow_status").fetchone()
    return int(count)


@pytest.mark.postgres
def test_everything_on_postgresql(double: Sora2Double, tmp_path: Path, postgres_url: str) -> None:
    double.default(takes_s=0.5)
    play = Play(database_url=postgres_url, workflows_url=postgres_url, limits=quick())
    with TakeStudio(tmp_path, double.base_url, play) as studio:
        takes = [studio.order(f"take {number}") for number in range(5)]
        studio.wait_for(takes[0].id, frozenset({S.GENERATING, S.READY}))
    with TakeStudio(tmp_path, double.base_url, play) as studio:
        assert {studio.wait_for(take.id).status for take in takes} == {S.READY}
        assert {take.number for take in studio.takes.page()} == {1, 2, 3, 4, 5}
    assert double.submits() == 5


def status_in(studio: TakeStudio, take_id: TakeId) -> TakeStatus:
    """As the rows say after the studio was closed."""
    with studio.records.read() as tx:
        take = tx.takes.get(take_id)
    studio.records.close()
    assert take is not None
    return take.status
