"""What the service needs of the outside, and what may be chosen about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol

from shortdrama.sora2.wire import JobStatus

Order = Literal["asc", "desc"]
Progress = Callable[[int], None]
"""Whole per cent done; may be called from any thread."""


@dataclass(frozen=True, slots=True)
class ServiceJob:
    """One job of this service. `id` begins with "video_" and sorts by time of creation."""

    id: str
    model: str
    prompt: str
    seconds: int
    size: str  # "720x1280", width x height in pixels
    status: JobStatus  # queued, in_progress, completed or failed: the protocol's four
    created_at: datetime
    progress: int = 0  # 0–100; finer steps while rendering are in memory only
    error_code: str | None = None
    error_message: str | None = None
    completed_at: datetime | None = None
    expires_at: datetime | None = None  # None: kept until deleted
    remixed_from: str | None = None
    reference_key: str | None = None
    content_key: str | None = None


class VideoJobStore(Protocol):
    """Rows. Every method blocks and may be called from any thread; durable when it returns."""

    def add(self, job: ServiceJob) -> None: ...

    def get(self, job_id: str) -> ServiceJob | None: ...

    def list(self, after: str | None, limit: int, order: Order) -> tuple[ServiceJob, ...]:
        """By id, that is by time; from behind `after`, which need not exist any more."""
        ...

    def update(self, job_id: str, **fields: Any) -> ServiceJob | None:
        """Change fields of a job that is not completed or failed.

        Returns:
            The job as it is now; None where it is gone or was in a terminal state before.
        """
        ...

    def delete(self, job_id: str) -> ServiceJob | None:
        """The job that was, or None."""
        ...

    def unfinished(self) -> tuple[ServiceJob, ...]:
        """Queued and in progress, oldest first."""
        ...


class ContentStore(Protocol):
    """Bytes. Every method blocks. Each key belongs to one job: deleting one never hurts another."""

    def put_file(self, path: Path, name: str) -> str:
        """Take the file over under a key of its own; durable when it returns.

        `name` is unique in the service ("video_….mp4"), letters, digits, dots, dashes only.
        """
        ...

    def path(self, key: str) -> Path:
        """The bytes as a local file. Raises `NotFound`."""
        ...

    def delete(self, key: str) -> None:
        """Does nothing where there is no such key."""
        ...


@dataclass(frozen=True, slots=True)
class RenderSpec:
    model: str
    prompt: str
    seconds: int
    size: str
    reference: Path | None = None


class VideoEngine(Protocol):
    """Makes clips. Cancelling an awaited method stops the work soon."""

    def models(self) -> list[str]:
        """Model ids, the default first; at least one."""
        ...

    def check(self, spec: RenderSpec) -> None:
        """Raise `InvalidInput`, in words for a person, where it cannot be rendered as asked.

        Quick and without I/O; `spec.reference` is not set yet.
        """
        ...

    async def render(self, spec: RenderSpec, destination: Path, on_progress: Progress) -> None:
        """Write an MP4 to `destination`. Raises `StudioError` for what the asker can mend."""
        ...

    async def thumbnail(self, video: Path, destination: Path) -> None:
        """Write one frame of the clip as WebP."""
        ...

    async def spritesheet(self, video: Path, destination: Path) -> None:
        """Write a contact sheet of the clip as JPEG."""
        ...


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    """`scratch` is a folder for unfinished files and derived pictures; it may be emptied.

    It should be on the same disk as the content, so that a finished clip moves in one step.
    """

    scratch: Path
    api_key: str | None = None  # None: no key is asked for
    max_renders: int = 2  # at once; the rest waits in order
    max_waiting: int = 1000  # further creates get 429
    max_body_bytes: int = 64 * 1024 * 1024
    poll_after_ms: int = 500
    keep_for: timedelta | None = None  # after completion; None: until deleted
