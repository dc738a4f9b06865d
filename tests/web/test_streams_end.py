"""A stream of events ends with the right to hear it."""

from __future__ import annotations

from pathlib import Path

import httpx

from e2e.studio_process import StudioProcess

ROOT = "the studio's own password"
MEI = ("mei", "a password of her own")


def test_who_is_removed_hears_nothing_more(tmp_path: Path) -> None:
    studio = StudioProcess(tmp_path, SHORTDRAMA_PASSWORD=ROOT)
    studio.start()
    owner = httpx.Client(
        base_url=studio.url, headers={"Authorization": f"Bearer {ROOT}"}, trust_env=False
    )
    listener = httpx.Client(base_url=studio.url, auth=MEI, trust_env=False, timeout=30)
    try:
        wanted = {"name": MEI[0], "password": MEI[1], "role": "editor"}
        user = owner.post("/api/users", json=wanted).raise_for_status().json()
        with listener.stream("GET", "/api/events") as stream:
            lines = stream.iter_lines()
            heard = [next(lines)]
            owner.post("/api/shots").raise_for_status()
            heard += [next(line for line in lines if line.startswith("event:"))]
            owner.delete(f"/api/users/{user['id']}").raise_for_status()
            owner.post("/api/shots").raise_for_status()
            heard += [line for line in lines if line.startswith("event:")]
        assert [line for line in heard if line == "event: shot.added"] == ["event: shot.added"]
        assert listener.get("/api/state").status_code == 401
    finally:
        owner.close()
        listener.close()
        studio.stop()
