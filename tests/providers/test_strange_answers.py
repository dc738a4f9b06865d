"""Whatever JSON a server answers: the house's errors and nothing else, and never a ready clip."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from doubles.comfyui_workflows import WAN_TEXT, as_text
from shortdrama.domain.ids import ConnectionId
from shortdrama.domain.model import Connection, KeySource
from shortdrama.errors import StudioError
from shortdrama.generation.ports import JobPhase, ProviderJob, Submission
from shortdrama.providers.kind import Access, OpenProvider
from shortdrama.providers.kinds import ProviderKinds

KINDS = ProviderKinds()
# One of each protocol: its model, a job's id in its form, and its settings.
_COMFY_ID = "0e6e6a4c-7e4d-5c7a-9f0e-6b8f3f1f2a11"
_FAL_ID = {"request": "r", "status": "/a/status", "response": "/a", "cancel": "/a/cancel"}
_JOBS: dict[str, tuple[str, str]] = {
    "videos": ("sora-2", "video_1"),
    "seed": ("seed-1", "video_1"),
    "comfyui": ("wan", _COMFY_ID),
    "seedance": ("dreamina-seedance-2-0-260128", "cgt-1"),
    "seedance_ark": ("doubao-seedance-2-0-260128", "cgt-1"),
    "veo": ("veo-3.1-generate-preview", "models/veo/operations/one"),
    "wan": ("wan2.6-t2v", "task-1"),
    "kling": ("kling-v3", "text2video/8123"),
    "runway": ("gen4.5", "task-1"),
    "fal": ("fal/bytedance/seedance-2.0", json.dumps(_FAL_ID)),
    "replicate": ("bytedance/seedance-2.0", "abc1"),
}
# Every name that an adapter looks for, so that strange values come to where they are read.
_NAMES = """
    id task_id request_id name prompt_id status state task_status task_status_msg task_result
    task_info external_task_id videos video url urls uri get output outputs result_url video_url
    content data error error_type code message msg detail loc type reason param fail_reason
    base_resp status_code status_msg progress model prompt seconds duration size created_at
    createdAt gmt_create submit_time end_time usage metrics completion_tokens total_tokens
    resolution seed items results next data_removed input logs failure failureCode credits cost
    creditBalance tier models final_unit_deduction resource_pack_subscribe_infos status_url
    remaining_quantity response_url cancel_url queue_position done response metadata has_more
    last_id generateVideoResponse generatedSamples raiMediaFilteredReasons queue_running
    raiMediaFilteredCount queue_pending node_errors errors dependent_outputs status_str messages
    system filename subfolder gifs images create_time client_id deleted task_metrics orig_prompt
"""
_WORDS = """
    running queued failed FAILED PENDING cancelled expired frobnicating 7 1e400 -3 0 true null
    2026-11-23T10:00:00Z 0001-01-01T00:00 https://[broken https://x.test/clip /a ../b
    error execution_error execution_interrupted online E005
