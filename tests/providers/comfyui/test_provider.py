"""ComfyUI: what is sent, what is refused before, and every way in which a job can go wrong."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import pytest

from doubles.comfyui_double import ComfyUIDouble
from doubles.comfyui_workflows import TITLED, WAN_PICTURE, WAN_TEXT, as_text, changed
from providers.contract import Play, ProviderContract, Rig, ended, finished, picture
from shortdrama.domain.ids import ConnectionId
from shortdrama.domain.model import Connection, KeySource, Mode
from shortdrama.domain.take import FailureKind
from shortdrama.errors import InvalidInput, ProviderError
from shortdrama.generation.ports import JobPhase, Submission
from shortdrama.providers.comfyui.provider import KINDS, ComfyUI
from shortdrama.providers.kind import Access

_SCRIPTS: dict[Play, dict[str, Any]] = {
    Play.FINE: {},
    Play.LOST: {"submit": "drop_after_accept"},
    Play.SERVER_ERROR: {"submit": "500_after_accept"},
    Play.UNREADABLE: {"submit": "page_after_accept"},
    Play.REFUSED: {"submit": "node_error"},
    Play.KEY_REFUSED: {},
    Play.BUSY: {"submit": "429"},
    Play.FAILED: {"outcome": "error"},
    Play.UNKNOWN_WORD: {"polls": ["odd", "running"]},
    Play.POLL_TROUBLE: {"queue_fails": 1},
    Play.GONE: {"polls": [], "outcome": "lost"},
    Play.SLOW: {"polls": ["running"] * 50},
    Play.CLIP_TROUBLE: {"view": ["502", "ok"]},
    Play.CLIP_AN_ERROR: {"view": ["json"]},
    Play.CLIP_CUT: {"view": ["cut"]},
}
_NO_RULES = "it has no content rules"


class ComfyUIRig(Rig):
    kind = KINDS[0]
    model = "wan"
    refused_modes: ClassVar[tuple[Mode, ...]] = (
        Mode.FIRST_FRAME,
        Mode.FIRST_LAST,
        Mode.REFERENCES,
    )
    options: ClassVar[dict[str, str]] = {"workflow:wan": as_text(WAN_TEXT)}
    absent: ClassVar[dict[Play, str]] = {
        Play.NO_CREDIT: "it costs nothing",
        Play.PROMPT_MODERATED: _NO_RULES,
        Play.RESULT_MODERATED: _NO_RULES,
    }
    can_cancel = True
    has_list = True

    def __enter__(self) -> Self:
        self.double = ComfyUIDouble(api_key=self.key).__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.double.__exit__(exc_type, exc, traceback)

    @property
    def base_url(self) -> str:
        return self.double.url

    def play(self, play: Play) -> None:
        if play is Play.KEY_REFUSED:
            self.double.api_key = "another"
        self.double.default(**_SCRIPTS[play])

    def submits(self) -> int:
        return self.double.submits()


class PictureRig(ComfyUIRig):
    modes = (Mode.FIRST_FRAME,)
    refused_modes = (Mode.TEXT, Mode.FIRST_LAST)
    options: ClassVar[dict[str, str]] = {"workflow:wan": as_text(WAN_PICTURE)}


class BothEndsRig(ComfyUIRig):
    modes = (Mode.FIRST_LAST,)
    refused_modes = (Mode.TEXT, Mode.FIRST_FRAME, Mode.REFERENCES)
    options: ClassVar[dict[str, str]] = {"workflow:wan": as_text(TITLED)}


class TestComfyUI(ProviderContract):
    rig_type = ComfyUIRig


class TestComfyUIFromAPicture(ProviderContract):
    rig_type = PictureRig

    async def test_key_refused(self, rig: Rig, provider: Any, asked: Submission) -> None:
        """The picture is refused first, so that the workflow is never sent."""
        rig.play(Play.KEY_REFUSED)
        with pytest.raises(ProviderError) as caught:
            await provider.submit(asked)
        assert caught.value.kind == FailureKind.AUTH
        assert rig.submits() == 0


class TestComfyUIBetweenTwoPictures(ProviderContract):
    rig_type = BothEndsRig


pytestmark = pytest.mark.anyio


@pytest.fixture
def double() -> Iterator[ComfyUIDouble]:
    with ComfyUIDouble() as double:
        yield double


def connection(double: ComfyUIDouble, **workflows: dict[str, Any]) -> Connection:
    return Connection(
        id=ConnectionId("comfy"),
        name="ComfyUI",
        base_url=double.url,
        protocol="comfyui",
        models=tuple(workflows),
        auth_header="Authorization",
        key_source=KeySource.NONE,
        created_at=datetime.now(UTC),
        options={f"workflow:{model}": as_text(graph) for model, graph in workflows.items()},
    )


@asynccontextmanager
async def opened(double: ComfyUIDouble, **workflows: dict[str, Any]) -> AsyncIterator[ComfyUI]:
    provider = ComfyUI(Access(connection(double, **(workflows or {"wan": WAN_TEXT}))))
    try:
        yield provider
    finally:
        await provider.close()


def asked(**changes: Any) -> Submission:
    fields = {"prompt": "A cat", "model": "wan", "seconds": 4, "size": "720x1280"}
    return Submission(**{**fields, "idempotency_key": "take-1", **changes})


async def test_the_request_is_the_exported_workflow_filled(double: ComfyUIDouble) -> None:
    async with opened(double) as provider:
        job = await provider.submit(
            asked(extra={"seed": 7, "negative_prompt": "blur", "3.steps": 30})
        )
    (sent,) = double.bodies("/prompt")
    assert set(sent) == {"prompt", "prompt_id", "client_id"}
    assert sent["prompt_id"] == job.id == str(uuid.UUID(job.id))
    assert job.id in sent["client_id"]
    wanted = changed(WAN_TEXT)
    wanted["6"]["inputs"]["text"] = "A cat"
    wanted["7"]["inputs"]["text"] = "blur"
    wanted["3"]["inputs"] |= {"seed": 7, "steps": 30}
    wanted["55"]["inputs"] |= {"width": 720, "height": 1280, "length": 65}
    assert sent["prompt"] == wanted


async def test_pictures_are_uploaded_under_what_is_in_them(
    double: ComfyUIDouble, tmp_path: Path
) -> None:
    first = picture(tmp_path / "a b.png")
    order = asked(references=(first,), mode=Mode.FIRST_FRAME)
    async with opened(double, wan=WAN_PICTURE) as provider:
        await provider.submit(order)
        await provider.submit(replace(order, idempotency_key="take-2"))
    ((name, content),) = double.uploads.items()
    assert name.startswith("shortdrama/")
    assert name.endswith(".png")
    assert content == first.path.read_bytes()
    assert [body["prompt"]["52"]["inputs"]["image"] for body in double.bodies("/prompt")] == [
        name
    ] * 2


async def test_two_workflows_are_two_models(double: ComfyUIDouble, tmp_path: Path) -> None:
    async with opened(double, wan=WAN_TEXT, titled=TITLED) as provider:
        pictures = tuple(picture(tmp_path / f"{n}.png", n) for n in range(2))
        await provider.submit(asked())
        await provider.submit(
            asked(model="titled", references=pictures, mode=Mode.FIRST_LAST, idempotency_key="b")
        )
        with pytest.raises(InvalidInput, match="no workflow for third"):
            await provider.submit(asked(model="third"))
    sent = double.bodies("/prompt")[1]["prompt"]
    assert sent["1"]["inputs"]["value"] == "A cat"
    assert {k: sent["3"]["inputs"][k] for k in ("width", "height", "count")} == {
        "width": 720,
        "height": 1280,
        "count": 97,
    }
    assert sent["4"]["inputs"]["image"] != sent["5"]["inputs"]["image"]


async def test_without_a_seed_each_take_gets_its_own(double: ComfyUIDouble) -> None:
    """An unchanged workflow is answered from ComfyUI's cache, without any clip."""
    async with opened(double) as provider:
        for key in ("a", "b"):
            await provider.submit(asked(idempotency_key=key))
    seeds = [body["prompt"]["3"]["inputs"]["seed"] for body in double.bodies("/prompt")]
    assert len(set(seeds)) == 2
    assert all(0 <= seed < 2**32 for seed in seeds)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"extra": {"sound": False}}, "switch for sound"),
        ({"extra": {"99.steps": 3}}, "no input 99.steps"),
        ({"extra": {"frobnicate": 3}}, "no input frobnicate"),
    ],
)
async def test_what_the_workflow_has_no_place_for_is_refused_before_anything_is_sent(
    double: ComfyUIDouble, changes: dict[str, Any], said: str
) -> None:
    async with opened(double) as provider:
        with pytest.raises((InvalidInput, ProviderError), match=said):
            await provider.submit(asked(**changes))
    assert double.requests == []


