"""The password door: nothing without it, no guessing, no forging."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from shortdrama.app import build_studio
from shortdrama.settings import Settings
from shortdrama.web.gate import COOKIE, Gate, load_secret
from shortdrama.web.pages import Pages
from shortdrama.web.static_files import StaticFiles

pytestmark = pytest.mark.anyio
PASSWORD = "a long sentence nobody guesses"
PAGE = {"accept": "text/html"}


async def _home(request: Request) -> PlainTextResponse:
    return PlainTextResponse("in")


def _client(
    password: str = PASSWORD, secret: bytes = b"s" * 32, scheme: str = "http"
) -> httpx.AsyncClient:
    app = Starlette(
        routes=[Route("/", _home), Route("/healthz", _home), Route("/api/takes", _home)]
    )
    gate = Gate(app, password, secret, Pages(StaticFiles()))
    return httpx.AsyncClient(transport=httpx.ASGITransport(gate), base_url=f"{scheme}://studio")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with _client() as made:
        yield made


async def test_nobody_gets_in_without_the_password(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/takes")).json()["error"]["code"] == "log_in"
    page = await client.get("/", headers=PAGE)
    assert page.status_code == 401
    assert 'type="password"' in page.text
    assert (await client.get("/healthz")).text == "in"


async def test_the_password_opens_a_session(client: httpx.AsyncClient) -> None:
    answer = await client.post("/login", data={"password": PASSWORD})
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert PASSWORD not in answer.headers["set-cookie"]
    assert (await client.get("/")).text == "in"


async def test_over_tls_the_cookie_is_secure() -> None:
    async with _client(scheme="https") as client:
        answer = await client.post("/login", data={"password": PASSWORD})
    assert "secure" in answer.headers["set-cookie"].lower()


async def test_a_program_sends_the_password_as_its_token(client: httpx.AsyncClient) -> None:
    right = {"authorization": f"Bearer {PASSWORD}"}
    assert (await client.get("/api/takes", headers=right)).text == "in"
    wrong = {"authorization": "Bearer wrong"}
    assert (await client.get("/api/takes", headers=wrong)).status_code == 401


async def test_guessing_is_slowed_down(client: httpx.AsyncClient) -> None:
    for _ in range(5):
        assert (await client.post("/login", data={"password": "no"})).status_code == 401
    last = await client.post("/login", data={"password": PASSWORD})
    assert last.status_code == 429
    assert last.headers["retry-after"] == "60"
    token = {"authorization": f"Bearer {PASSWORD}"}
    assert (await client.get("/api/takes", headers=token)).status_code == 401


async def test_strangers_do_not_lock_out_who_was_let_in(client: httpx.AsyncClient) -> None:
    token = {"authorization": f"Bearer {PASSWORD}"}
    assert (await client.get("/api/takes", headers=token)).text == "in"
    for _ in range(8):
        await client.get("/api/takes", headers={"authorization": "Bearer guess"})
    assert (await client.get("/api/takes", headers=token)).text == "in"


async def test_sessions_cannot_be_forged_or_outlive_the_password(client: httpx.AsyncClient) -> None:
    await client.post("/login", data={"password": PASSWORD})
    session = client.cookies[COOKIE]
    expiry, _, signature = session.partition(".")
    for forged in (
        f"{int(expiry) + 1}.{signature}",
        f"{expiry}.",
        f"1.{signature}",
        "x.y",
        ".",
        f"{expiry}.\xe9",
    ):
        client.cookies.clear()
        answer = await client.get(
            "/api/takes", headers={"cookie": f"{COOKIE}={forged}".encode("latin-1")}
        )
        assert answer.status_code == 401
    async with _client(password="another") as changed:
        answer = await changed.get("/api/takes", headers={"cookie": f"{COOKIE}={session}"})
        assert answer.status_code == 401
    async with _client(secret=b"t" * 32) as other:
        answer = await other.get("/api/takes", headers={"cookie": f"{COOKIE}={session}"})
        assert answer.status_code == 401


async def test_a_flood_is_no_password(client: httpx.AsyncClient) -> None:
    assert (await client.post("/login", content=b"password=" + b"x" * 10_000)).status_code == 413


async def test_the_door_itself_has_the_locks(tmp_path: Path) -> None:
    made = Settings(data=tmp_path / "data")
    with build_studio(made, url="http://127.0.0.1", password=PASSWORD) as studio:
        transport = httpx.ASGITransport(studio.web)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            page = await client.get("/", headers=PAGE)
            assert page.status_code == 401
            assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
            foreign = {"origin": "http://evil.example", "sec-fetch-site": "cross-site"}
            form = {"password": PASSWORD}
            refused = await client.post("/login", data=form, headers=foreign)
            assert refused.status_code == 403
            rebound = await client.get("/", headers={**PAGE, "host": "evil.example"})
            assert rebound.status_code == 403


def test_the_secret_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "session.key"
    first = load_secret(path)
    assert len(first) == 32
    assert load_secret(path) == first
    assert path.stat().st_mode & 0o077 == 0
