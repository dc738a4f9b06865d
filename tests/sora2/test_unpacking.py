"""Packed answers: read where they are honest, and never unpacked into all of the memory."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from doubles.serving import Serving, listen
from doubles.tiny_clip import tiny_clip
from shortdrama.errors import ProviderError, SubmissionUncertain
from shortdrama.sora2.client import Sora2Client

pytestmark = pytest.mark.anyio
JOB = b'{"id": "video_1", "status": "completed", "progress": 100}'
MOST_BYTES = 80_000_000


def bomb() -> bytes:
    """A quarter of a gigabyte in 260 kB, packed again into a few hundred bytes."""
    squeeze = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    return b"".join(squeeze.compress(bytes(1 << 20)) for _ in range(256)) + squeeze.flush()


BOMB = bomb()


async def _answer(request: Request) -> Response:
    clip = tiny_clip(1).read_bytes()
    content, coding = {
        "plain": (JOB, "identity"),
        "gzip": (gzip.compress(JOB), "gzip"),
        "deflate": (zlib.compress(JOB), "deflate"),
        "cut": (gzip.compress(JOB)[:-9], "gzip"),
        "bomb": (BOMB, "gzip"),
        "twice": (gzip.compress(BOMB), "gzip, gzip"),
        "unknown": (JOB, "snappy"),
        "clip": (gzip.compress(clip), "gzip"),
    }[request.url.path.split("/")[2]]
    kind = "video/mp4" if request.url.path.endswith("/content") else "application/json"
    return Response(content, headers={"content-encoding": coding}, media_type=kind)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    sock = listen()
    app = Starlette(routes=[Route("/{path:path}", _answer, methods=["GET", "POST"])])
    with Serving(app, [sock]):
        yield f"http://127.0.0.1:{sock.getsockname()[1]}/v1"


@pytest.mark.parametrize("packing", ["plain", "gzip", "deflate"])
async def test_an_honest_answer_is_read(url: str, packing: str) -> None:
    async with Sora2Client(f"{url}/{packing}", api_key="sk-made-up") as client:
        assert (await client.check_status("video_1")).progress == 100


@pytest.mark.parametrize("packing", ["cut", "bomb", "twice", "unknown"])
async def test_a_bomb_fills_no_memory(url: str, packing: str, tmp_path: Path) -> None:
    async with Sora2Client(f"{url}/{packing}", api_key="sk-made-up") as client:
        tracemalloc.start()
        try:
            with pytest.raises(ProviderError) as refused:
                await client.check_status("video_1")
            assert refused.value.is_transient
            with pytest.raises(SubmissionUncertain):
                await client.generate_video("a cat")
            with pytest.raises(ProviderError):
                await client.download_video(f"{url}/{packing}/content", tmp_path / "clip.mp4")
            _now, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < MOST_BYTES
    assert not (tmp_path / "clip.mp4").exists()


async def test_a_packed_clip_is_kept_unpacked(url: str, tmp_path: Path) -> None:
    async with Sora2Client(f"{url}/clip", api_key="sk-made-up") as client:
        kept = await client.download_video(f"{url}/clip/content", tmp_path / "clip.mp4")
    assert kept.path.read_bytes() == tiny_clip(1).read_bytes()
