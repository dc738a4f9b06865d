"""Veo: the contract, the documented shape of orders, and its traps."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from providers.contract import ProviderContract, ended, finished, picture
from providers.veo.rig import VeoRig
from shortdrama.domain.model import Mode
from shortdrama.domain.take import FailureKind
from shortdrama.errors import ProviderError, Sentence, SubmissionUncertain
from shortdrama.generation import failures
from shortdrama.generation.ports import Bill, JobPhase, Submission
from shortdrama.providers.capabilities import CapabilityTable
from shortdrama.providers.kind import OpenProvider
from shortdrama.sora2.boxes import check_mp4

ASKED = Submission("A cat on a wet roof", VeoRig.model, 8, "720x1280", idempotency_key="take-1")
NOT_OWED = Bill(micro_usd=0, was_charged=False)
AUDIO = (
    "We encountered an issue with the audio for your prompt. "
    "Your generation was not charged. Try again."
)


class TestVeo(ProviderContract):
    rig_type = VeoRig


@pytest.fixture
def rig() -> Iterator[VeoRig]:
    with VeoRig() as rig:
        yield rig


@pytest.fixture
async def provider(rig: VeoRig) -> AsyncIterator[OpenProvider]:
    async with rig.opened() as provider:
        yield provider


pytestmark = pytest.mark.anyio


# The order


async def test_an_order_in_the_documented_shape(provider: OpenProvider, rig: VeoRig) -> None:
    wishes = {"negative_prompt": "rain", "personGeneration": "allow_all", "sound": True}
    job = await provider.submit(replace(ASKED, extra=wishes))
    request = rig.double.seen[-1]
    assert request.path == "/v1beta/models/veo-3.1-generate-preview:predictLongRunning"
    assert request.headers["x-goog-api-key"] == rig.key
    assert "authorization" not in request.headers
    assert rig.double.bodies == [
        {
            "instances": [{"prompt": "A cat on a wet roof"}],
            "parameters": {
                "aspectRatio": "9:16",
                "resolution": "720p",
                "durationSeconds": 8,
                "sampleCount": 1,
                "negativePrompt": "rain",
                "personGeneration": "allow_all",
            },
        }
    ]
    assert job.id == "models/veo-3.1-generate-preview/operations/op0000000001"


async def test_a_model_may_be_named_as_google_lists_it(provider: OpenProvider, rig: VeoRig) -> None:
    await provider.submit(replace(ASKED, model=f"models/{VeoRig.model}"))
    path = "/v1beta/models/veo-3.1-generate-preview:predictLongRunning"
    assert rig.double.seen[-1].path == path


@pytest.mark.parametrize(
    ("mode", "names"),
    [(Mode.FIRST_FRAME, ["image"]), (Mode.FIRST_LAST, ["image", "lastFrame"])],
)
async def test_frames_have_their_places(
    provider: OpenProvider, rig: VeoRig, tmp_path: Path, mode: Mode, names: list[str]
) -> None:
    pictures = tuple(picture(tmp_path / f"{n}.png", n) for n in range(len(names)))
    await provider.submit(replace(ASKED, mode=mode, references=pictures))
    instance = rig.double.bodies[0]["instances"][0]
    assert list(instance) == ["prompt", *names]
    for name, reference in zip(names, pictures, strict=True):
        content = base64.b64encode(reference.path.read_bytes()).decode()
        assert instance[name] == {"bytesBase64Encoded": content, "mimeType": "image/png"}


async def test_references_are_assets(provider: OpenProvider, rig: VeoRig, tmp_path: Path) -> None:
    pictures = tuple(picture(tmp_path / f"{n}.png", n) for n in range(3))
    await provider.submit(replace(ASKED, mode=Mode.REFERENCES, references=pictures))
    instance = rig.double.bodies[0]["instances"][0]
    assert list(instance) == ["prompt", "referenceImages"]
    assert [one["referenceType"] for one in instance["referenceImages"]] == ["asset"] * 3


async def test_a_picture_of_a_kind_that_google_does_not_take_is_rewritten(
    provider: OpenProvider, rig: VeoRig, tmp_path: Path
) -> None:
    from PIL import Image

    png = picture(tmp_path / "a.png")
    path = tmp_path / "a.webp"
    Image.open(png.path).save(path)
    webp = replace(png, path=path, mime="image/webp", name="a.webp")
    await provider.submit(replace(ASKED, mode=Mode.FIRST_FRAME, references=(webp,)))
    assert rig.double.bodies[0]["instances"][0]["image"]["mimeType"] == "image/jpeg"


@pytest.mark.parametrize(
    "change",
    [
        {"size": "720x720"},
        {"size": "480x854"},
        {"extra": {"seed": 4}},
        {"extra": {"sound": False}},
        {"mode": Mode.FIRST_LAST},  # without pictures
    ],
)
async def test_what_the_vendor_has_no_word_for_is_not_sent(
    provider: OpenProvider, rig: VeoRig, change: dict[str, object]
) -> None:
    with pytest.raises(ProviderError) as caught:
        await provider.submit(replace(ASKED, **change))
    assert caught.value.kind == FailureKind.UNSUPPORTED
    assert caught.value.details["not_sent"]
    assert rig.submits() == 0


async def test_a_fourth_reference_is_not_left_out(
    provider: OpenProvider, rig: VeoRig, tmp_path: Path
) -> None:
    pictures = tuple(picture(tmp_path / f"{n}.png", n) for n in range(4))
    with pytest.raises(ProviderError):
        await provider.submit(replace(ASKED, mode=Mode.REFERENCES, references=pictures))
    assert rig.submits() == 0


@pytest.mark.parametrize("model", ["veo-3.1-generate-preview", "veo-3.1-fast-generate-001"])
def test_cross_rules(model: str) -> None:
    """4 and 6 seconds are made in 720p only, and never from references."""
    rules = {rule.given: rule.seconds for rule in CapabilityTable().capability_of(model).rules}
    assert rules[(("mode", ("references",)),)] == (8,)
    large = ("1080x1920", "1920x1080", "2160x3840", "3840x2160")
    assert rules[(("size", large),)] == (8,)


async def test_a_length_is_never_changed(provider: OpenProvider, rig: VeoRig) -> None:
    """What the table does not know, the vendor refuses."""
    with pytest.raises(ProviderError) as caught:
        await provider.submit(replace(ASKED, seconds=5))
    assert caught.value.kind == FailureKind.INVALID_REQUEST
    assert rig.double.bodies[0]["parameters"]["durationSeconds"] == 5
    assert rig.double.jobs == {}


# Refusals


@pytest.mark.parametrize(
    ("step", "kind", "wait_s"),
    [
        ("429", FailureKind.RATE_LIMITED, None),
        ("429_said", FailureKind.RATE_LIMITED, 31.5),
        ("per_day", FailureKind.QUOTA, None),
        ("billing", FailureKind.QUOTA, None),
        ("celebrity", FailureKind.MODERATION_INPUT, None),
    ],
)
async def test_one_word_for_many_limits(
    provider: OpenProvider, rig: VeoRig, step: str, kind: FailureKind, wait_s: float | None
) -> None:
    """Google says "quota" and "billing" of a minute's rate, too."""
    rig.double.script(submit=step)
    with pytest.raises(ProviderError) as caught:
        await provider.submit(ASKED)
    assert caught.value.kind == kind
    assert caught.value.is_transient == (kind is FailureKind.RATE_LIMITED)
    assert caught.value.retry_after_s == wait_s


