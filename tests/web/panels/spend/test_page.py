"""What was spent, by the names that things have elsewhere."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from shortdrama.app import build_studio
from shortdrama.settings import Settings

pytestmark = pytest.mark.anyio


async def test_a_shot_is_called_as_on_the_filmstrip(tmp_path: Path) -> None:
    with build_studio(Settings(data=tmp_path / "data"), url="") as studio:
        transport = httpx.ASGITransport(studio.web)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            order = {"prompt": "A tram at night.", "model": "previz-1"}
            (await client.post("/api/takes", json=order)).raise_for_status()
            page = (await client.get("/spend?by=shot")).text
    assert '<th scope="row">Shot 01' in page
