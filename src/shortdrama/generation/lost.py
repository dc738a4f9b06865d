"""Which job of the provider's list belongs to a take whose answer never came.

A lone take takes the only job that fits. Takes that ask for the very same thing cannot be told
apart: where as many jobs as takes are there, the oldest take has the oldest job, and so on; with
more or fewer, none is certain and a person decides. The orders of some providers carry a mark, by
which a job is certain by itself.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shortdrama.domain.model import Mode
from shortdrama.domain.take import Take, TakeStatus
from shortdrama.errors import ProviderError, StudioError
from shortdrama.generation.phases import Tools
from shortdrama.generation.ports import ProviderJob, Reference, Submission

_S = TakeStatus
_WITHOUT_ANSWER = frozenset({_S.SUBMITTING, _S.CANCELLING, _S.UNCERTAIN})


@dataclass(frozen=True, slots=True)
class _Twins:
    """Takes with one request and no job, oldest first, and those among them that wait for their
    answer just now."""

    lost: tuple[Take, ...]
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
    skew = timedelta(seconds=tools.limits.clock_skew_s)
    try:
        provider = tools.providers.for_connection(take.request.connection_id)
    except StudioError as error:
        return Search(None, error.message), True
    before, _ = await asyncio.to_thread(_twins_and_known, tools, take, [])
    since = min(_sent(twin) for twin in before.lost) - skew
    jobs = await provider.find(sketch(take), since)
    twins, known = await asyncio.to_thread(_twins_and_known, tools, take, [job.id for job in jobs])
    free = [job for job in jobs if job.id not in known]
    alike = [job for job in free if not job.is_guess]
    found = next((job for job in alike if job.is_certain), None) if len(alike) == 1 else None
    if found is None and not twins.are_being_sent:
        found = _pair(twins.lost, alike, skew).get(take.id)
    is_settled = found is not None or len(alike) > len(twins.lost)
    others = () if found else tuple(sorted(free, key=_made))
    told = Search(found, _words(len(alike), len(twins.lost)), others)
    return told, is_settled and (found is not None or not twins.are_being_sent)


def _twins_and_known(tools: Tools, take: Take, job_ids: list[str]) -> tuple[_Twins, set[str]]:
    """Blocks: both as of one moment, so that a job and its take are never told apart."""
    sending = set(tools.sending)
    with tools.records.read() as tx:
        known = tx.submissions.known_jobs(job_ids)
        sending |= tx.work.being_sent()
        others = [
            other
            for other in tx.takes.with_status(_WITHOUT_ANSWER)
            if other.id != take.id
            and other.request == take.request
            and other.provider_job_id is None
            and other.submitted_at is not None
        ]
    sending |= tools.sending  # one may have been claimed, or answered, around the read
    lost = sorted([take, *others], key=lambda twin: (_sent(twin), twin.id))
    return _Twins(tuple(lost), any(other.id in sending for other in others)), known


def _pair(
    lost: tuple[Take, ...], jobs: list[ProviderJob], skew: timedelta
) -> dict[str, ProviderJob]:
    """Each take's job; nothing where the counts differ or a job is older than its take."""
    if len(lost) != len(jobs):
        return {}
    oldest_first = sorted(jobs, key=_made)
    pairs = list(zip(lost, oldest_first, strict=True))
    is_possible = all(
        job.created_at is None or job.created_at >= (_sent(take) - skew).timestamp()
        for take, job in pairs
    )
    return {take.id: job for take, job in pairs} if is_possible else {}


def _made(job: ProviderJob) -> tuple[float, str]:
    return job.created_at or 0.0, job.id


def _sent(take: Take) -> datetime:
    return take.submitted_at or take.created_at


def _words(jobs: int, takes: int) -> str:
    shared = f" for {takes} takes alike" if takes > 1 else ""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return f"{jobs} matching jobs{shared} at {at}"
