"""Asking about jobs: every shape an answer has been seen in, and trouble that is no failure."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from doubles.sora2_double import Sora2Double, refused_url
from shortdrama.errors import InvalidInput, ProviderError
from shortdrama.sora2.answers import kind_of_job_error
from shortdrama.sora2.client import Sora2Client
from shortdrama.sora2.options import Timeouts
from shortdrama.sora2.wire import JobError, JobStatus

pytestmark = pytest.mark.anyio
KEY = "sk-very-secret-0123456789"
QUICK = Timeouts(connect_s=2, read_s=0.3, write_s=2, submit_total_s=2, ask_total_s=2)


@pytest.fixture
def double() -> Iterator[Sora2Double]:
    with Sora2Double(api_key=KEY) as double:
        yield double


@pytest.fixture
async def client(double: Sora2Double) -> AsyncIterator[Sora2Client]:
    async with Sora2Client(double.base_url, api_key=KEY, timeouts=QUICK) as client:
        yield client


@pytest.mark.parametrize(
    ("step", "status", "progress"),
    [
        ("queued", JobStatus.QUEUED, 0),
        ("status:NOT_START", JobStatus.QUEUED, 0),
        ("status: Processing ", JobStatus.IN_PROGRESS, 0),
        ("in_progress:40", JobStatus.IN_PROGRESS, 40),
        ("frobnicating:7", JobStatus.UNKNOWN, 7),
        ("status:succeeded", JobStatus.COMPLETED, 0),
        ("completed_sparse", JobStatus.COMPLETED, None),
        ("completed_int", JobStatus.COMPLETED, 100),
        ("completed_extra", JobStatus.COMPLETED, 100),
        ("cancelled", JobStatus.CANCELLED, 0),
        ("expired", JobStatus.EXPIRED, 0),
    ],
)
async def test_status_words_and_shapes(double, client, step, status, progress):
    double.script("a cat", poll=step)
    job = await client.generate_video("a cat")
    told = await client.check_status(job.id)
    assert (told.status, told.progress) == (status, progress)
    assert (
        told.raw_status
        == step.removeprefix("status:")
        .partition(":")[0]
        .partition("_sp")[0]
        .partition("_int")[0]
        .partition("_ex")[0]
        .strip()
    )
    if step != "completed_sparse":
        assert told.seconds == 1


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("failed:moderation_blocked", JobError("moderation_blocked", "The render broke.")),
        ("failed_text", JobError("", "The render broke.")),
        ("failed_no_code", JobError("", "The render broke.")),
        ("failed_422", JobError("video_generation_failed", "The render broke.")),
        ("failed_500", JobError("video_generation_failed", "The render broke.")),
    ],
)
async def test_a_failed_job_is_a_failed_job_however_it_is_told(double, client, step, error):
    double.script("a cat", poll=step)
    job = await client.generate_video("a cat")
    told = await client.check_status(job.id)
    assert (told.status, told.error) == (JobStatus.FAILED, error)


@pytest.mark.parametrize(
    ("step", "kind", "is_transient"),
    [
        ("500", "provider_failure", True),
        ("502_html", "provider_failure", True),
        ("429:3", "rate_limited", True),
        ("404", "not_found", False),
        ("401", "auth", False),
        ("html", "provider_failure", True),
        ("empty", "provider_failure", True),
        ("200_error", "rate_limited", True),
        ("drop", "network", True),
        ("delay:2", "network", True),
    ],
)
async def test_trouble_while_asking_never_fails_the_job(double, client, step, kind, is_transient):
    double.script("a cat", poll=[step, "completed"])
    job = await client.generate_video("a cat")
    with pytest.raises(ProviderError) as caught:
        await client.check_status(job.id)
    assert (caught.value.kind, caught.value.is_transient) == (kind, is_transient)
    assert (await client.check_status(job.id)).status is JobStatus.COMPLETED


@pytest.mark.parametrize("key", ["video_url", "url", "videoUrl", "metadata.url"])
async def test_the_clips_address_is_found_in_every_place(double, client, key):
    double.script("a cat", poll="completed", url=key)
    job = await client.generate_video("a cat")
    told = await client.check_status(job.id)
    assert told.video_url == f"{double.base_url}/videos/{job.id}/content"


async def test_the_servers_pace_is_told(double, client):
    double.script("a cat", poll_after_ms=2500)
    job = await client.generate_video("a cat")
    assert job.poll_after_s == 2.5


async def test_list_walks_by_cursor_and_delete_forgets(double, client):
    made = [(await client.generate_video(f"number {n}")).id for n in range(5)]
    first = await client.list_videos(limit=2)
    second = await client.list_videos(after=first.last_id, limit=2)
    third = await client.list_videos(after=second.last_id, limit=2)
    walked = [job.id for page in (first, second, third) for job in page.jobs]
    assert walked == made[::-1]
    assert [page.has_more for page in (first, second, third)] == [True, True, False]
    assert await client.delete_video(made[0])
    with pytest.raises(ProviderError) as caught:
        await client.delete_video(made[0])
    assert caught.value.kind == "not_found"


@pytest.mark.parametrize("job_id", ["", "..", "a\nb", "x" * 4097])
async def test_what_cannot_be_an_id_is_not_asked_for(double, client, job_id):
    with pytest.raises(InvalidInput):
        await client.check_status(job_id)
    assert not double.requests


async def test_an_id_stays_one_segment_of_the_path():
    asked: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.raw_path)
        return httpx.Response(200, json={"status": "queued"})

    async with Sora2Client("https://a.org", transport=httpx.MockTransport(answer)) as client:
        job = await client.check_status("a/../../b?c#d%2F+=")
    assert asked == [b"/v1/videos/a%2F..%2F..%2Fb%3Fc%23d%252F%2B%3D"]
    assert job.id == "a/../../b?c#d%2F+="


@pytest.mark.parametrize("body", [{"status": "error"}, {"id": "err_1", "status": "failed"}])
async def test_a_server_in_trouble_is_not_a_failed_job(body):
    transport = httpx.MockTransport(lambda _: httpx.Response(500, json=body))
    async with Sora2Client("https://a.org", transport=transport) as client:
        with pytest.raises(ProviderError) as caught:
            await client.check_status("video_1")
    assert caught.value.is_transient


async def test_check_connection_tells_what_it_knows(double):
    async with Sora2Client(double.base_url, api_key=KEY) as client:
        check = await client.check_connection()
        assert (check.status, check.models) == ("ok", ("double-1",))
        client.authenticate("sk-wrong-key")
        assert (await client.check_connection()).status == "unauthorised"
    async with Sora2Client(refused_url(), api_key=KEY) as client:
        assert (await client.check_connection()).status == "unreachable"
    assert double.submits() == 0


async def test_an_open_server_does_not_prove_a_key():
    with Sora2Double() as open_double:
        async with Sora2Client(open_double.base_url, api_key=KEY) as client:
            assert (await client.check_connection()).status == "unknown"
            client.authenticate(None)
            assert (await client.check_connection()).status == "ok"
        async with Sora2Client(open_double.base_url + "/nothing", api_key=KEY) as client:
            assert (await client.check_connection()).status == "unknown"


def test_why_a_job_failed_is_read_from_its_words():
    assert kind_of_job_error(JobError("moderation_blocked", "")) == "moderation_output"
    assert kind_of_job_error(JobError("x", "prompt hit the content policy")) == "moderation_input"
    assert kind_of_job_error(JobError("internal_error", "")) == "provider_failure"
    assert kind_of_job_error(None) == "provider_failure"
