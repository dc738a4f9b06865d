"""No connection leads to link-local addresses, and what cannot be written costs nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route

from doubles.serving import Serving
from doubles.sora2_double import Sora2Double
from shortdrama.domain.take import FailureKind
from shortdrama.errors import InvalidInput, ProviderError, SubmissionUncertain
from shortdrama.sora2.addresses import is_link_local, is_public, parse_server_url
from shortdrama.sora2.client import Sora2Client
from shortdrama.sora2.line import Line
from shortdrama.sora2.options import GenerateOptions, Timeouts

pytestmark = pytest.mark.anyio
KEY = "sk-very-secret-0123456789"
QUICK = Timeouts(connect_s=2, read_s=2, write_s=2, submit_total_s=3, ask_total_s=3)
LINK_LOCAL = [
    "169.254.169.254",
    "169.254.0.1",
    "[fe80::1]",
    "[::ffff:169.254.169.254]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:a9fe:a9fe::]",
]


async def metadata(host: str, port: int) -> list[str]:
    """Every name is that of a cloud's secrets."""
    return [host] if host.startswith("127.") else ["127.0.0.1", "169.254.169.254"]


@pytest.fixture
async def trusted() -> AsyncIterator[Sora2Client]:
    async with Sora2Client(
        "http://metadata.test", api_key=KEY, trusted=True, timeouts=QUICK, resolver=metadata
    ) as client:
        yield client


@pytest.mark.parametrize("host", LINK_LOCAL)
def test_a_link_local_base_url_is_refused_although_it_is_trusted(host: str) -> None:
    with pytest.raises(InvalidInput, match="link-local"):
        parse_server_url(f"http://{host}/v1", is_trusted=True)
    assert is_link_local(host)
    assert not is_public(host.strip("[]"))


@pytest.mark.parametrize("host", ["10.0.0.5", "192.168.1.7", "127.0.0.1", "[fd00::1]", "box.lan"])
def test_other_private_places_may_be_trusted(host: str) -> None:
    assert parse_server_url(f"http://{host}", is_trusted=True).host == host.strip("[]")


async def test_a_name_that_leads_there_is_not_asked(trusted: Sora2Client, tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="link-local") as submitted:
        await trusted.generate_video("A cat")
    assert not isinstance(submitted.value, SubmissionUncertain)
    assert submitted.value.details["not_sent"]
    with pytest.raises(ProviderError, match="link-local"):
        await trusted.check_status("video_1")
    with pytest.raises(ProviderError, match="link-local") as fetched:
        await trusted.download_video("http://clips.test/a.mp4", tmp_path / "a.mp4")
    assert fetched.value.kind == FailureKind.DOWNLOAD


@pytest.mark.parametrize("host", ["clips.test", *LINK_LOCAL])
async def test_a_redirect_that_leads_there_is_not_followed(host: str, tmp_path: Path) -> None:
    async def leads_on(request: Request) -> RedirectResponse:
        return RedirectResponse(f"http://{host}/latest/meta-data")

    with Serving(Starlette(routes=[Route("/{path:path}", leads_on)])) as server:
        async with Sora2Client(
            server.url, api_key=KEY, trusted=True, timeouts=QUICK, resolver=metadata
        ) as client:
            with pytest.raises(ProviderError, match="link-local") as caught:
                await client.download_video("video_1", tmp_path / "a.mp4")
    assert caught.value.kind == FailureKind.DOWNLOAD
    assert not caught.value.is_transient


class _Stream:
    def __init__(self, server: object) -> None:
        self._server = server
        self.is_closed = False

    def get_extra_info(self, name: str) -> object:
        return self._server if name == "server_addr" else None

    async def aclose(self) -> None:
        self.is_closed = True


async def test_a_name_that_leads_elsewhere_at_the_second_look_is_left_before_a_byte() -> None:
    line = Line(metadata, FailureKind.INVALID_REQUEST)
    follow = line.extensions["trace"]
    stream = _Stream(("fe80::1", 443, 0, 2))
    with pytest.raises(ProviderError, match="link-local"):
        await follow("connection.connect_tcp.complete", {"return_value": stream})
    assert stream.is_closed
    fine = _Stream(("10.0.0.5", 443))
    await follow("connection.connect_tcp.complete", {"return_value": fine})
    assert not fine.is_closed
    assert not line.is_out


async def test_what_is_on_its_way_is_known() -> None:
    line = Line(metadata, FailureKind.INVALID_REQUEST)
    with Sora2Double() as double:
        async with httpx.AsyncClient() as client:
            await client.get(double.base_url, extensions=line.extensions)
    assert line.is_out


@pytest.mark.parametrize(
    "options",
    [
        GenerateOptions(extra={"strength": float("nan")}),
        GenerateOptions(extra={"strength": object()}),
        GenerateOptions(extra={"style": "\ud800"}),
        GenerateOptions(idempotency_key="schlüssel"),
        GenerateOptions(idempotency_key="one\r\ntwo: three"),
    ],
    ids=["not a number", "no JSON", "half a character", "no ASCII", "two headers"],
)
async def test_what_cannot_be_written_is_refused_and_costs_nothing(
    options: GenerateOptions,
) -> None:
    with Sora2Double(api_key=KEY) as double:
        async with Sora2Client(double.base_url, api_key=KEY, timeouts=QUICK) as client:
            with pytest.raises(ProviderError) as caught:
                await client.generate_video("A cat", options)
        error = caught.value
        assert not isinstance(error, SubmissionUncertain)
        assert error.kind == FailureKind.INVALID_REQUEST
        assert error.details["not_sent"]
        assert not error.is_transient
        assert KEY not in f"{error} {error.details}"
        assert double.requests == []


async def test_a_host_that_no_name_can_be_is_refused_and_costs_nothing() -> None:
    async with Sora2Client(f"https://{'a' * 70}.test", api_key=KEY, timeouts=QUICK) as client:
        with pytest.raises(ProviderError) as caught:
            await client.generate_video("A cat")
    assert not isinstance(caught.value, SubmissionUncertain)
    assert caught.value.details["not_sent"]
