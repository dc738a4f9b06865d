"""Fetch: the clip comes to this machine and is checked before anybody may call it ready.

Its own step with its own retries: a broken download never generates anything anew.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shortdrama import metrics
from shortdrama.domain.here import key_here
from shortdrama.domain.ids import TakeId
from shortdrama.domain.take import Clip, Failure, FailureKind, Take
from shortdrama.errors import (
    ProviderError,
    SetupProblem,
    StorageFull,
    StudioError,
    UnsupportedFile,
)
from shortdrama.generation import at_once, chronicle, failures
from shortdrama.generation.journal import Fetching
from shortdrama.generation.phases import Phase, Tools, phase_of
from shortdrama.generation.ports import JobPhase, Provider, ProviderJob

_LINK_TROUBLE = frozenset({403, 404, 410})  # a fresh link may help, where the provider gives one
_LINK_TRIES = 3
_BROKEN_TRIES = 3
_YOUNG_S = 30.0  # since the job was last told of
_LOOK_PAUSES_S = (1.0, 4.0)
_CLOSING = "worker_closed"
_CLOSING_PAUSE_S = 5.0  # the studio is about to end; its next start goes on

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Tally:
    """What has gone wrong so far in one run of this phase."""

    tries: int = 0
    link: int = 0
    broken: int = 0


class _NotChecked(StudioError):
    """This machine could not look into the clip; that says nothing of the clip."""


async def fetch(tools: Tools, take_id: TakeId) -> Phase | None:
    """Bring the clip into the blob store."""
    take = await asyncio.to_thread(tools.journal.get, take_id)
    if take is None or phase_of(take) is not Phase.FETCH or take.provider_job_id is None:
        return phase_of(take)
    tally = _Tally()
    while True:
        tally.tries += 1
        try:
            clip = await _bring(tools, take, take.provider_job_id)
            metrics.FETCHED.add(clip.bytes)
        except StudioError as error:
            chronicle.broke(take, tally.tries, error)
            if _is_gone(tools, take, error):
                return phase_of(await asyncio.to_thread(tools.journal.begin_anew, take_id))
            pause_s = _pause_after(tools, tally, error)
            if pause_s is None:
                failure = _failure(tools, take, error)
                ended = await asyncio.to_thread(tools.journal.fail, take_id, failure)
                return phase_of(ended)
            await tools.pauses.sleep(take_id, pause_s)
        else:
            noted = await asyncio.to_thread(tools.journal.note, take_id, {"clip": clip})
            return phase_of(noted)


def _is_gone(tools: Tools, take: Take, error: StudioError) -> bool:
    """The built-in engine's clip went with its process; making it again costs nothing."""
    is_gone = isinstance(error, ProviderError) and error.kind == FailureKind.NOT_FOUND
    return is_gone and tools.providers.is_free(take.request.connection_id)


async def _bring(tools: Tools, take: Take, job_id: str) -> Clip:
    await asyncio.to_thread(tools.tmp.mkdir, parents=True, exist_ok=True)
    path = tools.tmp / f"take-{take.id}.mp4"
    key = key_here(job_id)
    try:
        if key is None:
            return await _download(tools, take, job_id, path)
        clip = await _keep_patiently(tools, take, path, stored=key)
        await asyncio.to_thread(at_once.forget, tools, take)
        return clip
    finally:
        await asyncio.to_thread(path.unlink, missing_ok=True)


async def _download(tools: Tools, take: Take, job_id: str, path: Path) -> Clip:
    provider = tools.providers.for_connection(take.request.connection_id)
    job = await _fresh(tools, take.id, provider, job_id)
    if job.bill is not None:
        await asyncio.to_thread(tools.journal.bill, take.id, job.bill)
    async with tools.downloads.of(take.request.connection_id):
        await provider.fetch(job, path, _teller(tools, take.id))
        return await _keep_patiently(tools, take, path)


def _teller(tools: Tools, take_id: TakeId) -> Callable[[int, int | None], None]:
    """Tells how much has come, of downloads that are long enough to be watched."""
    began = time.monotonic()

    def tell(got_bytes: int, total_bytes: int | None) -> None:
        if time.monotonic() - began >= tools.limits.watched_fetch_s:
            tools.progress.tell(take_id, Fetching(got_bytes, total_bytes))

    return tell


