"""fal's queue: what goes out, what its results mean, and that its addresses are used as given."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from doubles.fal_double import FalDouble
from providers.contract import DoubleRig, Play, ProviderContract, ended, finished
from shortdrama.domain.model import Mode
from shortdrama.domain.take import FailureKind
from shortdrama.errors import InvalidInput, ProviderError, SubmissionUncertain
from shortdrama.generation.ports import JobPhase, Submission
from shortdrama.providers.fal.provider import KINDS
from shortdrama.providers.kind import Access, OpenProvider
from shortdrama.sora2.boxes import check_mp4

SEEDANCE = "fal/bytedance/seedance-2.0"
_WAY = ("IN_QUEUE", "IN_PROGRESS", "COMPLETED")
_SCRIPTS: dict[Play, dict[str, Any]] = {
    Play.FINE: {},
    Play.LOST: {"submit": "lost"},
    Play.SERVER_ERROR: {"submit": "500"},
    Play.UNREADABLE: {"submit": "html"},
    Play.REFUSED: {"submit": "422"},
    Play.KEY_REFUSED: {"submit": "401"},
    Play.BUSY: {"submit": "429"},
    Play.NO_CREDIT: {"submit": "402"},
    Play.PROMPT_MODERATED: {"result": ("moderated:prompt",)},
    Play.RESULT_MODERATED: {"result": ("moderated:",)},
    Play.FAILED: {"result": ("runner",)},
    Play.UNKNOWN_WORD: {"polls": ("FROBNICATING", *_WAY)},
    Play.POLL_TROUBLE: {"polls": ("502", *_WAY)},
    Play.GONE: {"polls": ("404",)},
    Play.SLOW: {"polls": ("IN_QUEUE",)},
    Play.CLIP_TROUBLE: {"clip": ("502", "ok")},
    Play.CLIP_AN_ERROR: {"clip": ("json",)},
    Play.CLIP_CUT: {"clip": ("cut",)},
}


class FalRig(DoubleRig[FalDouble]):
    kind = KINDS[0]
    model = SEEDANCE
    modes = tuple(Mode)
    key = "fal-id-77f1:9c0a4be27d5f4e02"
    secrets = ("9c0a4be27d5f4e02",)
    can_cancel: ClassVar[bool] = True
    stops_running: ClassVar[bool] = False
    double_type = FalDouble
    scripts = _SCRIPTS


class TestFal(ProviderContract):
    rig_type = FalRig


@pytest.fixture
def rig() -> Iterator[FalRig]:
    with FalRig() as rig:
        yield rig


@pytest.fixture
async def fal(rig: FalRig) -> AsyncIterator[OpenProvider]:
    async with rig.opened() as provider:
        yield provider


def order(
    rig: FalRig, folder: Path, mode: Mode = Mode.TEXT, model: str = SEEDANCE, **fields: Any
) -> Submission:
    return replace(rig.submission(mode, folder), model=model, **fields)


# What goes out

SENT: list[tuple[str, Mode, str, dict[str, Any]]] = [
    (
        SEEDANCE,
        Mode.TEXT,
        "bytedance/seedance-2.0/text-to-video",
        {"duration": "4", "aspect_ratio": "9:16", "resolution": "720p"},
    ),
    (
        SEEDANCE,
        Mode.FIRST_LAST,
        "bytedance/seedance-2.0/image-to-video",
        {
            "duration": "4",
            "aspect_ratio": "9:16",
            "resolution": "720p",
            "image_url": "picture",
            "end_image_url": "picture",
        },
    ),
    (
        SEEDANCE,
        Mode.REFERENCES,
        "bytedance/seedance-2.0/reference-to-video",
        {
            "duration": "4",
            "aspect_ratio": "9:16",
            "resolution": "720p",
            "image_urls": ["picture", "picture"],
        },
    ),
    (
        "fal-ai/veo3.1",
        Mode.TEXT,
        "fal-ai/veo3.1",
        {"duration": "4s", "aspect_ratio": "9:16", "resolution": "720p"},
    ),
    (
        "fal-ai/veo3.1",
        Mode.FIRST_LAST,
        "fal-ai/veo3.1/first-last-frame-to-video",
        {
            "duration": "4s",
            "aspect_ratio": "9:16",
            "resolution": "720p",
            "first_frame_url": "picture",
            "last_frame_url": "picture",
        },
    ),
    (
        "fal-ai/kling-video/v3/standard",
        Mode.FIRST_FRAME,
        "fal-ai/kling-video/v3/standard/image-to-video",
        {"duration": "4", "start_image_url": "picture"},
    ),
    # A person may as well name the address of one mode.
    (
        "bytedance/seedance-2.0/image-to-video",
        Mode.FIRST_FRAME,
        "bytedance/seedance-2.0/image-to-video",
        {"duration": "4", "aspect_ratio": "9:16", "resolution": "720p", "image_url": "picture"},
    ),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("model", "mode", "endpoint", "arguments"), SENT)
async def test_each_model_is_spoken_to_in_its_own_words(  # noqa: PLR0917 - a table's row
    rig: FalRig,
    fal: OpenProvider,
    tmp_path: Path,
    model: str,
    mode: Mode,
    endpoint: str,
    arguments: dict[str, Any],
) -> None:
    asked = order(rig, tmp_path, mode, model)
    await fal.submit(asked)
    sent = rig.double.made[0]
    assert sent.endpoint == endpoint
    assert _without_pictures(sent.arguments) == {"prompt": asked.prompt, **arguments}
    method, _path, headers, _ = rig.double.seen[0]
    assert (method, headers["authorization"]) == ("POST", f"Key {rig.key}")
    assert headers["content-type"] == "application/json"


def _without_pictures(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_pictures(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_without_pictures(item) for item in value]
    return "picture" if str(value).startswith("data:image/png;base64,") else value


@pytest.mark.anyio
async def test_seed_sound_and_the_vendors_own_words_go_along(
    rig: FalRig, fal: OpenProvider, tmp_path: Path
) -> None:
    extra = {"seed": 7, "sound": False, "camera_fixed": True}
    await fal.submit(order(rig, tmp_path, extra=extra))
    sent = rig.double.made[0].arguments
    assert (sent["seed"], sent["generate_audio"], sent["camera_fixed"]) == (7, False, True)
    assert "sound" not in sent


@pytest.mark.anyio
@pytest.mark.parametrize(
    "wrong",
    [
        {"model": "fal-ai/nobody-knows"},
        {"model": "../../secrets"},
        {"extra": {"negative_prompt": "rain"}},  # Seedance has no word for it
        {"model": "fal-ai/kling-video/v3/pro"},  # 1080p only
        {"model": "bytedance/seedance-2.0/image-to-video"},  # not from text alone
    ],
)
async def test_what_a_model_has_no_word_for_is_refused_before_anything_is_sent(
    rig: FalRig, fal: OpenProvider, tmp_path: Path, wrong: dict[str, Any]
) -> None:
    with pytest.raises(ProviderError) as caught:
        await fal.submit(order(rig, tmp_path, **wrong))
    assert caught.value.kind == FailureKind.UNSUPPORTED
    assert caught.value.details["not_sent"]
    assert rig.submits() == 0


@pytest.mark.anyio
async def test_a_first_frame_of_another_shape_is_refused_where_the_clip_would_take_it(
    rig: FalRig, fal: OpenProvider, tmp_path: Path
) -> None:
    asked = order(rig, tmp_path, Mode.FIRST_FRAME, "fal-ai/kling-video/v3/standard")
    with pytest.raises(ProviderError, match="shape of their first frame"):
        await fal.submit(replace(asked, size="1280x720"))
    assert rig.submits() == 0


# A person's own templates

OWN = """
[[template]]
model = "me/my-model"
seconds = "num_seconds"
ratio = "format"
first = "frames[]"
words = {"9:16" = "portrait"}
always = {steps = 30}
fixed = {resolution = "720p"}
"""


class OwnRig(FalRig):
    options: ClassVar = {"templates": OWN}


@pytest.mark.anyio
async def test_a_persons_own_template(tmp_path: Path) -> None:
    with OwnRig() as rig:
        async with rig.opened() as fal:
            await fal.submit(order(rig, tmp_path, Mode.FIRST_FRAME, "me/my-model"))
            with pytest.raises(ProviderError):
                await fal.submit(order(rig, tmp_path, Mode.REFERENCES, "me/my-model"))
        sent = rig.double.made[0]
        assert sent.endpoint == "me/my-model"
        assert _without_pictures(sent.arguments) == {
            "prompt": "A cat on a wet roof, at night",
            "num_seconds": 4,
            "format": "portrait",
            "frames": ["picture"],
            "steps": 30,
        }
        assert rig.submits() == 1


@pytest.mark.parametrize(
    ("templates", "said"),
    [
        ("[[template", "Expected"),
        ("[[template]]\nmodel = 'a/b'", "seconds"),
        ("[[template]]\nmodel = 'a/b'\nseconds = 'd'\nsecond = 'd'", "unknown entries second"),
        ("[[template]]\nmodel = 'a/b'\nseconds = 'd'\n[template.first_frame]", "first"),
        ("[[template]]\nmodel = 'a/b'\nseconds = 'd'\nseconds_as = 'eight'", "seconds_as"),
        ("[[template]]\nseconds = 'd'", "model"),
        ("model = 'a/b'", "nothing else"),
    ],
)
def test_a_malformed_template_says_what_is_wrong(rig: FalRig, templates: str, said: str) -> None:
    connection = replace(rig.connection(), options={"templates": templates})
    with pytest.raises(InvalidInput, match=said):
        KINDS[0].open(Access(connection, rig.key))


# The addresses


@pytest.mark.anyio
async def test_returned_addresses_are_used_as_they_are_and_make_the_id(
    rig: FalRig, fal: OpenProvider, tmp_path: Path
) -> None:
    job = await finished(fal, order(rig, tmp_path))
    paths = [path for _, path, _, _ in rig.double.seen[1:]]
    assert paths == ["/q/0/state", "/q/0/state", "/q/0/state", "/q/0/outcome"]
    told = json.loads(job.id)
    assert told["response"] == f"{rig.base_url}/q/0/outcome"


@pytest.mark.anyio
async def test_without_addresses_they_are_made_of_the_app(
    rig: FalRig, fal: OpenProvider, tmp_path: Path
) -> None:
    rig.double.script(submit="bare")
    job = await finished(fal, order(rig, tmp_path))
    paths = [path for _, path, _, _ in rig.double.seen[1:]]
    assert paths[0] == "/bytedance/seedance-2.0/requests/0/status"  # the sub-path falls away
    assert paths[-1] == "/bytedance/seedance-2.0/requests/0"
    assert job.phase is JobPhase.SUCCEEDED


@pytest.mark.anyio
async def test_an_address_of_another_origin_gets_no_key(
    rig: FalRig, fal: OpenProvider, tmp_path: Path
) -> None:
    rig.double.script(is_elsewhere=True)
    job = await fal.submit(order(rig, tmp_path))  # paid for: its id is kept all the same
    with pytest.raises(ProviderError, match="another server"):
        await fal.poll(job.id)
    assert rig.double.elsewhere() == []


@pytest.mark.anyio
async def test_a_clip_of_another_origin_is_fetched_without_the_key(
    rig: FalRig, fal: OpenProvider, tmp_path: Path
) -> None:
    rig.double.script(is_clip_elsewhere=True)
    job = await finished(fal, order(rig, tmp_path))
    await fal.fetch(job, tmp_path / "clip.mp4", lambda _done, _total: None)
    check_mp4(tmp_path / "clip.mp4")
    assert "authorization" not in rig.double.elsewhere()[0]


@pytest.mark.anyio
@pytest.mark.parametrize("step", ["no_id", "html", "lost", "500"])
async def test_an_answer_without_a_job_is_uncertain(
    rig: FalRig, fal: OpenProvider, tmp_path: Path, step: str
) -> None:
    rig.double.script(submit=step)
    with pytest.raises(SubmissionUncertain):
        await fal.submit(order(rig, tmp_path))
    assert rig.submits() == 1


@pytest.mark.anyio
async def test_an_error_with_200_is_a_refusal(
    rig: FalRig, fal: OpenProvider, tmp_path: Path
) -> None:
    rig.double.script(submit="200_error")
    with pytest.raises(ProviderError, match="disabled") as caught:
        await fal.submit(order(rig, tmp_path))
    assert not isinstance(caught.value, SubmissionUncertain)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("step", "kind", "code", "said"),
    [
        ("422", FailureKind.INVALID_REQUEST, "literal_error", "length (duration): Input should"),
        (
            "moderated",
            FailureKind.MODERATION_INPUT,
            "content_policy_violation",
            "prompt: The content was flagged",
        ),
    ],
)
async def test_a_refused_submit_says_which_input_was_at_fault(  # noqa: PLR0917 - a table's row
    rig: FalRig,
    fal: OpenProvider,
    tmp_path: Path,
    step: str,
    kind: FailureKind,
    code: str,
    said: str,
) -> None:
    rig.double.script(submit=step)
    with pytest.raises(ProviderError) as caught:
        await fal.submit(order(rig, tmp_path))
    assert not isinstance(caught.value, SubmissionUncertain)
    assert (caught.value.kind, caught.value.details["provider_code"]) == (kind, code)
    assert caught.value.details["provider_message"].startswith(said)


# "COMPLETED" is not success


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("result", "kind", "code", "said"),
    [
        ("moderated:prompt", FailureKind.MODERATION_INPUT, "content_policy_violation", "prompt: "),
        (
            "moderated:image_url",
            FailureKind.MODERATION_INPUT,
            "content_policy_violation",
            "first frame (image_url): ",
        ),
        ("moderated:", FailureKind.MODERATION_OUTPUT, "content_policy_violation", "The content"),
        (
            "invalid:image_urls.1",
            FailureKind.INVALID_REQUEST,
            "image_load_error",
            "reference (image_urls.1): ",
        ),
        ("runner", FailureKind.PROVIDER_FAILURE, "runner_disconnected", "Runner disconnected"),
        ("silent", FailureKind.PROVIDER_FAILURE, "bad_request", "Unprocessable"),
    ],
)
async def test_a_completed_request_without_a_clip_says_which_input_was_at_fault(  # noqa: PLR0917
    rig: FalRig,
    fal: OpenProvider,
    tmp_path: Path,
    result: str,
    kind: FailureKind,
    code: str,
    said: str,
) -> None:
    rig.double.script(result=(result,))
    job = await ended(fal, await fal.submit(order(rig, tmp_path)))
    assert (job.phase, job.failure_kind, job.error_code) == (JobPhase.FAILED, kind, code)
    assert (job.error_message or "").startswith(said)
    # The platform's own trouble is not charged; of a model's refusal fal does not say it.
    is_free = kind is FailureKind.PROVIDER_FAILURE
    assert (job.bill is not None and job.bill.was_charged is False) == is_free


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("word", "phase"), [("FAILED", JobPhase.FAILED), ("CANCELED", JobPhase.CANCELLED)]
)
async def test_words_that_fal_does_not_document_end_a_job_as_well(
    rig: FalRig, fal: OpenProvider, tmp_path: Path, word: str, phase: JobPhase
) -> None:
    rig.double.script(polls=(word,))
    job = await fal.poll((await fal.submit(order(rig, tmp_path))).id)
    assert (job.phase, job.raw_status, job.result_url) == (phase, word, None)


@pytest.mark.anyio
@pytest.mark.parametrize("result", ["502", "404"])
async def test_a_result_that_does_not_come_says_nothing_of_the_job(
    rig: FalRig, fal: OpenProvider, tmp_path: Path, result: str
) -> None:
    rig.double.script(polls=("COMPLETED",), result=(result, "ok"))
    job = await fal.submit(order(rig, tmp_path))
    with pytest.raises(ProviderError):
        await fal.poll(job.id)
    assert (await fal.poll(job.id)).phase is JobPhase.SUCCEEDED


@pytest.mark.anyio
async def test_a_result_without_a_clip_is_asked_for_again(
    rig: FalRig, fal: OpenProvider, tmp_path: Path
) -> None:
    rig.double.script(polls=("COMPLETED",), result=("none", "none", "ok"))
    job = await ended(fal, await fal.submit(order(rig, tmp_path)))
    assert (job.phase, job.result_url) == (JobPhase.SUCCEEDED, None)
    with pytest.raises(ProviderError) as caught:
        await fal.fetch(job, tmp_path / "clip.mp4", lambda _done, _total: None)
    assert caught.value.is_transient
    await fal.fetch(job, tmp_path / "clip.mp4", lambda _done, _total: None)
    check_mp4(tmp_path / "clip.mp4")


@pytest.mark.anyio
async def test_what_it_billed_is_told_in_its_units(
    rig: FalRig, fal: OpenProvider, tmp_path: Path
) -> None:
    bill = (await finished(fal, order(rig, tmp_path))).bill
    assert bill is not None
    assert (bill.micro_usd, bill.was_charged) == (None, True)
    assert bill.usage == {"billable_units": 4.0, "inference_time": 41.5}


# Cancel


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("step", "word", "is_stopped"),
    [
        ("202", "IN_QUEUE", True),
        ("202", "IN_PROGRESS", False),
        ("told", "IN_PROGRESS", True),
        ("200", "IN_QUEUE", True),
        ("400", "IN_PROGRESS", False),
        ("404", "IN_QUEUE", False),
    ],
)
async def test_only_what_is_known_to_be_over_is_stopped(  # noqa: PLR0917 - a table's row
    rig: FalRig, fal: OpenProvider, tmp_path: Path, step: str, word: str, is_stopped: bool
) -> None:
    """202 says that the wish was taken, not that it was heeded."""
    rig.double.script(cancel=step, polls=(word,))
    job = await fal.submit(order(rig, tmp_path))
    await fal.poll(job.id)
    assert await fal.cancel(job.id) is is_stopped
    assert [method for method, *_ in rig.double.seen].count("PUT") == 1
    phase = (await fal.poll(job.id)).phase
    left = JobPhase.RUNNING if word == "IN_PROGRESS" else JobPhase.QUEUED
    assert phase is (JobPhase.CANCELLED if is_stopped else left)


@pytest.mark.anyio
async def test_there_is_no_list_to_look_into(
    rig: FalRig, fal: OpenProvider, tmp_path: Path
) -> None:
    with pytest.raises(ProviderError) as caught:
        await fal.find(order(rig, tmp_path), datetime.now(UTC))
    assert caught.value.kind == FailureKind.UNSUPPORTED


@pytest.mark.anyio
async def test_check_tells_of_a_refused_key_and_of_models_without_a_template(rig: FalRig) -> None:
    connection = replace(rig.connection(), models=(SEEDANCE, "fal-ai/nobody-knows"))
    for key, last in ((rig.key, "nobody-knows"), ("wrong", "did not accept the key")):
        fal = KINDS[0].open(Access(connection, key))
        rows = await fal.check()
        await fal.close()
        assert rows[0][1]
        assert not rows[-1][1]
        assert last in rows[-1][2]
    assert rig.submits() == 0
