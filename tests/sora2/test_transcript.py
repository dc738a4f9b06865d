"""What a report tells of requests and answers, and that no secret is in it."""

from __future__ import annotations

import json
from contextlib import suppress

import httpx
import pytest

from shortdrama.errors import ProviderError
from shortdrama.sora2.client import Sora2Client
from shortdrama.sora2.transcript import Asked, transcribing

pytestmark = pytest.mark.anyio
KEY = "sk-made/up+key for=tests".replace(" ", "-")


async def asked_of(answer: httpx.Response, base_url: str = "https://a.org/v1") -> Asked:
    transport = httpx.MockTransport(lambda _: answer)
    async with Sora2Client(base_url, api_key=KEY, transport=transport) as client:
        with transcribing() as asked, suppress(ProviderError):
            await client.list_models()
    (one,) = asked
    return one


async def test_request_and_answer_are_told() -> None:
    headers = {"x-ratelimit-remaining-requests": "59", "set-cookie": "session=1"}
    one = await asked_of(httpx.Response(404, json={"detail": "Not Found"}, headers=headers))
    text = "\n".join(one.lines)
    assert one.lines[0] == "GET /v1/models"
    assert "> authorization: [key]" in text.lower()
    assert "< HTTP 404" in text
    assert '< {"detail": "Not Found"}' in text
    assert one.limits == (("x-ratelimit-remaining-requests", "59"),)
    assert "session" not in text


@pytest.mark.parametrize(
    "body",
    [
        f"<p>Bad key {KEY}</p>",
        json.dumps({"error": {"message": f"Incorrect API key: {KEY}"}}),
        json.dumps({"said": KEY}).replace("s", "\\u0073").replace("/", "\\/"),
        '{"said": "' + "".join(f"\\u{ord(char):04x}" for char in KEY) + '"}',
        json.dumps({"you": {"sent": [f"Bearer {KEY}"]}}),
        "x" * 390 + KEY,
    ],
)
async def test_the_key_is_in_no_report(body: str) -> None:
    one = await asked_of(httpx.Response(401, text=body, headers={"location": f"/login?key={KEY}"}))
    text = "\n".join(one.lines)
    assert KEY not in text
    assert "made/up" not in text.replace("\\", "")
    assert "up+key" not in text


async def test_signatures_prompts_tokens_and_people_are_not_told() -> None:
    video = {
        "id": "video_1",
        "url": "https://files.example/a.mp4?X-Signature=abcdef0123456789",
        "prompt": "A secret plot",
        "upload_token": "tok-0123456789",
        "text": "ask ann@example.org with sk-0123456789abcdefghij",
    }
    one = await asked_of(
        httpx.Response(200, json={"rows": [video]}), "https://a.org/v1?code=hush-hush"
    )
    text = "\n".join(one.lines)
    for secret in ("abcdef0123", "secret plot", "tok-0123", "ann@", "sk-0123", "hush"):
        assert secret not in text
    assert "https://files.example/a.mp4?…" in text
    assert one.path == "/v1/models?code=…"


async def test_no_answer_is_told_too_and_nobody_listens_otherwise() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"no route with {KEY}", request=request)

    transport = httpx.MockTransport(refuse)
    async with Sora2Client("https://a.org", api_key=KEY, transport=transport) as client:
        with transcribing() as asked, transcribing() as within:
            await client.check_connection()
        await client.check_connection()
    assert within is asked
    assert [one.lines[-1] for one in asked] == ["< ConnectError"]
    assert asked[0].status is None
