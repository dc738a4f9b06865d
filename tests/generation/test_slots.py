"""How many takes are under way at once."""

from __future__ import annotations

import asyncio

import pytest

from shortdrama.domain.ids import ConnectionId, TakeId
from shortdrama.generation.slots import Slots

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
