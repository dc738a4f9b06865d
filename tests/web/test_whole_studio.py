"""The whole studio over HTTP, on both pairs of storage: in comes a picture, out comes a clip."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from e2e.studio_process import StudioProcess
from media.samples import paint
from shortdrama.domain.ids import new_id

ORDER = {
    "prompt": "Mei at the window. Hold.",
    "model": "previz-1",
    "seconds": 1,
    "size": "720x1280",
}


@pytest.fixture(
    params=[
        pytest.param("local"),
        pytest.param("server", marks=[pytest.mark.postgres, pytest.mark.s3]),
    ]
)
def studio(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StudioProcess]:
    environment = {}
    if request.param == "server":
        environment = {
            "SHORTDRAMA_DATABASE_URL": request.getfixturevalue("postgres_url"),
            "SHORTDRAMA_BLOBS_URL": request.getfixturevalue("s3_url"),
        }
    made = StudioProcess(tmp_path / "data", **environment)
    made.start()
    yield made
    made.stop()


def png_bytes(width: int, height: int) -> bytes:
    body = io.BytesIO()
    paint(width, height).save(body, "PNG")
    return body.getvalue()


def upload(api: httpx.Client, body: bytes, name: str) -> dict[str, Any]:
    upload_id = new_id()
    api.post("/api/uploads", json={"id": upload_id, "name": name, "size": len(body)})
    headers = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    answer = api.patch(f"/api/uploads/{upload_id}", content=body, headers=headers)
    answer.raise_for_status()
    asset: dict[str, Any] = answer.json()["asset"]
    return asset


def wait_until_over(api: httpx.Client, take_id: str, within_s: float = 60) -> dict[str, Any]:
    """Follow the event stream, as the page does, until the take has come to rest."""
    deadline = time.monotonic() + within_s
    with api.stream("GET", "/api/events", params={"after": "0"}, timeout=within_s) as stream:
        for line in stream.iter_lines():
            assert time.monotonic() < deadline
            if line.startswith("event: take.changed"):
                take: dict[str, Any] = api.get(f"/api/takes/{take_id}").json()
                if take["status"] in {"ready", "failed", "cancelled", "uncertain", "stalled"}:
                    return take
    raise AssertionError("the stream ended")


def test_picture_in_clip_out_and_everything_found_again(studio: StudioProcess) -> None:
    with httpx.Client(base_url=studio.url, trust_env=False, timeout=60) as api:
        asset = upload(api, png_bytes(400, 700), "Mei.png")
        thumbnail = api.get(asset["thumb_small_url"])
        assert (thumbnail.status_code, thumbnail.headers["content-type"]) == (200, "image/webp")
        order = {**ORDER, "references": [asset["id"]]}
        headers = {"Idempotency-Key": new_id()}
        made = api.post("/api/takes", json=order, headers=headers)
        assert made.status_code == 202
        assert api.post("/api/takes", json=order, headers=headers).json()["id"] == made.json()["id"]
        take = wait_until_over(api, made.json()["id"])
        assert (take["status"], take["duration_ms"]) == ("ready", 1000)
        clip = api.get(take["video_url"])
        digest = hashlib.sha256(clip.content).hexdigest()
        assert digest in take["video_url"]

    studio.kill()
    studio.start()
    with httpx.Client(base_url=studio.url, trust_env=False, timeout=60) as api:
        state = api.get("/api/state").json()
        assert state["current_video"]["id"] == take["id"]
        assert state["generation_status"] == "complete"
        assert [found["id"] for found in state["assets"]] == [asset["id"]]
        assert state["prompt_history"][0]["text"] == ORDER["prompt"]
        assert state["api_config"] == {"base_url": "/v1", "has_key": False}
        assert api.get(take["video_url"]).content == clip.content


def test_clips_are_served_in_ranges(studio: StudioProcess) -> None:
    with httpx.Client(base_url=studio.url, trust_env=False, timeout=60) as api:
        body = png_bytes(64, 64)
        url = upload(api, body, "a.png")["url"]
        whole = api.get(url)
        assert whole.content == body
        assert whole.headers["accept-ranges"] == "bytes"
        assert "immutable" in whole.headers["cache-control"]
        part = api.get(url, headers={"Range": "bytes=8-15"})
        assert (part.status_code, part.content) == (206, body[8:16])
        assert part.headers["content-range"] == f"bytes 8-15/{len(body)}"
        tail = api.get(url, headers={"Range": "bytes=-4"})
        assert (tail.status_code, tail.content) == (206, body[-4:])
        rest = api.get(url, headers={"Range": f"bytes={len(body) - 3}-"})
        assert rest.content == body[-3:]
        beyond = api.get(url, headers={"Range": f"bytes={len(body)}-"})
        assert beyond.status_code == 416
        same = api.get(url, headers={"If-None-Match": whole.headers["etag"]})
        assert same.status_code == 304
        head = api.head(url)
        assert (head.status_code, head.headers["content-length"]) == (200, str(len(body)))
        kept = api.get(url, params={"download": "1"})
        assert kept.headers["content-disposition"].startswith("attachment")


def test_a_strangers_file_never_runs_as_a_page(studio: StudioProcess) -> None:
    with httpx.Client(base_url=studio.url, trust_env=False, timeout=60) as api:
        asset = upload(api, b"She wrote: <script>alert(1)</script>\n", "notes.txt")
        shown = api.get(asset["url"])
        assert shown.headers["content-type"].startswith("text/plain")
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in shown.headers["content-security-policy"]
        renamed = api.get(asset["url"].rpartition("/")[0] + "/evil.html")
        assert renamed.headers["content-type"] == "application/octet-stream"
        assert renamed.headers["content-disposition"].startswith("attachment")
        for path in ("/media/../../etc/passwd/x", f"/media/{'0' * 64}/x.mp4", "/media/x/y.mp4"):
            assert api.get(path).status_code == 404


def test_what_people_type_is_only_ever_text(studio: StudioProcess) -> None:
    evil = "<script>window.evil=1</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}"
    with httpx.Client(base_url=studio.url, trust_env=False, timeout=60) as api:
        asset = upload(api, png_bytes(40, 40), f"{evil}.png")
        api.patch(f"/api/assets/{asset['id']}", json={"name": evil, "tags": [evil[:40]]})
        made = api.post("/api/takes", json={**ORDER, "prompt": evil})
        take = wait_until_over(api, made.json()["id"])
        api.post(f"/api/takes/{take['id']}/rejection", json={"reason": evil})
        shot = api.get("/api/shots").json()[0]
        api.put(f"/api/shots/{shot['id']}/draft", json={"text": evil})
        pages = [api.get(path, headers={"accept": "text/html"}) for path in ("/", "/library")]
        partials = [
            api.get(f"/panels/{name}", params={"shot": shot["id"]})
            for name in ("takes", "viewer", "filmstrip")
        ]
    for answer in (*pages, *partials):
        assert answer.status_code == 200
        assert "<script>window" not in answer.text
        assert "<img src=x" not in answer.text
    assert "&lt;script&gt;window" in pages[0].text
