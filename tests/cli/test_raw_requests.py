"""What no client library sends, on a bare socket of a real server."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from e2e.studio_process import StudioProcess


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioProcess]:
    process = StudioProcess(tmp_path_factory.mktemp("raw") / "data")
    process.start()
    try:
        yield process
    finally:
        process.stop()


def connect(studio: StudioProcess) -> socket.socket:
    address = urlsplit(studio.url)
    return socket.create_connection((address.hostname or "", address.port or 0), timeout=20)


def everything(line: socket.socket) -> bytes:
    """Until the server closes."""
    told = b""
    while piece := line.recv(65536):
        told += piece
    return told


@pytest.mark.parametrize("is_split", [False, True])
def test_a_wish_for_another_protocol_leaves_the_body_where_it_is(
    studio: StudioProcess, is_split: bool
) -> None:
    """Read by its length: neither lost, nor taken for a request of its own."""
    inner = json.dumps({"title": "Smuggled"}).encode()
    title = f"POST /api/projects HTTP/1.1\r\nContent-Length: {len(inner)}\r\n\r\n{inner.decode()}"
    body = json.dumps({"title": title[:200]}).encode()
    head = (
        f"POST /api/projects HTTP/1.1\r\nHost: {urlsplit(studio.url).netloc}\r\n"
        "Content-Type: application/json\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode()
    with connect(studio) as line:
        line.sendall(head if is_split else head + body)
        if is_split:
            httpx.get(f"{studio.url}/healthz")  # the head has been looked at by then
            line.sendall(body)
        answer = everything(line)
    assert answer.startswith(b"HTTP/1.1 201")
    assert answer.count(b"\r\ndate: ") == 1
    titles = [p["title"] for p in httpx.get(f"{studio.url}/api/projects").json()]
    assert title[:200].split("\r\n", maxsplit=1)[0] in " ".join(titles)
    assert "Smuggled" not in titles


def test_a_head_without_end_is_refused_early(studio: StudioProcess) -> None:
    sent = 0
    with connect(studio) as line:
        try:
            line.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: ")
            while sent < 50_000_000:
                line.sendall(b"a" * 100_000)
                sent += 100_000
        except (ConnectionResetError, BrokenPipeError):
            pass
    assert sent < 20_000_000
    assert httpx.get(f"{studio.url}/healthz").status_code == 200
