"""Only whole clips get a name, and credentials stay at home."""

from __future__ import annotations

import asyncio
import errno
import gc
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from doubles.sora2_double import Sora2Double
from doubles.tiny_clip import tiny_clip
from shortdrama.errors import ProviderError, StorageFull
from shortdrama.sora2 import download
from shortdrama.sora2.addresses import is_loopback, is_public
from shortdrama.sora2.boxes import check_mp4
from shortdrama.sora2.client import Sora2Client
from shortdrama.sora2.options import Timeouts

pytestmark = pytest.mark.anyio
KEY = "sk-very-secret-0123456789"
QUICK = Timeouts(connect_s=2, read_s=0.3, write_s=2, download_total_s=3)
CLIP = tiny_clip(1).read_bytes()


@pytest.fixture
def double() -> Iterator[Sora2Double]:
    with Sora2Double(api_key=KEY) as double:
        yield double


@pytest.fixture
async def client(double: Sora2Double) -> AsyncIterator[Sora2Client]:
    async with Sora2Client(double.base_url, api_key=KEY, timeouts=QUICK) as client:
        yield client


@pytest.mark.parametrize("step", ["ok", "chunked", "octet_stream", "redirect"])
async def test_a_whole_clip_is_kept(double, client, tmp_path, step):
    double.script("a cat", content=step)
    job = await client.generate_video("a cat")
    seen: list[tuple[int, int | None]] = []
    kept = await client.download_video(
        job.id, tmp_path / "new" / "cat.mp4", on_progress=lambda done, of: seen.append((done, of))
    )
    assert kept.path.read_bytes() == CLIP
    assert (kept.bytes, kept.sha256) == (len(CLIP), hashlib.sha256(CLIP).hexdigest())
    assert seen[-1] == (len(CLIP), None if step == "chunked" else len(CLIP))
    assert [path.name for path in kept.path.parent.iterdir()] == ["cat.mp4"]
    asked = next(request for request in double.requests if request.path.endswith("/content"))
    assert "variant" not in asked.query


@pytest.mark.parametrize(
    ("step", "kind", "is_transient"),
    [
        ("truncated", "download", True),
        ("cut_file", "download", True),
        ("no_moov", "download", True),
        ("json", "download", True),
        ("html", "download", True),
        ("empty", "download", True),
        ("403", "auth", False),
        ("404", "not_found", False),
        ("500", "download", True),
        ("502_html", "download", True),
        ("429:2", "download", True),
        ("moderation", "moderation_output", False),
        ("redirect_loop", "download", False),
        ("redirect_to:ftp://127.0.0.1/x", "download", False),
        ("drop", "download", True),
        ("delay:2", "download", True),
    ],
)
async def test_anything_else_leaves_nothing_and_says_why(  # noqa: PLR0917 - a table's columns
    double, client, tmp_path, step, kind, is_transient
):
    double.script("a cat", content=[step, "ok"])
    job = await client.generate_video("a cat")
    target = tmp_path / "cat.mp4"
    if step != "redirect_loop":
        with pytest.raises(ProviderError) as caught:
            await client.download_video(job.id, target)
        assert (caught.value.kind, caught.value.is_transient) == (kind, is_transient)
        if step in {"json", "html"}:
            assert f"/{step} in place of the clip" in caught.value.message
        assert list(tmp_path.iterdir()) == []
        await client.download_video(job.id, target)  # and again, without generating again
        assert target.read_bytes() == CLIP
        assert double.submits() == 1
        return
    double.script("a cat", content=step)
    job = await client.generate_video("a cat")
    with pytest.raises(ProviderError, match="circle"):
        await client.download_video(job.id, target)
    assert sum(request.path.endswith("/content") for request in double.requests) == 6


async def test_the_key_never_reaches_another_origin(double, client, tmp_path):
    double.script("a cat", content="redirect")
    job = await client.generate_video("a cat")
    await client.download_video(job.id, tmp_path / "a.mp4")
    await client.download_video(f"{double.other_url}/videos/{job.id}/content", tmp_path / "b.mp4")
    elsewhere = double.elsewhere()
    assert len(elsewhere) == 2
    for request in elsewhere:
        assert KEY not in repr(request) + request.body.decode()
        assert "authorization" not in request.headers


async def test_the_key_is_not_picked_up_again_after_a_detour(double, client, tmp_path):
    """A stranger's redirect back home may not use our credentials."""
    job = await client.generate_video("a cat")
    home = f"{double.base_url}/videos/{job.id}/content"

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "cdn.example.org" or "203.0" in request.url.host:
            return httpx.Response(302, headers={"location": "https://a.org/v1/videos/x/content"})
        if "authorization" in request.headers:
            return httpx.Response(302, headers={"location": "https://cdn.example.org/c"})
        return httpx.Response(200, content=CLIP, headers={"content-type": "video/mp4"})

    async with Sora2Client(
        "https://a.org", api_key=KEY, transport=httpx.MockTransport(answer), trusted=True
    ) as other:
        kept = await other.download_video("x", tmp_path / "a.mp4")
    assert kept.bytes == len(CLIP)
    assert home.startswith("http://127")


