"""How many takes may be under way at once; the others wait their turn, oldest first."""

from __future__ import annotations

import asyncio
from collections import deque

from shortdrama.domain.ids import TakeId


class Slots:
    """Used on one event loop. A take keeps its slot from its first sending to its rest."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._held: set[TakeId] = set()
        self._waiting: deque[tuple[TakeId, asyncio.Future[None]]] = deque()

    async def acquire(self, take_id: TakeId) -> None:
        """Wait for a slot; returns at once where the take has one."""
        if take_id in self._held:
            return
        if len(self._held) < self._count and not self._waiting:
            self._held.add(take_id)
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((take_id, turn))
        try:
            await turn
        except asyncio.CancelledError:
            self._leave(take_id, turn)
            raise

    def hold(self, take_id: TakeId) -> None:
        """For a take that the provider has already: it goes on, whether there is room or not."""
        self._held.add(take_id)

    def release(self, take_id: TakeId) -> None:
        """The take is at rest; harmless where it has no slot."""
        self._held.discard(take_id)
        self._call_next()

    def _leave(self, take_id: TakeId, turn: asyncio.Future[None]) -> None:
        """Give up waiting, also in the moment in which the turn came."""
        if not turn.cancelled() and turn.done():
            self.release(take_id)
        elif (take_id, turn) in self._waiting:
            self._waiting.remove((take_id, turn))

    def _call_next(self) -> None:
        while self._waiting and len(self._held) < self._count:
            take_id, turn = self._waiting.popleft()
            if not turn.done():
                self._held.add(take_id)
                turn.set_result(None)
