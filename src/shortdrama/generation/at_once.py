"""Clips that came with the answer to their order: kept in the blob store, and known by its key.

There is no job at the provider that could be asked for such a clip again. It is stored before its
id is written down, so that whoever goes on with the take finds it, on any machine.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from dataclasses import replace
from pathlib import Path

from shortdrama.domain.take import Take
from shortdrama.errors import StudioError
from shortdrama.generation.phases import Tools
from shortdrama.generation.ports import ProviderJob

_MARK = "here:"

log = logging.getLogger(__name__)


def place_for(tools: Tools, take: Take) -> Path:
    """Where a provider puts a clip that is its answer."""
    return tools.tmp / f"answer-{take.id}.mp4"


async def keep(tools: Tools, take: Take, job: ProviderJob) -> ProviderJob:
    """The job with the id that finds its clip here. Paid for, so storing is tried for as long as
    the studio runs."""
    if job.clip is None:
        return job
    tries = 0
    while True:
        try:
            key = await asyncio.to_thread(tools.blobs.put_file, job.clip)
            return replace(job, id=f"{_MARK}{key}/{take.id}", clip=None)
        except (StudioError, OSError) as error:
            log.error("the clip of take %s could not be stored: %s", take.id, error)
            await tools.pauses.sleep(take.id, min(30.0, 0.5 * 2 ** min(tries, 6)))
            tries += 1


def key_of(job_id: str) -> str | None:
    """The blob's key; None for a job at a provider."""
    return job_id.removeprefix(_MARK).partition("/")[0] if job_id.startswith(_MARK) else None


def bring(tools: Tools, key: str, destination: Path) -> None:
    """Blocks. Raises `NotFound` where the blob is gone."""
    with tools.blobs.local_path(key) as path:
        shutil.copyfile(path, destination)
