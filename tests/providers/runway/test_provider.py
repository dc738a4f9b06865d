"""Runway: the fields of each model, credits, links told anew, and clips that no cancel deletes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from doubles.runway_double import CREDITS, RunwayDouble
from providers.contract import DoubleRig, Play, ProviderContract, ended, finished, picture
from shortdrama.domain.model import Mode
from shortdrama.domain.take import FailureKind
from shortdrama.errors import ProviderError, SubmissionUncertain
from shortdrama.generation.ports import JobPhase, Submission
from shortdrama.providers.kind import Access, OpenProvider
from shortdrama.providers.runway import provider as runway

_WAY = ("queued", "throttled", "running:0.5", "done")
_SCRIPTS: dict[Play, dict[str, Any]] = {
    Play.FINE: {"poll": _WAY},
    Play.LOST: {"submit": "lost"},
    Play.SERVER_ERROR: {"submit": "500"},
    Play.UNREADABLE: {"submit": "page"},
    Play.REFUSED: {"submit": "wrong_value"},
    Play.KEY_REFUSED: {"submit": "key"},
    Play.BUSY: {"submit": "busy"},
    Play.NO_CREDIT: {"submit": "no_credit"},
    Play.PROMPT_MODERATED: {"poll": ("running", "moderated_input")},
    Play.RESULT_MODERATED: {"poll": ("running", "moderated_output")},
    Play.FAILED: {"poll": ("running", "failed")},
    Play.UNKNOWN_WORD: {"poll": ("frobnicating", *_WAY)},
    Play.POLL_TROUBLE: {"poll": ("page", *_WAY)},
    Play.GONE: {"poll": "gone"},
    Play.SLOW: {"poll": "throttled"},
    Play.CLIP_TROUBLE: {"poll": _WAY, "content": ("502", "ok")},
    Play.CLIP_AN_ERROR: {"poll": _WAY, "content": "json"},
    Play.CLIP_CUT: {"poll": _WAY, "content": "cut"},
}


class RunwayRig(DoubleRig[RunwayDouble]):
    kind = runway.KINDS[0]
    model = "seedance2"
    modes = (Mode.TEXT, Mode.FIRST_FRAME, Mode.FIRST_LAST, Mode.REFERENCES)
    can_cancel: ClassVar[bool] = True
    double_type = RunwayDouble
    scripts = _SCRIPTS


class TestRunway(ProviderContract):
    rig_type = RunwayRig


ASKED = Submission("a cat", "gen4.5", 5, "720x1280", idempotency_key="take-1")


@pytest.fixture
def rig() -> Iterator[RunwayRig]:
    with RunwayRig() as rig:
        yield rig


@pytest.fixture
async def provider(rig: RunwayRig) -> AsyncIterator[OpenProvider]:
    async with rig.opened() as provider:
        yield provider


def order(model: str, mode: Mode, folder: Path, size: str = "720x1280", **extra: Any) -> Submission:
    count = {Mode.TEXT: 0, Mode.FIRST_FRAME: 1, Mode.FIRST_LAST: 2, Mode.REFERENCES: 2}[mode]
    pictures = tuple(picture(folder / f"{n}.png", n, size) for n in range(count))
    return Submission("a cat", model, 5, size, pictures, "take-1", extra, mode)


async def sent(rig: RunwayRig, provider: OpenProvider, asked: Submission) -> dict[str, Any]:
    """The body, without the long texts of its pictures."""
    await provider.submit(asked)
    body = rig.double.made()[-1].body
    for item in [*body.get("promptImage", []), *body.get("references", [])]:
        assert item.pop("uri").startswith("data:image/png;base64,iVBOR")
    return body


@pytest.mark.anyio
async def test_the_request_from_text(rig: RunwayRig, provider: OpenProvider) -> None:
    body = await sent(rig, provider, replace(ASKED, extra={"seed": 7, "outputFormat": "mp4"}))
    assert body == {
        "model": "gen4.5",
        "promptText": "a cat",
        "duration": 5,
        "ratio": "720:1280",
        "seed": 7,
        "outputFormat": "mp4",
    }
    request = rig.double.requests[-1]
    assert request.path == "/v1/text_to_video"
    assert request.headers["x-runway-version"] == "2024-11-06"
    assert request.headers["authorization"] == f"Bearer {rig.key}"


_WORDS = {"model", "promptText", "duration"}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("asked_for", "written"),
    [
        (("veo3.1", Mode.FIRST_LAST), {"ratio": "720:1280", "audio": False, "negativePrompt": "x"}),
        (("kling3.0_pro", Mode.TEXT), {"ratio": "720:1280", "audio": False}),
        (("kling2.5_turbo_pro", Mode.FIRST_FRAME), {}),
        (("kling_4", Mode.FIRST_FRAME), {"ratio": "auto_720p"}),
        (("kling_4", Mode.REFERENCES), {"ratio": "720:1280"}),
        (("seedance2_5", Mode.REFERENCES), {"ratio": "720:1280", "audio": False}),
        (("wan3", Mode.FIRST_LAST), {"ratio": "auto_720p", "audio": False}),
        (("wan3_prime", Mode.TEXT), {"ratio": "720:1280", "audio": False}),
        (("happyhorse_1_0", Mode.FIRST_FRAME), {"resolution": "720p"}),
        (("grok_imagine_1_5", Mode.TEXT), {"ratio": "9:16", "resolution": "720p"}),
        (("grok_imagine_1_5_lite", Mode.FIRST_FRAME), {"ratio": "auto_720p"}),
        (("h3_max", Mode.FIRST_LAST), {"resolution": "720p"}),
        (("hailuo3", Mode.TEXT), {"ratio": "9:16", "resolution": "720p"}),
        (
            ("a-model-of-tomorrow", Mode.TEXT),
            {"ratio": "720:1280", "audio": False, "negativePrompt": "x"},
        ),
    ],
)
async def test_each_model_in_its_own_fields(
    rig: RunwayRig,
    provider: OpenProvider,
    tmp_path: Path,
    asked_for: tuple[str, Mode],
    written: dict[str, Any],
) -> None:
    wishes: dict[str, Any] = {"sound": False} if "audio" in written else {}
    wishes |= {"negative_prompt": "x"} if "negativePrompt" in written else {}
    asked = order(*asked_for, tmp_path, **wishes)
    body = await sent(rig, provider, asked)
    framed = {Mode.FIRST_FRAME: ["first"], Mode.FIRST_LAST: ["first", "last"]}.get(asked.mode)
    if framed:
        assert body.pop("promptImage") == [{"position": position} for position in framed]
    if asked.mode is Mode.REFERENCES:
        assert body.pop("references") == [{}, {}]
    assert {name: body[name] for name in body if name not in _WORDS} == written
    assert rig.double.made()[-1].path == ("/v1/image_to_video" if framed else "/v1/text_to_video")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "asked_for",
    [
        ("gen4_turbo", Mode.TEXT, {}),
        ("h3_max", Mode.TEXT, {}),
        ("gen4.5", Mode.FIRST_LAST, {}),
        ("gen4.5", Mode.REFERENCES, {}),
        ("gen4.5", Mode.TEXT, {"sound": True}),
        ("gen4.5", Mode.TEXT, {"negative_prompt": "rain"}),
        ("kling3.0_pro", Mode.TEXT, {"seed": 0}),
        ("kling_4", Mode.TEXT, {"sound": False}),
    ],
)
async def test_what_a_model_has_no_field_for_is_not_sent(
    rig: RunwayRig,
    provider: OpenProvider,
    tmp_path: Path,
    asked_for: tuple[str, Mode, dict[str, Any]],
) -> None:
    model, mode, extra = asked_for
    with pytest.raises(ProviderError) as caught:
        await provider.submit(order(model, mode, tmp_path, **extra))
    assert caught.value.kind == FailureKind.UNSUPPORTED
    assert rig.submits() == 0


@pytest.mark.anyio
async def test_a_clip_in_the_shape_of_its_picture_is_not_paid_for_unawares(
    rig: RunwayRig, provider: OpenProvider, tmp_path: Path
) -> None:
    asked = replace(order("wan3", Mode.FIRST_FRAME, tmp_path, "1280x720"), size="720x1280")
    with pytest.raises(ProviderError, match="16:9"):
        await provider.submit(asked)
    assert rig.submits() == 0
    # These crop the picture themselves.
    await provider.submit(replace(asked, model="gen4.5"))


@pytest.mark.anyio
async def test_a_heavy_picture_fits_into_five_megabytes_of_text(
    rig: RunwayRig, provider: OpenProvider, tmp_path: Path
) -> None:
    import os

    from PIL import Image

    reference = picture(tmp_path / "a.png")
    noise = Image.frombytes("RGB", (1440, 1280), os.urandom(1440 * 1280 * 3))
    noise.save(reference.path)
    assert reference.path.stat().st_size > 5_000_000
    asked = Submission("a cat", "gen4.5", 5, "720x1280", (reference,), "k", {}, Mode.FIRST_FRAME)
    await provider.submit(asked)
    [item] = rig.double.made()[-1].body["promptImage"]
    assert item["uri"].startswith("data:image/jpeg;base64,")
    assert len(item["uri"]) < 5 * 1024**2


@pytest.mark.anyio
async def test_waiting_for_a_place_is_no_failure_and_progress_is_a_share(
    rig: RunwayRig, provider: OpenProvider
) -> None:
    rig.double.script(poll=("throttled", "running:0.5", "running:1.0", "done"))
    job = await provider.submit(ASKED)
    told = [await provider.poll(job.id) for _ in range(4)]
    assert [poll.phase for poll in told] == [
        JobPhase.QUEUED,
        JobPhase.RUNNING,
        JobPhase.RUNNING,
        JobPhase.SUCCEEDED,
    ]
    assert [poll.progress for poll in told] == [None, 50, 100, None]
    assert told[0].raw_status == "THROTTLED"


@pytest.mark.anyio
async def test_credits_are_cents(rig: RunwayRig, provider: OpenProvider) -> None:
    done = await finished(provider, ASKED)
    assert done.bill is not None
    assert done.bill.micro_usd == CREDITS * 10_000
    assert done.bill.was_charged
    rig.double.script(poll="failed")
    failed = await ended(provider, await provider.submit(ASKED))
    assert failed.bill is not None
    assert (failed.bill.micro_usd, failed.bill.was_charged) == (0, False)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("step", "kind"),
    [
        ("failed", FailureKind.PROVIDER_FAILURE),
        ("failed_plain", FailureKind.PROVIDER_FAILURE),
        ("bad_asset", FailureKind.INVALID_REQUEST),
        ("moderated_input", FailureKind.MODERATION_INPUT),
        ("moderated_before", FailureKind.MODERATION_INPUT),
        ("moderated_output", FailureKind.MODERATION_OUTPUT),
    ],
)
async def test_failure_codes(
    rig: RunwayRig, provider: OpenProvider, step: str, kind: FailureKind
) -> None:
    rig.double.script(poll=step)
    job = await ended(provider, await provider.submit(ASKED))
    assert (job.phase, job.failure_kind) == (JobPhase.FAILED, kind)


@pytest.mark.anyio
@pytest.mark.parametrize("step", ["daily", "no_credit"])
async def test_limits_that_waiting_does_not_lift(
    rig: RunwayRig, provider: OpenProvider, step: str
) -> None:
    rig.double.script(submit=step)
    with pytest.raises(ProviderError) as caught:
        await provider.submit(ASKED)
    assert (caught.value.kind, caught.value.is_transient) == (FailureKind.QUOTA, False)
    assert ("tomorrow" in caught.value.message) == (step == "daily")


@pytest.mark.anyio
async def test_an_answer_without_a_task_is_uncertain(
    rig: RunwayRig, provider: OpenProvider
) -> None:
    rig.double.script(submit="unclear")
    with pytest.raises(SubmissionUncertain):
        await provider.submit(ASKED)
    assert rig.submits() == 1


@pytest.mark.anyio
async def test_each_poll_tells_a_fresh_link(
    rig: RunwayRig, provider: OpenProvider, tmp_path: Path
) -> None:
    rig.double.script(poll="done", content=("403", "ok"))
    job = await provider.submit(ASKED)
    first = await provider.poll(job.id)
    with pytest.raises(ProviderError) as caught:
        await provider.fetch(first, tmp_path / "a.mp4", lambda _done, _total: None)
    assert caught.value.details["http_status"] == 403
    second = await provider.poll(job.id)
    assert second.result_url != first.result_url
    await provider.fetch(second, tmp_path / "a.mp4", lambda _done, _total: None)
    assert (tmp_path / "a.mp4").exists()


@pytest.mark.anyio
async def test_done_without_a_clip_is_asked_for_again(
    rig: RunwayRig, provider: OpenProvider, tmp_path: Path
) -> None:
    rig.double.script(poll=("done_empty", "done_empty", "done"))
    job = await provider.submit(ASKED)
    done = await provider.poll(job.id)
    assert done.phase is JobPhase.SUCCEEDED
    with pytest.raises(ProviderError) as caught:
        await provider.fetch(done, tmp_path / "a.mp4", lambda _done, _total: None)
    assert caught.value.is_transient


@pytest.mark.anyio
async def test_cancelling_what_is_done_deletes_nothing(
    rig: RunwayRig, provider: OpenProvider
) -> None:
    rig.double.script(poll="done")
    job = await provider.submit(ASKED)
    assert not await provider.cancel(job.id)
    assert [request.method for request in rig.double.requests] == ["POST", "GET"]


@pytest.mark.anyio
async def test_the_check_tells_credit_and_models(rig: RunwayRig) -> None:
    connection = replace(rig.connection(rig.double.url + "/v1"), models=("gen4.5", "aleph2"))
    provider = runway.KINDS[0].open(Access(connection, rig.key))
    rig.double.credit_balance = 0
    rows = await provider.check()
    await provider.close()
    assert [(what, passed) for what, passed, _ in rows] == [
        ("Address", True),
        ("Key", True),
        ("Credit", False),
        ("Models", False),
    ]
    assert "aleph2" in rows[-1][2]
    assert "gen4.5" not in rows[-1][2]
