"""Which job of the provider's list belongs to a take whose answer never came.

A job is adopted without asking only where nothing else is possible: it alone fits, and no other
attempt of this studio is without an answer that may have made it. Lists tell words, model and
time, not pictures or seeds, so takes that differ in those cannot be told apart, and a person
decides. Takes that are alike in everything need not be: where there are as many jobs as such takes,
each gets one. The orders of some providers carry a mark, by which a job is certain by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shortdrama.domain.here import is_here
from shortdrama.domain.model import Mode
from shortdrama.domain.take import Take
from shortdrama.errors import ProviderError, StudioError
from shortdrama.generation.phases import Tools
from shortdrama.generation.ports import ProviderJob, Reference, Submission, Unanswered

# A paid call is given up long before; a job that was made later is somebody else's.
_ARRIVES_WITHIN_S = 900.0


@dataclass(frozen=True, slots=True)
class _Records:
    """What this studio knows of jobs and attempts, as of one moment.

    Attributes:
        known: Jobs that have their takes.
        own: The attempts of the take.
        rivals: Attempts of other takes that may have made a job that fits.
        are_being_sent: Whether an answer to one of those is waited for just now.
    """

    known: set[str]
    own: tuple[Unanswered, ...]
    rivals: tuple[Unanswered, ...]
    are_being_sent: bool


@dataclass(frozen=True, slots=True)
class Search:
    """What the provider's list told.

    Attributes:
        found: The one job that must be the take's.
        said: In words, for a bug report.
        others: Jobs that may be its own, where none is certain: a person may know.
    """

    found: ProviderJob | None
    said: str
    others: tuple[ProviderJob, ...] = ()


async def search(tools: Tools, take: Take) -> Search:
    """Look for the job of a take whose answer never came."""
    if take.submitted_at is None:
        return Search(None, "nothing was sent")
    told = Search(None, "not asked")
    for pause_s in tools.limits.search_pauses_s:
        await tools.pauses.sleep(take.id, pause_s)
        try:
            told, is_settled = await _look(tools, take)
        except ProviderError as error:
            told = Search(None, error.message, told.others)
            if not error.is_transient:
                break
            continue
        if is_settled:
            return told
    return told


def sketch(take: Take, references: tuple[Reference, ...] = ()) -> Submission:
    request = take.request
    return Submission(
        prompt=request.prompt,
        model=request.model,
        seconds=request.seconds,
        size=request.size,
        references=references,
        idempotency_key=take.id,
        extra=dict(request.extra),
        mode=_mode_of(take),
    )


def _mode_of(take: Take) -> Mode:
    """Takes that were ordered before there were modes begin with their picture."""
    if take.request.mode:
        return Mode(take.request.mode)
    return Mode.FIRST_FRAME if take.request.references else Mode.TEXT


async def _look(tools: Tools, take: Take) -> tuple[Search, bool]:
    """Once: what the list told, and whether looking again cannot help."""
    try:
        provider = tools.providers.for_connection(take.request.connection_id)
    except StudioError as error:
        return Search(None, error.message), True
    skew_s = tools.limits.clock_skew_s
    jobs = await provider.find(sketch(take), _sent(take) - timedelta(seconds=skew_s))
    records = await asyncio.to_thread(_read, tools, take, [job.id for job in jobs])
    free = [job for job in jobs if job.id not in records.known and not is_here(job.id)]
    alike = [job for job in free if not job.is_guess]
    found = _certain(take, alike, records.rivals, skew_s) or _paired(alike, records, skew_s)
    others = () if found else tuple(sorted(free, key=_made))
    takes = 1 + len({rival.take.id for rival in records.rivals})
    is_settled = found is not None or (len(alike) > takes and not records.are_being_sent)
    return Search(found, _words(len(alike), takes), others), is_settled


def _certain(
    take: Take, alike: list[ProviderJob], rivals: Sequence[Unanswered], skew_s: float
) -> ProviderJob | None:
    """The job that must be the take's, where there is one."""
    if len(alike) != 1:
        return None
    (job,) = alike
    if job.is_certain:
        return job
    is_in_time = _is_in_time(job, _sent(take), skew_s)
    is_shared = any(_may_be_of(job, rival, take, skew_s) for rival in rivals)
    return job if is_in_time and not is_shared else None


def _paired(alike: list[ProviderJob], records: _Records, skew_s: float) -> ProviderJob | None:
    """The job of a take among others that were ordered alike in everything, where each has made
    one: the first that was sent gets the first that was made. Every process pairs them alike."""
    attempts = sorted((*records.own, *records.rivals), key=_sent_first)
    takes = {attempt.take.id for attempt in attempts}
    requests = [attempt.take.request for attempt in attempts]
    is_one_each = len(records.own) == 1 and len(alike) == len(attempts) == len(takes) > 1
    if not is_one_each or records.are_being_sent or any(r != requests[0] for r in requests):
        return None
    jobs = sorted(alike, key=_made)
    pairs = list(zip(attempts, jobs, strict=True))
    if not all(_is_in_time(job, attempt.opened_at, skew_s) for attempt, job in pairs):
        return None
    return next(job for attempt, job in pairs if attempt is records.own[0])


def _sent_first(attempt: Unanswered) -> tuple[datetime, str]:
    return attempt.opened_at, attempt.take.id


def _may_be_of(job: ProviderJob, rival: Unanswered, take: Take, skew_s: float) -> bool:
    """Whether an attempt of another take may have made the job, as far as the list tells."""
    is_told_apart = job.seconds == take.request.seconds != rival.take.request.seconds
    return not is_told_apart and _is_in_time(job, rival.opened_at, skew_s)


def _is_in_time(job: ProviderJob, sent: datetime, skew_s: float) -> bool:
    if job.created_at is None:
        return True
    return -skew_s <= job.created_at - sent.timestamp() <= _ARRIVES_WITHIN_S


def _read(tools: Tools, take: Take, job_ids: list[str]) -> _Records:
    """Blocks. After the list was told: whoever made a job of it had said so here before."""
    sending = set(tools.sending)
    with tools.records.read() as tx:
        known = tx.submissions.known_jobs(job_ids)
        sending |= tx.work.being_sent()
        unanswered = tx.submissions.unanswered(take.request)
    own = tuple(attempt for attempt in unanswered if attempt.take.id == take.id)
    rivals = tuple(attempt for attempt in unanswered if attempt.take.id != take.id)
    sending |= tools.sending  # one may have been claimed, or answered, around the read
    return _Records(known, own, rivals, any(rival.take.id in sending for rival in rivals))


def _made(job: ProviderJob) -> tuple[float, str]:
    return job.created_at or 0.0, job.id


def _sent(take: Take) -> datetime:
    return take.submitted_at or take.created_at


def _words(jobs: int, takes: int) -> str:
    shared = f" for {takes} takes alike" if takes > 1 else ""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return f"{jobs} matching jobs{shared} at {at}"