"""
_BROKEN = ("", "\x00", "\ud800", " ")
_ERROR = {"code": "E", "message": "m", "type": "t", "param": "p"}
# What each vendor says of a job that goes on or has failed, of a list, and of an account, in one.
_TOLD: dict[str, Any] = {
    "videos": {
        "id": "video_1", "status": "failed", "progress": 7, "created_at": 1700000000,
        "seconds": "4", "size": "720x1280", "model": "sora-2", "prompt": "A cat", "error": _ERROR,
        "usage": {"total_tokens": 3}, "metadata": {"url": ""}, "urls": ["/a"],
        "data": [{"id": "video_1", "status": "queued", "created_at": 1, "model": "sora-2"}],
        "has_more": True, "last_id": "video_1",
    },
    "comfyui": {
        "prompt_id": _COMFY_ID, "node_errors": {"3": {"errors": [_ERROR], "dependent_outputs": []}},
        "error": _ERROR, "queue_running": [[1, "x", {}, {}, []]], "system": {"comfyui_version": ""},
        "queue_pending": [[2, _COMFY_ID, WAN_TEXT, {"create_time": 1, "client_id": "c"}, ["58"]]],
    },
    "comfyui history": {
        _COMFY_ID: {
            "prompt": [2, _COMFY_ID, WAN_TEXT, {"create_time": 1}, ["58"]],
            "outputs": {"58": {"images": [{"filename": "a.webm", "type": "output"}]}},
            "status": {
                "status_str": "error",
                "messages": [["execution_error", {"node_id": "3", "exception_message": "m"}]],
            },
        },
    },
    "seedance": {
        "id": "cgt-1", "status": "failed", "error": _ERROR, "content": {"video_url": "/a"},
        "usage": {"completion_tokens": 1, "total_tokens": 1}, "created_at": 1700000000, "seed": 7,
        "resolution": "720p", "duration": 5, "model": "m",
        "items": [{"id": "cgt-1", "status": "queued", "created_at": 1700000000, "seed": 7}],
    },
    "veo": {
        "name": "models/veo/operations/one", "done": False, "error": _ERROR,
        "response": {"generateVideoResponse": {
            "generatedSamples": [{"video": {"uri": "/a"}}],
            "raiMediaFilteredReasons": ["audio"], "raiMediaFilteredCount": 1,
        }},
        "models": [{"name": "models/veo"}],
    },
    "wan": {
        "output": {
            "task_id": "task-1", "task_status": "FAILED", "code": "E", "message": "m",
            "submit_time": "2026-11-23 10:00:00.000", "video_url": "/a", "orig_prompt": "A cat",
        },
        "usage": {"duration": 5}, "code": "", "message": "", "total": 1,
        "data": [{"task_id": "task-1", "status": "RUNNING", "model_name": "wan2.6-t2v",
                  "gmt_create": 1700000000000}],
    },
    "kling": {
        "code": 0, "message": "",
        "data": {
            "task_id": "8123", "task_status": "failed", "task_status_msg": "m",
            "created_at": 1700000000000, "task_info": {"external_task_id": "x"},
            "task_result": {"videos": [{"url": "/a", "duration": "5"}]},
            "final_unit_deduction": "1",
            "resource_pack_subscribe_infos": [{"status": "online", "remaining_quantity": 3}],
        },
    },
    "kling list": {"code": 0, "data": [{"task_id": "8123", "task_status": "processing"}]},
    "runway": {
        "id": "task-1", "status": "FAILED", "failure": "m", "failureCode": "SAFETY.INPUT",
        "progress": 0.5, "output": ["/a"], "createdAt": "2026-11-23T10:00:00Z",
        "cost": {"credits": 3}, "creditBalance": 7, "tier": {"models": {"gen4.5": {}}},
    },
    "fal": {
        "request_id": "r", "status": "IN_PROGRESS", "status_url": "/a", "response_url": "/a",
        "cancel_url": "/a", "detail": [{"loc": ["body", "image_url"], "msg": "m", "type": "t"}],
        "metrics": {"inference_time": 1}, "error": "m", "error_type": "t",
    },
    "replicate": {
        "id": "abc1", "status": "failed", "error": "E005", "output": ["/a"], "logs": "",
        "created_at": "2026-11-23T10:00:00Z", "metrics": {"predict_time": 1}, "model": "m",
        "input": {"prompt": "A cat"}, "data_removed": False, "next": "/v1/predictions?cursor=1",
        "results": [{"id": "abc1", "status": "processing", "created_at": "2026-11-23T10:00:00Z",
                     "model": "bytedance/seedance-2.0", "input": {"prompt": "A cat"}}],
    },
}  # fmt: skip
_TOLD |= {"seed": _TOLD["videos"], "seedance_ark": _TOLD["seedance"]}
_DONE = ("succeeded", "SUCCEEDED", "completed", "COMPLETED", "success", "succeed", "done", "ok")
_SCALARS = st.one_of(
    st.none(),
    st.just(False),
    st.integers(),
    st.sampled_from([10**30, -(10**400), 2**63, 1700000000000, 10**17]),
    st.floats(),
    st.sampled_from([*_WORDS.split(), *_BROKEN]),
)


def shapes(scalars: st.SearchStrategy[Any], job_id: str) -> st.SearchStrategy[Any]:
    names = st.sampled_from([*_NAMES.split(), job_id])
    return st.recursive(
        scalars,
        lambda inner: st.one_of(
            st.lists(inner, max_size=5), st.dictionaries(names, inner, max_size=8)
        ),
        max_leaves=15,
    )


def dented(data: st.DataObject, whole: Any) -> Any:
    """An answer in the vendor's own shape, strange in up to three places."""
    told = deepcopy(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        inside = data.draw(st.sampled_from(list(_places(told)) or [None]))
        if inside is None:
            break
        container, key = inside
        container[key] = data.draw(st.one_of(_SCALARS, st.just([]), st.just({}), st.just([None])))
    return told


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(entries):
        yield value, key
        if isinstance(inner, dict | list):
            yield from _places(inner)


def opened(name: str, answers: Callable[[httpx.Request], httpx.Response]) -> OpenProvider:
    kind, model = KINDS.get(name), _JOBS[name][0]
    connection = Connection(
        id=ConnectionId("strange"),
        name="Strange",
        base_url="https://api.test",
        protocol=name,
        models=(model,),
        auth_header=kind.auth_header,
        key_source=KeySource.KEYRING,
        created_at=datetime.now(UTC),
        options={f"workflow:{model}": as_text(WAN_TEXT)} if name == "comfyui" else {},
    )
    return kind.open(Access(connection, "ak:sk-strange-1", httpx.MockTransport(answers)))


async def asked(call: Awaitable[Any]) -> Any:
    """What came of it; None where the house said no."""
    try:
        return await call
    except StudioError:
        return None


async def ask_all(name: str, told: Any, status: int, clip: Path) -> list[ProviderJob]:
    """Every question that an adapter knows, each answered by `told`; the jobs that it read."""
    content = json.dumps(told).encode("utf-8", "surrogatepass")
    provider = opened(name, lambda _request: httpx.Response(status, content=content))
    model, job_id = _JOBS[name]
    order = Submission("A cat", model, 5, "720x1280", idempotency_key="01hfa8e5q7c2")
    since = datetime.fromtimestamp(0, UTC)
    try:
        seen = [await asked(provider.submit(order)), await asked(provider.poll(job_id))]
        seen += await asked(provider.find(order, since)) or []
        if (poll_many := getattr(provider, "poll_many", None)) is not None:
            seen += (await asked(poll_many([job_id, "another/1"])) or {}).values()
        jobs = [job for job in seen if job is not None]
        for job in jobs[:3]:
            await asked(provider.fetch(job, clip, lambda _done, _total: None))
        await asked(provider.cancel(job_id))
        await provider.check()
    finally:
        await provider.close()
    for job in jobs:
        json.dumps([job.progress, job.seconds, job.poll_after_s], allow_nan=False)
        datetime.fromtimestamp(job.created_at or 0, UTC)
        json.dumps(dict(job.bill.usage) if job.bill else {}, allow_nan=False)
        f"{job.id}{job.raw_status}{job.error_code}{job.error_message}".encode()
    return jobs


def often(count: int) -> settings:
    fixtures = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(
        max_examples=count, deadline=None, database=None, suppress_health_check=fixtures,
        phases=[Phase.generate, Phase.shrink],
    )  # fmt: skip


def test_every_protocol_is_here() -> None:
    assert set(_JOBS) == {kind.name for kind in KINDS.all() if not kind.is_installed}


@pytest.mark.parametrize("name", list(_JOBS))
@often(40)
@given(data=st.data())
def test_answers_of_no_shape_are_no_surprise_and_never_a_clip(
    name: str, data: st.DataObject, tmp_path: Path
) -> None:
    told = data.draw(shapes(_SCALARS, _JOBS[name][1]))
    status = data.draw(st.sampled_from([200, 201, 400, 404, 429, 500]))
    jobs = asyncio.run(ask_all(name, told, status, tmp_path / "clip.mp4"))
    assert not [job for job in jobs if job.phase is JobPhase.SUCCEEDED]


@pytest.mark.parametrize("shape", list(_TOLD))
@often(50)
@given(data=st.data())
def test_answers_with_dents_are_no_surprise_and_never_a_clip(
    shape: str, data: st.DataObject, tmp_path: Path
) -> None:
    told, name = dented(data, _TOLD[shape]), shape.partition(" ")[0]
    status = data.draw(st.sampled_from([200, 200, 400]))
    jobs = asyncio.run(ask_all(name, told, status, tmp_path / "clip.mp4"))
    assert not [job for job in jobs if job.phase is JobPhase.SUCCEEDED]


@pytest.mark.parametrize("name", list(_JOBS))
@often(20)
@given(data=st.data())
def test_success_in_no_shape_brings_no_clip(name: str, data: st.DataObject, tmp_path: Path) -> None:
    words = st.one_of(st.sampled_from(_DONE), st.just(True), _SCALARS)
    told = data.draw(shapes(words, _JOBS[name][1]))
    clip = tmp_path / "clip.mp4"
    for job in asyncio.run(ask_all(name, told, 200, clip)):
        assert job.id
        assert job.result_url is None or isinstance(job.result_url, str)
    assert not clip.exists()
