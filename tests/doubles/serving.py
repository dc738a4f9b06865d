"""Runs an ASGI application with uvicorn in a thread, on real sockets of 127.0.0.1."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

_GRACE_S = 2.0
_LOOK_S = 0.002


class CuttableProtocol(H11Protocol):
    """Remembers each connection's transport, so that an application can cut it."""

    open: dict[tuple[str, int], asyncio.Transport] = {}  # noqa: RUF012 - shared on purpose

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        host, port = transport.get_extra_info("peername")[:2]
        self.open[(host, port)] = transport
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        host, port = self.transport.get_extra_info("peername")[:2]
        self.open.pop((host, port), None)
        super().connection_lost(exc)


async def cut(request: Request) -> Response:
    """Cut the connection of a request in place of an answer: `return await cut(request)`."""
    client = request.client
    assert client is not None
    CuttableProtocol.open[(client.host, client.port)].abort()
    await asyncio.sleep(0)
    return Response()


class Serving:
    """`with Serving(app) as server: … server.url …`; stopped when the block ends."""

    def __init__(
        self,
        app: ASGIApp,
        sockets: Sequence[socket.socket] = (),
        *,
        protocol: type[H11Protocol] = CuttableProtocol,
        has_lifespan: bool = False,
    ) -> None:
        self._sockets = list(sockets) or [listen()]
        self.url = f"http://127.0.0.1:{self._sockets[0].getsockname()[1]}"
        config = uvicorn.Config(
            app,
            http=protocol,
            ws="none",
            lifespan="on" if has_lifespan else "off",
            log_config=None,
            access_log=False,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._server.run, args=(self._sockets,))

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._server.is_up.wait(20), "the server did not start"
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.stop()
        self._thread.join(20)
        for sock in self._sockets:
            sock.close()

    def call(self, function: Callable[[], object]) -> None:
        """Run `function` in the server's event loop."""
        assert self._server.loop is not None
        self._server.loop.call_soon_threadsafe(function)


def listen() -> socket.socket:
    """A socket bound to a free port of 127.0.0.1."""
    # Named in full: only then does asyncio switch off Nagle.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.bind(("127.0.0.1", 0))
    return sock


class _Server(uvicorn.Server):
    """uvicorn looks ten times a second whether it is to end, and as often whether all have left.

    With a server for each test that is where most of their time would go, so this one is told.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = threading.Event()
        self.loop: asyncio.AbstractEventLoop | None = None
        self._is_over = asyncio.Event()

    def stop(self) -> None:
        """From any thread. Requests under way have two seconds to come to their end."""
        self.should_exit = True
        if self.loop is not None:
            self.loop.call_soon_threadsafe(self._is_over.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.loop = asyncio.get_running_loop()
        self.is_up.set()

    async def main_loop(self) -> None:
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 10  # of a tenth of a second, as uvicorn counts
            with suppress(TimeoutError):
                await asyncio.wait_for(self._is_over.wait(), 1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._all_have_left(), _GRACE_S)
        for task in list(self.server_state.tasks):
            task.cancel()
        await self.lifespan.shutdown()

    async def _all_have_left(self) -> None:
        while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110 - bare sets
            await asyncio.sleep(_LOOK_S)
