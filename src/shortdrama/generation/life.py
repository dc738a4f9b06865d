"""A take's life, phase by phase, without any engine: a runner calls `run` until it says None.

Every phase begins with the row as it is now and may be run again at any time: what has happened
is told by the row and by the intent of each paid call, never by where the program stood.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from shortdrama.domain.ids import ConnectionId, TakeId
from shortdrama.domain.take import ACTIVE, TakeStatus
from shortdrama.generation import failures
from shortdrama.generation.fetch import fetch
from shortdrama.generation.finish import finish
from shortdrama.generation.held_up import has_waited_for_key
from shortdrama.generation.patience import outlast
from shortdrama.generation.phases import Phase, Tools, phase_of
from shortdrama.generation.sharing import GivenUp
from shortdrama.generation.submit import reconcile, submit
from shortdrama.generation.wait import wait

log = logging.getLogger(__name__)
_PHASES = {
    Phase.SUBMIT: submit,
    Phase.WAIT: wait,
    Phase.FETCH: fetch,
    Phase.FINISH: finish,
    Phase.RECONCILE: reconcile,
}
_UNSENT = frozenset({Phase.SUBMIT, Phase.RECONCILE})
_UNPAID = frozenset({TakeStatus.QUEUED})


class Life:
    """Lives on one event loop, that of its runner."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def first_phase(self, take_id: TakeId) -> Phase | None:
        """Where to begin; an uncertain take is only begun when a person asked to look."""
        take = await asyncio.to_thread(self._tools.journal.get, take_id)
        if take is not None and take.status is TakeStatus.UNCERTAIN:
            return Phase.RECONCILE
        return phase_of(take)

    async def run(self, phase: Phase, take_id: TakeId) -> Phase | None:
        """One phase; the next one, or None where the life ends or a person must decide."""
        slots = self._tools.slots
        if phase not in _UNSENT:
            slots.hold(take_id)
        following = None
        try:
            if phase is Phase.FETCH:
                await self._wait_for_key(take_id)
            following = await self._run_patiently(phase, take_id)
        except GivenUp:
            log.debug("take %s is left to whoever may go on with it", take_id)
        finally:
            if following is None:
                slots.release(take_id)
                self._tools.polls.forget(take_id)
                self._tools.finished.pop(take_id, None)
        return following

    async def _wait_for_key(self, take_id: TakeId) -> None:
        """Before a clip is fetched: it stays at its provider until there is a key to ask with."""
        while True:
            take = await asyncio.to_thread(self._tools.journal.get, take_id)
            if take is None or phase_of(take) is not Phase.FETCH:
                return
            if not await has_waited_for_key(self._tools, take):
                return

    async def _run_patiently(self, phase: Phase, take_id: TakeId) -> Phase | None:
        """While the records or the disk take nothing, the take stays as it is and loses nothing."""
        work = partial(_PHASES[phase], self._tools, take_id)
        return await outlast(self._tools.pauses, take_id, work)

    def is_sending(self, take_id: TakeId) -> bool:
        """Whether its paid call is under way in this process."""
        return take_id in self._tools.sending

    async def give_up(self, take_id: TakeId, error: Exception) -> None:
        """A bug ended a phase: say so on the take instead of leaving it for ever."""
        take = await asyncio.to_thread(self._tools.journal.get, take_id)
        if take is None or not take.is_active:
            return
        may_be_charged = take.status not in _UNPAID
        failure = failures.studio_fault(type(error).__name__, may_be_charged=may_be_charged)
        await asyncio.to_thread(self._tools.journal.fail, take_id, failure)

    async def active_takes(self) -> list[TakeId]:
        """Takes that need a runner, oldest first."""
        return await asyncio.to_thread(self._active)

    async def queued_takes(self) -> dict[TakeId, ConnectionId]:
        """Of the active ones those that are not sent yet, oldest first, and where they will be."""
        return await asyncio.to_thread(self._queued)

    async def queue_of(self, take_id: TakeId) -> ConnectionId | None:
        """Where a take will be sent; None where it is not queued."""
        take = await asyncio.to_thread(self._tools.journal.get, take_id)
        is_queued = take is not None and take.status is TakeStatus.QUEUED
        return take.request.connection_id if take is not None and is_queued else None

    def wake(self, take_id: TakeId) -> None:
        """Look now instead of after the current pause. On the life's own loop."""
        self._tools.pauses.wake(take_id)
        self._tools.polls.wake(take_id)

    async def drain(self, seconds: float) -> None:
        """Send nothing new; calls under way get this long to be answered."""
        await self._tools.pauses.drain(seconds)

    async def close(self) -> None:
        await self._tools.providers.close()

    def _queued(self) -> dict[TakeId, ConnectionId]:
        with self._tools.records.read() as tx:
            queued = tx.takes.with_status(_UNPAID)
        return {take.id: take.request.connection_id for take in queued}

    def _active(self) -> list[TakeId]:
        with self._tools.records.read() as tx:
            return [take.id for take in tx.takes.with_status(ACTIVE)]
