"""The locks of the front door. Each test fails where its lock is taken out."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from shortdrama.web.security import Locks

pytestmark = pytest.mark.anyio


async def _home(request: Request) -> PlainTextResponse:
    return PlainTextResponse("in")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=[Route("/", _home, methods=["GET", "POST", "PATCH", "DELETE"])])
    transport = httpx.ASGITransport(Locks(app, hosts=["studio.example"]))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as made:
        yield made


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8000", 200),
        ("localhost", 200),
        ("LOCALHOST:1", 200),
        ("[::1]:8000", 200),
        ("studio.example", 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost.evil.example:8000", 403),
        ("", 403),
        ("[::1", 403),
        ("evil@127.0.0.1", 403),
    ],
)
async def test_only_known_names_are_answered(
    client: httpx.AsyncClient, host: str, status: int
) -> None:
    assert (await client.get("/", headers={"host": host})).status_code == status


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": "http://127.0.0.1:8000"}, 200),
        ({"sec-fetch-site": "same-origin", "origin": "http://127.0.0.1:8000"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://["}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
    ],
)
async def test_other_sites_cannot_act(
    client: httpx.AsyncClient, method: str, headers: dict[str, str], status: int
) -> None:
    assert (await client.request(method, "/", headers=headers)).status_code == status


async def test_reading_needs_no_origin(client: httpx.AsyncClient) -> None:
    headers = {"sec-fetch-site": "cross-site"}
    assert (await client.get("/", headers=headers)).status_code == 200


async def test_every_answer_has_the_strict_headers(client: httpx.AsyncClient) -> None:
    for answer in (await client.get("/"), await client.get("/", headers={"host": "evil.example"})):
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"


async def test_a_refusal_has_the_one_error_shape(client: httpx.AsyncClient) -> None:
    body = (await client.get("/", headers={"host": "evil.example"})).json()
    assert set(body["error"]) == {"code", "message", "can_retry", "details"}
