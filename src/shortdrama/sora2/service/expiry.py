"""Forgets completed jobs when their time is over, so that the folder does not grow for ever."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from pathlib import Path

from anyio import to_thread

from shortdrama.sora2.service.clips import delete_bytes
from shortdrama.sora2.service.ports import ContentStore, ServiceJob, VideoJobStore

log = logging.getLogger(__name__)

_EVERY_S = 600.0
_PAGE = 100


class Expiry:
    """Looks at all jobs at the start and every ten minutes. Does nothing to those kept for ever."""

    def __init__(self, jobs: VideoJobStore, content: ContentStore, scratch: Path) -> None:
        self._jobs = jobs
        self._content = content
        self._scratch = scratch
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None

    async def _run(self) -> None:
        while True:
            try:
                await to_thread.run_sync(self.sweep, datetime.now(UTC))
            except Exception:  # a worker's boundary: a full or slow disk may be well again later
                log.exception("Expired jobs could not be deleted.")
            await asyncio.sleep(_EVERY_S)

    def sweep(self, now: datetime) -> int:
        """Delete what expired before `now`, oldest first; how many. Blocks."""
        count = 0
        after: str | None = None
        while rows := self._jobs.list(after, _PAGE, "asc"):
            after = rows[-1].id
            count += sum(self._forget(job) for job in rows if _is_over(job, now))
        return count

    def _forget(self, job: ServiceJob) -> bool:
        gone = self._jobs.delete(job.id)
        if gone is not None:
            delete_bytes(gone, self._content, self._scratch)
        return gone is not None


def _is_over(job: ServiceJob, now: datetime) -> bool:
    return job.expires_at is not None and job.expires_at < now
