"""What the doubles of several vendors are made of: two origins, a script, and a record.

A script is a list of steps for each kind of request ("submit", "poll", "content"); each request
takes the next step of its job and the last one stays.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from doubles.serving import Serving, cut, listen
from doubles.steps import CONTENT, Steps, need_known
from doubles.trouble import clip_answer, proxy_page


@dataclass
class VendorJob:
    """A job that the double made, and so one that the vendor would have charged."""

    id: str
    body: dict[str, Any]
    seconds: int
    made_at: float = field(default_factory=time.time)
    status: str = "queued"
    taken: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """A request as it came in. Header names are lower-case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = field(repr=False)
    is_elsewhere: bool = False  # came to the other origin


class VendorDouble:
    """Subclasses say which `routes` there are."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.jobs: dict[str, VendorJob] = {}
        self.seen: list[Seen] = []
        self.bodies: list[dict[str, Any]] = []  # of paid requests, refused ones too
        self.at_once = self.most_at_once = 0  # paid requests without their answer yet
        self._steps: dict[str, Steps] = {}
        self._sockets = [listen(), listen()]
        self._ports = [sock.getsockname()[1] for sock in self._sockets]
        self._serving = Serving(Starlette(routes=self.routes()), self._sockets)

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
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._ports[0]}"

    @property
    def other_origin(self) -> str:
        """Where clips lie. The key must never come here."""
        return f"http://127.0.0.1:{self._ports[1]}"

    def routes(self) -> list[Any]:
        raise NotImplementedError

    submit_steps: frozenset[str]
    poll_steps: frozenset[str]
    content_steps = CONTENT | {"drop"}

    def script(self, *, submit: Steps = "ok", poll: Steps = (), content: Steps = "ok") -> None:
        """From now on, for all jobs. Raises `ValueError` for a step that is none."""
        need_known("submit", submit, self.submit_steps)
        need_known("poll", poll, self.poll_steps)
        need_known("content", content, self.content_steps, statuses=True)
        self._steps = {"submit": submit, "poll": poll or self.way, "content": content}
        for job in self.jobs.values():
            job.taken.clear()
        self._taken: dict[str, int] = {}

    way: Steps = ()  # of a job that goes well

    def submits(self) -> int:
        return len(self.bodies)

    def elsewhere(self) -> list[Seen]:
        return [request for request in self.seen if request.is_elsewhere]

    def next_step(self, kind: str, job: VendorJob | None = None) -> tuple[str, str]:
        """The step and its argument: "429:7" is ("429", "7")."""
        if not self._steps:
            self.script()
        steps = self._steps[kind]
        steps = (steps,) if isinstance(steps, str) else steps
        taken = self._taken if job is None else job.taken
        number = taken.get(kind, 0)
        taken[kind] = number + 1
        step, _, argument = steps[min(number, len(steps) - 1)].partition(":")
        return step, argument

    async def note(self, request: Request) -> Seen:
        self.seen.append(
            Seen(
                method=request.method,
                path=request.url.path,
                query=dict(request.query_params),
                headers=dict(request.headers),
                body=await request.body(),
                is_elsewhere=request.url.port == self._ports[1],
            )
        )
        return self.seen[-1]

    async def linger(self) -> None:
        """A paid request that takes its time; `most_at_once` tells how many did so together."""
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0.05)
        self.at_once -= 1

    async def clip(self, request: Request) -> Response:
        """The clip of the job in the path; no key must come with it."""
        await self.note(request)
        job = self.jobs.get(request.path_params["id"])
        if job is None:
            return Response(status_code=404)
        step, _ = self.next_step("content", job)
        if step == "drop":
            return await cut(request)
        if step == "502":
            return proxy_page()
        if step.isdigit():
            return self.clip_refusal(int(step))
        return await clip_answer(request, job.seconds, step)

    def clip_refusal(self, status: int) -> Response:
        return Response("<Error><Code>AccessDenied</Code></Error>", status, media_type="text/xml")
