"""The built-in engine, the server that speaks for it, and the processes in which it draws.

The studio asks it like any other provider, within its own process; `shortdrama sora2` serves it
alone.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from shortdrama.media.service import MEDIA_FUNCTIONS, MediaTools
from shortdrama.media.workers import DEFAULT_LANES, WorkerPool
from shortdrama.previz.video_engine import PREVIZ_FUNCTIONS, PrevizVideoEngine
from shortdrama.settings import Settings
from shortdrama.sora2.service.app import ServiceOptions, Sora2Service
from shortdrama.sora2.service.files import FileContent, FileJobs
from shortdrama.sora2.service.ports import VideoEngine

_POLL_MS = 250  # within this process a question costs a millisecond


def open_pool(settings: Settings) -> WorkerPool:
    """Processes for media and for previz; whoever opens it closes it."""
    lanes = {
        "media": replace(DEFAULT_LANES["media"], size=settings.media_workers),
        "previz": replace(DEFAULT_LANES["previz"], size=settings.previz_workers),
    }
    return WorkerPool({**MEDIA_FUNCTIONS, **PREVIZ_FUNCTIONS}, lanes=lanes)


def previz_engine(settings: Settings, pool: WorkerPool) -> PrevizVideoEngine:
    """Draws in the pool's processes."""
    return PrevizVideoEngine(pool, MediaTools(pool, settings.max_pixels))


def sora2_service(
    settings: Settings,
    folder: Path,
    engine: VideoEngine,
    key: str | None = None,
    keep_for: timedelta | None = None,
) -> Sora2Service:
    """The compatible server, which keeps jobs and clips in the folder.

    Args:
        settings: How many it draws at once.
        folder: Its own.
        engine: What draws.
        key: What its callers have to show; None: nothing.
        keep_for: How long a clip is kept; None: until somebody deletes it.
    """
    options = ServiceOptions(
        scratch=folder / "scratch",
        api_key=key,
        max_renders=settings.previz_workers,
        poll_after_ms=_POLL_MS,
        keep_for=keep_for,
    )
    return Sora2Service(FileJobs(folder / "jobs"), engine, FileContent(folder / "clips"), options)
