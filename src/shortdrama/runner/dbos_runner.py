"""The runner on DBOS: one workflow a take, one event loop in one thread for all of them."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from shortdrama.domain.ids import TakeId
from shortdrama.errors import SetupProblem
from shortdrama.generation.life import Life
from shortdrama.generation.phases import Phase
from shortdrama.generation.sharing import Share, read_call, tell
from shortdrama.logs import about_take
from shortdrama.runner import engine
from shortdrama.runner.backlog import Backlog
from shortdrama.runner.crew import Crew, Orders

log = logging.getLogger(__name__)
_START_TIMEOUT_S = 30.0
_DRAIN_S = 15.0
_MOST_BEGUN = 128
_JOIN_S = 10.0
_LOOK_EVERY_S = 30.0
_KEPT = timedelta(days=1)
_FORGET_EVERY_S = 3600.0
# More than the downloads that may stand still at once: paid calls are written down meanwhile.
_THREADS = 24
_in_use = threading.Lock()  # DBOS is one in a process
T = TypeVar("T")


class DbosRunner:
    """Satisfies `generation.ports.Runner`: opened before takes are ordered, closed at the end."""

    def __init__(
        self,
        life: Life,
        url: str,
        look_every_s: float = _LOOK_EVERY_S,
        share: Share | None = None,
        most_begun: int = _MOST_BEGUN,
    ) -> None:
        """Start nothing yet.

        Args:
            life: belongs to this runner from now on, and is closed by it.
            url: where DBOS keeps its own rows: `sqlite:///<file>` or `postgresql://…`.
            look_every_s: between two looks for takes that nobody works on.
            share: this process's part of the work, where there are several processes.
            most_begun: queued takes of one connection that have a life; more than may be under way.
        """
        self._life = life
        self._look_every_s = look_every_s
        self._url = url.replace("postgresql://", "postgresql+psycopg://", 1)
        # Stable over restarts where the process is the only one.
        self._worker_id = share.worker_id if share is not None else "studio"
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._running: dict[TakeId, str] = {}  # to the id of its workflow
        self._checking: set[TakeId] = set()  # a person asked to look for their jobs
        self._asked: set[TakeId] = set()  # started while they were still running
        self._resuming: set[TakeId] = set()  # those, once they have come to rest
        self._tasks: set[asyncio.Task[None]] = set()
        self._lives: dict[TakeId, asyncio.Task[Any]] = {}
        orders = Orders(self._begin_leased, self._check_leases, self._forget)
        self._crew = Crew(share, orders) if share is not None else None
        self._backlog = Backlog(most_begun)
        self._is_stopping = False

    def open(self) -> None:
        """Start the loop and DBOS, and go on with every take that is under way. Blocks shortly.

        Raises:
            SetupProblem: Another studio runs in this process.
        """
        if not _in_use.acquire(blocking=False):
            raise SetupProblem("Another studio is already running in this process.")
        loop = asyncio.new_event_loop()
        self._loop = loop
        is_running = threading.Event()
        loop.call_soon(is_running.set)
        self._thread = threading.Thread(target=self._serve, args=(loop,), name="takes", daemon=True)
        self._thread.start()
        is_running.wait(_START_TIMEOUT_S)  # on a busy machine the thread is a moment late
        try:
            self._on_loop(self._launch())
        except BaseException:
            engine.destroy()
            self._stop_loop()
            _in_use.release()
            raise

    def close(self) -> None:
        """Stop; takes under way go on at the next start. Blocks until paid calls are answered."""
        if self._loop is None:
            return
        try:
            self._on_loop(self._wind_down(), timeout_s=_DRAIN_S + _JOIN_S)
            engine.destroy()
        finally:
            self._stop_loop()
            _in_use.release()

    def start(self, take_id: TakeId) -> None:
        """Go on with the take; returns when that is recorded. A running take is looked at now.

        While the studio stops nothing is started: its next start finds the take by its row.
        """
        if self._crew is not None:
            tell(self._crew.share, take_id)
        elif self._loop is not None and self._loop.is_running():
            self._on_loop(self._start(take_id))

    def wake(self, take_id: TakeId) -> None:
        """Look at the take now instead of after its pause."""
        if self._crew is not None:
            tell(self._crew.share, take_id)
        elif self._loop is not None:
            self._loop.call_soon_threadsafe(self._life.wake, take_id)

    def hear(self, word: str) -> None:
        """What a process said through `Share.call`; from any thread."""
        loop = self._loop
        if self._crew is not None and loop is not None and loop.is_running():
            loop.call_soon_threadsafe(self._heed, word)

    def running(self) -> set[TakeId]:
        """Takes that are being worked on in this process just now."""
        return set(self._running)

    def is_checking(self, take_id: TakeId) -> bool:
        """Whether an uncertain take's job is being looked for, or will be in a moment."""
        if any(take_id in some for some in (self._checking, self._asked, self._resuming)):
            return True
        # An uncertain take that some process holds is being looked for.
        return self._crew is not None and self._crew.share.is_held(take_id)

    async def _launch(self) -> None:
        engine.launch(self._url, self._worker_id, self._live)
        await engine.forget_finished(datetime.now(UTC) - _KEPT)
        self._keep(self._forget_finished())
        if self._crew is not None:
            await self._crew.enter()
            return
        self._keep(self._take_up())

    async def _take_up(self) -> None:
        """Go on with what is under way, beside whatever is ordered meanwhile."""
        try:
            await self._start_active()
        except Exception as error:  # noqa: BLE001 - the worker boundary; found idle soon
            log.warning("takes under way were not all taken up: %s", type(error).__name__)
        await self._look_for_idle()

    async def _start_active(self) -> None:
        """One after another: first what a provider has, then the queue, oldest first."""
        # DBOS begins again what it knows; a take that it lost is started here.
        known = {workflow_id.partition(".")[0] for workflow_id in await engine.live_workflows()}
        active, queued = await self._life.active_takes(), await self._life.queued_takes()
        for take_id in known & queued.keys():
            self._backlog.note(TakeId(take_id), queued[TakeId(take_id)])
        unknown = [take_id for take_id in active if take_id not in known]
        for take_id in sorted(unknown, key=queued.__contains__):
            if take_id in self._running:
                continue
            if take_id not in queued or self._backlog.may_begin(take_id, queued[take_id]):
                await self._begin(take_id)

    async def _forget_finished(self) -> None:
        """What the engine keeps of takes at rest, now and then."""
        while not self._is_stopping:
            await asyncio.sleep(_FORGET_EVERY_S)
            try:
                while await engine.forget_finished(datetime.now(UTC) - _KEPT):
                    log.debug("the engine forgot takes that are at rest")
            except Exception as error:  # noqa: BLE001 - the worker boundary; later once more
                log.warning("takes at rest were not forgotten: %s", type(error).__name__)

    async def _look_for_idle(self) -> None:
        """Start takes that are under way in their rows only, as after trouble with the engine."""
        idle: set[TakeId] = set()
        while not self._is_stopping:
            await asyncio.sleep(self._look_every_s)
            try:
                idle = await self._start_idle(idle)
            except Exception as error:  # noqa: BLE001 - the worker boundary; soon once more
                log.warning("takes under way were not looked at: %s", type(error).__name__)

    async def _start_idle(self, idle_before: set[TakeId]) -> set[TakeId]:
        """Those found idle twice running: one found once may be about to be started."""
        active = await self._life.active_takes()
        idle = {take_id for take_id in active if take_id not in self._running}
        idle = {take_id for take_id in idle if take_id not in self._backlog}
        for take_id in active:
            if take_id in idle & idle_before and take_id not in self._running:
                log.warning("take %s goes on; nobody was working on it", take_id)
                await self._start(take_id)
        return idle - self._running.keys()

    async def _start(self, take_id: TakeId) -> None:
        if not await self._may_begin(take_id):
            return  # its row waits for its turn
        if take_id in self._running:
            self._asked.add(take_id)
            self._life.wake(take_id)
            return
        await self._begin(take_id)

    async def _may_begin(self, take_id: TakeId) -> bool:
        if self._crew is not None or take_id in self._running:
            return True
        connection_id = await self._life.queue_of(take_id)
        if connection_id is None:
            self._backlog.drop(take_id)
            return True
        return self._backlog.may_begin(take_id, connection_id)

    async def _begin(self, take_id: TakeId) -> None:
        workflow_id = f"{take_id}.{time.time_ns()}"
        self._running[take_id] = workflow_id
        try:
            phase = await self._life.first_phase(take_id)
            if phase is Phase.RECONCILE:
                self._checking.add(take_id)
            if phase is not None:
                await engine.start(workflow_id, take_id, phase.value)
                return
        except BaseException:
            self._running.pop(take_id, None)
            self._checking.discard(take_id)
            self._begin_following(take_id)
            raise
        self._rest(take_id)

    async def _live(self, workflow_id: str, take_id_text: str, first_phase: str) -> None:
        """The workflow: phase after phase, each a step that is not repeated once it is over."""
        take_id = TakeId(take_id_text)
        is_again = take_id not in self._running  # by DBOS, at a start
        if self._running.setdefault(take_id, workflow_id) != workflow_id:
            return  # begun again after a crash, while a person had already started another one
        self._note_life(take_id)
        try:
            phase: str | None = first_phase
            if phase == Phase.RECONCILE:
                self._checking.add(take_id)
            while phase is not None:
                phase = await engine.run_step(phase, self._run_phase, phase, take_id)
        finally:
            self._rest(take_id)
        if is_again and self._crew is None and not self._is_stopping:
            self._keep(self._go_on(take_id))

    async def _go_on(self, take_id: TakeId) -> None:
        """Its row may say more than the steps that were over before the last end of the studio."""
        if await self._life.first_phase(take_id) not in {None, Phase.RECONCILE}:
            await self._start(take_id)

    def _rest(self, take_id: TakeId) -> None:
        """The take is at rest, unless a person has reopened it in this very moment."""
        self._running.pop(take_id, None)
        self._lives.pop(take_id, None)
        self._checking.discard(take_id)
        self._begin_following(take_id)
        if take_id not in self._asked or self._is_stopping:
            self._let_go(take_id)
            return
        self._resuming.add(take_id)
        self._asked.discard(take_id)
        self._keep(self._resume(take_id))

    async def _resume(self, take_id: TakeId) -> None:
        try:
            await self._start(take_id)
        finally:
            self._resuming.discard(take_id)

    def _begin_following(self, take_id: TakeId) -> None:
        """There is room for one more of the queue."""
        following = self._backlog.end(take_id)
        if following is not None and not self._is_stopping and following not in self._running:
            self._keep(self._begin(following))

    def _let_go(self, take_id: TakeId) -> None:
        """Another process may go on with the take, and there may be room for another take."""
        if self._crew is not None and not self._is_stopping:
            self._keep(self._drop(take_id))

    async def _drop(self, take_id: TakeId) -> None:
        if self._crew is not None:
            await self._crew.drop(take_id)
            self._crew.nudge()

    def _note_life(self, take_id: TakeId) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._lives[take_id] = task

    def _heed(self, word: str) -> None:
        call = read_call(word)
        if call is None or self._crew is None or self._is_stopping:
            return
        if call.take_id in self._running:
            self._asked.add(call.take_id)
            self._life.wake(call.take_id)
        elif call.is_check:
            self._keep(self._check(call.take_id))
        else:
            self._crew.nudge()

    async def _check(self, take_id: TakeId) -> None:
        """Look for the job of an uncertain take, unless another process does."""
        if self._crew is None or not await asyncio.to_thread(self._crew.share.lease, take_id):
            return
        if await self._life.first_phase(take_id) is Phase.RECONCILE:
            await self._begin_leased(take_id)
        else:
            await self._drop(take_id)

    async def _begin_leased(self, take_id: TakeId) -> None:
        if take_id not in self._running:
            await self._start(take_id)

    async def _check_leases(self) -> None:
        """Others took this process for dead: what they go on with is not its own any more."""
        if self._crew is None:
            return
        for take_id in list(self._running):
            is_mine = await asyncio.to_thread(self._crew.share.lease, take_id)
            life = self._lives.get(take_id)
            # An answer that is paid for is waited for in any case, and written down.
            if not is_mine and life is not None and not self._life.is_sending(take_id):
                life.cancel()

    async def _forget(self, worker_ids: list[str]) -> None:
        await engine.forget_workers(worker_ids)

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        """Run beside everything else, outside of the workflow that it may be called from."""
        task = asyncio.get_running_loop().create_task(work, context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run_phase(self, phase: str, take_id: TakeId) -> str | None:
        with about_take(take_id):
            log.info("take %s: %s", take_id, phase)
            try:
                return _text(await self._life.run(Phase(phase), take_id))
            except Exception as error:
                # The worker boundary: a bug ends one take, in words, and no other.
                log.exception("take %s failed in %s", take_id, phase)
                await self._life.give_up(take_id, error)
                return None

    async def _wind_down(self) -> None:
        self._is_stopping = True
        if self._crew is not None:
            await self._crew.stop_looking()
        await self._life.drain(_DRAIN_S)
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._life.close()
        if self._crew is not None:
            await engine.forget_workers([self._worker_id])
            await self._crew.leave()

    def _on_loop(self, work: Coroutine[Any, Any, T], timeout_s: float = _START_TIMEOUT_S) -> T:
        if self._loop is None or not self._loop.is_running():
            work.close()
            raise SetupProblem("The studio is stopping; takes begin again at its next start.")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout_s)

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        loop.set_default_executor(ThreadPoolExecutor(_THREADS, "takes"))
        try:
            loop.run_forever()
        finally:
            loop.close()

    def _stop_loop(self) -> None:
        loop, self._loop = self._loop, None
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(loop.stop)
        if self._thread is not None:
            self._thread.join(_JOIN_S)


def _text(phase: Phase | None) -> str | None:
    return None if phase is None else phase.value