async def test_a_refusal_names_the_node(double: ComfyUIDouble) -> None:
    double.default(submit="node_error")
    async with opened(double) as provider:
        with pytest.raises(ProviderError, match=r"at node 37 “UNETLoader”: Value not in list: une"):
            await provider.submit(asked())
        double.default(submit="missing_node")
        with pytest.raises(ProviderError, match="node WanMagic does not exist"):
            await provider.submit(asked())
    assert double.jobs == {}


async def test_a_workflow_that_would_run_without_its_video_is_stopped(
    double: ComfyUIDouble,
) -> None:
    """ComfyUI accepts a workflow as soon as one of its outputs, a preview say, can be made."""
    double.default(submit="partial", polls=["pending", "pending"])
    async with opened(double) as provider:
        with pytest.raises(ProviderError, match="at node 37"):
            await provider.submit(asked())
    assert [job.state for job in double.made()] == ["deleted"]


async def test_a_server_that_makes_its_own_ids_is_followed_and_searched(
    tmp_path: Path,
) -> None:
    with ComfyUIDouble(takes_ids=False) as old:
        old.default(submit="drop_after_accept")
        since = datetime.now(UTC) - timedelta(seconds=5)
        async with opened(old) as provider:
            with pytest.raises(ProviderError):
                await provider.submit(asked())
            found = await provider.find(asked(), since)
            assert [job.id for job in found] == list(old.jobs)
            assert found[0].is_certain
            assert (await ended(provider, found[0])).phase is JobPhase.SUCCEEDED
            # Also when it is over, and only the history tells of it.
            assert [job.id for job in await provider.find(asked(), since)] == list(old.jobs)


