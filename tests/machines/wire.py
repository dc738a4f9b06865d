"""A wire between two programs that can fall silent: connections stay, and nothing goes through."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self


class Wire:
    """Listens on a port of 127.0.0.1 and carries bytes to `port`."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._loop = asyncio.new_event_loop()
        self._is_open = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._carried: set[asyncio.Task[None] | None] = set()
        self._is_up = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._is_up.wait(10)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def silence(self) -> None:
        self._loop.call_soon_threadsafe(self._is_open.clear)

    def speak(self) -> None:
        self._loop.call_soon_threadsafe(self._is_open.set)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        self._is_up.set()
        self._loop.run_forever()
        if self._server is not None:
            self._server.close()
        while tasks := asyncio.all_tasks(self._loop):
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._carried.clear()
        self._loop.close()

    async def _listen(self) -> None:
        self._is_open.set()
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _carry(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        self._carried.add(asyncio.current_task())  # asyncio itself does not hold it
        far, forth = await asyncio.open_connection("127.0.0.1", self._target)
        try:
            await asyncio.gather(self._pass(near, forth), self._pass(far, back))
        finally:
            for writer in (forth, back):
                writer.close()
            for writer in (forth, back):
                with suppress(ConnectionError):
                    await writer.wait_closed()

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await source.read(65_536):
                await self._is_open.wait()
                sink.write(data)
                await sink.drain()
            sink.write_eof()
