"""Who asks about which job when: all takes of a connection share its polls.

A take says how long it would wait (`pace`) and gets the answer. The take that has been due longest
is asked about first, so none starves, and a connection is never asked more often than it allows.
Where a provider can tell of many jobs in one answer, one request stands for all of them; now and
then a single job is asked about too, since some servers' lists lag behind.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any, Protocol, cast, runtime_checkable

from shortdrama import metrics
from shortdrama.domain.ids import ConnectionId, TakeId
from shortdrama.domain.take import FailureKind
from shortdrama.errors import ProviderError, StudioError
from shortdrama.generation.ports import JobPhase, ProviderJob, Providers

POLLS_PER_SECOND = 10.0  # where a connection says nothing
_HERE_PER_SECOND = 200.0  # the engine of this process
_LIST_EVERY_S = 0.5
_LIST_PAGE = 100  # a list of more jobs counts as more requests
_LONGEST_LIST_S = 5.0  # between two looks at a list of many pages
_WORTH_A_LIST = 3
_LIST_QUICKER = 0.5  # a request that serves many may come twice as soon
_TOLD_EVERY_S = 2.0  # progress from a list, to each take, where they are a hundred or fewer
_LONGEST_S = 15.0  # without telling a take anything
# A list is on trial until it has told by itself that a job has ended: every other request asks
# about one job, so that a list that lags behind is found out within two of them.
_CHECK_LIST_EVERY_S = 10.0
_STRIKES = 2  # that a list was behind, before it is not believed
_BEHIND_S = 0.3  # at least so long after a job's own answer
_DISTRUST_S = 600.0
_AT_ONCE = 16
_BUSY_S = 2.0
_RUNNING = frozenset({JobPhase.QUEUED, JobPhase.RUNNING, JobPhase.UNKNOWN})


@runtime_checkable
class TellsOfMany(Protocol):
    """What a provider may offer beyond `Provider`."""

    async def poll_many(self, job_ids: list[str]) -> dict[str, ProviderJob]:
        """As much as its list tells of these jobs; those that it leaves out are asked about one
        by one. Raises `ProviderError(kind="unsupported")` where there is no list."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """`pace` gives the seconds from now that the take would wait."""

    take_id: TakeId
    connection_id: ConnectionId
    job_id: str
    pace: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Heard:
    job: ProviderJob
    is_listed: bool = False
    is_woken: bool = False  # somebody wanted it looked at


@dataclass(slots=True, eq=False)
class _Watch:
    question: Question
    due: float
    began: float
    answer: asyncio.Future[Heard]
    is_woken: bool = False
    is_single: bool = False  # the list does not have it
    is_asked: bool = False
    listed: ProviderJob | None = None

    def wake(self) -> None:
        self.due, self.is_woken, self.is_single = 0.0, True, True


@dataclass(frozen=True, slots=True)
class _Word:
    """What a job itself said, and its list did not: the next lists have to say it too."""

    job: ProviderJob
    at: float


@dataclass(slots=True)
class _Line:
    """One connection."""

    watches: dict[TakeId, _Watch] = field(default_factory=dict)
    nudged: asyncio.Event = field(default_factory=asyncio.Event)
    server: asyncio.Task[None] | None = None
    free_at: float = 0.0
    list_at: float = 0.0  # not before
    wish_s: float = 0.0  # of the provider, between two looks at a job
    distrusted_until: float = 0.0
    checked_at: float = 0.0  # a single job
    is_proven: bool = False  # its list
    was_listed: bool = False  # in the last request
    word: _Word | None = None
    strikes: int = 0  # lists that did not know it
    at_once: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))


class Polls:
    """Used on one event loop. `scale` shortens every pause, for tests and benches."""

    def __init__(self, providers: Providers, scale: float, alive: Callable[[], int]) -> None:
        """`alive`: how many processes ask at this time; each asks its part of what is allowed."""
        self._providers = providers
        self._scale = scale
        self._alive = alive
        self._lines: dict[ConnectionId, _Line] = {}
        self._asking: set[asyncio.Task[None]] = set()
        self._woken: set[TakeId] = set()  # while they asked nothing

    async def ask(self, question: Question) -> Heard:
        """The provider's word, once the take's pace and the others' turns allow.

        Raises:
            StudioError: The question was not answered.
        """
        line = self._lines.setdefault(question.connection_id, _Line())
        now = time.monotonic()
        future: asyncio.Future[Heard] = asyncio.get_running_loop().create_future()
        watch = _Watch(question, now + question.pace() * self._scale, now, future)
        if question.take_id in self._woken:
            self._woken.discard(question.take_id)
            watch.wake()
        line.watches[question.take_id] = watch
        line.nudged.set()
        if line.server is None or line.server.done():
            self._begin(line, question.connection_id)
        try:
            return await future
        finally:
            if line.watches.get(question.take_id) is watch:
                del line.watches[question.take_id]

    def wake(self, take_id: TakeId) -> None:
        """Ask about the take now, or as soon as it has a question."""
        self._woken.add(take_id)
        for line in self._lines.values():
            watch = line.watches.get(take_id)
            if watch is not None:
                self._woken.discard(take_id)
                watch.wake()
                line.nudged.set()

    def forget(self, take_id: TakeId) -> None:
        """It has no more questions."""
        self._woken.discard(take_id)

    def _begin(self, line: _Line, connection_id: ConnectionId) -> None:
        serving = self._serve(line, connection_id)
        line.server = asyncio.get_running_loop().create_task(serving, context=Context())

    async def _serve(self, line: _Line, connection_id: ConnectionId) -> None:
        while line.watches:
            line.nudged.clear()
            waiting = [watch for watch in line.watches.values() if not watch.is_asked]
            first = min(waiting, key=lambda watch: watch.due, default=None)
            now = time.monotonic()
            at = math.inf if first is None else max(first.due, line.free_at)
            has_list = first is not None and self._has_list(line, connection_id, len(waiting))
            if has_list and first is not None and not first.is_single:
                at = max(at, line.list_at)
            if first is None or at > now:
                await _sleep(line.nudged, at - now)
            elif has_list and not first.is_single and not _is_trial(line, now, self._scale):
                await self._ask_for_all(line, connection_id, waiting)
            else:
                await line.at_once.acquire()
                line.free_at = now + self._gap_s(connection_id)
                line.list_at = now + _LIST_EVERY_S * self._scale
                line.was_listed, line.checked_at = False, now
                first.is_asked = True
                self._keep(self._ask_for_one(line, connection_id, first))

    def _has_list(self, line: _Line, connection_id: ConnectionId, count: int) -> bool:
        """Whether there is a list that is worth asking for."""
        if count < _WORTH_A_LIST or line.distrusted_until > time.monotonic():
            return False
        try:
            return isinstance(self._providers.for_connection(connection_id), TellsOfMany)
        except StudioError:
            return False  # asked for one, the same is said to one

    async def _ask_for_one(self, line: _Line, connection_id: ConnectionId, watch: _Watch) -> None:
        try:
            provider = self._providers.for_connection(connection_id)
            metrics.POLLS.add(1, what="job")
            job = await provider.poll(watch.question.job_id)
        except StudioError as error:
            self._heed_refusal(line, error)
            _fail(watch, error)
        except Exception as error:  # noqa: BLE001 - a bug is the asker's: the line serves others
            _fail(watch, error)
        else:
            line.wish_s = job.poll_after_s or 0.0
            _note_word(line, watch, job)
            _tell(watch, Heard(job, is_woken=watch.is_woken))
        finally:
            line.at_once.release()
            line.nudged.set()

    async def _ask_for_all(
        self, line: _Line, connection_id: ConnectionId, watches: list[_Watch]
    ) -> None:
        provider = cast(TellsOfMany, self._providers.for_connection(connection_id))
        now = time.monotonic()
        pages = math.ceil(len(watches) / _LIST_PAGE)
        line.free_at = now + pages * self._gap_s(connection_id)
        usual_s = min(_LIST_EVERY_S * pages, _LONGEST_LIST_S)
        line.list_at = now + max(usual_s, line.wish_s) * self._scale
        line.was_listed = True
        metrics.POLLS.add(pages, what="list")
        try:
            asked = {watch.question.job_id for watch in watches}
            jobs = await provider.poll_many([*asked, *(_to_confirm(line) - asked)])
        except Exception as error:  # noqa: BLE001 - whatever it is, jobs are asked about singly now
            self._heed_refusal(line, error)
            is_passing = isinstance(error, ProviderError) and error.is_transient
            line.distrusted_until = now + (_BUSY_S if is_passing else _DISTRUST_S) * self._scale
            return
        self._weigh(line, now, jobs)
        for watch in watches:
            self._hear_listed(line, watch, jobs.get(watch.question.job_id))

    def _hear_listed(self, line: _Line, watch: _Watch, job: ProviderJob | None) -> None:
        """Tell a take what is news to it; for the others the list was as good as a look."""
        now = time.monotonic()
        if job is None:
            watch.is_single = True
            return
        before, watch.listed = watch.listed, job
        has_ended = job.phase not in _RUNNING
        if has_ended and before is not None and before.phase is not job.phase:
            line.is_proven = True
        waited_s = (now - watch.began) / self._scale
        has_moved = before is not None and job.progress != before.progress
        # What a take hears, its row and every page hear as well.
        often_s = _TOLD_EVERY_S * max(1.0, len(line.watches) / _LIST_PAGE)
        is_due = waited_s > max(often_s, _LONGEST_S) or (has_moved and waited_s > often_s)
        if has_ended or is_due:
            _tell(watch, Heard(job, is_listed=True))
        else:
            watch.due = now + watch.question.pace() * _LIST_QUICKER * self._scale

    def _weigh(self, line: _Line, asked_at: float, jobs: dict[str, ProviderJob]) -> None:
        """A list that does not know what a job itself said before, and again: not believed."""
        word = line.word
        if word is None or asked_at - word.at < _BEHIND_S * self._scale:
            return
        listed = jobs.get(word.job.id)
        if listed is None or listed.phase not in _RUNNING or listed.phase is word.job.phase:
            line.word = None
            return
        line.strikes += 1
        if line.strikes >= _STRIKES:
            line.word, line.is_proven = None, False
            line.distrusted_until = asked_at + _DISTRUST_S * self._scale

    def _heed_refusal(self, line: _Line, error: Exception) -> None:
        """Who is told to wait waits with all takes of the connection."""
        if not isinstance(error, ProviderError):
            return
        is_busy = error.kind == FailureKind.RATE_LIMITED
        if is_busy or error.retry_after_s:
            pause_s = min(error.retry_after_s or _BUSY_S, 900.0)
            line.free_at = max(line.free_at, time.monotonic() + pause_s * self._scale)

    def _gap_s(self, connection_id: ConnectionId) -> float:
        """Between two requests of this process."""
        if self._providers.is_free(connection_id):
            return self._scale / _HERE_PER_SECOND
        allowed = self._providers.allowance_of(connection_id).polls_per_second
        return self._scale * max(1, self._alive()) / (allowed or POLLS_PER_SECOND)

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        # Outside of the context that it is called from: a line serves takes of all kinds.
        task = asyncio.get_running_loop().create_task(work, context=Context())
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)


def _is_trial(line: _Line, now: float, scale: float) -> bool:
    """Whether a single job is asked about, to see what the list is worth."""
    is_old = now - line.checked_at >= _CHECK_LIST_EVERY_S * scale
    return is_old or (line.was_listed and not line.is_proven)


def _note_word(line: _Line, watch: _Watch, job: ProviderJob) -> None:
    """One at a time: a list that has forgotten a job costs a look through all its pages."""
    if line.word is None and watch.listed is not None and watch.listed.phase is not job.phase:
        line.word, line.strikes = _Word(job, time.monotonic()), 0


def _to_confirm(line: _Line) -> set[str]:
    return set() if line.word is None else {line.word.job.id}


def _tell(watch: _Watch, heard: Heard) -> None:
    if not watch.answer.done():
        watch.answer.set_result(heard)


def _fail(watch: _Watch, error: Exception) -> None:
    if not watch.answer.done():
        watch.answer.set_exception(error)


async def _sleep(nudged: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(None if math.isinf(seconds) else max(0.0, seconds)):
            await nudged.wait()
