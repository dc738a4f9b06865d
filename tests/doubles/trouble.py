"""Answers that any server may give where something is wrong, for the doubles of vendors.

In place of an answer: `serving.cut(request)`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from doubles.serving import cut
from doubles.tiny_clip import tiny_clip


def proxy_page(status: int = 502) -> Response:
    """What a proxy in front of a server says."""
    return HTMLResponse("<html><body><h1>Bad gateway</h1></body></html>", status)


async def clip_answer(request: Request, seconds: int = 1, step: str = "ok") -> Response:
    """A clip that a player can play, or what comes in its place.

    `step`: "ok"; "cut", half of it under the length of the whole; "json", an error with 200.
    """
    if step == "json":
        return JSONResponse({"error": {"message": "The clip is gone.", "code": "expired"}})
    clip = (await asyncio.to_thread(tiny_clip, seconds)).read_bytes()
    if step == "cut":
        body = _half_then_cut(request, clip[: len(clip) // 2])
        return StreamingResponse(
            body, media_type="video/mp4", headers={"content-length": str(len(clip))}
        )
    return Response(clip, media_type="video/mp4")


async def _half_then_cut(request: Request, half: bytes) -> AsyncIterator[bytes]:
    yield half
    await asyncio.sleep(0.02)  # lets the half leave before the reset
    await cut(request)
    yield b""
