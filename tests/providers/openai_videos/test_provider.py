"""The protocol as a provider: both dialects against a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from doubles.sora2_double import Sora2Double
from doubles.tiny_clip import tiny_clip
from providers.contract import ProviderContract
from providers.openai_videos.sora2_rigs import SeedRig, VideosRig
from shortdrama.domain.model import Mode
from shortdrama.domain.take import FailureKind
from shortdrama.errors import ProviderError, SubmissionUncertain
from shortdrama.generation.ports import JobPhase, Reference, Submission
from shortdrama.providers.openai_videos.provider import OpenAIVideos
from shortdrama.sora2.client import Sora2Client

pytestmark = pytest.mark.anyio
ASKED = Submission("a cat", "sora-2", 1, "720x1280", idempotency_key="take-1")


@pytest.fixture
def double() -> Iterator[Sora2Double]:
    with Sora2Double() as server:
        yield server


@pytest.fixture(params=["videos", "seed"])
async def provider(
    request: pytest.FixtureRequest, double: Sora2Double
) -> AsyncIterator[OpenAIVideos]:
    provider = OpenAIVideos(Sora2Client(double.base_url, dialect=request.param))
    yield provider
    await provider.close()


@pytest.fixture
async def videos(double: Sora2Double) -> AsyncIterator[OpenAIVideos]:
    provider = OpenAIVideos(Sora2Client(double.base_url))
    yield provider
    await provider.close()


async def test_submit_poll_fetch(
    provider: OpenAIVideos, double: Sora2Double, tmp_path: Path
) -> None:
    double.default(poll=["in_progress:40", "completed"])
    job = await provider.submit(ASKED)
    assert job.phase in {JobPhase.QUEUED, JobPhase.RUNNING}
    running = await provider.poll(job.id)
    assert (running.phase, running.progress) == (JobPhase.RUNNING, 40)
    done = await provider.poll(job.id)
    assert done.phase is JobPhase.SUCCEEDED
    told: list[int] = []
    await provider.fetch(done, tmp_path / "clip.mp4", lambda so_far, _total: told.append(so_far))
    assert (tmp_path / "clip.mp4").read_bytes() == tiny_clip(1).read_bytes()
    assert told[-1] == tiny_clip(1).stat().st_size


async def test_a_clip_without_content_address_is_fetched_by_its_url(
    videos: OpenAIVideos, double: Sora2Double, tmp_path: Path
) -> None:
    """As resellers do that tell an address and have no /content."""
    elsewhere = f"{double.other_url}/videos/video_000001/content"
    double.default(poll="completed", content="404", url="url", url_value=elsewhere)
    job = await videos.submit(ASKED)
    done = await videos.poll(job.id)
    assert done.result_url is not None
    await videos.fetch(done, tmp_path / "clip.mp4", lambda _done, _total: None)
    assert (tmp_path / "clip.mp4").exists()


async def test_the_very_address_that_failed_is_not_asked_again_at_once(
    provider: OpenAIVideos, double: Sora2Double, tmp_path: Path
) -> None:
    double.default(poll="completed", content=["502", "ok"], url="url")
    job = await provider.submit(ASKED)
    done = await provider.poll(job.id)
    assert done.result_url is not None
    with pytest.raises(ProviderError):
        await provider.fetch(done, tmp_path / "clip.mp4", lambda _done, _total: None)
    assert double.downloads() == 0


async def test_one_reference_goes_along_and_two_are_refused(
    videos: OpenAIVideos, double: Sora2Double, tmp_path: Path
) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(b"\x89PNG")
    reference = Reference(picture, "image/png", "a.png")
    order = replace(ASKED, references=(reference,), mode=Mode.FIRST_FRAME)
    await videos.submit(order)
    assert double.made()[0].reference == b"\x89PNG"
    with pytest.raises(ProviderError) as caught:
        await videos.submit(replace(order, references=(reference, reference)))
    assert caught.value.kind == FailureKind.UNSUPPORTED
    assert double.submits() == 1


@pytest.mark.parametrize("step", ["drop", "drop_after_accept", "500", "200_html"])
async def test_an_unclear_answer_is_uncertain(
    videos: OpenAIVideos, double: Sora2Double, step: str
) -> None:
    double.default(submit=step)
    with pytest.raises(SubmissionUncertain):
        await videos.submit(ASKED)


async def test_find_matches_everything_that_was_asked(
    videos: OpenAIVideos, double: Sora2Double
) -> None:
    since = datetime.now(UTC) - timedelta(seconds=5)
    job = await videos.submit(ASKED)
    await videos.submit(replace(ASKED, prompt="a dog"))
    await videos.submit(replace(ASKED, seconds=2))
    await videos.submit(replace(ASKED, size="1280x720"))
    await videos.submit(replace(ASKED, model="sora-2-pro"))
    assert [found.id for found in await videos.find(ASKED, since)] == [job.id]
    later = datetime.now(UTC) + timedelta(seconds=5)
    assert await videos.find(ASKED, later) == []


async def test_find_reads_page_after_page(videos: OpenAIVideos, double: Sora2Double) -> None:
    since = datetime.now(UTC) - timedelta(seconds=5)
    job = await videos.submit(ASKED)
    for number in range(120):
        await videos.submit(replace(ASKED, prompt=f"other {number}"))
    assert [found.id for found in await videos.find(ASKED, since)] == [job.id]


async def test_find_without_a_list_says_so(double: Sora2Double) -> None:
    double.has_list = False
    provider = OpenAIVideos(Sora2Client(double.base_url))
    with pytest.raises(ProviderError):
        await provider.find(ASKED, datetime.now(UTC))
    await provider.close()


async def test_cancel(videos: OpenAIVideos, double: Sora2Double) -> None:
    job = await videos.submit(ASKED)
    assert await videos.cancel(job.id)
    assert not await videos.cancel(job.id)  # gone: nothing was stopped by this


async def test_the_seed_dialect_has_no_cancel(double: Sora2Double) -> None:
    provider = OpenAIVideos(Sora2Client(double.base_url, dialect="seed"))
    job = await provider.submit(ASKED)
    assert not await provider.cancel(job.id)
    await provider.close()


class TestVideos(ProviderContract):
    rig_type = VideosRig


class TestSeed(ProviderContract):
    rig_type = SeedRig
