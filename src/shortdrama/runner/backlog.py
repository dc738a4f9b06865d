"""Queued takes whose turn is far away: their rows wait, without a workflow each.

A life costs about a tenth of a megabyte, and a queue may hold ten thousand takes.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict

from shortdrama.domain.ids import ConnectionId, TakeId


class Backlog:
    """So many takes of each connection are begun; the others follow, oldest first, as these end.

    By connection, so that a full one keeps nobody else waiting. Used on one event loop.
    """

    def __init__(self, most_begun: int) -> None:
        """`most_begun` of a connection: more than may be under way, so that there is always one
        that waits for a slot, and nobody younger gets it."""
        self._most_begun = most_begun
        self._places: dict[TakeId, ConnectionId] = {}  # of takes that are begun
        self._begun: defaultdict[ConnectionId, int] = defaultdict(int)
        self._waiting: defaultdict[ConnectionId, list[TakeId]] = defaultdict(list)

    def may_begin(self, take_id: TakeId, connection_id: ConnectionId) -> bool:
        """True: it counts as begun from now on. False: `end` gives it back once it may."""
        waiting = self._waiting[connection_id]
        if take_id in self._places:
            return True
        if self._begun[connection_id] < self._most_begun and (not waiting or take_id <= waiting[0]):
            self.note(take_id, connection_id)
            return True
        if take_id not in self:
            insort(waiting, take_id)
        return False

    def note(self, take_id: TakeId, connection_id: ConnectionId) -> None:
        """It is begun, whether there is room or not."""
        if take_id not in self._places:
            self._places[take_id] = connection_id
            self._begun[connection_id] += 1

    def end(self, take_id: TakeId) -> TakeId | None:
        """A take is at rest, harmless where it was never begun; the one that may begin for it."""
        connection_id = self._places.pop(take_id, None)
        if connection_id is None:
            return None
        self._begun[connection_id] -= 1
        waiting = self._waiting[connection_id]
        if not waiting or self._begun[connection_id] >= self._most_begun:
            return None
        following = waiting.pop(0)
        self.note(following, connection_id)
        return following

    def drop(self, take_id: TakeId) -> None:
        """It is not queued any more; harmless where it does not wait here."""
        for waiting in self._waiting.values():
            if _holds(waiting, take_id):
                waiting.remove(take_id)

    def __contains__(self, take_id: TakeId) -> bool:
        """Whether it waits to be begun."""
        return any(_holds(waiting, take_id) for waiting in self._waiting.values())


def _holds(waiting: list[TakeId], take_id: TakeId) -> bool:
    place = bisect_left(waiting, take_id)
    return place < len(waiting) and waiting[place] == take_id