def _remote(location: str, addresses: list[str]) -> tuple[Sora2Client, list[httpx.Request]]:
    """A client of a server on the internet whose clips are at `location`, for `addresses`."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.url.host == "api.example.org":
            return httpx.Response(302, headers={"location": location})
        return httpx.Response(200, content=CLIP, headers={"content-type": "video/mp4"})

    async def resolver(host: str, port: int) -> list[str]:
        return addresses

    client = Sora2Client(
        "https://api.example.org",
        api_key=KEY,
        transport=httpx.MockTransport(answer),
        resolver=resolver,
    )
    return client, seen


async def test_a_result_host_is_reached_at_the_address_that_was_checked(tmp_path):
    client, seen = _remote("https://cdn.example.org:8443/clip?sig=1", ["93.184.216.34"])
    async with client:
        await client.download_video("video_1", tmp_path / "a.mp4")
    request = seen[-1]
    assert (request.url.host, request.url.port) == ("93.184.216.34", 8443)
    assert request.headers["host"] == "cdn.example.org:8443"
    assert request.extensions["sni_hostname"] == "cdn.example.org"
    assert "authorization" not in request.headers


@pytest.mark.parametrize(
    ("location", "addresses"),
    [
        ("https://cdn.example.org/clip", ["10.0.0.5"]),
        ("https://cdn.example.org/clip", ["93.184.216.34", "127.0.0.1"]),
        ("https://cdn.example.org/clip", ["169.254.169.254"]),
        ("https://cdn.example.org/clip", ["::ffff:10.0.0.1"]),
        ("https://cdn.example.org/clip", ["64:ff9b::a00:1"]),
        ("https://cdn.example.org/clip", ["fd00::1"]),
        ("https://localhost/clip", ["93.184.216.34"]),
        ("http://cdn.example.org/clip", ["93.184.216.34"]),
        ("https://cdn.example.org/clip", []),
    ],
)
async def test_results_do_not_lead_into_private_networks_or_down_to_http(
    tmp_path, location, addresses
):
    client, seen = _remote(location, addresses)
    async with client:
        with pytest.raises(ProviderError) as caught:
            await client.download_video("video_1", tmp_path / "a.mp4")
        assert caught.value.kind == "download"
        with pytest.raises(ProviderError):
            await client.download_video(location, tmp_path / "a.mp4")
    assert [request.url.host for request in seen] == ["api.example.org"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("location", ["https://10.0.0.5/x", "http://169.254.169.254/latest/x"])
async def test_a_gateway_on_this_machine_leads_to_no_other_private_place(location, tmp_path):
    """It passes on what its own providers say. What is beside it on this machine is meant."""
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.host)
        leads_on = request.url.path.startswith("/v1")
        headers = {"location": location} if leads_on else {"content-type": "video/mp4"}
        return httpx.Response(302 if leads_on else 200, content=CLIP, headers=headers)

    async with Sora2Client(
        "http://127.0.0.1:4000", api_key=KEY, transport=httpx.MockTransport(answer)
    ) as client:
        with pytest.raises(ProviderError) as caught:
            await client.download_video("video_1", tmp_path / "a.mp4")
        assert not caught.value.is_transient
        await client.download_video("http://localhost:4001/clip", tmp_path / "b.mp4")
    assert seen == ["127.0.0.1", "localhost"]


def test_which_addresses_are_public():
    assert is_public("93.184.216.34")
    assert is_public("2606:2800:220:1::1")
    for address in ("127.0.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.0", "224.0.0.1", "::1"):
        assert not is_public(address)
    assert is_loopback("127.0.0.2")
    assert is_loopback("LOCALHOST.")
    assert not is_loopback("localhost.example.org")


async def test_a_clip_over_the_limit_is_not_kept(double, tmp_path):
    for step in ("ok", "chunked"):
        double.script("a cat", content=step)
        async with Sora2Client(double.base_url, api_key=KEY, max_clip_bytes=1000) as client:
            job = await client.generate_video("a cat")
            with pytest.raises(ProviderError, match="larger than 1000"):
                await client.download_video(job.id, tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []


async def test_a_full_disk_is_told_and_leaves_nothing(double, client, tmp_path, monkeypatch):
    def write(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(download, "_write", write)
    job = await client.generate_video("a cat")
    with pytest.raises(StorageFull):
        await client.download_video(job.id, tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []


async def test_a_failed_download_keeps_the_old_file(double, client, tmp_path):
    target = tmp_path / "a.mp4"
    target.write_bytes(b"old")
    double.script("a cat", content="cut_file")
    job = await client.generate_video("a cat")
    with pytest.raises(ProviderError):
        await client.download_video(job.id, target)
    assert target.read_bytes() == b"old"


async def test_the_seed_dialect_downloads_by_id_and_by_its_relative_address(double, tmp_path):
    double.default(poll="completed")
    async with Sora2Client(double.base_url, api_key=KEY, dialect="seed") as client:
        job = await client.generate_video("a cat")
        told = await client.check_status(job.id)
        assert told.video_url == f"/v1/download/{job.id}"
        for number, address in enumerate([job.id, told.video_url]):
            kept = await client.download_video(address, tmp_path / f"{number}.mp4")
            assert kept.bytes == len(CLIP)
    assert double.downloads("a cat") == 2


def test_boxes_are_read_with_all_sizes(tmp_path: Path):
    path = tmp_path / "a.mp4"
    ftyp = b"\x00\x00\x00\x10ftypisom\x00\x00\x00\x00"
    moov = b"\x00\x00\x00\x08moov"
    long_mdat = b"\x00\x00\x00\x01mdat" + (20).to_bytes(8) + b"data"
    open_mdat = b"\x00\x00\x00\x00mdat" + b"data"
    for content in (ftyp + long_mdat + moov, ftyp + moov + open_mdat):
        path.write_bytes(content)
        check_mp4(path)


async def test_a_download_that_is_cancelled_at_any_moment_leaves_no_file_open(client, tmp_path):
    """Also while a thread is just opening it: what is left open is a warning, and so an error."""
    job = await client.generate_video("a cat")
    loop_turns = range(0, 400, 4)
    for turns in loop_turns:
        task = asyncio.ensure_future(client.download_video(job.id, tmp_path / "cat.mp4"))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    gc.collect()