async def test_the_free_tier_is_explained(provider: OpenProvider, rig: VeoRig) -> None:
    rig.double.script(submit="no_free")
    with pytest.raises(ProviderError) as caught:
        await provider.submit(ASKED)
    assert "free tier" in failures.refusal(caught.value).message


async def test_an_answer_without_a_name_is_uncertain(provider: OpenProvider, rig: VeoRig) -> None:
    rig.double.script(submit="no_name")
    with pytest.raises(SubmissionUncertain):
        await provider.submit(ASKED)
    assert len(rig.double.jobs) == 1


# Results


@pytest.mark.parametrize("step", ["done", "done_one_up"])
async def test_a_clip_in_either_place(provider: OpenProvider, rig: VeoRig, step: str) -> None:
    rig.double.script(poll=step)
    job = await finished(provider, ASKED)
    assert job.result_url
    assert job.bill == Bill(was_charged=True)


async def test_a_clip_whose_address_is_not_told_yet(
    provider: OpenProvider, rig: VeoRig, tmp_path: Path
) -> None:
    rig.double.script(poll=("done_bare", "done_bare", "done"))
    job = await finished(provider, ASKED)
    with pytest.raises(ProviderError) as caught:
        await provider.fetch(job, tmp_path / "clip.mp4", lambda _done, _total: None)
    assert caught.value.is_transient
    await provider.fetch(job, tmp_path / "clip.mp4", lambda _done, _total: None)
    check_mp4(tmp_path / "clip.mp4")