async def test_the_queue_says_how_many_go_before(double: ComfyUIDouble) -> None:
    double.foreign_runs = True
    double.default(polls=["pending"] * 9)
    async with opened(double) as provider:
        first = await provider.submit(asked())
        second = await provider.submit(asked(idempotency_key="take-2"))
        assert (await provider.poll(first.id)).raw_status == "pending, 1 ahead"
        assert (await provider.poll(second.id)).raw_status == "pending, 2 ahead"


async def test_one_look_at_the_queue_tells_of_all_that_wait(double: ComfyUIDouble) -> None:
    double.default(polls=["pending"] * 9)
    async with opened(double) as provider:
        jobs = [await provider.submit(asked(idempotency_key=str(n))) for n in range(3)]
        double.jobs[jobs[0].id].state = "over"
        double.requests.clear()
        told = await provider.poll_many([*(job.id for job in jobs), str(uuid.uuid4())])
    assert [told[job.id].phase for job in jobs] == [
        JobPhase.SUCCEEDED,
        JobPhase.QUEUED,
        JobPhase.QUEUED,
    ]
    assert double.paths("GET").count("/queue") == 1
    assert len(told) == 3


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ([{"key": "gifs", "name": "c_{id}.mp4"}], "c_{id}.mp4"),
        ([{"key": "videos", "name": "c_{id}.mp4"}], "c_{id}.mp4"),
        (
            [
                {"key": "gifs", "name": "p_{id}.png"},
                {"key": "gifs", "name": "t_{id}.mp4", "type": "temp"},
                {"key": "gifs", "name": "o_{id}-audio.mp4"},
            ],
            "o_{id}-audio.mp4",
        ),
    ],
)
async def test_the_video_is_picked_from_what_the_nodes_hand_out(
    double: ComfyUIDouble, tmp_path: Path, files: list[dict[str, str]], name: str
) -> None:
    script = double.default(polls=[])
    async with opened(double) as provider:
        job = await provider.submit(asked())
        part = job.id[:8]
        double.jobs[job.id].script = replace(
            script, files=[{**file, "name": file["name"].format(id=part)} for file in files]
        )
        done = await provider.poll(job.id)
        assert done.result_url is not None
        assert f"filename={name.format(id=part)}&subfolder=video&type=output" in done.result_url
        await provider.fetch(done, tmp_path / "clip.mp4", lambda _done, _total: None)


