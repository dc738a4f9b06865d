"""The top bar: the way to the sample, and who is logged in."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from shortdrama.app import build_studio
from shortdrama.domain.people import Role
from shortdrama.settings import Settings

pytestmark = pytest.mark.anyio
SAMPLE = "Open the sample"


def ask(app: object, name: str = "", password: str = "") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    auth = httpx.BasicAuth(name, password) if name else None
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", auth=auth)


async def test_the_sample_is_offered_until_it_stands_among_the_projects(tmp_path: Path) -> None:
    with build_studio(Settings(data=tmp_path / "data"), url="") as studio:
        async with ask(studio.web) as client:
            (await client.post("/api/takes", json={"prompt": "A tram."})).raise_for_status()
            for path in ("/", "/library", "/settings", "/spend", "/panels/bar"):
                assert SAMPLE in (await client.get(path)).text, path
            studio.services.board.open_sample()
            for path in ("/", "/panels/bar"):
                page = (await client.get(path)).text
                assert SAMPLE not in page, path
                assert "Night Market" in page


async def test_who_is_logged_in_and_the_way_out_are_on_every_page(tmp_path: Path) -> None:
    with build_studio(
        Settings(data=tmp_path / "data"), url="", password="one of the owners"
    ) as studio:
        studio.services.users.add("Mei", Role.VIEWER, "mei's password")
        studio.services.users.add("Jun", Role.EDITOR, "jun's password")
        for path in ("/", "/library", "/settings", "/spend"):
            async with ask(studio.web, "Mei", "mei's password") as client:
                page = (await client.get(path)).text
            top = page[page.index('id="day"') : page.index('id="queue-list"')]
            assert ">Mei</span>" in top
            assert "Read only" in top
            assert "Viewers only look." in top
            assert 'action="/logout"' in top
        async with ask(studio.web, "Jun", "jun's password") as client:
            page = (await client.get("/")).text
        top = page[page.index('id="day"') : page.index('id="queue-list"')]
        assert ">Jun</span>" in top
        assert "Read only" not in top


async def test_an_open_studio_has_no_account(tmp_path: Path) -> None:
    with build_studio(Settings(data=tmp_path / "data"), url="") as studio:
        async with ask(studio.web) as client:
            page = (await client.get("/")).text
    assert "/logout" not in page
    assert "me-button" not in page
