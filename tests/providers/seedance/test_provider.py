"""Seedance: the contract, the documented shape of orders, and its traps."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from providers.contract import ProviderContract, finished, picture
from providers.seedance.rig import SeedanceRig
from shortdrama.domain.model import Mode
from shortdrama.domain.money import price_of_usage
from shortdrama.domain.take import FailureKind, Money
from shortdrama.errors import ProviderError, Sentence, SubmissionUncertain
from shortdrama.generation import failures
from shortdrama.generation.polls import TellsOfMany
from shortdrama.generation.ports import JobPhase, Submission
from shortdrama.providers.capabilities import CapabilityTable
from shortdrama.providers.frames import resolution_of
from shortdrama.providers.kind import OpenProvider
from shortdrama.sora2.boxes import check_mp4

ASKED = Submission(
    "A cat on a wet roof", SeedanceRig.model, 5, "720x1280", idempotency_key="take-1"
)


class TestSeedance(ProviderContract):
    rig_type = SeedanceRig


@pytest.fixture
def rig() -> Iterator[SeedanceRig]:
    with SeedanceRig() as rig:
        yield rig


@pytest.fixture
async def provider(rig: SeedanceRig) -> AsyncIterator[OpenProvider]:
    async with rig.opened() as provider:
        yield provider


pytestmark = pytest.mark.anyio


# The order


async def test_an_order_in_the_documented_shape(provider: OpenProvider, rig: SeedanceRig) -> None:
    wishes = {"seed": 7, "sound": False, "camera_fixed": True}
    await provider.submit(replace(ASKED, extra=wishes))
    assert rig.double.bodies == [
        {
            "model": SeedanceRig.model,
            "content": [{"type": "text", "text": "A cat on a wet roof"}],
            "ratio": "9:16",
            "resolution": "720p",
            "duration": 5,
            "seed": 7,
            "generate_audio": False,
            "return_last_frame": True,
            "watermark": False,
            "camera_fixed": True,
        }
    ]
    headers = rig.double.seen[-1].headers
    assert headers["authorization"] == f"Bearer {rig.key}"
    assert headers["content-type"] == "application/json"


async def test_sound_is_the_vendors_choice_where_nobody_wished(
    provider: OpenProvider, rig: SeedanceRig
) -> None:
    await provider.submit(ASKED)
    assert "generate_audio" not in rig.double.bodies[0]


@pytest.mark.parametrize(
    ("mode", "roles"),
    [
        (Mode.FIRST_FRAME, ["first_frame"]),
        (Mode.FIRST_LAST, ["first_frame", "last_frame"]),
        (Mode.REFERENCES, ["reference_image"] * 3),
    ],
)
async def test_pictures_have_their_parts(
    provider: OpenProvider, rig: SeedanceRig, tmp_path: Path, mode: Mode, roles: list[str]
) -> None:
    pictures = tuple(picture(tmp_path / f"{n}.png", n) for n in range(len(roles)))
    await provider.submit(replace(ASKED, mode=mode, references=pictures))
    body = rig.double.bodies[0]
    assert [item["role"] for item in body["content"][1:]] == roles
    for item, reference in zip(body["content"][1:], pictures, strict=True):
        kind, _, content = item["image_url"]["url"].partition(",")
        assert kind == "data:image/png;base64"
        assert base64.b64decode(content) == reference.path.read_bytes()
    # Frames of the asked shape are followed; references have no shape to follow.
    assert body["ratio"] == ("9:16" if mode is Mode.REFERENCES else "adaptive")


async def test_a_frame_of_another_shape_never_changes_the_takes(
    provider: OpenProvider, rig: SeedanceRig, tmp_path: Path
) -> None:
    wide = picture(tmp_path / "wide.png", size="1280x720")
    await provider.submit(replace(ASKED, mode=Mode.FIRST_FRAME, references=(wide,)))
    assert rig.double.bodies[0]["ratio"] == "9:16"


async def test_many_large_pictures_stay_within_what_memory_takes(
    provider: OpenProvider, rig: SeedanceRig, tmp_path: Path
) -> None:
    import os

    from PIL import Image

    path = tmp_path / "noise.png"
    Image.frombytes("RGB", (1500, 1500), os.urandom(1500 * 1500 * 3)).save(path)
    heavy = replace(picture(tmp_path / "a.png"), path=path)
    await provider.submit(replace(ASKED, mode=Mode.REFERENCES, references=(heavy,) * 9))
    assert path.stat().st_size * 9 > 60_000_000
    assert len(rig.double.seen[-1].body) < 16_500_000
    assert len(rig.double.bodies[0]["content"]) == 10


async def test_only_some_orders_with_pictures_are_in_memory_at_once(
    provider: OpenProvider, rig: SeedanceRig, tmp_path: Path
) -> None:
    rig.double.script(submit="slow")
    pictures = (picture(tmp_path / "a.png"),)
    pictured = replace(ASKED, mode=Mode.FIRST_FRAME, references=pictures)
    await asyncio.gather(*(provider.submit(pictured) for _ in range(12)))
    assert 1 < rig.double.most_at_once <= 4
    await asyncio.gather(*(provider.submit(ASKED) for _ in range(12)))
    assert rig.double.most_at_once > 4
    assert rig.submits() == 24


async def test_own_content_is_added_such_as_a_portrait_of_the_vendors_library(
    provider: OpenProvider, rig: SeedanceRig
) -> None:
    portrait = {
        "type": "image_url",
        "image_url": {"url": "asset://asset-2026"},
        "role": "reference_image",
    }
    await provider.submit(replace(ASKED, extra={"content": [portrait]}))
    assert rig.double.bodies[0]["content"] == [{"type": "text", "text": ASKED.prompt}, portrait]


@pytest.mark.parametrize(
    "change",
    [
        {"size": "1024x1792"},  # 4:7
        {"size": "1440x2560"},  # 1440p
        {"extra": {"negative_prompt": "rain"}},
        {"mode": Mode.FIRST_FRAME},  # without a picture
    ],
)
async def test_what_the_vendor_has_no_word_for_is_not_sent(
    provider: OpenProvider, rig: SeedanceRig, change: dict[str, object]
) -> None:
    with pytest.raises(ProviderError) as caught:
        await provider.submit(replace(ASKED, **change))
    assert caught.value.kind == FailureKind.UNSUPPORTED
    assert caught.value.details["not_sent"]
    assert rig.submits() == 0


@pytest.mark.parametrize(
    "switch",
    ["--dur 10", "--duration=12", "--RS 1080p", "--ratio 16:9", "-- frames 121", "--seed 1"],
)
@pytest.mark.parametrize("model", ["doubao-seedance-1-5-pro-251215", "ep-20260101-abcde"])
async def test_a_switch_in_a_prompt_changes_neither_take_nor_price(
    provider: OpenProvider, rig: SeedanceRig, model: str, switch: str
) -> None:
    more = {"content": [{"type": "text", "text": f"at night {switch}"}]}
    for change in ({"prompt": f"A cat {switch}"}, {"extra": more}):
        with pytest.raises(ProviderError, match="switch") as caught:
            await provider.submit(replace(ASKED, model=model, **change))
        assert caught.value.kind == FailureKind.UNSUPPORTED
        assert caught.value.details["not_sent"]
    assert rig.submits() == 0


@pytest.mark.parametrize(
    ("model", "prompt"),
    [
        ("doubao-seedance-2-0-260128", "A cat --dur 10"),  # only text to this one
        ("doubao-seedance-1-5-pro-251215", "A cat -- at a ratio of 16:9 --seedlings grow"),
    ],
)
async def test_what_is_no_switch_goes_as_it_is(
    provider: OpenProvider, rig: SeedanceRig, model: str, prompt: str
) -> None:
    await provider.submit(replace(ASKED, model=model, prompt=prompt))
    assert rig.double.bodies[0]["content"][0] == {"type": "text", "text": prompt}


# Refusals


@pytest.mark.parametrize(
    ("step", "kind", "word"),
    [
        ("real_person", FailureKind.MODERATION_INPUT, "real person"),
        ("not_open", FailureKind.NOT_FOUND, "activated"),
        ("limit", FailureKind.QUOTA, "limit"),
    ],
)
async def test_refusals_that_need_explaining_say_what_to_do(
    provider: OpenProvider, rig: SeedanceRig, step: str, kind: FailureKind, word: str
) -> None:
    rig.double.script(submit=step)
    with pytest.raises(ProviderError) as caught:
        await provider.submit(ASKED)
    error = caught.value
    assert error.kind == kind
    assert not error.is_transient
    failure = failures.refusal(error)
    assert word in failure.message
    assert failure.money is Money.NONE
    assert failure.provider_code
    assert "provider_message" in failure.details


async def test_a_real_person_found_only_later_is_explained_as_well(
    provider: OpenProvider, rig: SeedanceRig
) -> None:
    """As behind gateways, which accept the order and fail the task."""
    code = "InputImageSensitiveContentDetected.PrivacyInformation"
    rig.double.script(poll=f"failed:{code}")
    job = await provider.poll((await provider.submit(ASKED)).id)
    assert job.failure_kind is FailureKind.MODERATION_INPUT
    assert isinstance(job.error_message, Sentence)
    assert "real person" in job.error_message
    assert job.error_code == code
    assert job.bill is None


async def test_an_overloaded_service_is_asked_again(
    provider: OpenProvider, rig: SeedanceRig
) -> None:
    rig.double.script(submit="overloaded")
    with pytest.raises(ProviderError) as caught:
        await provider.submit(ASKED)
    assert caught.value.kind == FailureKind.RATE_LIMITED
    assert caught.value.is_transient


async def test_an_answer_without_an_id_is_uncertain(
    provider: OpenProvider, rig: SeedanceRig
) -> None:
    rig.double.script(submit="no_id")
    with pytest.raises(SubmissionUncertain):
        await provider.submit(ASKED)
    assert len(rig.double.jobs) == 1


# Results


async def test_a_finished_task_tells_clip_last_frame_and_tokens(
    provider: OpenProvider, rig: SeedanceRig
) -> None:
    job = await finished(provider, ASKED)
    assert job.result_url
    assert job.last_frame_url
    assert ".png" in job.last_frame_url
    assert job.seconds == 5
    assert job.bill is not None
    assert job.bill.was_charged
    tokens = {"completion_tokens": 108900.0, "total_tokens": 108900.0, "tokens_720p": 108900.0}
    assert job.bill.usage == tokens


@pytest.mark.parametrize("house", ["dreamina", "doubao"])
@pytest.mark.parametrize(
    ("size", "tokens"), [("720x1280", 108_900), ("1080x1920", 245_025), ("2160x3840", 980_100)]
)
def test_an_estimate_is_hardly_above_the_bill_and_never_below_it(
    house: str, size: str, tokens: int
) -> None:
    """Five seconds of Seedance 2.0 are 121 frames."""
    capability = CapabilityTable().capability_of(f"{house}-seedance-2-0-260128")
    usage = {f"tokens_{resolution_of(size)}": str(tokens)}
    actual = price_of_usage(usage, dict(capability.unit_prices))
    estimate = capability.micro_usd(5, size)
    assert actual is not None
    assert estimate is not None
    assert actual <= estimate <= actual * 1.02


async def test_the_key_does_not_go_to_where_clips_lie(
    provider: OpenProvider, rig: SeedanceRig, tmp_path: Path
) -> None:
    job = await finished(provider, ASKED)
    await provider.fetch(job, tmp_path / "clip.mp4", lambda _done, _total: None)
    assert [request.path for request in rig.double.elsewhere()] == [f"/clips/{job.id}.mp4"]
    assert "authorization" not in rig.double.elsewhere()[0].headers


@pytest.mark.parametrize("step", ["400", "502", "drop"])
async def test_a_clip_that_is_not_there_yet_is_asked_for_again(
    provider: OpenProvider, rig: SeedanceRig, tmp_path: Path, step: str
) -> None:
    rig.double.script(content=(step, "ok"))
    job = await finished(provider, ASKED)
    with pytest.raises(ProviderError) as caught:
        await provider.fetch(job, tmp_path / "clip.mp4", lambda _done, _total: None)
    assert caught.value.is_transient
    await provider.fetch(job, tmp_path / "clip.mp4", lambda _done, _total: None)
    check_mp4(tmp_path / "clip.mp4")
    assert rig.submits() == 1


async def test_an_expired_link_is_final(
    provider: OpenProvider, rig: SeedanceRig, tmp_path: Path
) -> None:
    rig.double.script(content="403")
    job = await finished(provider, ASKED)
    with pytest.raises(ProviderError) as caught:
        await provider.fetch(job, tmp_path / "clip.mp4", lambda _done, _total: None)
    assert not caught.value.is_transient
    assert caught.value.kind == FailureKind.DOWNLOAD


async def test_done_without_an_address_is_waited_for(
    provider: OpenProvider, rig: SeedanceRig, tmp_path: Path
) -> None:
    rig.double.script(poll=("succeeded_bare", "succeeded_bare", "succeeded"))
    job = await finished(provider, ASKED)
    assert job.result_url is None
    with pytest.raises(ProviderError) as caught:
        await provider.fetch(job, tmp_path / "clip.mp4", lambda _done, _total: None)
    assert caught.value.is_transient
    await provider.fetch(job, tmp_path / "clip.mp4", lambda _done, _total: None)
    check_mp4(tmp_path / "clip.mp4")


@pytest.mark.parametrize(
    ("word", "phase"), [("expired", JobPhase.EXPIRED), ("cancelled", JobPhase.CANCELLED)]
)
async def test_other_ends(
    provider: OpenProvider, rig: SeedanceRig, word: str, phase: JobPhase
) -> None:
    rig.double.script(poll=word)
    assert (await provider.poll((await provider.submit(ASKED)).id)).phase is phase


@pytest.mark.parametrize("word", ["running", "succeeded"])
async def test_only_a_queued_task_is_deleted(
    provider: OpenProvider, rig: SeedanceRig, word: str
) -> None:
    """A DELETE of a finished task throws its clip away."""
    rig.double.script(poll=word)
    job = await provider.submit(ASKED)
    assert not await provider.cancel(job.id)
    assert "DELETE" not in {request.method for request in rig.double.seen}


async def test_a_task_that_begins_before_the_delete_arrives(
    provider: OpenProvider, rig: SeedanceRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.double.script(poll="queued")
    job = await provider.submit(ASKED)
    ask = provider._api.ask_any  # type: ignore[attr-defined]

    async def late(*wanted: object) -> object:
        if wanted[0] == "DELETE":
            rig.double.jobs[job.id].status = "running"
        return await ask(*wanted)

    monkeypatch.setattr(provider._api, "ask_any", late)  # type: ignore[attr-defined]
    assert not await provider.cancel(job.id)
    assert rig.double.jobs[job.id].status == "running"


# A lost answer


async def test_the_job_of_a_lost_answer_is_told_from_others_alike(
    provider: OpenProvider, rig: SeedanceRig
) -> None:
    """Two takes with one and the same order, and another program's task, at the same time."""
    since = datetime.now(UTC) - timedelta(seconds=5)
    rig.double.script(submit="drop")
    for number in (1, 2):
        with pytest.raises(SubmissionUncertain):
            await provider.submit(replace(ASKED, idempotency_key=f"take-{number}"))
    rig.double.make({**rig.double.bodies[0], "seed": 99})
    found = await provider.find(replace(ASKED, idempotency_key="take-2"), since)
    assert [job.id for job in found] == [list(rig.double.jobs)[1]]


