"""Submit: the intent is committed, then the provider is asked once, then its answer is committed.

After a crash or a lost answer the provider's own list is searched. Nothing is sent a second time
unless the first certainly made nothing, or costs nothing.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import takewhile

from shortdrama import metrics
from shortdrama.domain.ids import AssetId, TakeId
from shortdrama.domain.take import Failure, FailureKind, Money, Take, TakeStatus
from shortdrama.domain.waiting import NO_KEY, UNREACHABLE, busy_until, held_up
from shortdrama.errors import NotFound, ProviderError, StudioError, SubmissionUncertain
from shortdrama.generation import at_once, chronicle, failures
from shortdrama.generation.held_up import (
    has_waited_for_key,
    leave_slot,
    release_call,
    show_storage_away,
)
from shortdrama.generation.journal import Claim, JobTaken
from shortdrama.generation.keys import KEY_MISSING
from shortdrama.generation.lost import Search, search, sketch
from shortdrama.generation.patience import outlast
from shortdrama.generation.phases import Phase, Tools, phase_of
from shortdrama.generation.ports import ProviderJob, Reference, Submission

log = logging.getLogger(__name__)
_BUSY = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What one attempt brought: the take as it is now, or why it has no job."""

    claim: Claim
    take: Take | None = None
    error: StudioError | None = None


async def submit(tools: Tools, take_id: TakeId) -> Phase | None:
    """Bring a queued take to its provider, or a take whose sending was cut off to a decision."""
    while True:
        await _wait_for_turn(tools, take_id)
        take = await asyncio.to_thread(tools.journal.get, take_id)
        if take is None or phase_of(take) is not Phase.SUBMIT:
            return phase_of(take)
        if await _has_waited(tools, take):
            continue
        if take.status is TakeStatus.QUEUED:
            take = await _send_queued(tools, take)
        else:
            take = await _settle_lost(tools, take, None)
        if phase_of(take) is not Phase.SUBMIT:
            return phase_of(take)


async def _has_waited(tools: Tools, take: Take) -> bool:
    """Whether the take could not be sent yet; its row may say something else by now."""
    if await has_waited_for_key(tools, take):
        return True
    held = held_up(take)
    until = held.until if held is not None else None
    longest = tools.pauses.after(tools.limits.longest_busy_s)  # clocks may have been wrong
    if until is None or not datetime.now(UTC) < until <= longest:
        return False
    await leave_slot(tools, take.id)
    await tools.pauses.sleep_until(take.id, until)
    return True


async def _wait_for_turn(tools: Tools, take_id: TakeId) -> None:
    """Within this process; among several of them the claim decides."""
    take = await asyncio.to_thread(tools.journal.get, take_id)
    if take is None:
        return
    connection_id = take.request.connection_id
    at_once = tools.providers.allowance_of(connection_id).max_at_once
    await tools.slots.acquire(take_id, connection_id, at_once)


async def reconcile(tools: Tools, take_id: TakeId) -> Phase | None:
    """A person asked to look again for the job of an uncertain take."""
    take = await asyncio.to_thread(tools.journal.get, take_id)
    if take is None or take.status is not TakeStatus.UNCERTAIN:
        return phase_of(take)
    attempt = await asyncio.to_thread(tools.journal.count_attempts, take_id)
    told = await search(tools, take)
    if await _adopt(tools, take, attempt, told.found) is None:
        failure = failures.uncertain(None, told.said, told.others, take.failure)
        await asyncio.to_thread(tools.journal.still_uncertain, take_id, failure)
    # What a person decided meanwhile is in the row.
    return phase_of(await asyncio.to_thread(tools.journal.get, take_id))


async def _send_queued(tools: Tools, take: Take) -> Take | None:
    """Its pictures come to this machine before the intent is committed: what ends the studio while
    the storage is slow or away leaves a take that was not sent."""
    with ExitStack() as files:
        packed = await _pack(tools, take, files)
        outcome = await _attempt(tools, take.id, packed)
    return await _follow_patiently(tools, outcome) if outcome else take


async def _pack(tools: Tools, take: Take, files: ExitStack) -> Submission | StudioError:
    """What is to be sent, or why it cannot be.

    Raises:
        StudioError: It can be later. The take has made room for others and says why it waits.
    """
    try:
        return await asyncio.to_thread(_submission, tools, take, files)
    except StudioError as error:
        if error.can_retry:
            await show_storage_away(tools, take)
            raise
        return error


async def _attempt(
    tools: Tools, take_id: TakeId, packed: Submission | StudioError
) -> _Outcome | None:
    """One paid request, once its intent is committed; None where the take is not queued now."""
    async with tools.pauses.sending():
        tools.sending.add(take_id)  # before the claim: no twin may take this answer for lost
        try:
            claim = await _claim(tools, take_id)
            return await _outcome(tools, claim, packed) if claim else None
        finally:
            tools.sending.discard(take_id)
            await release_call(tools, take_id)


