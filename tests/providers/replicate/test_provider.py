"""Replicate: what goes out, what its texts mean, its list, and the hour that it keeps things."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from doubles.replicate_double import ReplicateDouble
from providers.contract import DoubleRig, Play, ProviderContract, ended, finished, picture
from shortdrama.domain.model import Mode
from shortdrama.domain.take import FailureKind
from shortdrama.errors import ProviderError, SubmissionUncertain
from shortdrama.generation.polls import TellsOfMany
from shortdrama.generation.ports import JobPhase, Reference, Submission
from shortdrama.providers.kind import Access, OpenProvider
from shortdrama.providers.replicate.provider import KINDS
from shortdrama.sora2.boxes import check_mp4

MODEL = "bytedance/seedance-2.0"
_WAY = ("starting", "processing", "succeeded")
_E005 = "The input or output was flagged as sensitive. Please try again. (E005)"
_SCRIPTS: dict[Play, dict[str, Any]] = {
    Play.FINE: {},
    Play.LOST: {"submit": "lost"},
    Play.SERVER_ERROR: {"submit": "500"},
    Play.UNREADABLE: {"submit": "html"},
    Play.REFUSED: {"submit": "422"},
    Play.KEY_REFUSED: {"submit": "401"},
    Play.BUSY: {"submit": "429"},
    Play.NO_CREDIT: {"submit": "402"},
    Play.PROMPT_MODERATED: {"polls": ("processing", "failed"), "error": _E005},
    Play.RESULT_MODERATED: {"polls": ("failed",), "error": "NSFW content detected. Try again."},
    Play.FAILED: {"polls": ("failed",), "error": "Prediction interrupted (E1002)"},
    Play.UNKNOWN_WORD: {"polls": ("frobnicating", *_WAY)},
    Play.POLL_TROUBLE: {"polls": ("502", *_WAY)},
    Play.GONE: {"polls": ("404",)},
    Play.SLOW: {"polls": ("starting",)},
    Play.CLIP_TROUBLE: {"clip": ("502", "ok")},
    Play.CLIP_AN_ERROR: {"clip": ("json",)},
    Play.CLIP_CUT: {"clip": ("cut",)},
}


class ReplicateRig(DoubleRig[ReplicateDouble]):
    kind = KINDS[0]
    model = MODEL
    modes = tuple(Mode)
    key = "r8_contract4f9a27c1d0"
    can_cancel: ClassVar[bool] = True
    has_list: ClassVar[bool] = True
    double_type = ReplicateDouble
    scripts = _SCRIPTS


class TestReplicate(ProviderContract):
    rig_type = ReplicateRig


@pytest.fixture
def rig() -> Iterator[ReplicateRig]:
    with ReplicateRig() as rig:
        yield rig


@pytest.fixture
async def replicate(rig: ReplicateRig) -> AsyncIterator[OpenProvider]:
    async with rig.opened() as provider:
        yield provider


def order(
    rig: ReplicateRig, folder: Path, mode: Mode = Mode.TEXT, model: str = MODEL, **fields: Any
) -> Submission:
    return replace(rig.submission(mode, folder), model=model, **fields)


# What goes out


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("model", "mode", "arguments"),
    [
        (MODEL, Mode.TEXT, {"resolution": "720p"}),
        (MODEL, Mode.FIRST_LAST, {"resolution": "720p", "image": 1, "last_frame_image": 1}),
        (MODEL, Mode.REFERENCES, {"resolution": "720p", "reference_images": 2}),
        ("google/veo-3.1", Mode.FIRST_LAST, {"resolution": "720p", "image": 1, "last_frame": 1}),
        ("kwaivgi/kling-v3-video", Mode.FIRST_FRAME, {"mode": "standard", "start_image": 1}),
    ],
)
async def test_each_model_is_spoken_to_in_its_own_words(  # noqa: PLR0917 - a table's row
    rig: ReplicateRig,
    replicate: OpenProvider,
    tmp_path: Path,
    model: str,
    mode: Mode,
    arguments: dict[str, Any],
) -> None:
    asked = order(rig, tmp_path, mode, model, extra={"sound": False})
    await replicate.submit(asked)
    method, path, headers, _ = rig.double.seen[0]
    assert (method, path) == ("POST", f"/v1/models/{model}/predictions")
    assert headers["authorization"] == f"Bearer {rig.key}"
    assert "prefer" not in headers  # it would hold the answer back for a minute
    sent = {name: _counted(value) for name, value in rig.double.made[0].input.items()}
    assert sent == {
        "prompt": asked.prompt,
        "duration": 4,
        "aspect_ratio": "9:16",
        "generate_audio": False,
        **arguments,
    }


def _counted(value: Any) -> Any:
    """How many pictures an argument holds; other values as they are."""
    if isinstance(value, list):
        return sum(_counted(item) for item in value)
    return 1 if str(value).startswith("data:image/png;base64,") else value


@pytest.mark.anyio
async def test_a_version_is_asked_for_by_its_number(
    rig: ReplicateRig, replicate: OpenProvider, tmp_path: Path
) -> None:
    since = datetime.now(UTC) - timedelta(seconds=5)
    asked = order(rig, tmp_path, model=f"{MODEL}:affbecc3d879")
    job = await replicate.submit(asked)
    assert rig.double.seen[0][1] == "/v1/predictions"
    assert rig.double.made[0].version == "affbecc3d879"
    assert [found.id for found in await replicate.find(asked, since)] == [job.id]


@pytest.mark.anyio
async def test_a_picture_beyond_a_megabyte_is_uploaded_before_anything_is_paid(
    rig: ReplicateRig, replicate: OpenProvider, tmp_path: Path
) -> None:
    small = picture(tmp_path / "small.png")
    path = tmp_path / "large.png"
    path.write_bytes(small.path.read_bytes() + bytes(1_200_000))
    large = Reference(path, "image/png", "large.png")
    asked = order(rig, tmp_path, Mode.REFERENCES, references=(small, large))
    await replicate.submit(asked)
    assert rig.double.files == [path.read_bytes()]
    first, second = rig.double.made[0].input["reference_images"]
    assert first.startswith("data:image/png")
    assert second == f"{rig.base_url}/files/file-0"
    assert [seen[1] for seen in rig.double.seen] == [
        "/v1/files",
        "/v1/models/bytedance/seedance-2.0/predictions",
    ]


@pytest.mark.anyio
@pytest.mark.parametrize("step", ["no_id", "html", "lost", "500"])
async def test_an_answer_without_a_job_is_uncertain(
    rig: ReplicateRig, replicate: OpenProvider, tmp_path: Path, step: str
) -> None:
    rig.double.script(submit=step)
    with pytest.raises(SubmissionUncertain):
        await replicate.submit(order(rig, tmp_path))
    assert rig.submits() == 1


@pytest.mark.anyio
async def test_the_wait_is_read_from_the_text(
    rig: ReplicateRig, replicate: OpenProvider, tmp_path: Path
) -> None:
    rig.double.script(submit="429")
    with pytest.raises(ProviderError) as caught:
        await replicate.submit(order(rig, tmp_path))
    assert (caught.value.kind, caught.value.retry_after_s) == (FailureKind.RATE_LIMITED, 7.0)


@pytest.mark.anyio
async def test_a_refusal_says_which_value_is_wrong(
    rig: ReplicateRig, replicate: OpenProvider, tmp_path: Path
) -> None:
    rig.double.script(submit="422")
    with pytest.raises(ProviderError, match=r"input\.duration: Must be one of 4, 6, 8"):
        await replicate.submit(order(rig, tmp_path))


# Ends


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("said", "kind", "code"),
    [
        (_E005, FailureKind.MODERATION_INPUT, "E005"),
        ("NSFW content detected. Try another prompt.", FailureKind.MODERATION_OUTPUT, None),
        ("The generated video was flagged.", FailureKind.MODERATION_OUTPUT, None),
        ("Input validation error: image is too small", FailureKind.INVALID_REQUEST, None),
        ("CUDA out of memory (E1001)", FailureKind.PROVIDER_FAILURE, "E1001"),
        ("", FailureKind.PROVIDER_FAILURE, None),
    ],
)
async def test_why_it_failed_is_read_from_the_text(  # noqa: PLR0917 - a table's row
    rig: ReplicateRig,
    replicate: OpenProvider,
    tmp_path: Path,
    said: str,
    kind: FailureKind,
    code: str | None,
) -> None:
    rig.double.script(polls=("failed",), error=said)
    job = await ended(replicate, await replicate.submit(order(rig, tmp_path)))
    assert (job.phase, job.failure_kind, job.error_code) == (JobPhase.FAILED, kind, code)


@pytest.mark.anyio
async def test_what_never_began_is_not_owed(
    rig: ReplicateRig, replicate: OpenProvider, tmp_path: Path
) -> None:
    rig.double.script(polls=("aborted",))
    job = await ended(replicate, await replicate.submit(order(rig, tmp_path)))
    assert job.phase is JobPhase.CANCELLED
    assert job.bill is not None
    assert job.bill.was_charged is False


@pytest.mark.anyio
async def test_after_an_hour_there_is_nothing_to_fetch(
    rig: ReplicateRig, replicate: OpenProvider, tmp_path: Path
) -> None:
    job = await finished(replicate, order(rig, tmp_path))
    rig.double.script(polls=("gone",))
    late = await replicate.poll(job.id)
    assert (late.phase, late.result_url) == (JobPhase.EXPIRED, None)
    with pytest.raises(ProviderError, match="after an hour") as caught:
        await replicate.fetch(late, tmp_path / "clip.mp4", lambda _done, _total: None)
    assert not caught.value.is_transient


@pytest.mark.anyio
async def test_success_without_a_clip_is_looked_at_again(
    rig: ReplicateRig, replicate: OpenProvider, tmp_path: Path
) -> None:
    rig.double.script(polls=("succeeded",), output="none")
    job = await ended(replicate, await replicate.submit(order(rig, tmp_path)))
    assert (job.phase, job.result_url) == (JobPhase.SUCCEEDED, None)
    with pytest.raises(ProviderError) as caught:
        await replicate.fetch(job, tmp_path / "clip.mp4", lambda _done, _total: None)
    assert caught.value.is_transient
    rig.double.script(polls=("succeeded",), output="list", is_clip_elsewhere=True)
    await replicate.fetch(job, tmp_path / "clip.mp4", lambda _done, _total: None)
    check_mp4(tmp_path / "clip.mp4")
    assert "authorization" not in rig.double.elsewhere()[0]


@pytest.mark.anyio
async def test_what_it_measured_is_told(
    rig: ReplicateRig, replicate: OpenProvider, tmp_path: Path
) -> None:
    bill = (await finished(replicate, order(rig, tmp_path))).bill
    assert bill is not None
    assert bill.usage == {"predict_time": 61.5, "video_output_duration_seconds": 4.0}
    assert bill.micro_usd is None


@pytest.mark.anyio
async def test_what_has_ended_cannot_be_cancelled(
    rig: ReplicateRig, replicate: OpenProvider, tmp_path: Path
) -> None:
    job = await finished(replicate, order(rig, tmp_path))
    assert not await replicate.cancel(job.id)


# The list


@pytest.mark.anyio
async def test_find_matches_everything_that_was_sent_but_the_pictures(
    rig: ReplicateRig, replicate: OpenProvider, tmp_path: Path
) -> None:
    since = datetime.now(UTC) - timedelta(seconds=5)
    asked = order(rig, tmp_path, Mode.FIRST_FRAME, extra={"seed": 7})
    job = await replicate.submit(asked)
    for other in (
        {"prompt": "a dog"},
        {"seconds": 5},
        {"size": "1280x720"},
        {"model": "google/veo-3.1"},
        {"extra": {"seed": 8}},
    ):
        await replicate.submit(replace(asked, **other))
    # A lost take is looked for without its pictures.
    sketch = replace(asked, references=())
    assert [found.id for found in await replicate.find(sketch, since)] == [job.id]


@pytest.mark.anyio
async def test_find_reads_page_after_page(
    rig: ReplicateRig, replicate: OpenProvider, tmp_path: Path
) -> None:
    since = datetime.now(UTC) - timedelta(seconds=5)
    asked = order(rig, tmp_path)
    job = await replicate.submit(asked)
    for number in range(25):
        await replicate.submit(replace(asked, prompt=f"other {number}"))
    assert [found.id for found in await replicate.find(asked, since)] == [job.id]


@pytest.mark.anyio
async def test_one_list_stands_for_many_polls(
    rig: ReplicateRig, replicate: OpenProvider, tmp_path: Path
) -> None:
    assert isinstance(replicate, TellsOfMany)
    asked = [(await replicate.submit(order(rig, tmp_path))).id for _ in range(25)]
    before = len(rig.double.seen)
    for phase in (JobPhase.QUEUED, JobPhase.RUNNING, JobPhase.SUCCEEDED):
        told = await replicate.poll_many(asked)
        assert set(told) == set(asked)
        assert {job.phase for job in told.values()} == {phase}
    assert len(rig.double.seen) == before + 6  # the list's pages are of twenty
    assert all(job.result_url and job.bill for job in told.values())
    newest = asked[-3:]
    before = len(rig.double.seen)
    assert set(await replicate.poll_many(newest)) == set(newest)
    assert len(rig.double.seen) == before + 1  # all were on the first page


@pytest.mark.anyio
async def test_what_lost_its_input_after_an_hour_is_no_match(
    rig: ReplicateRig, replicate: OpenProvider, tmp_path: Path
) -> None:
    since = datetime.now(UTC) - timedelta(seconds=5)
    asked = order(rig, tmp_path)
    await replicate.submit(asked)
    rig.double.made[0].is_removed = True
    assert await replicate.find(asked, since) == []


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("key", "models", "last"),
    [
        ("r8_contract4f9a27c1d0", (MODEL, "owner/unheard-of"), "no template"),
        ("r8_wrong", (MODEL,), "did not accept the key"),
        ("r8_contract4f9a27c1d0", ("nobody/model",), "does not list"),
    ],
)
async def test_check_tells_of_keys_and_models(
    rig: ReplicateRig, key: str, models: tuple[str, ...], last: str
) -> None:
    own = '[[template]]\nmodel = "nobody/model"\nseconds = "duration"'
    connection = replace(rig.connection(), models=models, options={"templates": own})
    replicate = KINDS[0].open(Access(connection, key))
    rows = await replicate.check()
    await replicate.close()
    assert rows[0][1]
    assert not rows[-1][1]
    assert last in rows[-1][2]
    assert rig.submits() == 0
