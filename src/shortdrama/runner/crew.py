"""This process among those that share the takes: it beats, takes up idle takes, and notices who is
gone. Nothing of this runs where a process is the only one.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from shortdrama.domain.ids import TakeId
from shortdrama.errors import StudioError
from shortdrama.generation.sharing import LIVES_S, Share

log = logging.getLogger(__name__)
_BEAT_EVERY_S = LIVES_S / 5
_LOOK_EVERY_S = 2.0
_AT_A_TIME = 8  # so that processes that look in the same moment get about as many each


@dataclass(frozen=True, slots=True)
class Orders:
    """What the runner does for its crew, all of it on the runner's loop."""

    begin: Callable[[TakeId], Awaitable[None]]  # a take whose lease is held now
    check_leases: Callable[[], Awaitable[None]]  # after this process was given up for dead
    forget: Callable[[list[str]], Awaitable[None]]  # what the engine keeps of dead processes


class Crew:
    """Made on any thread, entered on the runner's loop."""

    def __init__(self, share: Share, orders: Orders) -> None:
        self.share = share
        self._orders = orders
        self._loop: asyncio.AbstractEventLoop | None = None
        self._nudged = asyncio.Event()
        self._is_over = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._looking: asyncio.Task[None] | None = None
        self._errands: set[asyncio.Task[None]] = set()

    async def enter(self) -> None:
        self._loop = asyncio.get_running_loop()
        await asyncio.to_thread(self.share.enlist)
        self._heart.start()
        self._looking = self._loop.create_task(self._look())

    async def stop_looking(self) -> None:
        """Take up nothing more."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, *self._errands, return_exceptions=True)

    async def leave(self) -> None:
        """What this process held is anybody's."""
        self._is_over.set()
        if self._heart.ident is not None:
            await asyncio.to_thread(self._heart.join)
        try:
            await asyncio.to_thread(self.share.leave)
        except StudioError as error:
            log.warning("the others will notice by themselves that we left: %s", error.message)

    def nudge(self) -> None:
        """Look for takes now. On the runner's loop."""
        self._nudged.set()

    async def drop(self, take_id: TakeId) -> None:
        """A take is at rest. Where it cannot be told, the lease ends with this process."""
        for pause_s in (0.0, 1.0, 5.0, 20.0):
            await asyncio.sleep(pause_s)
            with suppress(StudioError):
                await asyncio.to_thread(self.share.drop, take_id)
                return
        log.warning("take %s stays leased to this process", take_id)

    async def _look(self) -> None:
        while True:
            self._nudged.clear()
            if await self._take_up() < _AT_A_TIME:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_EVERY_S):
                        await self._nudged.wait()

    async def _take_up(self) -> int:
        try:
            found = await asyncio.to_thread(self.share.pick, _AT_A_TIME)
        except Exception as error:  # noqa: BLE001 - the worker boundary; soon once more
            log.warning("takes to be made were not looked at: %s", type(error).__name__)
            return 0
        for take_id in found:
            try:
                await self._orders.begin(take_id)
            except Exception as error:  # noqa: BLE001 - as above
                log.warning("take %s was not begun: %s", take_id, type(error).__name__)
                await self.drop(take_id)
        return len(found)

    def _beat(self) -> None:
        """A thread of its own: a busy loop is no dead process."""
        steady_since: float | None = None
        while not self._is_over.wait(_BEAT_EVERY_S):
            try:
                is_known = self.share.beat()
                steady_since = steady_since or time.monotonic()
                # Only who could beat all the while may say that another one could not: while the
                # database was away nobody could.
                if time.monotonic() - steady_since >= LIVES_S:
                    self._bury()
            except Exception as error:  # noqa: BLE001 - a heart that stops takes everything along
                log.warning("this process could not say that it lives: %s", type(error).__name__)
                steady_since = None
                continue
            if not is_known:
                log.warning("the others had given this process up; it looks what is still its own")
                self._run(self._orders.check_leases())

    def _bury(self) -> None:
        gone = self.share.bury()
        if gone:
            log.warning("gone without a word: %s; others go on with their takes", ", ".join(gone))
            self._run(self._orders.forget(gone))

    def _run(self, errand: Awaitable[None]) -> None:
        if self._loop is not None and self._loop.is_running():
            self._loop.call_soon_threadsafe(self._begin_errand, errand)

    def _begin_errand(self, errand: Awaitable[None]) -> None:
        task = asyncio.ensure_future(_quietly(errand))
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)
        self._nudged.set()


async def _quietly(errand: Awaitable[None]) -> None:
    try:
        await errand
    except Exception as error:  # noqa: BLE001 - the worker boundary
        log.warning("a look at what changed failed: %s", type(error).__name__)