async def test_a_job_is_found_behind_many_others(provider: OpenProvider, rig: SeedanceRig) -> None:
    since = datetime.now(UTC) - timedelta(seconds=5)
    job = await provider.submit(ASKED)
    for _ in range(130):
        rig.double.make({**rig.double.bodies[0], "seed": 99})
    assert [found.id for found in await provider.find(ASKED, since)] == [job.id]


async def test_a_list_too_long_to_be_sure_is_said(provider: OpenProvider, rig: SeedanceRig) -> None:
    since = datetime.now(UTC) - timedelta(seconds=5)
    await provider.submit(ASKED)
    for _ in range(520):
        rig.double.make({**rig.double.bodies[0], "seed": 99})
    with pytest.raises(ProviderError) as caught:
        await provider.find(ASKED, since)
    assert caught.value.kind == FailureKind.UNSUPPORTED


async def test_older_tasks_are_not_looked_at(provider: OpenProvider, rig: SeedanceRig) -> None:
    job = await provider.submit(ASKED)
    for _ in range(520):
        rig.double.make({**rig.double.bodies[0], "seed": 99}).made_at -= 3600
    since = datetime.now(UTC) - timedelta(seconds=5)
    assert [found.id for found in await provider.find(ASKED, since)] == [job.id]


@pytest.mark.parametrize(("chosen", "other"), [(7, 8), (-1, 8)])
async def test_a_take_with_a_chosen_seed_may_be_one_of_several(
    provider: OpenProvider, rig: SeedanceRig, chosen: int, other: int
) -> None:
    """The list tells no prompts: a person is asked, and what cannot be it is left out."""
    asked = replace(ASKED, extra={"seed": chosen})
    job = await provider.submit(asked)
    body = rig.double.bodies[0]
    others = [rig.double.make({**body, "seed": other}), rig.double.make({**body, "duration": 9})]
    found = await provider.find(asked, datetime.now(UTC) - timedelta(seconds=5))
    assert {one.id for one in found} == {job.id, *([others[0].id] if chosen == -1 else [])}
    assert {(one.is_guess, one.is_certain) for one in found} == {(True, False)}


