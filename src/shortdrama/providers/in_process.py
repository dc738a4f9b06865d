"""The way to a server in this very process: no port, no socket, the same protocol."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx


class InProcessTransport(httpx.AsyncBaseTransport):
    """Carries requests to an ASGI application, on the loop where that application lives.

    The asker may live on another loop. Answers come whole, so this is for small ones and for
    clips of this machine's own making.
    """

    def __init__(self, app: Any, root_path: str = "/v1") -> None:  # noqa: ANN401 - an ASGI callable
        """`root_path`: the part of the path that the application does not see, as when mounted."""
        self._inner = httpx.ASGITransport(app=app, root_path=root_path, raise_app_exceptions=False)
        self._home: asyncio.AbstractEventLoop | None = None

    def settle(self) -> None:
        """Call on the application's loop; without it requests run on the asker's."""
        self._home = asyncio.get_running_loop()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        home = self._home
        if home is None or home is asyncio.get_running_loop():
            return await self._inner.handle_async_request(request)
        if home.is_closed():
            raise httpx.ConnectError("the server in this process has stopped", request=request)
        # Read here: a body may be tied to the asker's loop.
        await request.aread()
        carried = asyncio.run_coroutine_threadsafe(self._carry(request), home)
        response, content = await asyncio.wrap_future(carried)
        stream = httpx.ByteStream(content)  # as it comes from a wire: not read yet
        return httpx.Response(response.status_code, headers=response.headers, stream=stream)

    async def _carry(self, request: httpx.Request) -> tuple[httpx.Response, bytes]:
        response = await self._inner.handle_async_request(request)
        return response, await response.aread()
