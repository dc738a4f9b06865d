"""A provider of the Sora 2 protocol that does wrong on demand, on real sockets.

    with Sora2Double(api_key="sk-secret") as double:
        double.script("a cat", submit="drop_after_accept", poll=["500", "queued", "completed"])
        client = Sora2Client(double.base_url, api_key="sk-secret")
        ...
        assert double.submits("a cat") == 1

It runs uvicorn in a thread and listens on two ports of 127.0.0.1: `base_url`, and `other_url`, an
origin that credentials must never reach. Both dialects are spoken. All that a step may be called
is in `sora2_script`. `default(…)` sets the script of every prompt without its own.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from types import TracebackType
from typing import Any, Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

from doubles.serving import Serving, cut, listen
from doubles.sora2_script import DoubleJob, Recorded, Script
from doubles.tiny_clip import tiny_clip

_FREE_BYTES = 20_000_000  # of a clip that comes slowly
_PAGE = "<html><body><h1>Bad gateway</h1></body></html>"
_ERROR_TEXTS = {
    "400": ("invalid_request_error", "invalid_value", "Invalid value: 'seconds'."),
    "401": ("invalid_request_error", "invalid_api_key", "Incorrect API key provided: {key}."),
    "402": ("billing_error", "payment_required", "Payment required."),
    "403": ("permission_error", "forbidden", "Your organization must be verified."),
    "404": ("invalid_request_error", "not_found", "No such video."),
    "409": ("conflict_error", "conflict", "The job is locked."),
    "422": ("invalid_request_error", "unprocessable", "size is not supported"),
    "429": ("rate_limit_error", "rate_limit_exceeded", "Too many requests."),
}
_ENVELOPES = {
    "200_error": (200, "video_queue_full", "Queue is full."),
    "moderation": (400, "moderation_blocked", "Blocked by our moderation system."),
    "quota": (429, "insufficient_quota", "You exceeded your current quota."),
}
_SERVER_ERROR = ("server_error", "server_error", "The server had an error.")


class JSONResponse(Response):
    """In ASCII, as many servers write it, so that half a pair of surrogates goes through."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return json.dumps(content).encode("ascii")