async def test_a_list_that_tells_no_seeds_makes_nothing_certain(
    provider: OpenProvider, rig: SeedanceRig
) -> None:
    rig.double.tells_seeds = False
    job = await provider.submit(ASKED)
    found = await provider.find(ASKED, datetime.now(UTC) - timedelta(seconds=5))
    assert [(one.id, one.is_guess, one.is_certain) for one in found] == [(job.id, True, False)]


async def test_one_list_stands_for_many_polls(provider: OpenProvider, rig: SeedanceRig) -> None:
    assert isinstance(provider, TellsOfMany)
    jobs = [await provider.submit(replace(ASKED, idempotency_key=f"t{n}")) for n in range(120)]
    rig.double.make({**rig.double.bodies[0], "seed": 99})  # another program's
    asked = [job.id for job in jobs]
    before = len(rig.double.seen)
    for phase in (JobPhase.QUEUED, JobPhase.RUNNING, JobPhase.SUCCEEDED):
        told = await provider.poll_many(asked)
        assert set(told) == set(asked)
        assert {job.phase for job in told.values()} == {phase}
    assert len(rig.double.seen) == before + 6  # two requests for 120 jobs
    assert all(job.result_url and job.bill for job in told.values())


async def test_a_failure_is_told_by_the_list_with_its_reason_or_not_at_all(
    provider: OpenProvider, rig: SeedanceRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(provider, TellsOfMany)
    rig.double.script(poll="failed:OutputVideoSensitiveContentDetected")
    job = await provider.submit(ASKED)
    [told] = (await provider.poll_many([job.id])).values()
    assert told.failure_kind == FailureKind.MODERATION_OUTPUT
    monkeypatch.setattr(rig.double, "_told", rig.double._task)
    assert await provider.poll_many([job.id]) == {}


async def test_a_wrong_key_is_said_with_its_house(rig: SeedanceRig) -> None:
    rig.double.key = "another"
    async with rig.opened() as provider:
        rows = await provider.check()
    assert [(what, passed) for what, passed, _ in rows] == [
        ("Address", True),
        ("Key", False),
        ("Region", False),
    ]
    assert rig.key not in json.dumps([str(row) for row in rows])
