"""Keys and people on the settings page."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from shortdrama.app import Studio, build_studio
from shortdrama.settings import Settings

pytestmark = pytest.mark.anyio
PASSWORD = "a long sentence nobody guesses"


class Desk:
    """A logged-in owner's browser."""

    def __init__(self, studio: Studio, client: httpx.AsyncClient) -> None:
        self.services = studio.services
        self._client = client

    async def get(self, path: str) -> str:
        return (await self._client.get(path)).raise_for_status().text

    async def post(self, path: str, **fields: str) -> str:
        return (await self._client.post(path, data=fields)).raise_for_status().text


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    made = Settings(data=tmp_path / "data")
    with build_studio(made, url="", password=PASSWORD) as studio:
        transport = httpx.ASGITransport(studio.web)
        async with httpx.AsyncClient(
            transport=transport,
            base_url="http://127.0.0.1",
            headers={"authorization": f"Bearer {PASSWORD}"},
        ) as client:
            yield Desk(studio, client)


async def test_a_key_is_shown_once(desk: Desk) -> None:
    form = {"name": "ArcReel", "models": "previz-1, wan", "may": "order", "budget": "20,50"}
    part = await desk.post("/panels/keys", **form)
    [token] = re.findall(r'value="(sd-[\w-]{43})"', part)
    key = desk.services.client_keys.by_token(token)
    assert key is not None
    assert (key.models, key.budget_micro_usd) == (("previz-1", "wan"), 20_500_000)
    assert key.created_by == "user:owner"
    page = await desk.get("/settings")
    assert token not in page
    assert f"{key.hint}…" in page
    assert "$0.00 of $20.50 spent" in page
    gone = await desk.post(f"/panels/keys/{key.id}/revocation")
    assert "Revoked " in gone
    assert desk.services.client_keys.by_token(token) is None


async def test_wrong_fields_are_told_and_kept(desk: Desk) -> None:
    part = await desk.post("/panels/keys", name="<b>bot</b>", budget="lots")
    assert "no amount of dollars" in part
    assert "&lt;b&gt;bot&lt;/b&gt;" in part
    assert "<b>bot" not in part
    assert desk.services.client_keys.all() == []
    part = await desk.post("/panels/users", name="Mei", password="short", role="editor")
    assert "at least 8 characters" in part
    assert "short" not in part
    assert 'value="Mei"' in part


async def test_people_come_change_and_go(desk: Desk) -> None:
    part = await desk.post("/panels/users", name="Mei", password="her own password", role="editor")
    assert "Never logged in" in part
    [mei] = desk.services.users.all()
    assert "her own password" not in part
    await desk.post(f"/panels/users/{mei.id}/role", role="viewer")
    assert [user.role for user in desk.services.users.all()] == ["viewer"]
    await desk.post(f"/panels/users/{mei.id}/removal")
    assert desk.services.users.all() == []


async def test_the_json_twins_tell_no_secret(desk: Desk) -> None:
    client = desk._client
    made = (await client.post("/api/keys", json={"name": "bot"})).json()
    listed = (await client.get("/api/keys")).text
    assert made["token"] not in listed
    assert made["hint"] in listed
    assert "hash" not in listed
    revoked = (await client.delete(f"/api/keys/{made['id']}")).json()
    assert revoked["revoked_at"] is not None
    wish = {"name": "Mei", "role": "owner", "password": "her own password"}
    user = (await client.post("/api/users", json=wish)).json()
    assert "password" not in str(user)
    again = await client.post("/api/users", json=wish)
    assert again.status_code == 409
    change = {"role": "viewer", "password": "another password"}
    changed = await client.patch(f"/api/users/{user['id']}", json=change)
    assert changed.json()["role"] == "viewer"
    assert (await client.delete(f"/api/users/{user['id']}")).status_code == 204