async def _fresh(tools: Tools, take_id: TakeId, provider: Provider, job_id: str) -> ProviderJob:
    """The job with a link that is still young. What it says of its state no longer counts: it was
    done once, and some providers flap."""
    told, told_at = tools.finished.pop(take_id, (None, 0.0))
    if told is not None and told.id == job_id and time.monotonic() - told_at < _YOUNG_S:
        return told
    try:
        job = await provider.poll(job_id)
    except StudioError:
        return ProviderJob(job_id, JobPhase.SUCCEEDED)
    return job


async def _keep_patiently(tools: Tools, take: Take, path: Path, stored: str | None = None) -> Clip:
    """The same bytes are looked at again where the process that reads them died."""
    looks = 0
    while True:
        try:
            return await asyncio.to_thread(_keep, tools, path, float(take.request.seconds), stored)
        except _NotChecked as error:
            log.warning("the clip of take %s could not be checked: %s", take.id, error.code)
            if error.code == _CLOSING:
                pause_s = _CLOSING_PAUSE_S
            elif looks == len(_LOOK_PAUSES_S):
                raise
            else:
                pause_s = _LOOK_PAUSES_S[looks]
                looks += 1
            await tools.pauses.sleep(take.id, pause_s)


def _keep(tools: Tools, path: Path, expected_s: float, stored: str | None) -> Clip:
    """Check, make it start quickly, store. Blocks. `stored` is the key of a clip that is stored
    already; then `path` names no file."""
    quick = path.with_suffix(".fast.mp4")
    try:
        with tools.blobs.local_path(stored) if stored else nullcontext(path) as source:
            facts = _look_into(tools, source, expected_s, quick)
            chosen = source if facts["faststart"] else quick
            size = chosen.stat().st_size
        is_there = stored is not None and chosen is not quick
        key = stored if stored and is_there else tools.blobs.put_file(chosen)
    finally:
        quick.unlink(missing_ok=True)
    return _clip(key, size, facts)


def _look_into(tools: Tools, path: Path, expected_s: float, quick: Path) -> dict[str, Any]:
    """What the clip is; written to `quick` as well where it does not start quickly."""
    try:
        facts = tools.media.verify(path, expected_s)
        if not facts["faststart"]:
            tools.media.remux_faststart(path, quick)
    except SetupProblem as error:
        raise _NotChecked(error.message, code=error.code) from error
    return facts


def _clip(key: str, size: int, facts: dict[str, Any]) -> Clip:
    return Clip(
        video_key=key,
        poster_key=None,
        last_frame_key=None,
        bytes=size,
        duration_ms=int(facts.get("duration_ms") or 0),
        width=int(facts.get("width") or 0),
        height=int(facts.get("height") or 0),
        has_audio=bool(facts.get("has_audio")),
        fps=facts.get("fps"),
    )


def _pause_after(tools: Tools, tally: _Tally, error: StudioError) -> float | None:
    """Seconds until the next try; None where there is to be none."""
    pauses = tools.limits.fetch_pauses_s
    if tally.tries > len(pauses) or isinstance(error, StorageFull):
        return None
    pause_s = pauses[tally.tries - 1]
    if isinstance(error, UnsupportedFile):
        tally.broken += 1
        return pause_s if tally.broken < _BROKEN_TRIES else None
    if not isinstance(error, ProviderError):
        return pause_s if error.can_retry else None
    if error.is_transient:
        return max(pause_s, min(error.retry_after_s or 0, tools.limits.longest_wish_s))
    if error.details.get("http_status") in _LINK_TROUBLE:
        tally.link += 1
        return pause_s if tally.link < _LINK_TRIES else None
    return None


def _failure(tools: Tools, take: Take, error: StudioError) -> Failure:
    is_free = tools.providers.is_free(take.request.connection_id)
    if isinstance(error, StorageFull):
        return failures.storage_failure(error, is_free=is_free)
    if isinstance(error, _NotChecked):
        return failures.not_checked(error, is_free=is_free)
    message = failures.NOT_DOWNLOADED
    if isinstance(error, UnsupportedFile):
        message = failures.BROKEN
    elif isinstance(error, ProviderError) and error.kind == FailureKind.NOT_FOUND:
        message = failures.NOT_HANDED_OUT
    return failures.download_failure(error, message, is_free=is_free)
