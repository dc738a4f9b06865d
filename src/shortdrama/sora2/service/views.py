"""A job as each dialect shows it."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from starlette.requests import Request

from shortdrama.sora2.service.ports import ServiceJob
from shortdrama.sora2.wire import JobStatus

_STARTED_AT = int(time.time())


def show_video(job: ServiceJob) -> dict[str, Any]:
    """OpenAI's Video object, every field present."""
    return {
        "id": job.id,
        "object": "video",
        "model": job.model,
        "status": job.status.value,
        "progress": job.progress,
        "created_at": _unix(job.created_at),
        "completed_at": _unix(job.completed_at),
        "expires_at": _unix(job.expires_at),
        "prompt": job.prompt,
        "size": job.size,
        "seconds": str(job.seconds),
        "remixed_from_video_id": job.remixed_from,
        "error": _error(job),
    }


def show_seed_status(job: ServiceJob, request: Request) -> dict[str, Any]:
    """The seed's `{status, progress, videoUrl?}`, and why it failed where it did."""
    shown: dict[str, Any] = {
        "jobId": job.id,
        "status": job.status.value,
        "progress": job.progress,
    }
    if job.status is JobStatus.COMPLETED:
        # `request.base_url` is that of the outermost application, not of the mount.
        home = f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"
        shown["videoUrl"] = f"{home}/download/{job.id}"
    if (error := _error(job)) is not None:
        shown["error"] = error
    return shown


def show_page(jobs: tuple[ServiceJob, ...], has_more: bool) -> dict[str, Any]:
    return {
        "object": "list",
        "data": [show_video(job) for job in jobs],
        "first_id": jobs[0].id if jobs else None,
        "last_id": jobs[-1].id if jobs else None,
        "has_more": has_more,
    }


def show_model(model: str) -> dict[str, Any]:
    return {"id": model, "object": "model", "created": _STARTED_AT, "owned_by": "shortdrama"}


def _error(job: ServiceJob) -> dict[str, Any] | None:
    if job.status is not JobStatus.FAILED:
        return None
    return {"code": job.error_code, "message": job.error_message}


def _unix(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment is not None else None
