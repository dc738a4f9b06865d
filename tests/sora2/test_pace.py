"""A clip that drips is given up in time; a slow one comes in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import httpx
import pytest

from doubles.tiny_clip import tiny_clip
from shortdrama.errors import ProviderError
from shortdrama.sora2.client import Sora2Client
from shortdrama.sora2.options import Timeouts
from shortdrama.sora2.pace import steady

pytestmark = pytest.mark.anyio
CLIP = tiny_clip(1).read_bytes()
LIMITS = Timeouts(stall_s=0.4, least_bytes_per_s=1000)


async def drip(pieces: int, size: int, every_s: float) -> AsyncIterator[bytes]:
    for _ in range(pieces):
        await anyio.sleep(every_s)
        yield bytes(size)


async def test_what_comes_slowly_but_comes_is_let_come() -> None:
    """500 bytes each tenth of a second: five times as much as has to."""
    got = [len(piece) async for piece in steady(drip(20, 500, 0.1), LIMITS)]
    assert sum(got) == 10_000


async def test_what_drips_is_given_up() -> None:
    with anyio.fail_after(5):
        with pytest.raises(ProviderError, match=r"The clip stalled: \d+ bytes came") as stalled:
            async for _ in steady(drip(100_000, 1, 0.05), LIMITS):
                pass
    assert (stalled.value.kind, stalled.value.is_transient) == ("download", True)


async def test_a_good_beginning_does_not_save_what_drips_later() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield bytes(1_000_000)
        async for piece in drip(100_000, 1, 0.05):
            yield piece

    with anyio.fail_after(5), pytest.raises(ProviderError, match="stalled"):
        async for _ in steady(pieces(), LIMITS):
            pass


async def test_the_time_of_whoever_takes_the_pieces_does_not_count() -> None:
    async for _ in steady(drip(4, 1, 0), LIMITS):
        await anyio.sleep(0.3)


@pytest.mark.parametrize("status", [200, 500])
async def test_a_server_that_drips_its_clip_or_its_refusal(tmp_path: Path, status: int) -> None:
    async def body() -> AsyncIterator[bytes]:
        for byte in CLIP:
            await anyio.sleep(0.02)
            yield bytes([byte])

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=body(), headers={"content-type": "video/mp4"})

    transport = httpx.MockTransport(answer)
    async with Sora2Client("http://127.0.0.1:9/v1", transport=transport, timeouts=LIMITS) as client:
        with anyio.fail_after(5), pytest.raises(ProviderError, match="The clip stalled") as stalled:
            await client.download_video("video_1", tmp_path / "clip.mp4")
    assert stalled.value.is_transient
    assert not [*tmp_path.glob("*")]  # noqa: ASYNC240 - nothing else runs


async def test_a_server_that_never_ends_its_headers_is_given_up(tmp_path: Path) -> None:
    async def answer(_request: httpx.Request) -> httpx.Response:
        await anyio.sleep(60)
        return httpx.Response(200)

    limits = Timeouts(ask_total_s=0.3)
    transport = httpx.MockTransport(answer)
    async with Sora2Client("http://127.0.0.1:9/v1", transport=transport, timeouts=limits) as client:
        with anyio.fail_after(5), pytest.raises(ProviderError, match="connection broke") as broken:
            await client.download_video("video_1", tmp_path / "clip.mp4")
    assert broken.value.is_transient
