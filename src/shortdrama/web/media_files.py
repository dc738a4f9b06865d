"""Bytes of clips, posters, thumbnails and assets, from our own storage, with ranges."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

from shortdrama.assets.script_text import SAMPLE_BYTES, read_script
from shortdrama.errors import NotFound
from shortdrama.web.services import Services

_KEY = re.compile(r"[0-9a-f]{64}")
_TEXT = "text/plain"
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
# Thumbnails and posters: read in one go, not opened, looked at and read in pieces.
_READ_WHOLE_BYTES = 256_000
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
    ".txt": _TEXT,
    ".md": _TEXT,
    ".fountain": _TEXT,
}


def route() -> Route:
    """A bare route: a page of the library asks for forty thumbnails at once."""
    return Route("/media/{key}/{name}", _serve, methods=["GET", "HEAD"])


def _serve(request: Request) -> Response:
    """One blob. Its address never changes and neither do its bytes, so browsers keep it."""
    services: Services = request.app.state.services
    key, name = request.path_params["key"], request.path_params["name"]
    size = services.blobs.size(key) if _KEY.fullmatch(key) else None
    if size is None:
        raise NotFound("This file is not in the studio's storage.")
    headers = _headers(key, name, as_attachment="download" in request.query_params)
    if headers["Content-Type"] == _TEXT:
        headers["Content-Type"] += _charset(services, key, size)
    return answer_blob(services, request, key, headers)


def answer_blob(
    services: Services, request: Request, key: str, headers: dict[str, str]
) -> Response:
    """The bytes of a key, whole or the range that is asked for. Raises `NotFound`. Blocks."""
    size = services.blobs.size(key)
    if size is None:
        raise NotFound("This file is not in the studio's storage.")
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    path = services.blobs.local_file(key)
    if path is None:
        return _ranged(services, request, key, size, headers)
    if size <= _READ_WHOLE_BYTES and "range" not in request.headers:
        return Response(path.read_bytes(), headers=headers)
    return FileResponse(path, headers=headers, media_type=headers["Content-Type"])


def _headers(key: str, name: str, *, as_attachment: bool) -> dict[str, str]:
    suffix = "." + name.rpartition(".")[2].lower()
    kind = "attachment" if as_attachment or suffix not in _SHOWN else "inline"
    return {
        "ETag": f'"{key}"',
        "Cache-Control": "private, max-age=31536000, immutable",
        "Accept-Ranges": "bytes",
        # A stranger's file must not run as a page of this origin, whatever a browser makes of it.
        "Content-Security-Policy": "default-src 'none'; sandbox; media-src 'self'; img-src 'self'",
        "Content-Type": _SHOWN.get(suffix, "application/octet-stream"),
        "Content-Disposition": f"{kind}; {_file_name(name)}",
    }


def _charset(services: Services, key: str, size: int) -> str:
    head = b"".join(services.blobs.stream(key, 0, min(size, SAMPLE_BYTES)))
    script = read_script(head, is_whole=size <= SAMPLE_BYTES)
    return "" if script is None else f"; charset={script.encoding}"


def _file_name(name: str) -> str:
    quoted = quote(name)
    return f'filename="{name}"' if quoted == name else f"filename*=utf-8''{quoted}"


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
