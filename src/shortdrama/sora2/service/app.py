"""Joins stores, engine and routes into a service that can be mounted or run alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

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
from shortdrama.sora2.service.expiry import Expiry
from shortdrama.sora2.service.ownership import FolderLock
from shortdrama.sora2.service.ports import (
    ContentStore,
    ServiceOptions,
    VideoEngine,
    VideoJobStore,
)
from shortdrama.sora2.service.renders import RenderQueue
from shortdrama.sora2.service.routes import Routes

__all__ = ["ServiceOptions", "Sora2Service", "create_sora2_app"]


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
        self._queue = RenderQueue(jobs, engine, content, options)
        self._lock = FolderLock(options.scratch)
        self._expiry = Expiry(jobs, content, options.scratch)
        routes = Routes(
            jobs=jobs,
            engine=engine,
            content=content,
            queue=self._queue,
            options=options,
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
        """Take up unfinished jobs and begin to render.

        Raises:
            Conflict: another process does so with the same scratch folder.
        """
        self._lock.take()
        with ExitStack() as undo:
            undo.callback(self._lock.release)
            await self._queue.start()
            undo.pop_all()
        self._expiry.start()

    async def stop(self) -> None:
        """Stop rendering at once; unfinished jobs are rendered again after the next `start`."""
        await self._expiry.stop()
        await self._queue.stop()
        self._lock.release()

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
