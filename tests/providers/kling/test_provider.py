"""Kling: signed tokens, a path for each kind of task, and ids of ours that find lost jobs."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from doubles.kling_double import KlingDouble
from providers.contract import (
    DoubleRig,
    Play,
    ProviderContract,
    ended,
    finished,
    need_no_key,
    picture,
)
from shortdrama.domain.model import Mode
from shortdrama.domain.take import FailureKind
from shortdrama.errors import ProviderError, SubmissionUncertain
from shortdrama.generation.polls import TellsOfMany
from shortdrama.generation.ports import JobPhase, Submission
from shortdrama.providers.kind import Access, OpenProvider
from shortdrama.providers.kling import provider as kling
from shortdrama.providers.kling import token

_WAY = ("queued", "running", "done")
_SCRIPTS: dict[Play, dict[str, Any]] = {
    Play.FINE: {"poll": _WAY},
    Play.LOST: {"submit": "lost"},
    Play.SERVER_ERROR: {"submit": "500"},
    Play.UNREADABLE: {"submit": "page"},
    Play.REFUSED: {"submit": "wrong_value"},
    Play.KEY_REFUSED: {"submit": "key"},
    Play.BUSY: {"submit": "busy"},
    Play.NO_CREDIT: {"submit": "pack_empty"},
    Play.PROMPT_MODERATED: {"submit": "moderated"},
    Play.RESULT_MODERATED: {"poll": ("running", "moderated_output")},
    Play.FAILED: {"poll": ("running", "failed")},
    Play.UNKNOWN_WORD: {"poll": ("frobnicating", *_WAY)},
    Play.POLL_TROUBLE: {"poll": ("page", *_WAY)},
    Play.GONE: {"poll": "gone"},
    Play.SLOW: {"poll": "running"},
    Play.CLIP_TROUBLE: {"poll": _WAY, "content": ("502", "ok")},
    Play.CLIP_AN_ERROR: {"poll": _WAY, "content": "json"},
    Play.CLIP_CUT: {"poll": _WAY, "content": "cut"},
}


class KlingRig(DoubleRig[KlingDouble]):
    name = "Kling v3"
    kind = kling.KINDS[0]
    model = "kling-v3"
    modes = (Mode.TEXT, Mode.FIRST_FRAME, Mode.FIRST_LAST)
    refused_modes = (Mode.REFERENCES,)
    key: ClassVar[str] = "ak-4f9a27c1d0:sk-93b1e60a77c2"
    secrets: ClassVar[tuple[str, ...]] = ("sk-93b1e60a77c2",)
    has_list: ClassVar[bool] = True
    double_type = KlingDouble
    scripts = _SCRIPTS


class OmniRig(KlingRig):
    name = "Kling v3 Omni"
    model = "kling-v3-omni"
    modes = (Mode.FIRST_FRAME, Mode.REFERENCES)
    refused_modes = ()


class TestKling(ProviderContract):
    rig_type = KlingRig


class TestOmni(ProviderContract):
    rig_type = OmniRig


ASKED = Submission("a cat", "kling-v3", 5, "720x1280", idempotency_key="take-1")


@pytest.fixture
def rig() -> Iterator[KlingRig]:
    with KlingRig() as rig:
        yield rig


@pytest.fixture
async def provider(rig: KlingRig) -> AsyncIterator[OpenProvider]:
    async with rig.opened() as provider:
        yield provider


def order(model: str, mode: Mode, folder: Path, size: str = "720x1280", **extra: Any) -> Submission:
    count = {Mode.TEXT: 0, Mode.FIRST_FRAME: 1, Mode.FIRST_LAST: 2, Mode.REFERENCES: 3}[mode]
    pictures = tuple(picture(folder / f"{n}.png", n, size) for n in range(count))
    return Submission("a cat", model, 5, size, pictures, "take-1", extra, mode)


def bare(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


@pytest.mark.anyio
async def test_the_request_from_text(rig: KlingRig, provider: OpenProvider) -> None:
    wishes = {"sound": True, "negative_prompt": "rain", "cfg_scale": 0.5}
    job = await provider.submit(replace(ASKED, extra=wishes))
    body = rig.double.made()[0].body
    assert body.pop("external_task_id").startswith("take-1-")
    assert body == {
        "model_name": "kling-v3",
        "prompt": "a cat",
        "negative_prompt": "rain",
        "duration": "5",
        "mode": "std",
        "sound": "on",
        "aspect_ratio": "9:16",
        "cfg_scale": 0.5,
    }
    assert job.id == "text2video/job-0001"
    assert rig.double.requests[-1].path == "/v1/videos/text2video"


@pytest.mark.anyio
async def test_frames_are_bare_base64_and_give_the_shape(
    rig: KlingRig, provider: OpenProvider, tmp_path: Path
) -> None:
    await provider.submit(order("kling-v2-6", Mode.FIRST_LAST, tmp_path, "1080x1920"))
    [made] = rig.double.made()
    assert made.path == "/v1/videos/image2video"
    assert made.body["image"] == bare(tmp_path / "0.png")
    assert made.body["image_tail"] == bare(tmp_path / "1.png")
    assert made.body["mode"] == "pro"
    assert "aspect_ratio" not in made.body
    wide = order("kling-v3", Mode.FIRST_FRAME, tmp_path, "1280x720")
    with pytest.raises(ProviderError, match="16:9"):
        await provider.submit(replace(wide, size="720x1280"))
    assert rig.submits() == 1


@pytest.mark.anyio
async def test_pictures_of_the_other_kinds_of_task(
    rig: KlingRig, provider: OpenProvider, tmp_path: Path
) -> None:
    asked = order("kling-v1-6", Mode.REFERENCES, tmp_path)
    pictures = [bare(tmp_path / f"{number}.png") for number in range(3)]
    await provider.submit(asked)
    await provider.submit(replace(asked, model="kling-video-o1"))
    await provider.submit(order("kling-v3-omni", Mode.FIRST_LAST, tmp_path, "2160x3840"))
    multi, omni, framed = rig.double.made()
    assert multi.path == "/v1/videos/multi-image2video"
    assert multi.body["image_list"] == [{"image": text} for text in pictures]
    assert multi.body["aspect_ratio"] == "9:16"
    assert omni.path == framed.path == "/v1/videos/omni-video"
    assert omni.body["image_list"] == [{"image_url": text} for text in pictures]
    assert omni.body["aspect_ratio"] == "9:16"
    assert [item["type"] for item in framed.body["image_list"]] == ["first_frame", "end_frame"]
    assert framed.body["mode"] == "4k"
    assert "aspect_ratio" not in framed.body


@pytest.mark.anyio
@pytest.mark.parametrize(
    "asked_for",
    [
        ("kling-v1-5", Mode.TEXT, {}),
        ("kling-v2-master", Mode.FIRST_LAST, {}),
        ("kling-v2-5-turbo", Mode.FIRST_LAST, {}),  # 720p, where only "pro" takes a last frame
        ("kling-v2-5-turbo", Mode.TEXT, {"sound": True}),
        ("kling-v2-6", Mode.TEXT, {"sound": True}),  # 720p
        ("kling-v2-6", Mode.FIRST_LAST, {"sound": True, "size": "1080x1920"}),
        ("kling-v3", Mode.TEXT, {"seed": 1}),
        ("kling-v3", Mode.TEXT, {"size": "960x720"}),
        ("kling-v2-6", Mode.TEXT, {"size": "2160x3840"}),
    ],
)
async def test_what_a_model_cannot_is_not_sent(
    rig: KlingRig,
    provider: OpenProvider,
    tmp_path: Path,
    asked_for: tuple[str, Mode, dict[str, Any]],
) -> None:
    model, mode, how = asked_for
    with pytest.raises(ProviderError) as caught:
        await provider.submit(order(model, mode, tmp_path, **how))
    assert caught.value.kind == FailureKind.UNSUPPORTED
    assert rig.submits() == 0


@pytest.mark.anyio
async def test_the_token(rig: KlingRig, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_800_000_000.0
    monkeypatch.setattr(token.time, "time", lambda: now)
    head, claims, _signature = token.token_of("ak:sk").split(".")
    assert json.loads(base64.urlsafe_b64decode(head + "==")) == {"alg": "HS256", "typ": "JWT"}
    assert json.loads(base64.urlsafe_b64decode(claims + "==")) == {
        "iss": "ak",
        "exp": now + 1800,
        "nbf": now - 5,
    }
    assert token.token_of("a-relay's-own-key") == "a-relay's-own-key"


@pytest.mark.anyio
async def test_a_token_is_signed_anew_before_it_ends(
    rig: KlingRig, provider: OpenProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await provider.submit(ASKED)
    rig.double.is_ahead_s = 3600
    with pytest.raises(ProviderError):
        await provider.poll(job.id)
    real = token.time.time
    monkeypatch.setattr(token.time, "time", lambda: real() + 3600)
    rig.double.is_ahead_s = 0
    assert (await provider.poll(job.id)).phase is JobPhase.QUEUED


@pytest.mark.anyio
async def test_a_wrong_clock_is_explained(rig: KlingRig, provider: OpenProvider) -> None:
    rig.double.is_ahead_s = -600
    rows = await provider.check()
    assert [(what, passed) for what, passed, _ in rows] == [
        ("Address", True),
        ("Key", False),
        ("Clock", False),
    ]


@pytest.mark.anyio
async def test_neither_half_of_the_key_is_told(rig: KlingRig, provider: OpenProvider) -> None:
    rig.double.script(submit="key")
    with pytest.raises(ProviderError) as caught:
        await provider.submit(ASKED)
    need_no_key(rig, caught.value)
    assert "colon" in caught.value.message
    told = caught.value.details["provider_message"]
    assert told == "Authorization is invalid: [key] ([key], [key])."
    token = rig.double.requests[-1].headers["authorization"].removeprefix("Bearer ")
    assert token not in f"{caught.value} {caught.value.details}"


@pytest.mark.anyio
async def test_a_job_is_asked_for_where_it_was_made(
    rig: KlingRig, provider: OpenProvider, tmp_path: Path
) -> None:
    job = await provider.submit(order("kling-v3", Mode.FIRST_FRAME, tmp_path))
    assert (await provider.poll(job.id)).id == "image2video/job-0001" == job.id
    assert rig.double.requests[-1].path == "/v1/videos/image2video/job-0001"
    with pytest.raises(ProviderError) as caught:
        await provider.poll("text2video/job-0001")
    assert caught.value.kind == FailureKind.NOT_FOUND


@pytest.mark.anyio
@pytest.mark.parametrize("knows_own_ids", [True, False])
async def test_a_lost_job_is_found_by_our_id(
    rig: KlingRig, provider: OpenProvider, tmp_path: Path, knows_own_ids: bool
) -> None:
    rig.double.knows_own_ids = knows_own_ids
    since = datetime.now(UTC) - timedelta(seconds=5)
    asked = order("kling-v3", Mode.FIRST_FRAME, tmp_path)
    rig.double.script(submit=("lost", "ok"))
    with pytest.raises(SubmissionUncertain):
        await provider.submit(asked)
    await provider.submit(replace(asked, idempotency_key="take-2"))
    [found] = await provider.find(replace(asked, references=()), since)
    assert found.id == "image2video/job-0001"
    assert found.is_certain
    assert found.created_at == pytest.approx(since.timestamp() + 5, abs=5)
    assert await provider.find(replace(asked, idempotency_key="take-3"), since) == []
    with pytest.raises(ProviderError):
        await provider.find(replace(asked, idempotency_key=""), since)


@pytest.mark.anyio
async def test_one_list_of_each_kind_stands_for_many_polls(
    rig: KlingRig, provider: OpenProvider, tmp_path: Path
) -> None:
    assert isinstance(provider, TellsOfMany)
    jobs = [await provider.submit(replace(ASKED, idempotency_key=f"t{n}")) for n in range(3)]
    jobs.append(await provider.submit(order("kling-v3", Mode.FIRST_FRAME, tmp_path)))
    polls = len(rig.double.requests)
    told = await provider.poll_many([job.id for job in jobs])
    assert len(rig.double.requests) == polls + 2
    assert set(told) == {job.id for job in jobs}
    await provider.poll_many([job.id for job in jobs])
    told = await provider.poll_many([job.id for job in jobs])
    assert {job.phase for job in told.values()} == {JobPhase.SUCCEEDED}
    assert all(job.result_url for job in told.values())


@pytest.mark.anyio
async def test_the_same_order_again_is_the_same_job(rig: KlingRig, provider: OpenProvider) -> None:
    """A person said "send again", but the first had been made after all."""
    rig.double.script(submit=("lost", "ok"))
    with pytest.raises(SubmissionUncertain):
        await provider.submit(ASKED)
    assert (await provider.submit(ASKED)).id == "text2video/job-0001"
    assert len(rig.double.made()) == 1


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("step", "kind", "is_transient"),
    [
        ("parallel_200", FailureKind.RATE_LIMITED, True),
        ("arrears", FailureKind.QUOTA, False),
        ("not_let_in", FailureKind.AUTH, False),
    ],
)
async def test_codes_say_more_than_statuses(
    rig: KlingRig, provider: OpenProvider, step: str, kind: FailureKind, is_transient: bool
) -> None:
    rig.double.script(submit=step)
    with pytest.raises(ProviderError) as caught:
        await provider.submit(ASKED)
    assert not isinstance(caught.value, SubmissionUncertain)
    assert (caught.value.kind, caught.value.is_transient) == (kind, is_transient)
    assert ("console" in caught.value.message) == (step == "not_let_in")


@pytest.mark.anyio
@pytest.mark.parametrize("step", ["inner_200", "unclear"])
async def test_trouble_of_theirs_with_200_is_uncertain(
    rig: KlingRig, provider: OpenProvider, step: str
) -> None:
    rig.double.script(submit=step)
    with pytest.raises(SubmissionUncertain):
        await provider.submit(ASKED)
    assert rig.submits() == 1


@pytest.mark.anyio
async def test_what_is_told_at_the_end(rig: KlingRig, provider: OpenProvider) -> None:
    done = await finished(provider, ASKED)
    assert done.seconds == 5
    assert done.bill is not None
    assert (done.bill.usage, done.bill.was_charged) == ({"units": 2.5}, True)
    rig.double.script(poll="moderated_input")
    failed = await ended(provider, await provider.submit(replace(ASKED, idempotency_key="take-2")))
    assert failed.failure_kind is FailureKind.MODERATION_INPUT
    assert failed.bill is not None
    assert failed.bill.was_charged is False


@pytest.mark.anyio
async def test_the_check_tells_what_is_left(rig: KlingRig) -> None:
    rig.double.packs = (
        {"status": "online", "remaining_quantity": 118.0},
        {"status": "expired", "remaining_quantity": 40.0},
    )
    provider = kling.KINDS[0].open(Access(rig.connection(rig.double.url + "/v1"), rig.key))
    rows = await provider.check()
    await provider.close()
    assert [(what, passed) for what, passed, _ in rows] == [
        ("Address", True),
        ("Key", True),
        ("Credit", True),
    ]
    assert rows[-1][2].startswith("118 units")
