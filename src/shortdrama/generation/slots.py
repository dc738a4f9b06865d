"""How many takes may be under way at once, and how many clips may come in; the others wait."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from shortdrama.domain.ids import ConnectionId, TakeId

_NOWHERE = ConnectionId("")


@dataclass(frozen=True, slots=True, eq=False)
class _Turn:
    take_id: TakeId
    connection_id: ConnectionId
    at_once: int | None
    called: asyncio.Future[None]


class Slots:
    """Used on one event loop. A take keeps its slot from its first sending to its rest.

    A take whose connection is full lets others, at other connections, go before it.
    """

    def __init__(self, count: int | None) -> None:
        """`count` of None: no limit here."""
        self._count = count
        self._held: dict[TakeId, ConnectionId | None] = {}
        self._of_connection: Counter[ConnectionId] = Counter()
        self._waiting: dict[TakeId, _Turn] = {}

    async def acquire(
        self,
        take_id: TakeId,
        connection_id: ConnectionId = _NOWHERE,
        at_once: int | None = None,
    ) -> None:
        """Wait for a slot; returns at once where the take has one.

        `at_once` is the limit of its connection.
        """
        if self._count is None or self._held.get(take_id) is not None:
            return
        if take_id in self._held:  # held before its connection was known
            self._take(take_id, connection_id)
            return
        turn = _Turn(take_id, connection_id, at_once, asyncio.get_running_loop().create_future())
        self._waiting[take_id] = turn
        self._call_next()
        try:
            await turn.called
        except asyncio.CancelledError:
            self._leave(turn)
            raise

    def hold(self, take_id: TakeId, connection_id: ConnectionId | None = None) -> None:
        """For a take that the provider has already: it goes on, whether there is room or not."""
        if self._count is not None and self._held.get(take_id) is None:
            self._take(take_id, connection_id)

    def release(self, take_id: TakeId) -> None:
        """The take is at rest; harmless where it has no slot."""
        connection_id = self._held.pop(take_id, None)
        if connection_id is not None:
            self._of_connection[connection_id] -= 1
        self._call_next()

    def _take(self, take_id: TakeId, connection_id: ConnectionId | None) -> None:
        self._held[take_id] = connection_id
        if connection_id is not None:
            self._of_connection[connection_id] += 1

    def _leave(self, turn: _Turn) -> None:
        """Give up waiting, also in the moment in which the turn came."""
        if turn.called.done() and not turn.called.cancelled():
            self.release(turn.take_id)
        elif self._waiting.get(turn.take_id) is turn:
            del self._waiting[turn.take_id]

    def _call_next(self) -> None:
        full: set[ConnectionId] = set()
        # By their ids, which rise with time: also those that come back are before all younger ones.
        for _take_id, turn in sorted(self._waiting.items()):
            if self._count is not None and len(self._held) >= self._count:
                return
            at_once = turn.at_once
            if at_once is not None and self._of_connection[turn.connection_id] >= at_once:
                full.add(turn.connection_id)
            if turn.connection_id in full:
                continue
            del self._waiting[turn.take_id]
            if not turn.called.done():
                self._take(turn.take_id, turn.connection_id)
                turn.called.set_result(None)


class Downloads:
    """Clips that come in at once: so many in all, and fewer of one connection, so that a slow one
    leaves room. Used on one event loop."""

    def __init__(self, count: int = 12, of_connection: int = 4) -> None:
        self._count = count
        self._most = of_connection
        self._held: Counter[ConnectionId] = Counter()
        self._waiting: list[tuple[ConnectionId, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def of(self, connection_id: ConnectionId) -> AsyncIterator[None]:
        """Around a download; whoever has fewest under way is next, then whoever waits longest."""
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((connection_id, called))
        self._call_next()
        try:
            await called
            yield
        finally:
            if called.done() and not called.cancelled():
                self._held[connection_id] -= 1
            elif (turn := (connection_id, called)) in self._waiting:
                self._waiting.remove(turn)
            self._call_next()

    def _call_next(self) -> None:
        while self._held.total() < self._count:
            able = [turn for turn in self._waiting if self._held[turn[0]] < self._most]
            if not able:
                return
            turn = min(able, key=lambda each: self._held[each[0]])
            self._waiting.remove(turn)
            connection_id, called = turn
            if not called.done():
                self._held[connection_id] += 1
                called.set_result(None)