async def _claim(tools: Tools, take_id: TakeId) -> Claim | None:
    """Commit the intent. One that may be in the records although they gave no answer is taken back:
    nothing was sent for it."""
    now = datetime.now(UTC)
    try:
        return await asyncio.to_thread(tools.journal.claim, take_id, now)
    except StudioError as error:
        if not error.can_retry:
            raise
        take_back = partial(asyncio.to_thread, tools.journal.take_back, take_id, now)
        await outlast(tools.pauses, take_id, take_back)
        return None


async def _outcome(tools: Tools, claim: Claim, packed: Submission | StudioError) -> _Outcome:
    try:
        if isinstance(packed, StudioError):
            raise packed
        taken = await _send(tools, claim, packed)
    except StudioError as error:
        is_lost = isinstance(error, SubmissionUncertain)
        metrics.SUBMITS.add(outcome="lost" if is_lost else "refused")
        chronicle.refused(claim.take, claim.attempt, error)
        return _Outcome(claim, error=error)
    metrics.SUBMITS.add(outcome="accepted")
    return _Outcome(claim, take=taken)


async def _send(tools: Tools, claim: Claim, submission: Submission) -> Take | None:
    take = claim.take
    provider = tools.providers.for_connection(take.request.connection_id)
    job = await at_once.keep(tools, take, await provider.submit(submission))
    if job.poll_after_s is not None:
        tools.wishes[take.id] = job.poll_after_s
    accepted = await _accept(tools, take, claim.attempt, job)
    if job.bill is not None:
        # No trouble with the records may look like trouble with the call, which is over.
        bill = partial(asyncio.to_thread, tools.journal.bill, take.id, job.bill)
        await outlast(tools.pauses, take.id, bill)
    return accepted


async def _follow_patiently(tools: Tools, outcome: _Outcome) -> Take | None:
    """What the answer was stays known here while the records do not take it."""
    follow = partial(_follow, tools, outcome)
    return await outlast(tools.pauses, outcome.claim.take.id, follow)


async def _follow(tools: Tools, outcome: _Outcome) -> Take | None:
    """The answer decides; only what certainly made nothing is tried again."""
    claim, error = outcome.claim, outcome.error
    match error:
        case None:
            return outcome.take
        case SubmissionUncertain():
            return await _settle_lost(tools, claim.take, error)
        case ProviderError():
            return await _refused(tools, claim, error)
    # Raised before anything was sent: a reference or the connection is gone.
    return await asyncio.to_thread(
        tools.journal.close,
        claim.take.id,
        claim.attempt,
        "not_sent",
        TakeStatus.FAILED,
        _unsendable(error),
    )


async def _refused(tools: Tools, claim: Claim, error: ProviderError) -> Take | None:
    """Certainly nothing was made: wait and try again where that can help."""
    take = claim.take
    outcome = "not_sent" if error.details.get("not_sent") else "refused"
    pause_s = await _pause_after(tools, take, error)
    if pause_s is None:
        return await asyncio.to_thread(
            tools.journal.close,
            take.id,
            claim.attempt,
            outcome,
            TakeStatus.FAILED,
            failures.refusal(error),
        )
    # Written down, so that a take that was told to wait does so after a restart as well.
    is_busy = pause_s and _is_busy(error)
    word = busy_until(tools.pauses.after(pause_s)) if is_busy else UNREACHABLE
    word = NO_KEY if error.code == KEY_MISSING else word
    moved = await asyncio.to_thread(tools.journal.requeue, take.id, claim.attempt, outcome, word)
    tools.slots.release(take.id)  # others, at other providers, need not wait with it
    if word == UNREACHABLE:
        await tools.pauses.sleep(take.id, pause_s)
    return moved


async def _pause_after(tools: Tools, take: Take, error: ProviderError) -> float | None:
    """Seconds until the next attempt; None where there is to be none."""
    if error.code == KEY_MISSING:  # taken away in this very moment
        tools.keys.forget(take.request.connection_id)
        return 0.0
    if not error.is_transient:
        return None
    turned_away = await asyncio.to_thread(tools.journal.turned_away, take.id)
    if _is_busy(error):
        return _busy_pause_s(tools, turned_away, error.retry_after_s or 0.0)
    pauses = tools.limits.unreachable_pauses_s
    tried = _count_alike(turned_away, "not_sent" if error.details.get("not_sent") else "refused")
    return pauses[tried - 1] if tried <= len(pauses) else None


def _is_busy(error: ProviderError) -> bool:
    """Whether the provider takes requests again by itself, later."""
    is_told = error.retry_after_s is not None or error.details.get("http_status") in _BUSY
    return error.kind == FailureKind.RATE_LIMITED or is_told


