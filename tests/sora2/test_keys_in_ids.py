"""A server whose job ids hold the key: they lead to the job, and show no key to anybody."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from shortdrama.errors import ProviderError
from shortdrama.providers.openai_videos.provider import OpenAIVideos
from shortdrama.sora2.client import Sora2Client

pytestmark = pytest.mark.anyio
KEY = "sk-very-secret-0123456789"
ODD_KEY = 'sk/very+secret"0123 456789'


class Server:
    """Knows one job. Says its id, and the key again, wherever it can."""

    def __init__(self, key: str, job_id: str) -> None:
        self.key, self.job_id = key, job_id
        self.asked: list[str] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().partition("?")[0]
        self.asked.append(path)
        own = f"/v1/videos/{quote(self.job_id, safe='')}"
        error = {"code": f"bad-{self.key}", "message": f"{self.key} broke {self.job_id}"}
        job = {"id": self.job_id, "status": f"failed {self.key}", "error": error}
        if request.method == "GET" and path == "/v1/videos":
            return httpx.Response(200, json={"data": [job], "last_id": self.job_id})
        if path not in {"/v1/videos", own}:
            return httpx.Response(404, json={"error": error})
        return httpx.Response(200, json=job)


@pytest.mark.parametrize("key", [KEY, ODD_KEY])
@pytest.mark.parametrize("template", ["{}", "job-{}-7", "{}/{}", "plain"])
@pytest.mark.parametrize("is_quoted", [False, True])
async def test_such_an_id_is_usable_and_shows_no_key(
    key: str, template: str, is_quoted: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    written = quote(key, safe="") if is_quoted else key
    server = Server(key, template.format(written, written))
    transport = httpx.MockTransport(server.answer)
    async with Sora2Client("https://a.org", api_key=key, transport=transport) as client:
        provider = OpenAIVideos(client)
        made = await client.generate_video("a cat")
        told = await provider.poll(made.id)
        listed = (await client.list_videos()).jobs[0]
        await client.delete_video(made.id)
    assert told.id == made.id == listed.id
    shown = repr((made, told, listed)) + json.dumps([made.id, told.error_code, told.error_message])
    assert "very" not in shown + caplog.text
    assert server.asked[1] == f"/v1/videos/{quote(server.job_id, safe='')}"
    assert server.asked[3] == server.asked[1]


async def test_an_error_about_such_a_job_shows_no_key(tmp_path: Path) -> None:
    server = Server(KEY, f"job-{KEY}")
    transport = httpx.MockTransport(server.answer)
    async with Sora2Client("https://a.org", api_key=KEY, transport=transport) as client:
        for ask in (client.check_status("gone"), client.download_video("gone", tmp_path / "clip")):
            with pytest.raises(ProviderError) as caught:
                await ask
            assert "very" not in repr(caught.value) + repr(caught.value.details)
