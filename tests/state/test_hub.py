"""The event stream: nothing is missed, nothing comes twice, whatever happens in between."""

from __future__ import annotations

import anyio
import pytest

from shortdrama.state.hub import EventHub
from shortdrama.state.ports import Event
from shortdrama.storage.db.database import Database

pytestmark = pytest.mark.anyio
BEAT_S = 5.0


def hub_of(records: Database) -> EventHub:
    def read(after: int, limit: int) -> list[Event]:
        with records.read() as tx:
            return tx.events.after(after, limit)

    def bounds() -> tuple[int, int]:
        with records.read() as tx:
            return tx.events.oldest_id(), tx.events.newest_id()

    hub = EventHub(read, bounds)
    records.on_commit = hub.publish
    return hub


def append(records: Database, *kinds: str) -> None:
    with records.begin() as tx:
        for kind in kinds:
            tx.events.append(kind, {})


async def take(hub: EventHub, last_event_id: int | None, count: int) -> list[str]:
    kinds: list[str] = []
    with anyio.fail_after(BEAT_S):
        stream = hub.listen(last_event_id, BEAT_S)
        async for event in stream:
            if event is not None:
                kinds.append(event.kind)
            if len(kinds) == count:
                break
        await stream.aclose()  # type: ignore[attr-defined]
    return kinds


async def test_missed_events_are_replayed_in_order(records: Database) -> None:
    hub = hub_of(records)
    append(records, "a", "b", "c")
    assert await take(hub, 1, 2) == ["b", "c"]


async def test_a_listener_hears_what_is_committed_from_another_thread(records: Database) -> None:
    hub = hub_of(records)
    append(records, "old")
    heard: list[str] = []
    async with anyio.create_task_group() as tasks:

        async def listen() -> None:
            heard.extend(await take(hub, 1, 3))

        tasks.start_soon(listen)
        await anyio.to_thread.run_sync(append, records, "x")
        await anyio.to_thread.run_sync(append, records, "y", "z")
    assert heard == ["x", "y", "z"]


async def test_an_id_from_too_long_ago_gets_a_resync(records: Database) -> None:
    hub = hub_of(records)
    append(records, *"abcdef")
    with records.begin() as tx:
        tx.events.prune(keep=2)
    assert await take(hub, 2, 1) == ["resync"]
    assert await take(hub, 4, 2) == ["e", "f"]


async def test_an_id_of_another_studio_gets_a_resync(records: Database) -> None:
    hub = hub_of(records)
    append(records, "a")
    assert await take(hub, 99, 1) == ["resync"]


async def test_a_quiet_stream_beats_and_a_closed_one_ends(records: Database) -> None:
    hub = hub_of(records)
    stream = hub.listen(None, 0.01)
    with anyio.fail_after(BEAT_S):
        assert await anext(stream) is None
        hub.close()
        assert [event async for event in stream if event is not None] == []
