"""The listening socket of the server."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import httpx
import pytest

from e2e.studio_process import StudioProcess
from shortdrama.cli.serve import bind, serve_studio
from shortdrama.errors import SetupProblem
from shortdrama.settings import Settings

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


def _log_ins(studio: StudioProcess, passwords: list[str]) -> list[httpx.Response]:
    """Each from another address, as its header says."""
    with httpx.Client(base_url=studio.url, trust_env=False) as client:
        return [
            client.post(
                "/login",
                data={"password": password},
                headers={"x-forwarded-for": f"203.0.113.{n}", "x-forwarded-proto": "https"},
            )
            for n, password in enumerate(passwords)
        ]


def test_no_client_chooses_its_own_address(tmp_path: Path) -> None:
    studio = StudioProcess(tmp_path / "data", SHORTDRAMA_PASSWORD="right")
    studio.start()
    try:
        answers = _log_ins(studio, ["wrong"] * 5 + ["right"])
        assert [answer.status_code for answer in answers] == [401] * 5 + [429]
        studio.stop()
        studio.start(SHORTDRAMA_TRUSTED_PROXIES="10.0.0.0/8, 127.0.0.1")
        answers = _log_ins(studio, ["wrong"] * 5 + ["right"])
        assert [answer.status_code for answer in answers] == [401] * 5 + [303]
        assert "secure" in answers[-1].headers["set-cookie"].lower()
    finally:
        studio.stop()


def test_a_proxy_is_named_by_its_address(tmp_path: Path) -> None:
    with pytest.raises(SetupProblem, match="caddy"):
        serve_studio(Settings(data=tmp_path / "data", port=0, trusted_proxies=("caddy",)))
