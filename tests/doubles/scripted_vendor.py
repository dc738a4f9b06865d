"""What the doubles of Wan, Runway and Kling share: a server on loopback that writes down what it
is asked, makes jobs, and does at each step what it was told to.

    with WanDouble("sk-secret") as double:
        double.script(submit="lost", poll=("queued", "done"))
        ...
        assert double.submits() == 1

Steps of submit (the job is made in those marked *): `ok`*, `lost`* (cut in place of an answer),
`500`* (the vendor's own error), `page`* (HTML with 200), `unclear`* (JSON without a job), and the
names of the vendor's own refusals. Steps of poll: `gone`, `page` (a proxy's 502), `busy`, and the
vendor's own words. Steps of content: `ok`, `502`, `json`, `cut`, `403`. Where several steps are
given each request takes the next one, and the last one stays.
"""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from doubles.serving import Serving, cut
from doubles.steps import CONTENT, STRANGE, Steps, need_known
from doubles.trouble import clip_answer, proxy_page

_SUBMITS = frozenset({"ok", "lost", "500", "page", "unclear"})
_POLLS = frozenset({"gone", "page", "busy", STRANGE})


@dataclass
class VendorScript:
    submit: Steps = "ok"
    poll: Steps = ("queued", "running", "done")
    content: Steps = "ok"


@dataclass
class VendorJob:
    """A job that a real vendor would have charged."""

    id: str
    path: str  # that it was submitted to
    body: dict[str, Any]
    script: VendorScript
    made_at: float = field(default_factory=time.time)
    polls: int = 0
    downloads: int = 0
    is_cancelled: bool = False
    taken: dict[str, int] = field(default_factory=dict)

    def next_step(self, kind: str) -> str:
        number = self.taken.get(kind, 0)
        self.taken[kind] = number + 1
        return _step(getattr(self.script, kind), number)


@dataclass(frozen=True)
class Received:
    """A request as it came in. Header names are lower-case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = field(repr=False)
    at: float = field(default_factory=time.monotonic, compare=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class ScriptedVendor(ABC):
    clip_seconds = 1

    def __init__(self, key: str) -> None:
        self.key = key
        self.jobs: dict[str, VendorJob] = {}
        self.requests: list[Received] = []
        self._script = VendorScript()
        self._submits = 0
        clip = Route("/clips/{id}.mp4", self._content)
        self._serving = Serving(Starlette(routes=[*self.routes(), clip]))

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
    def url(self) -> str:
        return self._serving.url

    def script(self, **steps: Steps) -> None:
        """How the jobs that are made from now on go. `ValueError` for a step that is none."""
        script = self.checked(VendorScript(**steps))
        self._script = script

    def checked(self, script: VendorScript) -> VendorScript:
        need_known("submit", script.submit, _SUBMITS | self.refusals)
        need_known("poll", script.poll, _POLLS | self.words)
        need_known("content", script.content, CONTENT)
        return script

    def steer(self, **steps: Steps) -> None:
        """The same, and those that were made before go on that way, too."""
        self.script(**steps)
        for job in self.jobs.values():
            job.script, job.taken = self._script, {}

    def submits(self) -> int:
        """Paid requests that arrived, refused and lost ones too."""
        return self._submits

    def made(self) -> list[VendorJob]:
        """Oldest first."""
        return list(self.jobs.values())

    # What a vendor's double fills in

    refusals: frozenset[str]  # of submits
    words: frozenset[str]  # of polls

    @abstractmethod
    def routes(self) -> list[Route]: ...

    @abstractmethod
    def accepted(self, job: VendorJob) -> Response: ...

    @abstractmethod
    def told(self, job: VendorJob, step: str, argument: str) -> Response:
        """The answer to a poll."""

    @abstractmethod
    def refused(self, step: str) -> Response:
        """ "key", "busy", "unknown_job", "500", and refusals of the vendor's own."""

    @abstractmethod
    def is_let_in(self, request: Request) -> bool: ...

    # What is the same everywhere

    async def receive(self, request: Request) -> Response | None:
        """Write the request down; an answer where the key is wrong."""
        await self._write_down(request)
        return None if self.is_let_in(request) else self.refused("key")

    async def submit(self, request: Request) -> Response:
        refused = await self.receive(request)
        self._submits += 1
        if refused is not None:
            return refused
        step = _step(self._script.submit, self._submits - 1)
        if step not in _SUBMITS:
            return self.refused(step)
        job = self.make(request.url.path, self.requests[-1].json)
        if step == "lost":
            return await cut(request)
        if step == "unclear":
            return JSONResponse({"request_id": "req-1"})
        if step == "ok":
            return self.accepted(job)
        return self.refused("500") if step == "500" else proxy_page(200)

    def make(self, path: str, body: dict[str, Any]) -> VendorJob:
        job = VendorJob(f"job-{len(self.jobs) + 1:04d}", path, body, self._script)
        self.jobs[job.id] = job
        return job

    async def poll(self, request: Request) -> Response:
        if (refused := await self.receive(request)) is not None:
            return refused
        job = self.find(request.path_params["id"])
        if job is None:
            return self.refused("unknown_job")
        job.polls += 1
        step, _, argument = job.next_step("poll").partition(":")
        if step == "gone":
            return self.refused("unknown_job")
        if step == "page":
            return proxy_page()
        return self.refused("busy") if step == "busy" else self.told(job, step, argument)

    def find(self, job_id: str) -> VendorJob | None:
        return self.jobs.get(job_id)

    def clip_url(self, job: VendorJob) -> str:
        """Another one at each poll, as of links that are signed anew."""
        return f"{self.url}/clips/{job.id}.mp4?signature=s{job.polls}"

    async def _write_down(self, request: Request) -> None:
        query, headers = dict(request.query_params), dict(request.headers)
        body = await request.body()
        self.requests.append(Received(request.method, request.url.path, query, headers, body))

    async def _content(self, request: Request) -> Response:
        await self._write_down(request)
        job = self.jobs[request.path_params["id"]]
        step = job.next_step("content")
        if step == "502":
            return proxy_page()
        if step == "403":
            return Response("<Error><Code>AccessDenied</Code></Error>", 403)
        job.downloads += step == "ok"
        return await clip_answer(request, self.clip_seconds, step)


def _step(steps: Steps, number: int) -> str:
    steps = (steps,) if isinstance(steps, str) else steps
    return steps[min(number, len(steps) - 1)]
