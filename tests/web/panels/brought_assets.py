"""Assets on a running studio, brought by its API."""

from __future__ import annotations

import re
from typing import Any

import httpx

from assets.library import picture
from shortdrama.domain.ids import new_id

BYTES = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}


def bring(studio: httpx.Client, file_name: str, data: bytes | None = None, **facts: Any) -> str:
    """The new asset's id; `facts` are changed afterwards, as by its menu."""
    upload_id = new_id()
    body = picture(int(upload_id, 16)) if data is None else data
    announced = {"id": upload_id, "size": len(body), "name": file_name}
    studio.post("/api/uploads", json=announced).raise_for_status()
    sent = studio.patch(f"/api/uploads/{upload_id}", content=body, headers=BYTES)
    asset_id = str(sent.raise_for_status().json()["asset"]["id"])
    if facts:
        studio.patch(f"/api/assets/{asset_id}", json=facts).raise_for_status()
    return asset_id


def tiles_on(page: httpx.Response) -> list[str]:
    """Names of the tiles in their order, without the template's."""
    shown = page.raise_for_status().text.partition('<template id="asset-tile">')[0]
    return re.findall(r'data-slot="face" aria-pressed="false" title="([^"]*)"', shown)


def headings_on(page: httpx.Response) -> list[str]:
    return re.findall(r'<h[23] class="label"[^>]*>([^<]*)<', page.raise_for_status().text)