def _busy_pause_s(
    tools: Tools, turned_away: list[tuple[str | None, datetime]], wish_s: float
) -> float | None:
    """As long as the provider says, and a day in all."""
    limits = tools.limits
    began = turned_away[-1][1] if turned_away else datetime.now(UTC)
    left_s = (began - tools.pauses.after(-limits.longest_busy_s)).total_seconds()
    if left_s <= 0:
        return None
    tried = min(_count_alike(turned_away, "refused"), len(limits.busy_pauses_s))
    pause_s = max(limits.busy_pauses_s[tried - 1], wish_s)
    return min(pause_s, left_s / tools.pauses.scale)


def _count_alike(turned_away: list[tuple[str | None, datetime]], outcome: str) -> int:
    """How many attempts in a row ended like this, with the one that is still open."""
    alike = takewhile(lambda told: told[0] in (None, outcome), turned_away)
    return max(1, sum(1 for _ in alike))


async def _settle_lost(tools: Tools, take: Take, error: SubmissionUncertain | None) -> Take | None:
    """The request may have arrived: adopt its job, or leave the decision to a person."""
    attempt = await asyncio.to_thread(tools.journal.open_attempt, take.id)
    tried = await asyncio.to_thread(tools.journal.count_attempts, take.id)
    left = await at_once.left_behind(tools, take)
    told = Search(left, "not asked: the clip is here") if left else await search(tools, take)
    adopted = await _adopt(tools, take, attempt or tried, told.found)
    if adopted is not None:
        return adopted
    is_free = tools.providers.is_free(take.request.connection_id)
    pauses = tools.limits.unreachable_pauses_s
    if is_free and attempt is not None and tried <= len(pauses):
        moved = await asyncio.to_thread(tools.journal.requeue, take.id, attempt, "lost", "lost")
        await tools.pauses.sleep(take.id, pauses[tried - 1] if error else 0)
        return moved
    failure = failures.uncertain(error, told.said, told.others)
    return await asyncio.to_thread(
        tools.journal.close, take.id, attempt, "lost", TakeStatus.UNCERTAIN, failure
    )


async def _adopt(tools: Tools, take: Take, attempt: int, found: ProviderJob | None) -> Take | None:
    if found is None:
        return None
    word = found.raw_status[:200]
    return await asyncio.to_thread(tools.journal.adopt, take.id, attempt, found.id, word)


async def _accept(tools: Tools, take: Take, attempt: int, job: ProviderJob) -> Take | None:
    """Commit the job's id. It is paid for, so this waits for as long as the records are in trouble;
    if the studio ends meanwhile, its next start searches the provider's list."""
    _need_recordable(take, job)
    word, tries = job.raw_status[:200], 0
    while True:
        try:
            return await asyncio.to_thread(tools.journal.accept, take.id, attempt, job.id, word)
        except JobTaken as error:
            log.error("take %s was told to be job %s, which another take has", take.id, job.id)
            told = SubmissionUncertain(failures.TAKEN, provider_job_id=job.id, is_taken=True)
            raise told from error
        except Exception as error:  # noqa: BLE001 - whatever it was, the job is paid for
            # Without this line a job that nobody can find again would be lost.
            said = error.message if isinstance(error, StudioError) else type(error).__name__
            log.critical("take %s is job %s, not recorded: %s", take.id, job.id, said)
            word = word if isinstance(error, StudioError) else ""  # only the id has to be kept
            await tools.pauses.sleep(take.id, min(30.0, 0.5 * 2 ** min(tries, 6)))
            tries += 1


def _need_recordable(take: Take, job: ProviderJob) -> None:
    """Raises `SubmissionUncertain` for an id that no record can hold, however often it is tried."""
    if job.id.isprintable() and job.id:
        return
    log.critical("take %s is job %a, which cannot be recorded", take.id, job.id)
    raise SubmissionUncertain(failures.UNCERTAIN, provider_job_id=ascii(job.id))


def _submission(tools: Tools, take: Take, files: ExitStack) -> Submission:
    """Blocks: brings the references to this machine. Raises `NotFound` where one is gone."""
    wanted = take.request.references
    with tools.records.read() as tx:
        assets = {asset.id: asset for asset in tx.assets.get_many(wanted)}
    references = []
    for asset_id in wanted:
        asset = assets.get(AssetId(asset_id))
        if asset is None:
            raise NotFound(failures.REFERENCE_GONE, code="reference_gone")
        path = files.enter_context(tools.blobs.local_path(asset.key))
        references.append(Reference(path, asset.mime, asset.file_name))
    return replace(sketch(take, tuple(references)), clip_to=at_once.place_for(tools, take))


def _unsendable(error: StudioError) -> Failure:
    if error.code == "reference_gone":
        return failures.reference_gone()
    details = failures.details_of(error)
    return Failure(FailureKind.INVALID_REQUEST, error.template, Money.NONE, False, details=details)
