"""A job's bytes: clip, thumbnail and contact sheet, from the studio's own storage."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from shortdrama.domain.take import Clip, TakeStatus
from shortdrama.errors import NotFound, UnsupportedFile
from shortdrama.sora2.service.clips import Variant
from shortdrama.sora2.service.envelope import ApiError
from shortdrama.web.door.desk import Job
from shortdrama.web.door.ports import DoorTools
from shortdrama.web.door.views import STATUS
from shortdrama.web.media_files import answer_blob
from shortdrama.web.services import Services

_TYPES = {
    "video": ("video/mp4", "mp4"),
    "thumbnail": ("image/webp", "webp"),
    "spritesheet": ("image/jpeg", "jpg"),
}


def answer_content(
    request: Request, services: Services, tools: DoorTools, found: Job, variant: Variant
) -> Response:
    """Ranges and validators included. Blocks.

    Raises:
        ApiError: 404 while it is not ready, and where it never will be.
    """
    clip = _clip_of(found)
    if variant == "spritesheet":
        return _sheet(tools, found, clip)
    key = clip.video_key if variant == "video" else clip.poster_key
    if key is None:
        raise _gone(variant)
    headers = _headers(found, variant) | {"ETag": f'"{key}"', "Accept-Ranges": "bytes"}
    try:
        return answer_blob(services, request, key, headers)
    except NotFound as error:
        raise _gone(variant) from error


def _clip_of(found: Job) -> Clip:
    take = found.take
    if take.status is TakeStatus.READY and take.clip is not None:
        return take.clip
    told = "failed" if STATUS[take.status] == "failed" else "not ready yet"
    raise ApiError(
        404, f"The video is {told} (status: {STATUS[take.status]}).", code="video_not_ready"
    )


def _sheet(tools: DoorTools, found: Job, clip: Clip) -> Response:
    try:
        path = tools.spritesheet(clip.video_key)
    except (NotFound, UnsupportedFile) as error:
        raise _gone("spritesheet") from error
    headers = _headers(found, "spritesheet")
    return FileResponse(path, headers=headers, media_type=headers["Content-Type"])


def _headers(found: Job, variant: Variant) -> dict[str, str]:
    media_type, suffix = _TYPES[variant]
    return {
        "Content-Type": media_type,
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Disposition": f'inline; filename="video_{found.take.id}.{suffix}"',
    }


def _gone(variant: str) -> ApiError:
    return ApiError(404, f"There is no {variant} of this video any more.", code="content_gone")
