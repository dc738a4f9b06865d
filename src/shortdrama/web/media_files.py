"""Bytes of clips, posters, thumbnails and assets, from our own storage, with ranges."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from shortdrama.errors import NotFound
from shortdrama.web.services import GivenServices, Services

router = APIRouter(include_in_schema=False)
_KEY = re.compile(r"[0-9a-f]{64}")
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
# What a browser may show; everything else is only ever downloaded as plain bytes.
_SHOWN = {
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".gif": "image/gif",
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".ogg": "audio/ogg",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
    ".fountain": "text/plain; charset=utf-8",
}


@router.api_route("/media/{key}/{name}", methods=["GET", "HEAD"])
def serve(
    request: Request,
    key: str,
    name: str,
    services: GivenServices,
    download: bool = False,
) -> Response:
    """One blob. Its address never changes and neither do its bytes, so browsers keep it."""
    size = services.blobs.size(key) if _KEY.fullmatch(key) else None
    if size is None:
        raise NotFound("This file is not in the studio's storage.")
    suffix = "." + name.rpartition(".")[2].lower()
    media_type = _SHOWN.get(suffix, "application/octet-stream")
    as_attachment = download or suffix not in _SHOWN
    headers = {
        "ETag": f'"{key}"',
        "Cache-Control": "private, max-age=31536000, immutable",
        "Accept-Ranges": "bytes",
        # A stranger's file must not run as a page of this origin, whatever a browser makes of it.
        "Content-Security-Policy": "default-src 'none'; sandbox; media-src 'self'; img-src 'self'",
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    path = services.blobs.local_file(key)
    kind = "attachment" if as_attachment else "inline"
    if path is not None:
        return FileResponse(
            path,
            headers=headers,
            media_type=media_type,
            filename=name,
            content_disposition_type=kind,
        )
    response = _ranged(services, request, key, size, headers | {"Content-Type": media_type})
    response.headers["Content-Disposition"] = kind
    return response


def _ranged(
    services: Services, request: Request, key: str, size: int, headers: dict[str, str]
) -> Response:
    span = _asked_range(request.headers.get("range", ""), size)
    if span is None:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{size}"})
    start, stop, is_partial = span
    headers = headers | {"Content-Length": str(stop - start)}
    if is_partial:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    status = 206 if is_partial else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    body: Iterator[bytes] = services.blobs.stream(key, start, stop)
    return StreamingResponse(body, status_code=status, headers=headers)


def _asked_range(header: str, size: int) -> tuple[int, int, bool] | None:
    """(start, stop, is partial) of a single range; None where it lies outside."""
    match = _RANGE.fullmatch(header)
    if match is None or not any(match.groups()):
        return 0, size, False
    first, last = match.groups()
    if not first:
        return max(0, size - int(last)), size, True
    start, stop = int(first), min(size, int(last) + 1 if last else size)
    return (start, stop, True) if start < stop else None