class Sora2Double:
    def __init__(
        self,
        *,
        api_key: str | None = None,
        has_list: bool = True,
        poll_after_ms: int | None = None,
    ) -> None:
        """`api_key`: asked for in `Authorization: Bearer` or `api-key`. `has_list`: GET /videos.

        `poll_after_ms`: wished for every job whose script wishes nothing else.
        """
        self.api_key = api_key
        self.has_list = has_list
        self.has_lagging_list = False
        self._poll_after_ms = poll_after_ms
        self.jobs: dict[str, DoubleJob] = {}
        self.requests: list[Recorded] = []
        self._scripts: dict[str, Script] = {}
        self._default = Script()
        self._submits: list[str] = []
        self._stopping = asyncio.Event()
        self._sockets = [listen(), listen()]
        self._ports = [sock.getsockname()[1] for sock in self._sockets]
        self._serving = Serving(self._app(), self._sockets)

    def __enter__(self) -> Self:
        self._serving.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._serving.call(self._stopping.set)
        self._serving.__exit__(exc_type, exc, traceback)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._ports[0]}/v1"

    @property
    def other_url(self) -> str:
        """Another origin that serves the same."""
        return f"http://127.0.0.1:{self._ports[1]}/v1"

    def script(self, prompt: str, **fields: Any) -> Script:
        """Set how the jobs of `prompt` go from now on; fields as in `Script`."""
        self._scripts[prompt] = Script(**fields)
        return self._scripts[prompt]

    def default(self, **fields: Any) -> Script:
        self._default = Script(**fields)
        return self._default

    @contextmanager
    def without_list(self) -> Iterator[None]:
        """A server that has none, for a while."""
        before, self.has_list = self.has_list, False
        try:
            yield
        finally:
            self.has_list = before

    def submits(self, prompt: str | None = None) -> int:
        """Paid requests that arrived, refused ones too; of one prompt, or all."""
        return sum(prompt in {None, submitted} for submitted in self._submits)

    def made(self, prompt: str | None = None) -> list[DoubleJob]:
        """Jobs that were made, oldest first."""
        jobs = list(self.jobs.values())  # at once: requests that arrive meanwhile add to them
        return [job for job in jobs if prompt in {None, job.prompt}]

    def polls(self, prompt: str | None = None) -> int:
        return sum(job.polls for job in self.made(prompt))

    def downloads(self, prompt: str | None = None) -> int:
        """Clips that were handed out whole."""
        return sum(job.downloads for job in self.made(prompt))

    def elsewhere(self) -> list[Recorded]:
        """Requests that came to the other origin."""
        return [request for request in self.requests if request.is_elsewhere]

    def _app(self) -> Starlette:
        get, post = ["GET"], ["POST"]
        return Starlette(
            routes=[
                Route("/v1/models", self._models, methods=get),
                Route("/v1/videos", self._create, methods=post),
                Route("/v1/generate", self._create, methods=post),
                Route("/v1/videos", self._list, methods=get),
                Route("/v1/videos/{id}", self._poll, methods=get),
                Route("/v1/status/{id}", self._poll, methods=get),
                Route("/v1/videos/{id}", self._delete, methods=["DELETE"]),
                Route("/v1/videos/{id}/remix", self._create, methods=post),
                Route("/v1/videos/{id}/content", self._content, methods=get),
                Route("/v1/download/{id}", self._content, methods=get),
            ]
        )

    async def _receive(self, request: Request) -> Response | None:
        """Write the request down; an answer where the key is wrong."""
        self.requests.append(
            Recorded(
                method=request.method,
                path=request.url.path,
                query=dict(request.query_params),
                headers=dict(request.headers),
                body=await request.body(),
                is_elsewhere=request.url.port == self._ports[1],
                at=time.monotonic(),
            )
        )
        if self.api_key is None or self.requests[-1].is_elsewhere:
            return None
        headers = request.headers
        told = headers.get("api-key") or headers.get("authorization", "").removeprefix("Bearer ")
        return None if told == self.api_key else _error("401", told)

    # requests that cost money

    async def _create(self, request: Request) -> Response:
        if (refused := await self._receive(request)) is not None:
            return refused
        fields, reference = await _fields_of(request)
        prompt = str(fields.get("prompt", ""))
        self._submits.append(prompt)
        script = self._scripts.get(prompt, self._default)
        step, _, argument = script.next_step("submit").partition(":")
        if (answer := await self._trouble(request, step, argument)) is not None:
            return answer
        job = self._make(fields, reference, script, request.path_params.get("id"))
        if step == "drop_after_accept":
            return await cut(request)
        if step == "delay":
            await self._wait(float(argument))
        if step in {"200_html", "200_empty", "200_no_id"}:
            return _unreadable(step)
        return self._told(request, job, "queued", 0)

    def _make(
        self,
        fields: dict[str, Any],
        reference: bytes | None,
        script: Script,
        remixed_from: str | None,
    ) -> DoubleJob:
        number = len(self.jobs) + 1
        job_id = script.job_id or f"video_{number:06d}"
        if script.job_id == "long":
            job_id = f"video_{number:06d}".ljust(600, "x")
        job = DoubleJob(
            id=job_id,
            prompt=str(fields.get("prompt", "")),
            model=str(fields.get("model", "double-1")),
            seconds=int(fields.get("seconds") or fields.get("duration") or 1),
            size=str(fields.get("size", "720x1280")),
            script=script,
            reference=reference,
            remixed_from=remixed_from,
        )
        self.jobs[job.id] = job
        return job

    # free requests

    async def _models(self, request: Request) -> Response:
        if (refused := await self._receive(request)) is not None:
            return refused
        return JSONResponse({"object": "list", "data": [{"id": "double-1", "object": "model"}]})

    async def _list(self, request: Request) -> Response:
        if (refused := await self._receive(request)) is not None:
            return refused
        if not self.has_list:
            return _error("404")
        jobs = [job for job in self.jobs.values() if not job.is_deleted]
        if request.query_params.get("order", "desc") == "desc":
            jobs.reverse()
        ids = [job.id for job in jobs]
        if (after := request.query_params.get("after")) in ids:
            jobs = jobs[ids.index(after) + 1 :]
        limit = int(request.query_params.get("limit", 20))
        page = jobs[:limit]
        data = [self._listed(job) for job in page]
        return JSONResponse(
            {
                "object": "list",
                "data": data,
                "first_id": page[0].id if page else None,
                "last_id": page[-1].id if page else None,
                "has_more": len(jobs) > limit,
            }
        )

    def _listed(self, job: DoubleJob) -> dict[str, Any]:
        """As a server that works on its jobs knows them; one whose list lags only knows what it
        was last asked about."""
        if job.script.takes_s is None or self.has_lagging_list:
            return self._video(job, "completed" if job.is_completed else "queued", 0)
        status, _, progress = self._poll_step(job).partition(":")
        job.is_completed = job.is_completed or status == "completed"
        return self._video(job, status, int(progress or 0))

    async def _delete(self, request: Request) -> Response:
        if (refused := await self._receive(request)) is not None:
            return refused
        job = self.jobs.get(request.path_params["id"])
        if job is None or job.is_deleted:
            return _error("404")
        job.is_deleted = True
        return JSONResponse({"id": job.id, "object": "video.deleted", "deleted": True})

    async def _poll(self, request: Request) -> Response:
        if (refused := await self._receive(request)) is not None:
            return refused
        job = self.jobs.get(request.path_params["id"])
        if job is None or job.is_deleted or time.time() - job.made_at < job.script.not_found_s:
            return _error("404")
        job.polls += 1
        step, _, argument = self._poll_step(job).partition(":")
        if step == "status":
            step, argument = argument, ""
        elif (answer := await self._trouble(request, step, argument)) is not None:
            return answer
        if step == "delay":
            await self._wait(float(argument))
            step = "in_progress"
        if step.startswith("failed"):
            return self._failed(request, job, step, argument)
        status, _, shape = step.partition("_") if step.startswith("completed") else (step, "", "")
        job.is_completed = job.is_completed or status == "completed"
        progress = int(argument) if argument else (100 if status == "completed" else 0)
        return self._told(request, job, status, progress, shape)

    def _poll_step(self, job: DoubleJob) -> str:
        takes_s = job.script.takes_s
        if takes_s is None:
            return job.script.next_step("poll", job.id)
        share = (time.time() - job.made_at) / takes_s if takes_s else 1.0
        if share >= 1:
            return "completed"
        return "queued" if share < 0.1 else f"in_progress:{int(share * 100)}"

    # bytes

    async def _content(self, request: Request) -> Response:
        if (refused := await self._receive(request)) is not None:
            return refused
        job = self.jobs.get(request.path_params["id"])
        if job is None or job.is_deleted:
            return _error("404")
        is_elsewhere = self.requests[-1].is_elsewhere
        step, _, argument = (
            ("ok", "", "")
            if is_elsewhere
            else job.script.next_step("content", job.id).partition(":")
        )
        if step == "html":
            return HTMLResponse(_PAGE)
        if (answer := await self._trouble(request, step, argument)) is not None:
            return answer
        if step == "delay":
            await self._wait(float(argument))
        if step.startswith("redirect"):
            return RedirectResponse(self._redirect_of(job, step, argument), 302)
        seconds = job.script.clip_seconds or job.seconds
        path = await asyncio.to_thread(
            tiny_clip, seconds, job.script.clip_size, job.script.clip_fps
        )
        clip = path.read_bytes()
        is_paced = step.startswith("paced")
        return (
            self._paced(step, float(argument), clip)
            if is_paced
            else self._clip(request, job, step, clip)
        )

    def _redirect_of(self, job: DoubleJob, step: str, argument: str) -> str:
        if step == "redirect_loop":
            return f"{self.base_url}/videos/{job.id}/content"
        return argument or f"{self.other_url}/videos/{job.id}/content"

    def _paced(self, step: str, seconds: float, clip: bytes) -> Response:
        # A free box behind the clip: longer on its way, the same to a player.
        heavy = clip + (_FREE_BYTES + 8).to_bytes(4) + b"free" + bytes(_FREE_BYTES)
        length = {} if step == "paced_chunked" else {"content-length": str(len(heavy))}
        return StreamingResponse(
            self._in_ten(heavy, seconds), media_type="video/mp4", headers=length
        )

    def _clip(self, request: Request, job: DoubleJob, step: str, clip: bytes) -> Response:
        half = clip[: len(clip) // 2]
        kind = "application/octet-stream" if step == "octet_stream" else "video/mp4"
        if step == "json":
            return JSONResponse({"error": {"message": "The clip is gone.", "code": "expired"}})
        if step == "cut_file":
            return Response(half, media_type=kind)
        if step == "no_moov":
            return Response(clip.replace(b"moov", b"free"), media_type=kind)
        if step == "truncated":
            body = self._half_then_cut(request, half)
            return StreamingResponse(
                body, media_type=kind, headers={"content-length": str(len(clip))}
            )
        job.downloads += 1
        if step == "chunked":
            return StreamingResponse(_pieces(clip), media_type=kind)
        return Response(clip, media_type=kind)

    async def _in_ten(self, clip: bytes, seconds: float) -> AsyncIterator[bytes]:
        size = len(clip) // 10 + 1
        for start in range(0, len(clip), size):
            await self._wait(seconds / 10)
            yield clip[start : start + size]

    async def _half_then_cut(self, request: Request, half: bytes) -> AsyncIterator[bytes]:
        yield half
        await asyncio.sleep(0.02)  # lets the half leave before the reset
        await cut(request)
        yield b""

    # answers

    def _told(
        self, request: Request, job: DoubleJob, status: str, progress: int, shape: str = ""
    ) -> Response:
        headers = {}
        wish_ms = job.script.poll_after_ms or self._poll_after_ms
        if wish_ms is not None:
            headers["openai-poll-after-ms"] = str(wish_ms)
        if "/generate" in request.url.path:
            return JSONResponse({"jobId": job.id, "status": status}, headers=headers)
        if "/status/" in request.url.path:
            told: dict[str, Any] = {"status": status, "progress": progress}
            if status == "completed":
                told["videoUrl"] = job.script.url_value or f"/v1/download/{job.id}"
            return JSONResponse(told, headers=headers)
        return JSONResponse(_shaped(self._video(job, status, progress), shape), headers=headers)

    def _video(self, job: DoubleJob, status: str, progress: int) -> dict[str, Any]:
        is_over = status == "completed"
        video: dict[str, Any] = {
            "id": job.id,
            "object": "video",
            "model": job.model,
            "status": status,
            "progress": progress,
            "created_at": int(job.made_at),
            "completed_at": int(time.time()) if is_over else None,
            "expires_at": int(time.time()) + 3600 if is_over else None,
            "prompt": job.prompt,
            "size": job.size,
            "seconds": str(job.seconds),
            "remixed_from_video_id": job.remixed_from,
            "error": None,
        }
        address = job.script.url_value or f"{self.base_url}/videos/{job.id}/content"
        if is_over and job.script.url == "metadata.url":
            video["metadata"] = {"url": address}
        elif is_over and job.script.url:
            video[job.script.url] = address
        return video

    def _failed(self, request: Request, job: DoubleJob, step: str, argument: str) -> Response:
        message = "The render broke."
        shapes: dict[str, Any] = {
            "failed_text": message,
            "failed_no_code": {"message": message},
        }
        error = shapes.get(
            step, {"code": argument or "video_generation_failed", "message": message}
        )
        number = step.removeprefix("failed_")
        status = int(number) if number.isdigit() else 200
        return JSONResponse({**self._video(job, "failed", 100), "error": error}, status)

    async def _trouble(self, request: Request, step: str, argument: str) -> Response | None:
        """The answer of a step that stands for trouble of any endpoint; None for other steps."""
        if step == "drop":
            return await cut(request)
        if step == "redirect" and request.method == "POST":
            return RedirectResponse(self.other_url + "/videos", 307)
        return _trouble(step, argument)

    async def _wait(self, seconds: float) -> None:
        """Until the time is over, or the double stops."""
        waiting = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait([waiting], timeout=seconds)
        waiting.cancel()


def refused_url() -> str:
    """A base URL where nobody listens."""
    with listen() as sock:
        return f"http://127.0.0.1:{sock.getsockname()[1]}/v1"


def _error(number: str, key: str = "") -> JSONResponse:
    kind, code, message = _ERROR_TEXTS.get(number, _SERVER_ERROR)
    said = message.format(key=key)
    error = {"message": said, "type": kind, "param": None, "code": code}
    return JSONResponse({"error": error}, int(number), headers={"x-request-id": "req_double"})


def _trouble(step: str, argument: str) -> Response | None:
    if step in {"html", "empty"}:
        return HTMLResponse(_PAGE) if step == "html" else Response(b"")
    if step in _ENVELOPES:
        status, code, message = _ENVELOPES[step]
        return JSONResponse({"error": {"code": code, "message": message}}, status)
    number, _, shape = step.partition("_")
    if not number.isdigit() or number == "200":
        return None
    if shape == "html":
        return HTMLResponse(_PAGE, int(number))
    answer = _error(number)
    if argument:
        moment = formatdate(time.time() + float(argument), usegmt=True)
        answer.headers["retry-after"] = moment if shape == "date" else argument
    return answer


def _unreadable(step: str) -> Response:
    if step == "200_no_id":
        return JSONResponse({"object": "video", "status": "queued"})
    return HTMLResponse(_PAGE) if step == "200_html" else Response(b"")


def _shaped(video: dict[str, Any], shape: str) -> dict[str, Any]:
    if shape == "sparse":
        return {name: video[name] for name in ("id", "status")}
    if shape == "int":
        return {**video, "seconds": int(video["seconds"])}
    if shape == "extra":
        return {**video, "usage": {"duration_seconds": 1.0}, "file_path": "/srv/x.mp4", "urls": []}
    return video


async def _fields_of(request: Request) -> tuple[dict[str, Any], bytes | None]:
    """Fields and reference of a create request, JSON or form."""
    if "json" in request.headers.get("content-type", ""):
        fields = json.loads(await request.body())
        return fields, _decoded((fields.get("input_reference") or {}).get("image_url"))
    async with request.form() as form:
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        part = form.get("input_reference")
        if part is not None and not isinstance(part, str):
            return fields, await part.read()
        return fields, _decoded(fields.get("input_reference[image_url]"))


def _decoded(url: str | None) -> bytes | None:
    return base64.b64decode(url.partition(",")[2]) if url else None


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 1000):
        yield content[start : start + 1000]
