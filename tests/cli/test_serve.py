"""The listening socket of the server."""

from __future__ import annotations

import asyncio
import socket

import pytest

from shortdrama.cli.serve import bind
from shortdrama.errors import SetupProblem

pytestmark = pytest.mark.anyio


async def test_an_answer_is_not_held_back_by_nagle() -> None:
    accepted: asyncio.Future[asyncio.StreamWriter] = asyncio.get_running_loop().create_future()

    def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.set_result(writer)

    with bind("127.0.0.1", 0) as listener:
        async with await asyncio.start_server(greet, sock=listener):
            _, ours = await asyncio.open_connection(*listener.getsockname())
            theirs = await accepted
            connection = theirs.get_extra_info("socket")
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            for writer in (ours, theirs):
                writer.close()
                await writer.wait_closed()


async def test_a_taken_port_is_said() -> None:
    with bind("127.0.0.1", 0) as listener:
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(SetupProblem, match=f"Port {port}"):
            bind("127.0.0.1", port)