@pytest.mark.parametrize(
    ("script", "said", "code"),
    [
        ({"outcome": "error"}, "Node 3 “KSampler” failed: mat1 and mat2", "RuntimeError"),
        ({"outcome": "out_of_memory"}, "not enough memory at node 3", "out_of_memory"),
        ({"outcome": "empty"}, "ended without a video", None),
        (
            {"files": [{"key": "gifs", "name": "x.webm"}]},
            "saved x.webm; the studio takes MP4",
            None,
        ),
        ({"files": [{"key": "images", "name": "x.png"}]}, "ended without a video", None),
    ],
)
async def test_a_failed_job_says_where_and_what_to_do(
    double: ComfyUIDouble, script: dict[str, Any], said: str, code: str | None
) -> None:
    double.default(polls=[], **script)
    async with opened(double) as provider:
        job = await ended(provider, await provider.submit(asked()))
    assert job.phase is JobPhase.FAILED
    assert said in (job.error_message or "")
    assert job.error_code == code


async def test_a_restarted_server_has_lost_the_job_and_not_finished_it(
    double: ComfyUIDouble,
) -> None:
    double.default(polls=["pending"], outcome="lost")
    async with opened(double) as provider:
        job = await provider.submit(asked())
        await provider.poll(job.id)
        with pytest.raises(ProviderError, match="restarted") as caught:
            await provider.poll(job.id)
    assert caught.value.kind == FailureKind.NOT_FOUND


async def test_cancel_takes_a_waiting_job_out_and_interrupts_nobody(
    double: ComfyUIDouble,
) -> None:
    double.foreign_runs = True
    double.default(polls=["pending"] * 9)
    async with opened(double) as provider:
        job = await provider.submit(asked())
        assert await provider.cancel(job.id)
    assert double.made()[0].state == "deleted"
    assert double.interrupts == []


async def test_cancel_interrupts_its_own_job_by_its_id(double: ComfyUIDouble) -> None:
    double.default(polls=["running"] * 9)
    async with opened(double) as provider:
        job = await provider.submit(asked())
        assert await provider.cancel(job.id)
        assert (await provider.poll(job.id)).phase is JobPhase.CANCELLED
    assert double.interrupts == [job.id]


async def test_cancel_of_a_finished_job_stops_nothing(double: ComfyUIDouble) -> None:
    double.default(polls=[])
    async with opened(double) as provider:
        job = await finished(provider, asked())
        double.foreign_runs = True
        assert not await provider.cancel(job.id)
    assert double.interrupts == []


async def test_the_check_looks_for_nodes_and_model_files(double: ComfyUIDouble) -> None:
    wrong = changed(WAN_TEXT)
    wrong["37"]["inputs"]["unet_name"] = "other.safetensors"
    gif = changed(WAN_PICTURE)
    gif["60"]["inputs"]["format"] = "image/gif"
    async with opened(double, wan=WAN_TEXT, wrong=wrong, gif=gif) as provider:
        rows = await provider.check()
    assert [(what, passed) for what, passed, _ in rows] == [
        ("Address", True),
        ("wan", True),
        ("wrong", False),
        ("gif", False),
    ]
    assert rows[0][2] == "ComfyUI 0.9.2 answers."
    assert "Node 37 “UNETLoader” wants other.safetensors as unet_name" in rows[2][2]
    assert "Node 60 “VHS_VideoCombine” saves no MP4" in rows[3][2]
    double.missing_classes = {"WanImageToVideo"}
    async with opened(double, wan=WAN_PICTURE) as provider:
        rows = await provider.check()
    assert rows[1][1:] == (
        False,
        "This ComfyUI has no node WanImageToVideo. Install what the workflow needs there.",
    )
    assert double.submits() == 0


async def test_another_server_is_not_taken_for_a_comfyui(double: ComfyUIDouble) -> None:
    wrong = replace(connection(double, wan=WAN_TEXT), base_url=f"{double.url}/elsewhere")
    provider = ComfyUI(Access(wrong))
    rows = await provider.check()
    await provider.close()
    assert rows == [
        ("Address", False, "No ComfyUI answers there. Its address is like http://127.0.0.1:8188.")
    ]
