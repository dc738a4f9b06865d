"""Joins stores, engine and routes into a service that can be mounted or run alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from shortdrama.errors import StudioError
from shortdrama.sora2.service.door import Door
from shortdrama.sora2.service.envelope import (
    ApiError,
    on_api_error,
    on_bug,
    on_http_error,
    on_studio_error,
)
from shortdrama.sora2.service.ports import ContentStore, VideoEngine, VideoJobStore
from shortdrama.sora2.service.renders import RenderQueue
from shortdrama.sora2.service.routes import Routes


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    """`scratch` is a folder for unfinished files and derived pictures; it may be emptied.

    It should be on the same disk as the content, so that a finished clip moves in one step.
    """

    scratch: Path
    api_key: str | None = None  # None: no key is asked for
    max_renders: int = 2  # at once; the rest waits in order
    max_waiting: int = 1000  # further creates get 429
    max_body_bytes: int = 64 * 1024 * 1024
    poll_after_ms: int = 500


class Sora2Service:
    """`app` answers `/videos`, `/models`, `/generate`, …; renders go from `start()` to `stop()`.

    Starlette runs no lifespan of a mounted app: whoever mounts `app` calls both, or uses
    `async with service.running()`.
    """

    def __init__(
        self,
        jobs: VideoJobStore,
        engine: VideoEngine,
        content: ContentStore,
        options: ServiceOptions,
    ) -> None:
        # Made here too, since jobs may be taken in before `start`.
        options.scratch.mkdir(parents=True, exist_ok=True)
        self._queue = RenderQueue(jobs, engine, content, options.scratch, options.max_renders)
        routes = Routes(
            jobs=jobs,
            engine=engine,
            content=content,
            queue=self._queue,
            scratch=options.scratch,
            poll_after_ms=options.poll_after_ms,
            max_waiting=options.max_waiting,
        )
        inner = Starlette(
            routes=routes.table(),
            exception_handlers={
                ApiError: on_api_error,
                StudioError: on_studio_error,
                HTTPException: on_http_error,
                Exception: on_bug,
            },
        )
        inner.router.redirect_slashes = False
        self.app: ASGIApp = Door(inner, options.api_key, options.max_body_bytes)

    async def start(self) -> None:
        """Take up unfinished jobs and begin to render."""
        await self._queue.start()

    async def stop(self) -> None:
        """Stop rendering at once; unfinished jobs are rendered again after the next `start`."""
        await self._queue.stop()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        await self.start()
        try:
            yield
        finally:
            await self.stop()

    def standalone(self) -> Starlette:
        """The same under `/v1`, with its own start and stop, and `/healthz`."""

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            async with self.running():
                yield

        async def health(_: Request) -> Response:
            return JSONResponse({"status": "ok"})

        return Starlette(
            routes=[Route("/healthz", health), Mount("/v1", app=self.app)], lifespan=lifespan
        )


def create_sora2_app(
    jobs: VideoJobStore, engine: VideoEngine, content: ContentStore, options: ServiceOptions
) -> Starlette:
    """A service to run alone, under `/v1`."""
    return Sora2Service(jobs, engine, content, options).standalone()
