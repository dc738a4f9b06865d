"""A job's bytes: hands out clip, thumbnail and contact sheet with ranges and validators."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Literal

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from shortdrama.sora2.service.ports import ContentStore, ServiceJob, VideoEngine

Variant = Literal["video", "thumbnail", "spritesheet"]
_TYPES = {
    "video": ("video/mp4", ".mp4"),
    "thumbnail": ("image/webp", ".webp"),
    "spritesheet": ("image/jpeg", ".jpg"),
}


async def clip_response(  # noqa: PLR0913, PLR0917 - one call site, all named
    request: Request,
    job_id: str,
    video: Path,
    scratch: Path,
    engine: VideoEngine,
    variant: Variant,
) -> Response:
    """Ranges, `If-Range` and HEAD are Starlette's; derived pictures are kept in `scratch`."""
    media_type, suffix = _TYPES[variant]
    path = video if variant == "video" else scratch / f"{job_id}.{variant}{suffix}"
    if variant != "video" and not await to_thread.run_sync(path.exists):
        await _derive(engine, variant, video, path)
    etag = f'"{job_id}-{variant}"'  # a completed clip never changes
    headers = {
        "etag": etag,
        "cache-control": "private, max-age=31536000, immutable",
        "x-content-type-options": "nosniff",
    }
    asked = [tag.strip() for tag in request.headers.get("if-none-match", "").split(",")]
    if etag in asked or "*" in asked:
        return Response(status_code=304, headers=headers)
    return FileResponse(
        path,
        headers=headers,
        media_type=media_type,
        filename=f"{job_id}{suffix}",
        content_disposition_type="inline",
    )


def delete_bytes(job: ServiceJob, content: ContentStore, scratch: Path) -> None:
    """All that was kept of a job whose row is gone. Blocks."""
    for key in (job.content_key, job.reference_key):
        if key is not None:
            content.delete(key)
    for derived in scratch.glob(f"{job.id}.*"):
        derived.unlink(missing_ok=True)


async def _derive(engine: VideoEngine, variant: Variant, video: Path, path: Path) -> None:
    """Two askers at once each make their own; the last one's replaces the other's."""
    part = path.with_name(f"{path.stem}.{secrets.token_hex(4)}.part{path.suffix}")
    make = engine.thumbnail if variant == "thumbnail" else engine.spritesheet
    try:
        await make(video, part)
        await to_thread.run_sync(part.replace, path)
    finally:
        await to_thread.run_sync(lambda: part.unlink(missing_ok=True))