@pytest.mark.parametrize("place", ["filtered", "filtered_one_up"])
@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("Veo could not generate videos: violates the usage guidelines.", "moderation_output"),
        (AUDIO, "moderation_output"),
        ("This prompt contains words that violate the guidelines.", "moderation_input"),
        ("The input image shows a celebrity.", "moderation_input"),
    ],
)
async def test_done_and_filtered_is_a_failure_that_costs_nothing(
    provider: OpenProvider, rig: VeoRig, place: str, reason: str, kind: str
) -> None:
    rig.double.script(poll=f"{place}:{reason}")
    job = await ended(provider, await provider.submit(ASKED))
    assert job.phase is JobPhase.FAILED
    assert job.failure_kind == kind
    assert job.error_code == "filtered"
    assert job.bill == NOT_OWED
    assert job.result_url is None
    told = failures.job_failure(
        job.failure_kind, is_free=False, code=job.error_code, said=job.error_message
    )
    assert told.details["provider_message"] == reason


async def test_a_filtered_sound_is_explained(provider: OpenProvider, rig: VeoRig) -> None:
    rig.double.script(poll=f"filtered:{AUDIO}")
    job = await ended(provider, await provider.submit(ASKED))
    assert isinstance(job.error_message, Sentence)
    assert "try again" in job.error_message


async def test_filtered_without_a_reason(provider: OpenProvider, rig: VeoRig) -> None:
    rig.double.script(poll="filtered")
    job = await ended(provider, await provider.submit(ASKED))
    assert (job.phase, job.failure_kind) == (JobPhase.FAILED, FailureKind.MODERATION_OUTPUT)
    assert job.bill == NOT_OWED


@pytest.mark.parametrize("step", ["empty", "null"])
async def test_done_and_empty_is_a_failure(provider: OpenProvider, rig: VeoRig, step: str) -> None:
    rig.double.script(poll=step)
    job = await ended(provider, await provider.submit(ASKED))
    assert (job.phase, job.failure_kind) == (JobPhase.FAILED, FailureKind.PROVIDER_FAILURE)
    assert job.error_code == "empty_result"
    assert job.bill == NOT_OWED


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ("13:Internal error.", "provider_failure"),
        ("3:The prompt could not be submitted.", "moderation_input"),
        ("3:The clip was blocked. Support code: 58061214.", "moderation_output"),
    ],
)
async def test_done_with_an_error(
    provider: OpenProvider, rig: VeoRig, told: str, kind: str
) -> None:
    rig.double.script(poll=f"error:{told}")
    job = await ended(provider, await provider.submit(ASKED))
    assert (job.phase, job.failure_kind) == (JobPhase.FAILED, kind)
    assert job.error_message == told.partition(":")[2]
    assert job.bill == NOT_OWED


async def test_the_key_opens_the_file_and_does_not_go_where_it_leads(
    provider: OpenProvider, rig: VeoRig, tmp_path: Path
) -> None:
    job = await finished(provider, ASKED)
    await provider.fetch(job, tmp_path / "clip.mp4", lambda _done, _total: None)
    check_mp4(tmp_path / "clip.mp4")
    keyed = [one for one in rig.double.seen if one.path.startswith("/v1beta/files/")]
    assert [one.headers["x-goog-api-key"] for one in keyed] == [rig.key]
    assert keyed[0].query == {"alt": "media"}
    assert len(rig.double.elsewhere()) == 1
    assert "x-goog-api-key" not in rig.double.elsewhere()[0].headers


async def test_an_answer_that_is_no_operation_says_nothing(
    provider: OpenProvider, rig: VeoRig
) -> None:
    rig.double.script(poll=("stranger", "done"))
    job = await provider.submit(ASKED)
    assert (await provider.poll(job.id)).phase is JobPhase.UNKNOWN
    assert (await provider.poll(job.id)).phase is JobPhase.SUCCEEDED


async def test_a_job_id_cannot_lead_elsewhere(provider: OpenProvider, rig: VeoRig) -> None:
    with pytest.raises(ProviderError) as caught:
        await provider.poll("models/x/operations/y?key=1#/../../files")
    assert caught.value.kind == FailureKind.NOT_FOUND
    assert rig.double.seen == []


async def test_a_cancel_is_no_request(provider: OpenProvider, rig: VeoRig) -> None:
    job = await provider.submit(ASKED)
    before = len(rig.double.seen)
    assert not await provider.cancel(job.id)
    assert len(rig.double.seen) == before


async def test_the_check_names_models_that_the_key_does_not_reach(rig: VeoRig) -> None:
    rows = []
    for model in (VeoRig.model, "veo-9"):
        rig.model = model  # type: ignore[misc]
        async with rig.opened() as provider:
            rows.append((await provider.check())[-1])
    assert rows[0] == ("Models", True, "veo-3.1-generate-preview")
    assert rows[1][:2] == ("Models", False)
    assert "veo-9" in rows[1][2]
