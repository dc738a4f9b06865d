"""The password door: nothing without it, no guessing, no forging."""

from __future__ import annotations

import hmac
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from shortdrama.access.sessions import EndedSessions
from shortdrama.access.tries import SharedTries, TriesHere
from shortdrama.access.users import UserService
from shortdrama.app import build_studio
from shortdrama.domain.people import Role
from shortdrama.settings import Settings
from shortdrama.storage.db.database import Database
from shortdrama.storage.db.migration import migrate
from shortdrama.web.gate import Gate, load_secret
from shortdrama.web.log_in import COOKIE, LogIn
from shortdrama.web.pages import Pages
from shortdrama.web.static_files import StaticFiles
from shortdrama.web.who import who_asks

pytestmark = pytest.mark.anyio
PASSWORD = "a long sentence nobody guesses"
PAGE = {"accept": "text/html"}


async def _home(request: Request) -> PlainTextResponse:
    return PlainTextResponse("in")


def _whoami(request: Request) -> PlainTextResponse:
    who = who_asks(request)
    return PlainTextResponse(f"{who.actor} {who.role.value}")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'studio.db'}")
    migrate(made)
    yield made
    made.close()


@dataclass
class Server:
    """One process's gate; several of them may stand before one database."""

    database: Database
    password: str = PASSWORD
    secret: bytes = b"s" * 32
    are_tries_shared: bool = False

    def client(self, scheme: str = "http") -> httpx.AsyncClient:
        paths = ("/", "/healthz", "/api/takes", "/v1/models")
        app = Starlette(routes=[*(Route(path, _home) for path in paths), Route("/who", _whoami)])
        tries = SharedTries(self.database) if self.are_tries_shared else TriesHere()
        log_in = LogIn(self.users, self.password, self.secret, tries)
        gate = Gate(app, log_in, Pages(StaticFiles()))
        transport = httpx.ASGITransport(gate)
        return httpx.AsyncClient(transport=transport, base_url=f"{scheme}://studio")

    @cached_property
    def users(self) -> UserService:
        return UserService(self.database, bool(self.password))


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with Server(database).client() as made:
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


async def test_over_tls_the_cookie_is_secure(database: Database) -> None:
    async with Server(database).client("https") as client:
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


