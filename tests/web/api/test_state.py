"""The page state tells where the requests of a shot go."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from shortdrama.app import build_studio
from shortdrama.settings import Settings

pytestmark = pytest.mark.anyio
KEY = "sk-state-0123456789"
SONG = {"base_url": "http://127.0.0.1:9/v1", "models": ["song-1"], "key": KEY, "name": "Song"}
HERE = {"base_url": "/v1", "has_key": False}


async def test_the_connection_is_that_of_the_shot_s_last_take(tmp_path: Path) -> None:
    with build_studio(Settings(data=tmp_path / "data"), url="") as studio:
        transport = httpx.ASGITransport(studio.web)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as api:
            made = (await api.post("/api/connections", json=SONG)).raise_for_status().json()
            shot = (await api.get("/api/state")).json()
            assert shot["api_config"] == HERE
            order = {"prompt": "A tram.", "model": "song-1", "connection_id": made["id"]}
            take = (await api.post("/api/takes", json=order)).raise_for_status().json()
            state = await api.get("/api/state", params={"shot": take["shot_id"]})
            assert state.json()["api_config"] == {"base_url": SONG["base_url"], "has_key": True}
            assert KEY not in state.text
            other = (await api.post("/api/shots")).raise_for_status().json()["id"]
            state = await api.get("/api/state", params={"shot": other})
            assert state.json()["api_config"] == HERE
            (await api.post(f"/api/takes/{take['id']}/cancellation")).raise_for_status()
            (await api.delete(f"/api/connections/{made['id']}")).raise_for_status()
            state = await api.get("/api/state", params={"shot": take["shot_id"]})
            assert state.json()["api_config"] == HERE
