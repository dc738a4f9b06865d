"""DashScope: the request of each family, its errors with HTTP 200, tasks of other regions."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from doubles.scripted_vendor import VendorScript
from doubles.wan_double import WanDouble
from providers.contract import DoubleRig, Play, ProviderContract, ended, picture
from shortdrama.domain.model import Mode
from shortdrama.domain.take import FailureKind
from shortdrama.errors import ProviderError, SubmissionUncertain
from shortdrama.generation.polls import TellsOfMany
from shortdrama.generation.ports import JobPhase, ProviderJob, Submission
from shortdrama.providers.kind import Access, OpenProvider
from shortdrama.providers.wan import provider as wan

_WAY = ("queued", "running", "done")
_SCRIPTS: dict[Play, dict[str, Any]] = {
    Play.FINE: {"poll": _WAY},
    Play.LOST: {"submit": "lost", "poll": "done"},
    Play.SERVER_ERROR: {"submit": "500"},
    Play.UNREADABLE: {"submit": "page"},
    Play.REFUSED: {"submit": "wrong_value"},
    Play.KEY_REFUSED: {"submit": "key"},
    Play.BUSY: {"submit": "busy"},
    Play.NO_CREDIT: {"submit": "arrears"},
    Play.PROMPT_MODERATED: {"poll": ("running", "moderated_input")},
    Play.RESULT_MODERATED: {"poll": ("running", "moderated_output")},
    Play.FAILED: {"poll": ("running", "failed")},
    Play.UNKNOWN_WORD: {"poll": ("frobnicating", *_WAY)},
    Play.POLL_TROUBLE: {"poll": ("page", *_WAY)},
    Play.GONE: {"poll": "unknown"},
    Play.SLOW: {"poll": "queued"},
    Play.CLIP_TROUBLE: {"poll": _WAY, "content": ("502", "ok")},
    Play.CLIP_AN_ERROR: {"poll": _WAY, "content": "json"},
    Play.CLIP_CUT: {"poll": _WAY, "content": "cut"},
}


class WanRig(DoubleRig[WanDouble]):
    name = "Wan 3.0"
    kind = wan.KINDS[0]
    model = "wan3.0-video"
    modes = (Mode.TEXT, Mode.FIRST_FRAME, Mode.FIRST_LAST, Mode.REFERENCES)
    can_cancel: ClassVar[bool] = True
    stops_running: ClassVar[bool] = False
    has_list: ClassVar[bool] = True
    double_type = WanDouble
    scripts = _SCRIPTS


class Wan27Rig(WanRig):
    name = "Wan 2.7"
    model = "wan2.7-i2v"
    modes = (Mode.FIRST_FRAME, Mode.FIRST_LAST)
    refused_modes = (Mode.TEXT, Mode.REFERENCES)


class Wan26Rig(WanRig):
    name = "Wan 2.6"
    model = "wan2.6-t2v"
    modes = (Mode.TEXT,)
    refused_modes = (Mode.FIRST_FRAME, Mode.FIRST_LAST, Mode.REFERENCES)


class TestWan3(ProviderContract):
    rig_type = WanRig


class TestWan27(ProviderContract):
    rig_type = Wan27Rig


class TestWan26(ProviderContract):
    rig_type = Wan26Rig


ASKED = Submission("a cat", "wan3.0-video", 5, "720x1280", idempotency_key="take-1")


@pytest.fixture
def rig() -> Iterator[WanRig]:
    with WanRig() as rig:
        yield rig


@pytest.fixture
async def provider(rig: WanRig) -> AsyncIterator[OpenProvider]:
    async with rig.opened() as provider:
        yield provider


async def sent(rig: WanRig, provider: OpenProvider, asked: Submission) -> dict[str, Any]:
    await provider.submit(asked)
    return rig.double.made()[-1].body


def order(model: str, mode: Mode, folder: Path, size: str = "720x1280", **extra: Any) -> Submission:
    count = {Mode.TEXT: 0, Mode.FIRST_FRAME: 1, Mode.FIRST_LAST: 2, Mode.REFERENCES: 3}[mode]
    pictures = tuple(picture(folder / f"{n}.png", n, size) for n in range(count))
    return Submission("a cat", model, 5, size, pictures, "take-1", extra, mode)


@pytest.mark.anyio
async def test_the_request_of_3_0(rig: WanRig, provider: OpenProvider, tmp_path: Path) -> None:
    asked = order("wan3.0-video", Mode.REFERENCES, tmp_path, seed=7, sound=False, watermark=False)
    assert await sent(rig, provider, asked) == {
        "model": "wan3.0-video",
        "input": {
            "prompt": "a cat",
            "media": [
                {"type": "reference_image", "url": data_url(tmp_path / f"{number}.png")}
                for number in range(3)
            ],
        },
        "parameters": {
            "resolution": "720P",
            "ratio": "9:16",
            "duration": 5,
            "seed": 7,
            "audio": False,
            "watermark": False,
        },
    }
    request = rig.double.requests[-1]
    assert request.headers["x-dashscope-async"] == "enable"
    assert request.headers["authorization"] == f"Bearer {rig.key}"
    assert request.path == "/api/v1/services/aigc/video-generation/video-synthesis"


@pytest.mark.anyio
async def test_frames_of_3_0_give_the_shape(
    rig: WanRig, provider: OpenProvider, tmp_path: Path
) -> None:
    body = await sent(rig, provider, order("wan3.0-video", Mode.FIRST_LAST, tmp_path))
    assert [media["type"] for media in body["input"]["media"]] == ["first_frame", "last_frame"]
    assert body["parameters"] == {"resolution": "720P", "ratio": "adaptive", "duration": 5}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("made_from", "written"),
    [
        (("wan2.7-t2v", Mode.TEXT, "1080x1920"), (set(), {"resolution": "1080P", "ratio": "9:16"})),
        (
            ("wan2.7-i2v-2026-04-25", Mode.FIRST_FRAME, "720x1280"),
            ({"media"}, {"resolution": "720P"}),
        ),
        (
            ("wan2.7-r2v", Mode.REFERENCES, "960x960"),
            ({"media"}, {"resolution": "720P", "ratio": "1:1"}),
        ),
        (
            ("happyhorse-1.1-t2v", Mode.TEXT, "480x832"),
            (set(), {"resolution": "480P", "ratio": "9:16"}),
        ),
        (("happyhorse-1.1-i2v", Mode.FIRST_FRAME, "720x1280"), ({"media"}, {"resolution": "720P"})),
        (("wan2.6-t2v", Mode.TEXT, "720x1280"), (set(), {"size": "720*1280"})),
        (("wan2.6-i2v-flash", Mode.FIRST_FRAME, "720x1280"), ({"img_url"}, {"resolution": "720P"})),
        (("wan2.6-r2v", Mode.REFERENCES, "832x1088"), ({"reference_urls"}, {"size": "832*1088"})),
        (
            ("wan2.2-kf2v-flash", Mode.FIRST_LAST, "480x832"),
            ({"first_frame_url", "last_frame_url"}, {"resolution": "480P"}),
        ),
        (("wan4.0-video", Mode.TEXT, "720x1280"), (set(), {"resolution": "720P", "ratio": "9:16"})),
    ],
)
async def test_each_family_in_its_own_words(
    rig: WanRig,
    provider: OpenProvider,
    tmp_path: Path,
    made_from: tuple[str, Mode, str],
    written: tuple[set[str], dict[str, str]],
) -> None:
    (model, mode, size), (inputs, parameters) = made_from, written
    body = await sent(rig, provider, order(model, mode, tmp_path, size))
    assert set(body["input"]) == {"prompt", *inputs}
    assert body["parameters"] == {**parameters, "duration": 5}
    has_own_path = "kf2v" in model
    assert ("image2video" in rig.double.made()[-1].path) == has_own_path


@pytest.mark.anyio
async def test_old_references_are_a_list(
    rig: WanRig, provider: OpenProvider, tmp_path: Path
) -> None:
    body = await sent(rig, provider, order("wan2.6-r2v", Mode.REFERENCES, tmp_path))
    assert [url[:22] for url in body["input"]["reference_urls"]] == ["data:image/png;base64,"] * 3


@pytest.mark.anyio
@pytest.mark.parametrize(
    "asked",
    [
        replace(ASKED, size="1024x1792"),
        replace(ASKED, size="1680x720"),
        replace(ASKED, extra={"negative_prompt": "rain"}),
        replace(ASKED, model="wan2.7-t2v", extra={"sound": False}),
        replace(ASKED, model="wan2.2-t2v-plus", extra={"sound": True}),
        replace(ASKED, mode=Mode.REFERENCES),
    ],
)
async def test_what_it_has_no_word_for_is_not_sent(
    rig: WanRig, provider: OpenProvider, asked: Submission
) -> None:
    with pytest.raises(ProviderError) as caught:
        await provider.submit(asked)
    assert caught.value.kind == FailureKind.UNSUPPORTED
    assert caught.value.details["not_sent"]
    assert rig.submits() == 0


@pytest.mark.anyio
async def test_a_first_frame_of_another_shape_is_not_paid_for(
    rig: WanRig, provider: OpenProvider, tmp_path: Path
) -> None:
    asked = order("wan2.7-i2v", Mode.FIRST_FRAME, tmp_path, "1280x720")
    with pytest.raises(ProviderError, match="16:9"):
        await provider.submit(replace(asked, size="720x1280"))
    assert rig.submits() == 0


@pytest.mark.anyio
async def test_negative_prompt_and_sound_of_2_6(rig: WanRig, provider: OpenProvider) -> None:
    asked = replace(
        ASKED,
        model="wan2.6-t2v",
        extra={
            "negative_prompt": "rain",
            "sound": True,
            "audio_url": "https://example.org/a.mp3",
            "shot_type": "multi",
        },
    )
    body = await sent(rig, provider, asked)
    assert body["input"] == {
        "prompt": "a cat",
        "negative_prompt": "rain",
        "audio_url": "https://example.org/a.mp3",
    }
    assert body["parameters"]["audio"] is True
    assert body["parameters"]["shot_type"] == "multi"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("step", "kind", "is_transient"),
    [
        ("throttled_200", FailureKind.RATE_LIMITED, True),
        ("no_model", FailureKind.NOT_FOUND, False),
        ("free_tier", FailureKind.QUOTA, False),
        ("moderated", FailureKind.MODERATION_INPUT, False),
    ],
)
async def test_a_refusal_with_any_status_is_clear(
    rig: WanRig, provider: OpenProvider, step: str, kind: FailureKind, is_transient: bool
) -> None:
    rig.double.script(submit=step)
    with pytest.raises(ProviderError) as caught:
        await provider.submit(ASKED)
    assert not isinstance(caught.value, SubmissionUncertain)
    assert (caught.value.kind, caught.value.is_transient) == (kind, is_transient)
    assert rig.submits() == 1


@pytest.mark.anyio
@pytest.mark.parametrize("step", ["inner_200", "unclear"])
async def test_trouble_of_theirs_with_200_is_uncertain(
    rig: WanRig, provider: OpenProvider, step: str
) -> None:
    rig.double.script(submit=step)
    with pytest.raises(SubmissionUncertain):
        await provider.submit(ASKED)
    assert rig.submits() == 1


@pytest.mark.anyio
async def test_an_unknown_task_is_not_waited_for(rig: WanRig, provider: OpenProvider) -> None:
    """It comes with HTTP 200; elsewhere the word means that a job waits."""
    with pytest.raises(ProviderError) as caught:
        await provider.poll("of-another-region")
    assert caught.value.kind == FailureKind.NOT_FOUND
    assert not caught.value.is_transient


@pytest.mark.anyio
async def test_a_poll_with_an_error_in_200_says_nothing_of_the_job(
    rig: WanRig, provider: OpenProvider
) -> None:
    job = await provider.submit(ASKED)
    rig.double.steer(poll=("busy", "done"))
    with pytest.raises(ProviderError) as caught:
        await provider.poll(job.id)
    assert (caught.value.is_transient, caught.value.retry_after_s) == (True, 7)
    assert (await provider.poll(job.id)).phase is JobPhase.SUCCEEDED


@pytest.mark.anyio
async def test_what_a_done_task_tells(rig: WanRig, provider: OpenProvider) -> None:
    rig.double.steer(poll=("suspended", "done"))
    before = datetime.now(UTC).timestamp()
    job = await provider.submit(ASKED)
    assert (await provider.poll(job.id)).phase is JobPhase.QUEUED
    done = await provider.poll(job.id)
    assert done.seconds == 5
    assert done.prompt == "a cat"
    assert done.created_at == pytest.approx(before, abs=5)
    assert done.bill is not None
    assert done.bill.usage["output_video_duration"] == 5


@pytest.mark.anyio
async def test_only_what_waits_can_be_stopped(rig: WanRig, provider: OpenProvider) -> None:
    job = await provider.submit(ASKED)
    rig.double.steer(poll="running")
    assert not await provider.cancel(job.id)
    rig.double.steer(poll="queued")
    assert await provider.cancel(job.id)
    assert (await provider.poll(job.id)).phase is JobPhase.CANCELLED


@pytest.mark.anyio
async def test_a_lost_job_is_certain_once_its_prompt_is_told(
    rig: WanRig, provider: OpenProvider
) -> None:
    since = datetime.now(UTC) - timedelta(seconds=5)
    rig.double.script(submit=("lost", "ok"), poll="running")
    with pytest.raises(SubmissionUncertain):
        await provider.submit(ASKED)
    await provider.submit(replace(ASKED, prompt="a dog"))
    await provider.submit(replace(ASKED, model="wan2.7-t2v"))
    guesses = await provider.find(ASKED, since)
    assert [(job.id, job.is_guess) for job in guesses] == [("job-0002", True), ("job-0001", True)]
    rig.double.steer(poll="done")
    found = await provider.find(ASKED, since)
    assert [(job.id, job.is_guess) for job in found] == [("job-0001", False)]
    assert await provider.find(replace(ASKED, seconds=10), since) == []


@pytest.mark.anyio
async def test_one_list_stands_for_many_polls(rig: WanRig, provider: OpenProvider) -> None:
    assert isinstance(provider, TellsOfMany)
    jobs = [await provider.submit(ASKED) for _ in range(3)]
    for job, word in zip(rig.double.made(), ("running", "done", "failed"), strict=True):
        job.script = VendorScript(poll=word)
    polls = len(rig.double.requests)
    told = await provider.poll_many([job.id for job in jobs])
    assert len(rig.double.requests) == polls + 1
    # Why one failed is told by the task itself only.
    assert {job_id: job.phase for job_id, job in told.items()} == {
        "job-0001": JobPhase.RUNNING,
        "job-0002": JobPhase.SUCCEEDED,
    }


@pytest.mark.anyio
async def test_a_key_of_another_region_is_explained(rig: WanRig) -> None:
    provider = wan.KINDS[0].open(Access(rig.connection(), "sk-of-another-region"))
    rows = await provider.check()
    await provider.close()
    assert [(what, passed) for what, passed, _ in rows] == [
        ("Address", True),
        ("Key", False),
        ("Region", False),
    ]


@pytest.mark.anyio
async def test_an_address_without_its_path_and_a_workspace(rig: WanRig) -> None:
    connection = replace(rig.connection(rig.double.url + "/"), options={"workspace": "ws-1"})
    provider = wan.KINDS[0].open(Access(connection, rig.key))
    job = await ended(provider, await provider.submit(ASKED))
    await provider.close()
    assert job.phase is JobPhase.SUCCEEDED
    headers = [request.headers.get("x-dashscope-workspace") for request in rig.double.requests]
    assert set(headers) == {"ws-1"}


@pytest.mark.anyio
async def test_a_clip_whose_address_is_not_known_yet_is_asked_for_again(
    rig: WanRig, provider: OpenProvider, tmp_path: Path
) -> None:
    rig.double.steer(poll=("running", "done"))
    job = await provider.submit(ASKED)
    bare = ProviderJob(job.id, JobPhase.SUCCEEDED)
    with pytest.raises(ProviderError) as caught:
        await provider.fetch(bare, tmp_path / "a.mp4", lambda _done, _total: None)
    assert caught.value.is_transient
    await provider.fetch(bare, tmp_path / "a.mp4", lambda _done, _total: None)
    headers = rig.double.requests[-1].headers
    assert "x-dashscope-async" not in headers


def data_url(path: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("step", "words"),
    [("key", "region"), ("not_activated", "Activate"), ("free_tier", "free tier")],
)
async def test_refusals_that_say_what_to_do(
    rig: WanRig, provider: OpenProvider, step: str, words: str
) -> None:
    rig.double.script(submit=step)
    with pytest.raises(ProviderError, match=words) as caught:
        await provider.submit(ASKED)
    assert caught.value.details["explains"]
    assert caught.value.details["provider_code"]
