"""Clips that came with the answer to their order: kept in the blob store, and known by its key.

There is no job at the provider that could be asked for such a clip again. So it is stored before
its id is written down, and the file that came stays until the take has its clip: whoever goes on
with the take finds one or the other.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from shortdrama.domain.here import here_id, is_here
from shortdrama.domain.take import Take
from shortdrama.errors import StudioError, SubmissionUncertain
from shortdrama.generation import failures
from shortdrama.generation.phases import Tools
from shortdrama.generation.ports import JobPhase, ProviderJob

log = logging.getLogger(__name__)


def place_for(tools: Tools, take: Take) -> Path:
    """Where a provider puts a clip that is its answer; there is a file only once it is whole."""
    return tools.tmp / f"answer-{take.id}.mp4"


async def left_behind(tools: Tools, take: Take) -> ProviderJob | None:
    """The clip of a take whose program ended between the answer and the record of it."""
    path = place_for(tools, take)
    if not await asyncio.to_thread(path.is_file):
        return None
    return await keep(tools, take, ProviderJob(take.id, JobPhase.SUCCEEDED, clip=path))


async def keep(tools: Tools, take: Take, job: ProviderJob) -> ProviderJob:
    """The job with the id that finds its clip here. Paid for, so storing is tried for as long as
    the studio runs.

    Raises:
        SubmissionUncertain: A provider calls its own job by such an id.
    """
    if job.clip is None:
        if is_here(job.id):
            raise SubmissionUncertain(failures.UNCERTAIN, provider_job_id=job.id)
        return job
    tries = 0
    while True:
        try:
            key = await asyncio.to_thread(_store, tools, job.clip)
            return replace(job, id=here_id(key, take.id), clip=None)
        except (StudioError, OSError) as error:
            log.error("the clip of take %s could not be stored: %s", take.id, error)
            await tools.pauses.sleep(take.id, min(30.0, 0.5 * 2 ** min(tries, 6)))
            tries += 1


def forget(tools: Tools, take: Take) -> None:
    """The take has its clip."""
    place_for(tools, take).unlink(missing_ok=True)


def _store(tools: Tools, path: Path) -> str:
    """The store takes a file over: it gets another name of it, or a copy where there is none."""
    given = path.with_suffix(".put.mp4")
    given.unlink(missing_ok=True)
    try:
        with suppress(OSError):
            os.link(path, given)
        if not given.exists():
            shutil.copyfile(path, given)
        return tools.blobs.put_file(given)
    finally:
        given.unlink(missing_ok=True)
