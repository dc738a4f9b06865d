"""Wakes everybody who listens when something has been committed.

The hub holds no events: it remembers the newest id and lets each listener read the log from
where it stands, so a slow or returning listener misses nothing.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime

from shortdrama.state.ports import Event

ReadEvents = Callable[[int, int], list[Event]]
ReadBounds = Callable[[], tuple[int, int]]
BATCH = 500


class EventHub:
    """Fan-out of committed events to any number of listeners on any event loop.

    Args:
        read: `(after id, limit)` → events, oldest first.
        bounds: → `(oldest id kept, newest id)`; zeros where there is none.
    """

    def __init__(self, read: ReadEvents, bounds: ReadBounds) -> None:
        self._read = read
        self._bounds = bounds
        self._lock = threading.Lock()
        self._wakers: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        self._is_closed = False

    def publish(self, newest_id: int) -> None:  # noqa: ARG002 - the log is the truth
        """Called after a commit, from any thread."""
        with self._lock:
            wakers = list(self._wakers.items())
        for waker, loop in wakers:
            if not loop.is_closed():
                loop.call_soon_threadsafe(waker.set)

    def close(self) -> None:
        """End every stream."""
        self._is_closed = True
        self.publish(0)

    async def listen(self, last_event_id: int | None, beat_s: float) -> AsyncIterator[Event | None]:
        """Events after `last_event_id` (from now on if None); None as a heartbeat.

        Yields one `resync` event first where the log no longer reaches back that far, or the
        id is not of this log.
        """
        waker = asyncio.Event()
        with self._lock:
            self._wakers[waker] = asyncio.get_running_loop()
        try:
            async for event in self._follow(waker, last_event_id, beat_s):
                yield event
        finally:
            with self._lock:
                self._wakers.pop(waker, None)

    async def _follow(
        self, waker: asyncio.Event, last_event_id: int | None, beat_s: float
    ) -> AsyncIterator[Event | None]:
        oldest, newest = await asyncio.to_thread(self._bounds)
        position = newest if last_event_id is None else last_event_id
        if position > newest or position < oldest - 1:
            position = newest
            yield Event(id=newest, kind="resync", data={}, created_at=datetime.now(UTC))
        while not self._is_closed:
            waker.clear()
            events = await asyncio.to_thread(self._read, position, BATCH)
            for event in events:
                position = event.id
                yield event
            if not events and not await _woken(waker, beat_s):
                yield None


async def _woken(waker: asyncio.Event, within_s: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await waker.wait()
    return waker.is_set()
