"""How many takes are under way at once."""

from __future__ import annotations

import asyncio

import pytest

from shortdrama.domain.ids import ConnectionId, TakeId
from shortdrama.generation.slots import Downloads, Slots

pytestmark = pytest.mark.anyio


def take(number: int) -> TakeId:
    return TakeId(f"{number:032x}")


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_oldest_waits_least() -> None:
    slots, came = Slots(2), []

    async def come(number: int) -> None:
        await slots.acquire(take(number))
        came.append(number)

    tasks = [asyncio.create_task(come(number)) for number in range(5)]
    await settle()
    assert came == [0, 1]
    slots.release(take(1))
    await settle()
    assert came == [0, 1, 2]
    slots.release(take(0))
    slots.release(take(2))
    await asyncio.gather(*tasks)
    assert came == [0, 1, 2, 3, 4]


async def test_a_slot_is_asked_for_twice_and_held_once() -> None:
    slots = Slots(1)
    await slots.acquire(take(1))
    await slots.acquire(take(1))
    slots.release(take(1))
    slots.release(take(1))
    await asyncio.wait_for(slots.acquire(take(2)), 1)


async def test_takes_that_the_provider_has_go_on_in_any_case() -> None:
    slots = Slots(1)
    for number in range(3):
        slots.hold(take(number))
    waiting = asyncio.create_task(slots.acquire(take(9)))
    await settle()
    slots.release(take(0))
    slots.release(take(1))
    await settle()
    assert not waiting.done()
    slots.release(take(2))
    await asyncio.wait_for(waiting, 1)


async def test_who_leaves_the_queue_takes_no_slot_along() -> None:
    slots = Slots(1)
    await slots.acquire(take(0))
    gone = asyncio.create_task(slots.acquire(take(1)))
    called = asyncio.create_task(slots.acquire(take(2)))
    await settle()
    gone.cancel()
    await settle()
    slots.release(take(0))
    called.cancel()  # in the very moment in which its turn comes
    await settle()
    await asyncio.wait_for(slots.acquire(take(3)), 1)


async def test_a_full_connection_lets_others_go_before() -> None:
    slots = Slots(10)
    narrow, wide = ConnectionId("narrow"), ConnectionId("wide")
    await slots.acquire(take(1), narrow, 1)
    waiting = asyncio.create_task(slots.acquire(take(2), narrow, 1))
    await settle()
    await asyncio.wait_for(slots.acquire(take(3), wide, 1), 1)
    assert not waiting.done()
    slots.release(take(1))
    await asyncio.wait_for(waiting, 1)


async def test_a_job_that_goes_on_counts_for_its_connection() -> None:
    slots, narrow = Slots(10), ConnectionId("narrow")
    slots.hold(take(1))  # before anybody knew whose it is
    slots.hold(take(1), narrow)
    waiting = asyncio.create_task(slots.acquire(take(2), narrow, 1))
    await settle()
    assert not waiting.done()
    slots.release(take(1))
    await asyncio.wait_for(waiting, 1)


async def test_whoever_comes_back_is_before_the_younger() -> None:
    slots = Slots(1)
    await slots.acquire(take(0))
    younger = asyncio.create_task(slots.acquire(take(2)))
    await settle()
    older = asyncio.create_task(slots.acquire(take(1)))
    await settle()
    slots.release(take(0))
    await asyncio.wait_for(older, 1)
    assert not younger.done()
    slots.release(take(1))
    await asyncio.wait_for(younger, 1)


class Clips:
    """Downloads that last until they are let go."""

    def __init__(self, downloads: Downloads) -> None:
        self._downloads = downloads
        self.coming: list[str] = []
        self._ends: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    def begin(self, name: str, connection_id: str) -> None:
        self._ends[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._come(name, ConnectionId(connection_id)))

    async def end(self, name: str) -> None:
        self._ends[name].set()
        await self.tasks[name]
        await settle()

    async def _come(self, name: str, connection_id: ConnectionId) -> None:
        async with self._downloads.of(connection_id):
            self.coming.append(name)
            await self._ends[name].wait()


async def test_a_slow_connection_leaves_room_for_others() -> None:
    clips = Clips(Downloads(count=4, of_connection=2))
    for number in range(4):
        clips.begin(f"slow {number}", "slow")
    clips.begin("good", "good")
    clips.begin("other", "other")
    clips.begin("late", "late")
    await settle()
    assert clips.coming == ["slow 0", "slow 1", "good", "other"]
    await clips.end("slow 0")
    assert clips.coming[4:] == ["late"]  # before a second one of the slow connection
    await clips.end("good")
    assert clips.coming[5:] == ["slow 2"]
    for name in ("slow 1", "slow 2", "slow 3", "other", "late"):
        await clips.end(name)


async def test_a_download_that_is_given_up_takes_no_room_along() -> None:
    clips = Clips(Downloads(count=1, of_connection=1))
    clips.begin("first", "a")
    clips.begin("second", "a")
    clips.begin("third", "b")
    await settle()
    clips.tasks["second"].cancel()  # while it waits
    await settle()
    clips.tasks["first"].cancel()  # while it comes in
    await settle()
    assert clips.coming == ["first", "third"]
    clips.begin("fourth", "a")
    await settle()
    clips.tasks["third"].cancel()
    clips.tasks["fourth"].cancel()  # in the very moment in which its turn comes
    await settle()
    clips.begin("fifth", "a")
    await settle()
    assert clips.coming[-1] == "fifth"
    await clips.end("fifth")
