"""Which provider a connection means, and the way to the service in this process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from shortdrama.domain.ids import ConnectionId
from shortdrama.domain.model import BUILT_IN, VIDEOS, Connection, KeySource
from shortdrama.errors import ProviderError
from shortdrama.providers.in_process import InProcessTransport
from shortdrama.providers.kinds import ProviderKinds
from shortdrama.providers.registry import ProviderRegistry

pytestmark = pytest.mark.anyio
ONE = Connection(
    id=ConnectionId("one"),
    name="One",
    base_url="https://one.example/v1",
    protocol=VIDEOS,
    models=("sora-2",),
    auth_header="api-key",
    key_source=KeySource.KEYRING,
    created_at=datetime.now(UTC),
)


class Book:
    """Connections and keys that a test may change."""

    def __init__(self) -> None:
        self.connection = ONE
        self.key: str | None = "sk-1"

    def registry(self) -> ProviderRegistry:
        transport = httpx.MockTransport(lambda _request: httpx.Response(500))
        return ProviderRegistry(
            ProviderKinds(), lambda _id: self.connection, lambda _id: self.key, transport
        )


async def test_a_vendors_least_pause_between_polls_is_part_of_the_allowance() -> None:
    book = Book()
    assert book.registry().allowance_of(ONE.id).poll_every_s == 0
    book.connection = replace(ONE, protocol="runway", polls_per_second=3.0)
    allowance = book.registry().allowance_of(ONE.id)
    assert (allowance.poll_every_s, allowance.polls_per_second) == (5.0, 3.0)
    book.connection = replace(ONE, protocol="of a package that was removed")
    assert book.registry().allowance_of(ONE.id).poll_every_s == 0


async def test_a_provider_is_kept_until_its_connection_or_key_changes() -> None:
    book = Book()
    registry = book.registry()
    first = registry.for_connection(ONE.id)
    assert registry.for_connection(ONE.id) is first
    book.key = "sk-2"
    second = registry.for_connection(ONE.id)
    assert second is not first
    book.connection = replace(ONE, base_url="https://two.example/v1")
    assert registry.for_connection(ONE.id) is not second
    await registry.close()


async def test_a_missing_key_is_said_before_anything_is_sent() -> None:
    book = Book()
    book.key = None
    registry = book.registry()
    with pytest.raises(ProviderError) as caught:
        registry.for_connection(ONE.id)
    assert caught.value.kind == "auth"
    book.connection = replace(ONE, key_source=KeySource.NONE)
    registry.for_connection(ONE.id)
    await registry.close()


async def test_only_the_built_in_engine_is_free() -> None:
    registry = Book().registry()
    assert registry.is_free(BUILT_IN)
    assert not registry.is_free(ONE.id)
    assert registry.for_connection(BUILT_IN) is registry.for_connection(BUILT_IN)
    await registry.close()


@contextmanager
def other_loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def test_requests_run_on_the_applications_own_loop() -> None:
    seen: list[tuple[asyncio.AbstractEventLoop, str, bytes]] = []

    async def echo(request: Request) -> JSONResponse:
        seen.append((asyncio.get_running_loop(), request.url.path, await request.body()))
        return JSONResponse({"ok": True}, 201)

    app = Starlette(routes=[Route("/videos", echo, methods=["POST"])])
    with other_loop() as home:
        transport = InProcessTransport(app)
        asyncio.run_coroutine_threadsafe(settled(transport), home).result()
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1/v1") as client:
            files = {"input_reference": ("a.png", b"picture", "image/png")}
            answer = await client.post("/videos", files=files)
    assert answer.status_code == 201
    assert answer.json() == {"ok": True}
    assert [(loop is home, path) for loop, path, _ in seen] == [(True, "/v1/videos")]
    assert b"picture" in seen[0][2]


async def test_a_stopped_application_is_unreachable_not_uncertain() -> None:
    transport = InProcessTransport(Starlette())
    with other_loop() as home:
        asyncio.run_coroutine_threadsafe(settled(transport), home).result()
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1/v1") as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("/videos")


async def settled(transport: InProcessTransport) -> None:
    transport.settle()
