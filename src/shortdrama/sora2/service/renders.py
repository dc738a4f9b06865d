"""The queue of renders: a bounded number at once, the rest in order of arrival."""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from anyio import to_thread

from shortdrama.errors import StudioError
from shortdrama.sora2.service.ports import (
    ContentStore,
    RenderSpec,
    ServiceJob,
    ServiceOptions,
    VideoEngine,
    VideoJobStore,
)
from shortdrama.sora2.wire import JobStatus

log = logging.getLogger(__name__)


class RenderQueue:
    """Takes job ids, leaves completed or failed rows. Renders are free, so a restart repeats them.

    Progress is kept in memory: after a restart a render begins anew anyway.
    """

    def __init__(
        self,
        jobs: VideoJobStore,
        engine: VideoEngine,
        content: ContentStore,
        options: ServiceOptions,
    ) -> None:
        self._jobs = jobs
        self._engine = engine
        self._content = content
        self._scratch = options.scratch
        self._max_renders = options.max_renders
        self._keep_for = options.keep_for
        self._waiting: asyncio.Queue[str] = asyncio.Queue()
        self._taken: set[str] = set()  # waiting or running: a job is never rendered twice at once
        self._running: dict[str, asyncio.Task[None]] = {}
        self._progress: dict[str, int] = {}
        self._workers: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Take up again what an earlier process left unfinished, oldest first."""
        await to_thread.run_sync(self._clear_scratch)
        for job in await to_thread.run_sync(self._jobs.unfinished):
            self.put(job.id)
        self._workers = [asyncio.create_task(self._work()) for _ in range(self._max_renders)]

    async def stop(self) -> None:
        """End at once; what was being rendered stays unfinished for the next start."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        self._workers = []
        self._waiting = asyncio.Queue()
        self._taken.clear()

    def put(self, job_id: str) -> None:
        if job_id not in self._taken:
            self._taken.add(job_id)
            self._waiting.put_nowait(job_id)

    @property
    def waiting(self) -> int:
        return self._waiting.qsize()

    def progress_of(self, job_id: str) -> int:
        return self._progress.get(job_id, 0)

    async def cancel(self, job_id: str) -> None:
        """Stop the job's render if it runs, and wait until it has stopped."""
        task = self._running.get(job_id)
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def _work(self) -> None:
        while True:
            job_id = await self._waiting.get()
            task = asyncio.create_task(self._render(job_id))
            self._running[job_id] = task
            try:
                await asyncio.wait({task})
            finally:
                task.cancel()
                await asyncio.wait({task})
                self._forget(job_id, task)

    def _forget(self, job_id: str, task: asyncio.Task[None]) -> None:
        self._running.pop(job_id, None)
        self._progress.pop(job_id, None)
        self._taken.discard(job_id)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("How the render of %s ended could not be kept.", job_id, exc_info=error)

    async def _render(self, job_id: str) -> None:
        try:
            job = await self._update(job_id, status=JobStatus.IN_PROGRESS)
            if job is not None:
                await self._make(job)
        except StudioError as error:
            await self._fail(job_id, error.code, error.message)
        except Exception as error:  # the worker's boundary: one bad job may not stop the others
            log.exception("The render of %s broke.", job_id)
            await self._fail(job_id, *_reason_of(error))

    async def _make(self, job: ServiceJob) -> None:
        def note(percent: int) -> None:
            # Never back, and 100 only when the clip can be fetched.
            self._progress[job.id] = max(self.progress_of(job.id), min(99, int(percent)))

        reference = None
        if job.reference_key is not None:
            reference = await to_thread.run_sync(self._content.path, job.reference_key)
        spec = RenderSpec(job.model, job.prompt, job.seconds, job.size, reference)
        part = self._scratch / f"{job.id}.part.mp4"
        try:
            await self._engine.render(spec, part, note)
            await _to_its_end(self._keep, job.id, part)
        finally:
            await _to_its_end(part.unlink, True)

    def _keep(self, job_id: str, part: Path) -> None:
        """The bytes first, then the row that names them."""
        now = datetime.now(UTC)
        key = self._content.put_file(part, f"{job_id}.mp4")
        completed = self._jobs.update(
            job_id,
            status=JobStatus.COMPLETED,
            progress=100,
            content_key=key,
            completed_at=now,
            expires_at=now + self._keep_for if self._keep_for is not None else None,
        )
        if completed is None:  # deleted meanwhile
            self._content.delete(key)

    async def _fail(self, job_id: str, code: str, message: str) -> None:
        await self._update(
            job_id,
            status=JobStatus.FAILED,
            progress=self.progress_of(job_id),
            error_code=code,
            error_message=message,
            completed_at=datetime.now(UTC),
        )

    async def _update(self, job_id: str, **fields: Any) -> ServiceJob | None:
        return await to_thread.run_sync(lambda: self._jobs.update(job_id, **fields))

    def _clear_scratch(self) -> None:
        self._scratch.mkdir(parents=True, exist_ok=True)
        for left in self._scratch.glob("*.part*"):
            left.unlink()


async def _to_its_end(work: Callable[..., None], *arguments: Any) -> None:
    """Run in a thread; cancelled, wait for its end: half-done it would leave loose files."""
    running = asyncio.ensure_future(to_thread.run_sync(work, *arguments))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait({running})
        raise


def _reason_of(error: Exception) -> tuple[str, str]:
    """Code and sentence; the engine's own words stay in the log."""
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "storage_full", "The server's disk is full. Make room, then try again."
    return "internal_error", "The render broke. Try again."