async def test_sessions_cannot_be_forged_or_outlive_the_password(
    client: httpx.AsyncClient, database: Database
) -> None:
    await client.post("/login", data={"password": PASSWORD})
    session = client.cookies[COOKIE]
    expiry, _, signature = session.partition(".")
    for forged in (
        f"{int(expiry.partition('-')[0]) + 1}.{signature}",
        f"{int(expiry.partition('-')[0]) + 1}-{expiry.partition('-')[2]}.{signature}",
        f"{expiry}0.{signature}",
        f"{'9' * 5000}.{signature}",
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
    async with Server(database, password="another").client() as changed:
        answer = await changed.get("/api/takes", headers={"cookie": f"{COOKIE}={session}"})
        assert answer.status_code == 401
    async with Server(database, secret=b"t" * 32).client() as other:
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


async def test_without_password_and_people_nobody_has_to_log_in(database: Database) -> None:
    server = Server(database, password="")
    async with server.client() as client:
        assert (await client.get("/who")).text == "api owner"
        assert (await client.get("/who", headers={"sec-fetch-site": "none"})).text == "page owner"
        server.users.add("Mei", Role.OWNER, "her own password")
        assert (await client.get("/who")).status_code == 401
        answer = await client.post("/login", data={"password": ""})
        assert answer.status_code == 401


async def test_people_log_in_by_name_and_keep_their_role(database: Database) -> None:
    server = Server(database)
    server.users.add("Mei", Role.EDITOR, "her own password")
    async with server.client() as client:
        page = await client.get("/login", headers=PAGE)
        assert 'name="name"' in page.text
        wrong = {"name": "mei", "password": PASSWORD}
        assert (await client.post("/login", data=wrong)).status_code == 401
        right = {"name": " MEI ", "password": "her own password"}
        assert (await client.post("/login", data=right)).status_code == 303
        assert (await client.get("/who")).text == "user:Mei editor"
        assert (await client.post("/logout")).status_code == 303
        assert (await client.get("/who")).status_code == 401
        basic = httpx.BasicAuth("Mei", "her own password")
        assert (await client.get("/who", auth=basic)).text == "user:Mei editor"
        assert (await client.get("/who", auth=httpx.BasicAuth("Mei", "x"))).status_code == 401
        root = {"authorization": f"Bearer {PASSWORD}"}
        assert (await client.get("/who", headers=root)).text == "user:owner owner"


async def test_a_session_holds_across_servers_and_ends_with_what_it_stood_on(
    database: Database,
) -> None:
    first, second = Server(database), Server(database)
    mei = first.users.add("Mei", Role.OWNER, "her own password")
    async with first.client() as here, second.client() as there:
        await here.post("/login", data={"name": "Mei", "password": "her own password"})
        there.cookies = here.cookies
        assert (await there.get("/who")).text == "user:Mei owner"
        second.users.set_role(mei.id, Role.VIEWER)
        assert (await there.get("/who")).text == "user:Mei viewer"
        second.users.set_password(mei.id, "another password")
        assert (await there.get("/who")).status_code == 401
        await there.post("/login", data={"name": "Mei", "password": "another password"})
        assert (await there.get("/who")).text == "user:Mei viewer"
        second.users.remove(mei.id)
        assert (await there.get("/who")).status_code == 401


async def test_another_processes_changes_count_soon(database: Database) -> None:
    seconds = [0.0]
    users = UserService(database, True, lambda: seconds[0])
    mei = UserService(database, True).add("Mei", Role.VIEWER, "her own password")
    assert users.load()[mei.id].role is Role.VIEWER
    UserService(database, True).set_role(mei.id, Role.OWNER)
    recent = users.recent()
    assert recent is not None
    assert recent[mei.id].role is Role.VIEWER
    seconds[0] = 2.1
    assert users.recent() is None


async def test_a_persons_session_cannot_be_made_another_ones(database: Database) -> None:
    server = Server(database)
    server.users.add("Mei", Role.VIEWER, "her own password")
    boss = server.users.add("Boss", Role.OWNER, "his own password")
    async with server.client() as client:
        await client.post("/login", data={"name": "Mei", "password": "her own password"})
        expiry, _user, signature = client.cookies[COOKIE].split(".")
        client.cookies.clear()
        for forged in (
            f"{expiry}.{boss.id}.{signature}",
            f"{expiry}.{signature}",
            f"{expiry}..{signature}",
            f"{expiry}.x.{signature}.{signature}",
        ):
            answer = await client.get("/who", headers={"cookie": f"{COOKIE}={forged}"})
            assert answer.status_code == 401


async def test_guesses_are_counted_over_all_servers(database: Database) -> None:
    first = Server(database, are_tries_shared=True)
    second = Server(database, are_tries_shared=True)
    async with first.client() as here, second.client() as there:
        for client in (here, there, here, there, here):
            assert (await client.post("/login", data={"password": "no"})).status_code == 401
        assert (await there.post("/login", data={"password": PASSWORD})).status_code == 429


async def test_the_door_is_told_that_nobody_is_logged_in(client: httpx.AsyncClient) -> None:
    """It asks for keys itself; a key of its own is no password to be counted."""
    key = {"authorization": f"Bearer sd-{'x' * 43}"}
    for _ in range(8):
        assert (await client.get("/v1/models", headers=key)).text == "in"
        assert (await client.get("/api/takes", headers=key)).status_code == 401
    assert (await client.post("/login", data={"password": PASSWORD})).status_code == 303


async def test_beyond_loopback_nobody_comes_in_without_a_log_in(database: Database) -> None:
    """Even where every user was removed meanwhile."""
    users = UserService(database)
    log_in = LogIn(users, "", b"s" * 32, TriesHere(), is_always_needed=True)
    gate = Gate(Starlette(routes=[Route("/", _home)]), log_in, Pages(StaticFiles()))
    transport = httpx.ASGITransport(gate)
    async with httpx.AsyncClient(transport=transport, base_url="http://studio") as client:
        assert (await client.get("/")).status_code == 401
        assert (await client.post("/login", data={"password": ""})).status_code == 401


async def test_a_log_out_ends_the_session_itself_on_every_server(database: Database) -> None:
    """Who has copied the cookie has nothing; the person's other browsers stay logged in."""
    Server(database).users.add("Mei", Role.OWNER, "her own password")
    for form in ({"name": "Mei", "password": "her own password"}, {"password": PASSWORD}):
        first, second = Server(database), Server(database)
        async with first.client() as here, second.client() as there, second.client() as phone:
            await here.post("/login", data=form)
            await phone.post("/login", data=form)
            assert phone.cookies[COOKIE] != here.cookies[COOKIE]
            copied = {"cookie": f"{COOKIE}={here.cookies[COOKIE]}"}
            answer = await here.post("/logout")
            assert answer.headers["clear-site-data"] == '"cache"'
            assert (await here.get("/who", headers=copied)).status_code == 401
            assert (await there.get("/who", headers=copied)).status_code == 401
            assert (await phone.get("/who")).status_code == 200


def test_another_servers_log_outs_count_within_two_seconds(database: Database) -> None:
    seconds = [0.0]
    ended = EndedSessions(database, lambda: seconds[0])
    assert not ended.has("a session")
    EndedSessions(database).end("a session", int(time.time()) + 60)
    assert ended.recent("a session") is False
    seconds[0] = 2.0
    assert ended.recent("a session") is None
    assert ended.has("a session")
    assert ended.recent("a session") is True
    assert not ended.has("another session")


def test_what_would_have_run_out_is_not_remembered(database: Database) -> None:
    ended = EndedSessions(database)
    ended.end("an old one", int(time.time()) - 1)
    ended.end("a new one", int(time.time()) + 60)
    assert ended.has("a new one")
    assert not ended.has("an old one")


async def test_sessions_of_before_hold_until_they_are_ended(database: Database) -> None:
    """Those whose first part is only a time."""
    expiry = str(int(time.time()) + 60)
    root_secret = hmac.digest(b"s" * 32, PASSWORD.encode(), "sha256")
    signature = hmac.digest(root_secret, expiry.encode(), "sha256").hex()
    async with Server(database).client() as client:
        cookie = {"cookie": f"{COOKIE}={expiry}.{signature}"}
        assert (await client.get("/who", headers=cookie)).text == "user:owner owner"
        await client.post("/logout", headers=cookie)
        assert (await client.get("/who", headers=cookie)).status_code == 401


async def test_what_another_person_made_is_not_taken_for_who_is_logged_in(
    database: Database,
) -> None:
    """A page may still send what was made in it before somebody else logged in."""
    server = Server(database)
    server.users.add("Mei", Role.EDITOR, "her own password")
    server.users.add("木 子", Role.EDITOR, "a third password")
    async with server.client() as client:
        await client.post("/login", data={"name": "Mei", "password": "her own password"})
        for person in ("user%3A%E6%9C%A8%20%E5%AD%90", "user%3Aowner", ""):
            answer = await client.post("/who", headers={"x-shortdrama-person": person})
            assert answer.status_code == 409
            assert answer.json()["error"]["code"] == "another_person"
        own = await client.get("/who", headers={"x-shortdrama-person": "user%3AMei"})
        assert own.text == "user:Mei editor"
        await client.post("/login", data={"name": "木 子", "password": "a third password"})
        named = {"x-shortdrama-person": "user%3A%E6%9C%A8%20%E5%AD%90"}
        assert (await client.get("/who", headers=named)).text == "user:木 子 editor"
