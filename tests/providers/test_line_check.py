"""The steps to a server, on real sockets: each failure is a sentence that says what to do."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from shortdrama.providers.line_check import check_line

pytestmark = pytest.mark.anyio
NOW = "Thu, 01 Jan 2026 00:00:00 GMT"


@asynccontextmanager
async def server(context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Answers every request with a clock that stands still."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.readline():
            head = f"HTTP/1.1 404 Not Found\r\nDate: {NOW}\r\nContent-Length: 0\r\n"
            writer.write(f"{head}Connection: close\r\n\r\n".encode())
            await writer.drain()
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with listening:
        yield listening.sockets[0].getsockname()[1]


async def test_a_server_whose_clock_is_wrong() -> None:
    async with server() as port:
        rows = await check_line(f"http://127.0.0.1:{port}/v1", is_trusted=False)
    assert [(what, passed) for what, passed, _says in rows] == [
        ("Connection", True),
        ("Clock", False),
    ]
    assert "s apart. Set this one" in rows[-1][2]


async def test_a_name_is_looked_up() -> None:
    async with server() as port:
        rows = await check_line(f"http://localhost:{port}/v1", is_trusted=False)
    assert rows[0][:2] == ("Address", True)
    assert "localhost is" in rows[0][2]


async def test_nobody_at_that_port() -> None:
    async with server() as port:
        pass
    rows = await check_line(f"http://127.0.0.1:{port}/v1", is_trusted=False)
    assert rows[-1][:2] == ("Connection", False)
    assert f"does not answer at port {port}" in rows[-1][2]


async def test_a_name_that_is_not_known() -> None:
    rows = await check_line("https://nothing.invalid/v1", is_trusted=False)
    assert [(what, passed) for what, passed, _says in rows] == [("Address", False)]
    assert "nothing.invalid is not known" in rows[0][2]


async def test_an_address_that_cannot_be_used() -> None:
    rows = await check_line("http://example.com/v1", is_trusted=False)
    assert rows[0][:2] == ("Address", False)
    assert "https://" in rows[0][2]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
async def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*self_signed(tmp_path))
    async with server(context) as port:
        rows = await check_line(f"https://127.0.0.1:{port}/v1", is_trusted=False)
    assert rows[-1][:2] == ("Encryption", False)
    assert "self-signed" in rows[-1][2] or "self signed" in rows[-1][2]


def self_signed(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key
