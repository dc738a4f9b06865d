"""Sleeps that end early when somebody wants the take looked at now."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

from shortdrama.domain.ids import TakeId


class Pauses:
    """Used on one event loop. `scale` shortens every pause, for tests and benches."""

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale
        self._calls: dict[TakeId, set[asyncio.Event]] = defaultdict(set)
        self._is_closing = False
        self._busy = 0
        self._idle = asyncio.Event()

    async def sleep(self, take_id: TakeId, seconds: float) -> bool:
        """At most this long. True where `wake` made it shorter."""
        return await self._sleep(take_id, seconds * self.scale)

    async def sleep_until(self, take_id: TakeId, moment: datetime) -> bool:
        """As `sleep`, to a time that was told by `after`."""
        return await self._sleep(take_id, (moment - datetime.now(UTC)).total_seconds())

    def after(self, seconds: float) -> datetime:
        """The end of a pause that begins now."""
        return datetime.now(UTC) + timedelta(seconds=seconds * self.scale)

    async def _sleep(self, take_id: TakeId, seconds: float) -> bool:
        call = asyncio.Event()
        self._calls[take_id].add(call)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await call.wait()
            return call.is_set()
        finally:
            self._calls[take_id].discard(call)
            if not self._calls[take_id]:
                del self._calls[take_id]

    def wake(self, take_id: TakeId) -> None:
        for call in self._calls.get(take_id, ()):
            call.set()

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[None]:
        """Around a paid call, from its intent to its outcome, so that a stop can let it end.

        While the studio is stopping this waits for ever: what is queued goes on at the next start.
        """
        if self._is_closing:
            await asyncio.Event().wait()
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1
            if not self._busy:
                self._idle.set()

    async def drain(self, seconds: float) -> None:
        """Send nothing new, and give the calls under way this long to end."""
        self._is_closing = True
        self._idle.clear()
        if self._busy:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._idle.wait()
