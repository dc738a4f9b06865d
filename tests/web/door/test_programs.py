"""What programs written for OpenAI's Videos API really send, replayed at the door.

Read in their sources on 2026-11-23; only the requests are repeated here: openai-sora-sample-app
(app/api/generate-video, remix-video), sora-2-playground (src/lib/video-service.ts, src/app/api) and
ArcReel (lib/video_backends/openai.py).
"""

from __future__ import annotations

import base64
import io
from typing import Any

import httpx
import openai
import pytest

from looks import look_until
from media.samples import paint
from shortdrama.access.client_keys import KeyForm
from web.door.conftest import MODEL, Door

pytestmark = pytest.mark.filterwarnings("ignore:The Sora API is scheduled:DeprecationWarning")
ORDER = {"prompt": "a cat", "model": MODEL, "size": "720x1280", "seconds": "4"}
VARIANTS = {"video": b"ftyp", "thumbnail": b"WEBP", "spritesheet": b"\xff\xd8\xff"}


@pytest.fixture(scope="module")
def picture() -> bytes:
    content = io.BytesIO()
    paint(720, 1280).save(content, "PNG")
    return content.getvalue()


def data_url(picture: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture).decode()}"


def reference(door: Door, prompt: str) -> bytes | None:
    return door.provider.made(prompt)[0].reference


def test_the_sample_app(door: Door, picture: bytes) -> None:
    """JSON without a picture, a form with one, whose file may have no ending; organisation and
    project in headers; a remix says nothing but its words."""
    _key, token = door.studio.services.client_keys.add(KeyForm("sample app"), "test")
    headers = {
        "Authorization": f"Bearer {token}",
        "OpenAI-Organization": "org-1",
        "OpenAI-Project": "proj_1",
    }
    with httpx.Client(base_url=door.base_url, headers=headers) as http:

        def ask(job_id: str) -> dict[str, Any]:
            return dict(http.get(f"/videos/{job_id}").raise_for_status().json())

        made = http.post("/videos", json=ORDER).raise_for_status().json()
        assert (made["seconds"], made["size"], made["status"]) == ("4", "720x1280", "queued")
        form = {**ORDER, "prompt": "a fox"}
        parts = {"input_reference": ("input-reference", picture, "image/png")}
        shown = http.post("/videos", data=form, files=parts).raise_for_status().json()
        for job in (made, shown):
            look_until(lambda job=job: ask(job["id"]), lambda told: told["status"] == "completed")
        remixed = http.post(f"/videos/{made['id']}/remix", json={"prompt": "a dog"})
        assert remixed.raise_for_status().json()["remixed_from_video_id"] == made["id"]
    look_until(lambda: door.provider.made("a dog"), bool)
    assert reference(door, "a fox") is not None
    assert door.provider.submits() == 3


def test_the_playground(door: Door, picture: bytes) -> None:
    """The Node client's calls, as its Python twin makes them: create with and without a file,
    remix, retrieve, every variant of the content, delete."""
    _key, client = door.key()
    made = client.videos.create(**ORDER)  # type: ignore[arg-type]
    file = ("photo.png", picture, "image/png")
    shown = client.videos.create(**{**ORDER, "prompt": "a fox", "input_reference": file})  # type: ignore[arg-type]
    look_until(lambda: client.videos.retrieve(made.id), lambda job: job.status == "completed")
    for variant, mark in VARIANTS.items():
        content = client.videos.download_content(made.id, variant=variant).content  # type: ignore[arg-type]
        assert mark in content[:16]
    assert client.videos.remix(made.id, prompt="a dog").remixed_from_video_id == made.id
    look_until(lambda: client.videos.retrieve(shown.id), lambda job: job.status == "completed")
    assert reference(door, "a fox") is not None
    assert client.videos.delete(made.id).deleted


def test_arcreel(door: Door, picture: bytes) -> None:
    """Its picture is an object as in a chat, with its type; as a form, in bracketed keys."""
    _key, client = door.key()
    told = {"type": "image_url", "image_url": data_url(picture)}
    form = {**ORDER, **{f"input_reference[{name}]": value for name, value in told.items()}}
    headers = {"Authorization": f"Bearer {client.api_key}"}
    made = httpx.post(f"{door.base_url}/videos", data=form, headers=headers)
    job = client.videos.poll(made.raise_for_status().json()["id"])
    assert (job.status, int(job.seconds)) == ("completed", 4)
    assert b"ftyp" in client.videos.download_content(job.id).content[:16]
    assert reference(door, "a cat") is not None
    assert door.provider.submits() == 1


def test_arcreel_asks_for_1080p_of_a_model_that_has_none(door: Door) -> None:
    """Never another size in silence, which may have another price."""
    _key, client = door.key()
    with pytest.raises(openai.BadRequestError, match="1080 × 1920"):
        client.videos.create(**{**ORDER, "size": "1080x1920"})  # type: ignore[arg-type]
    assert door.provider.submits() == 0


@pytest.mark.parametrize("as_form", [False, True])
def test_a_picture_as_an_object(door: Door, picture: bytes, as_form: bool) -> None:
    """OpenAI's own form of it: exactly one of `image_url` and `file_id`."""
    url = f"{door.base_url}/videos"

    def order(prompt: str, name: str, value: str) -> httpx.Response:
        told: dict[str, Any] = {**ORDER, "prompt": prompt}
        if as_form:
            return httpx.post(url, data={**told, f"input_reference[{name}]": value})
        return httpx.post(url, json={**told, "input_reference": {name: value}})

    assert order("a fox", "image_url", data_url(picture)).status_code == 200
    for name, value in (("image_url", "https://example.com/a.png"), ("file_id", "file-1")):
        refused = order("a dog", name, value)
        error = refused.json()["error"]
        assert (refused.status_code, error["code"]) == (400, "invalid_value")
        assert error["param"] == f"input_reference.{name}"
        assert "send the" in error["message"]
    look_until(lambda: door.provider.made("a fox"), bool)
    assert reference(door, "a fox") is not None
    assert door.provider.submits() == 1
