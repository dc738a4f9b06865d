"""Wait: ask the provider how the job is until it is over. A failed poll never fails a take."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from shortdrama.domain.here import is_here
from shortdrama.domain.ids import TakeId
from shortdrama.domain.take import FailureKind, Take, TakeStatus
from shortdrama.domain.waiting import KEY_REFUSED, Pace, corrected_s, no_answer, unknown_word
from shortdrama.errors import ProviderError, StudioError
from shortdrama.generation import chronicle, failures
from shortdrama.generation.cadence import Watch, next_poll_s
from shortdrama.generation.held_up import has_waited_for_key, show_word
from shortdrama.generation.journal import Progress
from shortdrama.generation.phases import Phase, Tools, phase_of
from shortdrama.generation.polls import Question
from shortdrama.generation.ports import Bill, JobPhase, Provider, ProviderJob

_S = TakeStatus
_WAITING = frozenset({_S.GENERATING, _S.CANCELLING})
_CANCEL_TRIES = 3
_RUNNING = frozenset({JobPhase.QUEUED, JobPhase.RUNNING, JobPhase.UNKNOWN})
_READ_EVERY_S = 30.0  # who changes a row wakes its take; this is for a word that was lost
_JUST_SENT_S = 2.0
_FIRST_LOOK_S = 1.0
_MISSES = 3  # 404s in a row before a job counts as gone, 401s before a person hears of it
_WORD_CHARS = 200


@dataclass(slots=True)
class _Vigil:
    """What one run of this phase remembers; a restart begins a new one."""

    take: Take
    job_id: str
    is_free: bool
    asked_s: float | None  # by the provider, until the next look
    expected_s: float | None  # the quickest that history tells; polls go by it
    began: float
    first_s: float | None  # what was expected when it was sent; what is told goes by it
    least_s: float = 0.0  # between two polls, as the vendor documents
    told_s: float | None = None  # what was told last
    idle_s: float = 0.0  # before its progress began to move
    failed_polls: int = 0
    misses: int = 0
    refusals: int = 0  # of the key, in a row
    strange: int = 0  # words that nobody here knows, in a row
    cancels: int = 0
    looks: int = 0
    read_at: float = field(default_factory=time.monotonic)  # its row
    asked_at: float = 0.0  # the question that is under way
    progress: int | None = None
    bill: Bill | None = None  # written last
    moved_at: float = field(default_factory=time.monotonic)  # its progress

    @property
    def elapsed_s(self) -> float:
        sent = self.take.submitted_at
        return (datetime.now(UTC) - sent).total_seconds() if sent else 0.0

    def pace(self) -> float:
        """Seconds from now.

        The first look comes early, however long the job may take and unless its provider wishes
        otherwise: what is refused is often refused at once. A job that was not sent just now is
        looked at at once.
        """
        usual = next_poll_s(self.watch, random.random)
        if self.looks or self.failed_polls:
            return usual
        if self.elapsed_s > _JUST_SENT_S:
            return 0.0
        return min(usual, _FIRST_LOOK_S) if self.asked_s is None else usual

    @property
    def watch(self) -> Watch:
        return Watch(
            self.elapsed_s,
            self.expected_s,
            self.asked_s,
            self.take.progress,
            time.monotonic() - self.moved_at,
            self.failed_polls,
            self.is_free,
            self.least_s,
        )


async def wait(tools: Tools, take_id: TakeId) -> Phase | None:
    """Until the job has ended, its deadline is over, or a person cancelled it."""
    take = await asyncio.to_thread(tools.journal.get, take_id)
    if take is None or take.status not in _WAITING or take.provider_job_id is None:
        return phase_of(take)
    # Under way already, whether there is room or not.
    tools.slots.hold(take_id, take.request.connection_id)
    vigil = await asyncio.to_thread(_begin, tools, take, take.provider_job_id)
    if is_here(vigil.job_id):
        return phase_of(await _succeed(tools, vigil, ProviderJob(vigil.job_id, JobPhase.SUCCEEDED)))
    while True:
        ended = await _look(tools, vigil)
        if ended is not None:
            return phase_of(ended)


def _begin(tools: Tools, take: Take, job_id: str) -> _Vigil:
    request = take.request
    with tools.records.read() as tx:
        runs = tx.takes.recent_runs(request.model, request.connection_id)
    history = [run.duration_s for run in runs if run.seconds == request.seconds]
    # The quickest of them: looking a little too early costs a poll, too late costs a person's time.
    expected_s = min(history) if history else take.estimate_s
    is_free = tools.providers.is_free(request.connection_id)
    least_s = tools.providers.allowance_of(request.connection_id).poll_every_s
    began, asked_s = time.monotonic(), tools.wishes.pop(take.id, None)
    return _Vigil(take, job_id, is_free, asked_s, expected_s, began, take.estimate_s, least_s)


async def _look(tools: Tools, vigil: _Vigil) -> Take | None:
    """One poll and what follows from it; the take where it has left this phase."""
    connection_id = vigil.take.request.connection_id
    if await has_waited_for_key(tools, vigil.take):
        # Nobody could ask meanwhile: the job gets another look before it counts as late.
        vigil.began, vigil.failed_polls = time.monotonic(), 0
        return vigil.take if await _has_left(tools, vigil, is_urgent=True) else None
    question = Question(vigil.take.id, connection_id, vigil.job_id, vigil.pace)
    vigil.asked_at = time.monotonic()
    try:
        heard = await tools.polls.ask(question)
        provider = tools.providers.for_connection(connection_id)
    except StudioError as error:
        if await _has_left(tools, vigil, is_urgent=True):
            return vigil.take
        ended = await _miss(tools, vigil, error)
    else:
        vigil.looks += 1
        job = heard.job
        vigil.failed_polls = vigil.misses = vigil.refusals = 0
        vigil.strange = vigil.strange + 1 if job.phase is JobPhase.UNKNOWN else 0
        # A list says nothing of the pause that the provider wishes.
        vigil.asked_s = vigil.asked_s if heard.is_listed else job.poll_after_s
        await _note_bill(tools, vigil, job)
        is_urgent = heard.is_woken or job.phase not in _RUNNING
        if await _has_left(tools, vigil, is_urgent=is_urgent):
            return vigil.take
        ended = await _hear(tools, vigil, provider, job)
    return ended or await _expire(tools, vigil)


async def _has_left(tools: Tools, vigil: _Vigil, *, is_urgent: bool) -> bool:
    """Whether the take is not waited for any more: a person may have cancelled it meanwhile.

    The row is read at once where it matters, else every few seconds: who changes it wakes us.
    """
    now = time.monotonic()
    if not is_urgent and now - vigil.read_at < _READ_EVERY_S:
        return False
    latest = await asyncio.to_thread(tools.journal.get, vigil.take.id)
    vigil.read_at = now
    if latest is None:
        return True
    # The row may be a moment behind what the provider has already said.
    vigil.take = replace(latest, progress=_farther(latest.progress, vigil.progress))
    return latest.status not in _WAITING or latest.provider_job_id != vigil.job_id


async def _note_bill(tools: Tools, vigil: _Vigil, job: ProviderJob) -> None:
    """Before what follows from the answer, so that no end of a take forgets what it cost."""
    if job.bill is not None and job.bill != vigil.bill:
        vigil.bill = job.bill
        await asyncio.to_thread(tools.journal.bill, vigil.take.id, job.bill)


async def _hear(tools: Tools, vigil: _Vigil, provider: Provider, job: ProviderJob) -> Take | None:
    take = vigil.take
    match job.phase:
        case JobPhase.SUCCEEDED:
            tools.finished[take.id] = (job, time.monotonic())
            return await _succeed(tools, vigil, job)
        case JobPhase.FAILED | JobPhase.EXPIRED | JobPhase.CANCELLED:
            return await _give_up(tools, vigil, _failure_kind(job), job)
    if take.status is _S.CANCELLING:
        return await _cancel(tools, vigil, provider)
    word = job.raw_status[:_WORD_CHARS]
    if vigil.strange >= _MISSES:
        word = unknown_word(word)
    vigil.take = await show_word(tools, vigil.take, word)
    _tell_progress(tools, vigil, job, word)
    return None


async def _succeed(tools: Tools, vigil: _Vigil, job: ProviderJob) -> Take | None:
    note = failures.KEPT if vigil.take.status is _S.CANCELLING else None
    # From here on the progress is that of the download.
    changes = {"progress": None, "provider_status": job.raw_status[:200]}
    return await asyncio.to_thread(
        tools.journal.move, vigil.take.id, _WAITING, _S.DOWNLOADING, changes, note
    )


async def _miss(tools: Tools, vigil: _Vigil, error: StudioError) -> Take | None:
    """No answer about the job. Only "not found", again and again and not just after the submit,
    means that it is gone."""
    is_gone = isinstance(error, ProviderError) and error.kind == FailureKind.NOT_FOUND
    if is_gone and vigil.is_free:
        # The engine's job ended with the process that it was in; another one costs nothing.
        return await asyncio.to_thread(tools.journal.begin_anew, vigil.take.id)
    is_refused = isinstance(error, ProviderError) and error.kind == FailureKind.AUTH
    if is_refused and tools.keys.note_refusal(vigil.take.id, vigil.asked_at):
        vigil.failed_polls = vigil.refusals = 0
        return None
    vigil.misses = vigil.misses + 1 if is_gone else 0
    vigil.refusals = vigil.refusals + 1 if is_refused else 0
    vigil.failed_polls += 1
    chronicle.missed(vigil.take, vigil.failed_polls, error)
    vigil.asked_s = error.retry_after_s if isinstance(error, ProviderError) else None
    if vigil.misses >= _MISSES and vigil.elapsed_s > tools.limits.not_found_grace_s:
        return await _give_up(tools, vigil, FailureKind.NOT_FOUND, None)
    if vigil.refusals == _MISSES:
        vigil.take = await show_word(tools, vigil.take, KEY_REFUSED)
    elif vigil.failed_polls == _MISSES:
        word = no_answer(error.message)[:_WORD_CHARS]
        vigil.take = await show_word(tools, vigil.take, word)
    return None


async def _give_up(
    tools: Tools, vigil: _Vigil, kind: FailureKind, job: ProviderJob | None
) -> Take | None:
    if job and job.phase is JobPhase.CANCELLED and vigil.take.status is _S.CANCELLING:
        # As it was asked to. What that cost is not told by its end.
        return await asyncio.to_thread(tools.journal.fail, vigil.take.id, failures.cancelled_late())
    failure = failures.job_failure(
        kind,
        is_free=vigil.is_free,
        code=job.error_code if job else None,
        said=(job.error_message or job.raw_status) if job else None,
    )
    return await asyncio.to_thread(tools.journal.fail, vigil.take.id, failure)


async def _cancel(tools: Tools, vigil: _Vigil, provider: Provider) -> Take | None:
    """Ask a few times; where the provider cannot stop the job, its end is waited for."""
    if vigil.cancels >= _CANCEL_TRIES:
        return None
    vigil.cancels += 1
    try:
        is_stopped = await provider.cancel(vigil.job_id)
    except ProviderError as error:
        if not error.is_transient:
            vigil.cancels = _CANCEL_TRIES
        return None
    if not is_stopped:
        vigil.cancels = _CANCEL_TRIES
        return None
    return await _end_cancelled(tools, vigil)


async def _end_cancelled(tools: Tools, vigil: _Vigil) -> Take | None:
    failure = None if vigil.is_free else failures.cancelled_late()
    changes = {"failure": failure, "finished_at": datetime.now(UTC)}
    cancelling = frozenset({_S.CANCELLING})
    return await asyncio.to_thread(
        tools.journal.move, vigil.take.id, cancelling, _S.CANCELLED, changes
    )


async def _expire(tools: Tools, vigil: _Vigil) -> Take | None:
    is_late = vigil.elapsed_s > tools.limits.deadline_of(vigil.take.request)
    if not is_late or time.monotonic() - vigil.began < tools.limits.reopened_s:
        return None
    if vigil.take.status is _S.CANCELLING:
        return await _end_cancelled(tools, vigil)
    failure = failures.stalled(vigil.take.provider_status, is_free=vigil.is_free)
    return await asyncio.to_thread(tools.journal.fail, vigil.take.id, failure, _S.STALLED)


def _tell_progress(tools: Tools, vigil: _Vigil, job: ProviderJob, word: str) -> None:
    """Never backwards, and only what is news."""
    before = vigil.take.progress
    progress = before if job.progress is None else max(job.progress, before or 0)
    if not progress:
        vigil.idle_s = vigil.elapsed_s
    if progress != before:
        vigil.moved_at = time.monotonic()
    elif word == vigil.take.provider_status:
        return
    vigil.progress = progress
    pace = Pace(vigil.elapsed_s, progress, vigil.idle_s)
    vigil.told_s = corrected_s(vigil.first_s, vigil.told_s or vigil.first_s, pace)
    vigil.take = replace(vigil.take, progress=progress, provider_status=word)
    tools.progress.tell(vigil.take.id, Progress(progress, word, vigil.told_s))


def _farther(one: int | None, other: int | None) -> int | None:
    return one if other is None else max(one or 0, other)


def _failure_kind(job: ProviderJob) -> FailureKind:
    if job.phase is JobPhase.EXPIRED:
        return FailureKind.EXPIRED
    return job.failure_kind or FailureKind.PROVIDER_FAILURE
