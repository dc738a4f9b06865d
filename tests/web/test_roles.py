"""Who may do what: every route that changes something is classified, and the roles hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount, Route

from shortdrama.app import Studio, build_studio
from shortdrama.domain.people import MAY, Act, Role
from shortdrama.settings import Settings
from shortdrama.web.roles import ACTS, SAFE_METHODS, act_of

pytestmark = pytest.mark.anyio
ROOT = "a long sentence nobody guesses"
PASSWORDS = {Role.VIEWER: "viewer password", Role.EDITOR: "editor password"}
# Each has a lock of its own: bytes and style sheets are only read, the door asks for keys.
_BARE = {
    "/static/{version}/{name:path}",
    "/media/{key}/{name}",
    "/v1",
    "/api/openapi.json",
    "/healthz",
    "/readyz",
    "/metrics",
}


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    made = Settings(data=tmp_path / "data")
    with build_studio(made, url="", password=ROOT) as studio:
        for role, password in PASSWORDS.items():
            studio.services.users.add(f"the {role.value}", role, password)
        yield studio


def routes_of(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            yield from routes_of(included.routes)
        else:
            yield route


def application(studio: Studio) -> FastAPI:
    app: object = studio.web
    while not isinstance(app, FastAPI):
        app = app._app  # type: ignore[attr-defined]
    return app


def unsafe_routes(studio: Studio) -> set[str]:
    found = set()
    for route in routes_of(application(studio).routes):
        if isinstance(route, APIRoute):
            found |= {f"{m} {route.path}" for m in (route.methods or set()) - SAFE_METHODS}
    return found


def test_every_route_that_changes_something_is_classified(studio: Studio) -> None:
    found = unsafe_routes(studio)
    assert len(found) > 30
    assert found - ACTS.keys() == set()
    named = {name for name in ACTS if not name.startswith("GET ")}
    assert named - found == set()


def test_no_route_goes_round_the_check(studio: Studio) -> None:
    bare = {
        getattr(route, "path", "")
        for route in routes_of(application(studio).routes)
        if not isinstance(route, APIRoute)
    }
    assert bare - _BARE == set()
    for route in routes_of(application(studio).routes):
        if isinstance(route, Route) and not isinstance(route, APIRoute):
            assert (route.methods or set()) <= SAFE_METHODS
        assert not isinstance(route, Mount) or route.path == "/v1"


def test_what_nobody_has_classified_is_the_owners() -> None:
    assert act_of("POST", "/api/brand-new") is Act.MANAGE
    assert act_of("GET", "/api/brand-new") is Act.LOOK
    assert act_of("HEAD", "/api/keys") is Act.MANAGE
    assert MAY[Role.VIEWER] == {Act.LOOK}
    assert Act.MANAGE not in MAY[Role.EDITOR]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
async def test_each_role_gets_as_far_as_the_table_says(studio: Studio, role: Role) -> None:
    """Every unsafe route is really asked, with paths that lead nowhere."""
    auth = httpx.BasicAuth(f"the {role.value}", PASSWORDS[role])
    transport = httpx.ASGITransport(studio.web, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1", auth=auth
    ) as client:
        for name in sorted(ACTS):
            method, path = name.split(" ")
            act = ACTS[name]
            if act in MAY[role]:
                continue  # would be done
            answer = await client.request(method, fill(path), json={})
            body = answer.json()["error"]
            assert (answer.status_code, body["code"]) == (403, "role"), name
        allowed = await client.get("/api/takes")
        assert allowed.status_code == 200
        order = {"prompt": "a cat", "model": "nobody-has-this"}
        answer = await client.post("/api/takes", json=order)
        expected = 403 if role is Role.VIEWER else 422
        assert answer.status_code == expected


async def test_the_settings_page_shows_keys_and_people_to_owners_only(studio: Studio) -> None:
    transport = httpx.ASGITransport(studio.web)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        for name, password, sees in (
            ("the viewer", PASSWORDS[Role.VIEWER], False),
            ("the editor", PASSWORDS[Role.EDITOR], False),
            ("owner", ROOT, True),
        ):
            page = await client.get("/settings", auth=httpx.BasicAuth(name, password))
            assert page.status_code == 200
            assert ('id="key-list"' in page.text, 'id="people-list"' in page.text) == (sees, sees)
            assert f"You are logged in as {name}." in page.text


async def test_a_take_is_signed_with_who_ordered_it(studio: Studio) -> None:
    transport = httpx.ASGITransport(studio.web)
    auth = httpx.BasicAuth("the editor", PASSWORDS[Role.EDITOR])
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1", auth=auth
    ) as client:
        made = await client.post("/api/takes", json={"prompt": "a cat"})
        assert made.json()["ordered_by"] == "user:the editor"
        shot = made.json()["shot_id"]
        page = await client.get(f"/panels/takes?shot={shot}")
        assert "· the editor" in page.text


def fill(path: str) -> str:
    parts = path.split("/")
    return "/".join("0" * 32 if part.startswith("{") else part for part in parts)
