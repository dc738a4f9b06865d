"""What doubles of servers with `/v1/videos` share: jobs that move on with every poll, requests
written down, and trouble on demand. The shapes of answers are each double's own.

`play` is one of `providers.contract.Play`, or a word that only one double knows.
"""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from doubles.serving import Serving, cut
from doubles.trouble import clip_answer, proxy_page

_ENDS = {"failed": "failed", "result_moderated": "moderated"}
_CLIPS = {"clip_an_error": "json", "clip_cut": "cut"}


@dataclass
class Job:
    id: str
    fields: dict[str, Any]
    files: dict[str, bytes]
    made_at: int = field(default_factory=lambda: int(time.time()))
    polls: int = 0
    fetches: int = 0
    is_deleted: bool = False

    @property
    def seconds(self) -> int:
        return int(self.fields.get("seconds") or self.fields.get("duration") or 4)


@dataclass(frozen=True)
class Seen:
    """A request as it came in. Header names are lower-case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = field(repr=False)


class VideosDouble(ABC):
    """One server, on one free port of 127.0.0.1."""

    prefix = "/v1"
    has_keys = True

    def __init__(self, key: str = "") -> None:
        self.key = key
        self.play = "fine"
        self.jobs: dict[str, Job] = {}
        self.seen: list[Seen] = []
        self.submits = 0
        self._serving = Serving(Starlette(routes=self.routes()))

    def __enter__(self) -> Self:
        self._serving.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._serving.__exit__(exc_type, exc, traceback)

    @property
    def base_url(self) -> str:
        return self._serving.url + self.prefix

    @property
    def last(self) -> Job:
        return list(self.jobs.values())[-1]

    def routes(self) -> list[Route]:
        top = f"{self.prefix}/videos"
        return [
            Route(top, self.create, methods=["POST"]),
            Route(top, self.list, methods=["GET"]),
            Route(f"{top}/{{id}}", self.poll, methods=["GET"]),
            Route(f"{top}/{{id}}", self.delete, methods=["DELETE"]),
            Route(f"{top}/{{id}}/content", self.content, methods=["GET"]),
            Route(f"{self.prefix}/models", self.models, methods=["GET"]),
        ]

    # The shapes of one server

    @abstractmethod
    def told(self, job: Job, word: str) -> dict[str, Any]:
        """The job; `word` is "queued", "running", "done", "failed", "moderated" or the
        server's own word."""

    @abstractmethod
    def refusal(self, status: int, code: str, message: str) -> Response: ...

    def new_id(self) -> str:
        return f"video_{len(self.jobs) + 1:06d}"

    def key_of(self, request: Request) -> str:
        return request.headers.get("authorization", "").removeprefix("Bearer ")

    def failed(self, job: Job, word: str) -> Response:
        return JSONResponse(self.told(job, word))

    def not_found(self) -> Response:
        return self.refusal(404, "not_found", "Video not found")

    def check(self, fields: dict[str, Any], files: dict[str, bytes]) -> Response | None:
        """An answer to a request that the server does not take."""
        return None

    # What they have in common

    async def receive(self, request: Request) -> Response | None:
        self.seen.append(
            Seen(
                request.method,
                request.url.path,
                dict(request.query_params),
                dict(request.headers),
                await request.body(),
            )
        )
        if self.key and self.has_keys and self.key_of(request) != self.key:
            return self.refusal(401, "invalid_api_key", f"Invalid token {self.key_of(request)}")
        return None

    async def create(self, request: Request) -> Response:
        if (answer := await self.receive(request)) is not None:
            return answer
        self.submits += 1
        fields, files = await read_fields(request)
        if (answer := self.refused(request) or self.check(fields, files)) is not None:
            return answer
        job = Job(self.new_id(), fields, files)
        self.jobs[job.id] = job
        if self.play == "lost":
            return await cut(request)
        if self.play == "server_error":
            return self.refusal(500, "server_error", "Internal Server Error")
        if self.play == "unreadable":
            return proxy_page(200)
        return JSONResponse(self.told(job, "queued"))

    def refused(self, request: Request) -> Response | None:
        match self.play:
            case "refused":
                return self.refusal(400, "invalid_value", "seconds: not one of 4, 8, 12")
            case "key_refused":
                return self.refusal(401, "invalid_api_key", f"Bad key {self.key_of(request)}")
            case "busy":
                answer = self.refusal(429, "rate_limit_exceeded", "Too many requests")
                answer.headers["retry-after"] = "7"
                return answer
            case "no_credit":
                return self.no_credit()
            case "prompt_moderated":
                return self.refusal(400, "moderation_blocked", "The prompt was blocked")
        return None

    def no_credit(self) -> Response:
        return self.refusal(429, "insufficient_quota", "You exceeded your quota")

    async def poll(self, request: Request) -> Response:
        if (answer := await self.receive(request)) is not None:
            return answer
        job = self.jobs.get(request.path_params["id"])
        if job is None or job.is_deleted or self.play == "gone":
            return self.not_found()
        job.polls += 1
        if self.play == "poll_trouble" and job.polls == 1:
            return proxy_page()
        word = self.word_of(job)
        if word in {"failed", "moderated"}:
            return self.failed(job, word)
        return JSONResponse(self.told(job, word))

    def word_of(self, job: Job) -> str:
        if self.play == "slow":
            return "running"
        if self.play == "unknown_word" and job.polls == 1:
            return "FROBNICATING"
        if job.polls < 2:
            return "queued"
        if job.polls < 3:
            return "running"
        return _ENDS.get(self.play, "done")

    async def content(self, request: Request) -> Response:
        if (answer := await self.receive(request)) is not None:
            return answer
        job = self.jobs.get(request.path_params["id"])
        if job is None or job.is_deleted:
            return self.not_found()
        return await self.clip(request, job)

    async def clip(self, request: Request, job: Job) -> Response:
        job.fetches += 1
        if self.play == "clip_trouble" and job.fetches == 1:
            return proxy_page()
        return await clip_answer(request, 1, _CLIPS.get(self.play, "ok"))

    async def list(self, request: Request) -> Response:
        if (answer := await self.receive(request)) is not None:
            return answer
        jobs = [job for job in reversed(self.jobs.values()) if not job.is_deleted]
        ids = [job.id for job in jobs]
        if (after := request.query_params.get("after")) in ids:
            jobs = jobs[ids.index(after) + 1 :]
        limit = int(request.query_params.get("limit", 20))
        page = [self.told(job, "queued") for job in jobs[:limit]]
        return JSONResponse(
            {
                "object": "list",
                "data": page,
                "first_id": page[0]["id"] if page else None,
                "last_id": page[-1]["id"] if page else None,
                "has_more": len(jobs) > limit,
            }
        )

    async def delete(self, request: Request) -> Response:
        if (answer := await self.receive(request)) is not None:
            return answer
        job = self.jobs.get(request.path_params["id"])
        if job is None or job.is_deleted:
            return self.not_found()
        job.is_deleted = True
        return JSONResponse({"id": job.id, "object": "video.deleted", "deleted": True})

    async def models(self, request: Request) -> Response:
        if (answer := await self.receive(request)) is not None:
            return answer
        return JSONResponse({"object": "list", "data": [{"id": "model-1", "object": "model"}]})


async def read_fields(request: Request) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Fields and files of a create request, JSON or form."""
    if "json" in request.headers.get("content-type", ""):
        return json.loads(await request.body()), {}
    fields: dict[str, Any] = {}
    files: dict[str, bytes] = {}
    async with request.form(max_part_size=40_000_000) as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                files[name] = await value.read()
            else:
                fields[name] = value
    return fields, files
