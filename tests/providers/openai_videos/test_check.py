"""What the free test says of a server whose path is wrong, and of one that has no lists."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from shortdrama.providers.openai_videos.check import check_videos
from shortdrama.sora2.client import Sora2Client
from shortdrama.sora2.requests import Dialect

pytestmark = pytest.mark.anyio
KEY = "sk-made-up-for-this-test"


async def rows_of(
    answer: Callable[[httpx.Request], httpx.Response], dialect: Dialect = "videos"
) -> dict[str, bool | None]:
    methods: list[str] = []

    def note(request: httpx.Request) -> httpx.Response:
        methods.append(request.method)
        return answer(request)

    transport = httpx.MockTransport(note)
    async with Sora2Client(
        "https://a.org/v1/foo", api_key=KEY, transport=transport, dialect=dialect
    ) as client:
        rows = await check_videos(client, ("sora-2",))
    assert set(methods) == {"GET"}
    return {what: passed for what, passed, _says in rows}


@pytest.mark.parametrize(
    "body",
    [
        {"detail": "Not Found"},
        {"error": {"message": "Invalid URL (GET /v1/foo/videos/shortdrama-test)"}},
        {"error": {"code": "not_found", "message": "404 page not found"}},
    ],
)
async def test_a_wrong_path_is_a_failed_address(body: object) -> None:
    assert await rows_of(lambda _: httpx.Response(404, json=body)) == {"Address": False}


async def test_a_wrong_path_is_said_with_what_to_do() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(404, text="404 page not found"))
    async with Sora2Client("https://a.org/v1/foo", transport=transport) as client:
        ((_what, _passed, says),) = await check_videos(client, ("sora-2",))
    assert "https://a.org/v1/foo" in says
    assert "mostly ends in /v1" in says


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, {"error": {"message": "Video not found"}}),
        (404, {"error": {"message": "No such task."}}),
        (400, {"code": "task_not_exist", "message": "task_not_exist"}),
        (405, {"detail": "Method Not Allowed"}),
    ],
)
async def test_a_server_without_lists_is_neither_passed_nor_failed(
    status: int, body: object
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/shortdrama-test"):
            return httpx.Response(status, json=body)
        return httpx.Response(404, json={"detail": "Not Found"})

    assert await rows_of(answer) == {"Address": True, "Key": None}


async def test_a_list_that_may_not_be_asked_for_says_nothing() -> None:
    assert await rows_of(lambda _: httpx.Response(405)) == {"Address": True, "Key": None}


async def test_the_older_form_has_no_lists_at_all() -> None:
    found = await rows_of(lambda _: httpx.Response(404), dialect="seed")
    assert found == {"Address": True, "Key": None}
