"""Every server that speaks `/v1/videos`: the contract, and each one's own ways."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from doubles.video_servers import SGLangDouble
from providers.contract import Play, ProviderContract, ended, finished
from providers.openai_videos.server_rigs import (
    AzureRig,
    LiteLLMRig,
    NewApiRig,
    OldNewApiRig,
    RelayRig,
    SGLangRig,
    VideosRig,
    VllmOmniRig,
)
from shortdrama.domain.model import Mode
from shortdrama.domain.take import FailureKind
from shortdrama.errors import InvalidInput, ProviderError
from shortdrama.generation.ports import JobPhase, ProviderJob, Submission
from shortdrama.providers.kind import OpenProvider
from shortdrama.providers.openai_videos.servers import server_of
from shortdrama.sora2.boxes import check_mp4

pytestmark = pytest.mark.anyio


class TestAzure(ProviderContract):
    rig_type = AzureRig


class TestLiteLLM(ProviderContract):
    rig_type = LiteLLMRig


class TestSGLang(ProviderContract):
    rig_type = SGLangRig


class TestVllmOmni(ProviderContract):
    rig_type = VllmOmniRig


class TestNewApi(ProviderContract):
    rig_type = NewApiRig


class TestOldNewApi(ProviderContract):
    rig_type = OldNewApiRig


class TestRelay(ProviderContract):
    rig_type = RelayRig


@asynccontextmanager
async def at(rig: VideosRig, **options: str) -> AsyncIterator[OpenProvider]:
    """A provider on the rig's double, with options over the rig's own."""
    connection = rig.connection()
    changed = replace(connection, options={**connection.options, **options})
    rig.connection = lambda _base_url="": changed  # type: ignore[method-assign]
    async with rig.opened() as provider:
        yield provider


def asked(rig: VideosRig, folder: Path, mode: Mode = Mode.TEXT, **extra: Any) -> Submission:
    return replace(rig.submission(mode, folder), extra=extra)


# How requests look


async def test_azure_is_asked_as_its_reference_has_it(tmp_path: Path) -> None:
    with AzureRig() as rig:
        async with at(rig) as provider:
            await provider.submit(asked(rig, tmp_path))
        seen = rig.double.seen[-1]
    assert (seen.path, seen.query) == ("/openai/v1/videos", {"api-version": "preview"})
    assert seen.headers["api-key"] == rig.key
    assert "authorization" not in seen.headers
    assert json.loads(seen.body) == {
        "prompt": "A cat on a wet roof, at night",
        "model": "model-1",
        "seconds": "4",
        "size": "720x1280",
    }


async def test_sglang_gets_a_number_of_seconds_and_its_own_words(tmp_path: Path) -> None:
    with SGLangRig() as rig:
        async with at(rig) as provider:
            await provider.submit(asked(rig, tmp_path, seed=7, negative_prompt="rain", fps=16))
            told = json.loads(rig.double.seen[-1].body)
            await provider.submit(asked(rig, tmp_path, Mode.FIRST_FRAME, seed=7))
    assert (told["seconds"], told["seed"], told["negative_prompt"]) == (4, 7, "rain")
    assert told["fps"] == 16  # the server's own word, as the person wrote it
    job = rig.double.last
    assert (job.fields["seconds"], job.fields["seed"]) == ("4", "7")
    assert job.files["input_reference"].startswith(b"\x89PNG")


async def test_sglang_gets_a_picture_in_json_where_it_looks_for_one(tmp_path: Path) -> None:
    with SGLangRig() as rig:
        async with at(rig, encoding="json") as provider:
            await provider.submit(asked(rig, tmp_path, Mode.FIRST_FRAME))
    fields = rig.double.last.fields
    assert fields["reference_url"].startswith("data:image/png;base64,")
    assert "input_reference" not in fields


async def test_vllm_omni_gets_forms_alone(tmp_path: Path) -> None:
    with VllmOmniRig() as rig:
        async with at(rig) as provider:
            extra = {"seed": 7, "sound": True, "negative_prompt": "rain"}
            await provider.submit(asked(rig, tmp_path, **extra))
        fields = rig.double.last.fields
    assert fields == {
        "prompt": "A cat on a wet roof, at night",
        "model": rig.model,
        "seconds": "4",
        "size": "720x1280",
        "seed": "7",
        "generate_sound": "true",
        "negative_prompt": "rain",
    }


@pytest.mark.parametrize(
    ("mode", "task"), [(Mode.FIRST_LAST, "fl2va"), (Mode.REFERENCES, "ref2va")]
)
async def test_vllm_omni_gets_several_pictures_as_json_in_a_form(
    tmp_path: Path, mode: Mode, task: str
) -> None:
    with VllmOmniRig() as rig:
        async with at(rig) as provider:
            order = asked(rig, tmp_path, mode, extra_params={"duration": 4.0})
            await provider.submit(order)
        job = rig.double.last
    listed = json.loads(job.fields["image_reference"])
    contents = [base64.b64decode(one["image_url"].partition(",")[2]) for one in listed]
    assert contents == [reference.path.read_bytes() for reference in order.references]
    assert json.loads(job.fields["extra_params"]) == {"task": task, "duration": 4.0}
    assert job.files == {}


async def test_new_api_gets_a_negative_prompt_for_its_upstream(tmp_path: Path) -> None:
    with NewApiRig() as rig:
        async with at(rig) as provider:
            order = asked(rig, tmp_path, seed=7, negative_prompt="rain", metadata={"mode": "pro"})
            await provider.submit(order)
    fields = rig.double.last.fields
    assert fields["seed"] == 7
    assert fields["metadata"] == {"negative_prompt": "rain", "mode": "pro"}


async def test_the_older_form_of_new_api(tmp_path: Path) -> None:
    with OldNewApiRig() as rig:
        async with at(rig) as provider:
            await provider.submit(asked(rig, tmp_path, Mode.FIRST_FRAME))
        seen, fields = rig.double.seen[-1], rig.double.last.fields
    assert seen.path == "/v1/video/generations"
    assert fields.pop("image").startswith("data:image/png;base64,")
    assert fields == {
        "prompt": "A cat on a wet roof, at night",
        "model": "model-1",
        "duration": 4,
        "size": "720x1280",
        "width": 720,
        "height": 1280,
    }


async def test_a_relay_gets_the_bare_key(tmp_path: Path) -> None:
    with RelayRig() as rig:
        async with at(rig) as provider:
            await provider.submit(asked(rig, tmp_path))
        assert rig.double.seen[-1].headers["authorization"] == rig.key
        async with at(rig, auth="bearer") as provider:
            with pytest.raises(ProviderError) as caught:
                await provider.submit(asked(rig, tmp_path))
    assert caught.value.kind == FailureKind.AUTH


async def test_words_of_a_server_that_nobody_knows(tmp_path: Path) -> None:
    words = "sound = generate_audio\nnegative_prompt = options.avoid"
    with RelayRig() as rig:
        async with at(rig, words=words) as provider:
            order = asked(rig, tmp_path, seed=7, sound=False, negative_prompt="rain")
            await provider.submit(order)
    fields = rig.double.last.fields
    assert (fields["seed"], fields["generate_audio"]) == (7, False)
    assert fields["options"] == {"avoid": "rain"}
    assert not {"sound", "negative_prompt"} & set(fields)


async def test_every_request_may_be_a_form(tmp_path: Path) -> None:
    with RelayRig() as rig:
        async with at(rig, encoding="multipart") as provider:
            await provider.submit(asked(rig, tmp_path))
        assert rig.double.seen[-1].headers["content-type"].startswith("multipart/form-data")


# What is not said to a server that has no word for it


@pytest.mark.parametrize(
    ("options", "extra"),
    [
        ({"server": "openai"}, {"seed": 7}),
        ({"server": "openai"}, {"negative_prompt": "rain"}),
        ({"server": "openai"}, {"sound": False}),
        ({"server": "sglang"}, {"sound": True}),
        ({"server": "new-api"}, {"sound": True}),
        ({}, {"sound": False}),
    ],
)
async def test_a_wish_without_a_word_is_refused_before_sending(
    tmp_path: Path, options: dict[str, str], extra: dict[str, Any]
) -> None:
    with RelayRig() as rig:
        async with at(rig, **options) as provider:
            with pytest.raises(ProviderError) as caught:
                await provider.submit(asked(rig, tmp_path, **extra))
    assert caught.value.kind == FailureKind.UNSUPPORTED
    assert rig.submits() == 0


async def test_sound_that_is_always_there_needs_no_word(tmp_path: Path) -> None:
    with AzureRig() as rig:
        async with at(rig) as provider:
            await provider.submit(asked(rig, tmp_path, sound=True))
    assert "sound" not in rig.double.last.fields


@pytest.mark.parametrize(
    "options",
    [
        {"server": "litelm"},
        {"encoding": "xml"},
        {"auth": "basic"},
        {"route": "v2"},
        {"words": "seed: s"},
        {"words": "colour = red"},
    ],
)
def test_an_option_that_cannot_be_is_said_at_once(options: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        server_of(options)


def test_options_over_what_is_known_of_a_server() -> None:
    server = server_of({"server": "vLLM-Omni", "encoding": " JSON ", "words": "sound=audio"})
    assert server.encoding == "never"
    assert dict(server.words)["sound"] == "audio"
    assert dict(server.words)["seed"] == "seed"


# LiteLLM


async def test_litellm_ids_come_back_whole(tmp_path: Path) -> None:
    with LiteLLMRig() as rig:
        async with at(rig) as provider:
            job = await finished(provider, asked(rig, tmp_path))
            await provider.fetch(job, tmp_path / "clip.mp4", lambda _done, _total: None)
        assert len(job.id) > 500
        assert job.id == rig.double.last.id  # not the shorter one that its polls tell
        assert rig.double.seen[-1].path == f"/v1/videos/{job.id}/content"
    assert job.bill is not None
    assert job.bill.usage == {"duration_seconds": 4.0}


async def test_litellm_words(tmp_path: Path) -> None:
    with LiteLLMRig() as rig:
        async with at(rig) as provider:
            job = await provider.submit(asked(rig, tmp_path))
            rig.play(Play.SLOW)
            poll = await provider.poll(job.id)
            assert (poll.raw_status, poll.phase) == ("processing", JobPhase.RUNNING)
            rig.double.play = "cancelled"
            assert (await provider.poll(job.id)).phase is JobPhase.CANCELLED


async def test_litellm_without_delete_is_not_asked_to(tmp_path: Path) -> None:
    with LiteLLMRig() as rig:
        async with at(rig) as provider:
            job = await provider.submit(asked(rig, tmp_path))
            assert not await provider.cancel(job.id)
        assert "DELETE" not in {seen.method for seen in rig.double.seen}


async def test_a_server_without_delete_that_nobody_knows(tmp_path: Path) -> None:
    with LiteLLMRig() as rig:
        async with at(rig, server="") as provider:
            job = await provider.submit(asked(rig, tmp_path))
            assert not await provider.cancel(job.id)


async def test_litellm_tells_a_filtered_clip_only_where_it_is_fetched(tmp_path: Path) -> None:
    with LiteLLMRig() as rig:
        async with at(rig) as provider:
            job = await finished(provider, asked(rig, tmp_path))
            rig.double.play = "filtered"
            with pytest.raises(ProviderError) as caught:
                await provider.fetch(job, tmp_path / "clip.mp4", lambda _done, _total: None)
    assert caught.value.kind == FailureKind.MODERATION_OUTPUT


@pytest.mark.parametrize("server", ["litellm", ""])
@pytest.mark.parametrize("play", [Play.SERVER_ERROR, Play.BUSY])
async def test_litellm_is_told_to_send_once(tmp_path: Path, server: str, play: Play) -> None:
    """By itself it would send what failed upstream three times, and each may be charged."""
    with LiteLLMRig() as rig:
        rig.play(play)
        async with at(rig, server=server) as provider:
            with pytest.raises(ProviderError):
                await provider.submit(asked(rig, tmp_path))
        assert rig.submits() == 1


async def test_litellm_lists_the_jobs_of_a_vendor_that_is_named(tmp_path: Path) -> None:
    """Its list has the upstream's names of models; other servers' names have to fit."""
    since = datetime.now(UTC) - timedelta(seconds=5)
    query = "custom_llm_provider=openai"
    with LiteLLMRig() as rig:
        order = asked(rig, tmp_path)
        async with at(rig, query=query) as provider:
            job = await provider.submit(order)
            assert [found.id for found in await provider.find(order, since)] == [job.id]
        async with at(rig, server="", query=query) as provider:
            assert await provider.find(order, since) == []


# SGLang


async def test_sglang_is_never_asked_for_a_variant(tmp_path: Path) -> None:
    with SGLangRig() as rig:
        async with at(rig) as provider:
            job = await finished(provider, asked(rig, tmp_path))
            await provider.fetch(job, tmp_path / "clip.mp4", lambda _done, _total: None)
        assert rig.double.seen[-1].path.endswith("/content")
        assert rig.double.seen[-1].query == {}


@pytest.mark.parametrize("is_told", [True, False])
async def test_sglang_clip_in_the_cloud(tmp_path: Path, is_told: bool) -> None:
    """`/content` answers 400 with the address in its text; the job tells it too."""
    with SGLangRig() as rig:
        assert isinstance(rig.double, SGLangDouble)
        rig.double.is_in_cloud = True
        async with at(rig) as provider:
            job = await finished(provider, asked(rig, tmp_path))
            told = job if is_told else ProviderJob(job.id, JobPhase.SUCCEEDED)
            await provider.fetch(told, tmp_path / "clip.mp4", lambda _done, _total: None)
    check_mp4(tmp_path / "clip.mp4")


async def test_sglang_deletion_forgets_a_job_and_does_not_stop_it(tmp_path: Path) -> None:
    with SGLangRig() as rig:
        async with at(rig) as provider:
            job = await provider.submit(asked(rig, tmp_path))
            assert not await provider.cancel(job.id)
            assert (await ended(provider, job)).phase is JobPhase.SUCCEEDED
        async with at(rig, server="") as provider:
            job = await provider.submit(asked(rig, tmp_path))
            assert await provider.cancel(job.id)  # a 2xx with the word "deleted"


async def test_sglang_error_without_a_code(tmp_path: Path) -> None:
    with SGLangRig() as rig:
        rig.play(Play.FAILED)
        async with at(rig) as provider:
            job = await ended(provider, await provider.submit(asked(rig, tmp_path)))
    assert (job.error_code, job.error_message) == (None, "CUDA out of memory")
    assert job.failure_kind is FailureKind.PROVIDER_FAILURE


async def test_a_list_without_prompts_is_no_list_to_search(tmp_path: Path) -> None:
    since = datetime.now(UTC) - timedelta(seconds=5)
    with SGLangRig() as rig:
        async with at(rig) as provider:
            assert await provider.find(asked(rig, tmp_path), since) == []
            await provider.submit(asked(rig, tmp_path))
            with pytest.raises(ProviderError) as caught:
                await provider.find(asked(rig, tmp_path), since)
    assert caught.value.kind == FailureKind.UNSUPPORTED


# vLLM-Omni


async def test_vllm_omni_failed_job_behind_an_http_error(tmp_path: Path) -> None:
    with VllmOmniRig() as rig:
        rig.play(Play.FAILED)
        async with at(rig) as provider:
            job = await ended(provider, await provider.submit(asked(rig, tmp_path)))
            assert job.phase is JobPhase.FAILED
            assert job.error_message == "The render broke."
            with pytest.raises(ProviderError) as caught:
                await provider.fetch(job, tmp_path / "clip.mp4", lambda _done, _total: None)
    assert not caught.value.is_transient
    assert caught.value.details["http_status"] == 422


async def test_vllm_omni_abort_that_takes_its_time(tmp_path: Path) -> None:
    """409 is no refusal: the job is asked to be stopped again."""
    with VllmOmniRig() as rig:
        rig.play(Play.SLOW)
        async with at(rig) as provider:
            job = await provider.submit(asked(rig, tmp_path))
            rig.double.play = "aborting"
            with pytest.raises(ProviderError) as caught:
                await provider.cancel(job.id)
            assert caught.value.is_transient
            assert await provider.cancel(job.id)


# new-api


async def test_new_api_job_that_it_does_not_know(tmp_path: Path) -> None:
    with NewApiRig() as rig:
        async with at(rig) as provider:
            with pytest.raises(ProviderError) as caught:
                await provider.poll("task_gone")
    assert caught.value.kind == FailureKind.NOT_FOUND
    assert caught.value.details["http_status"] == 400


async def test_new_api_clip_that_it_cannot_pass_on(tmp_path: Path) -> None:
    """`/content` fails for channels such as Vertex; the address in `metadata` is there."""
    with NewApiRig() as rig:
        rig.double.play = "no_content"
        async with at(rig) as provider:
            job = await finished(provider, asked(rig, tmp_path))
            assert job.result_url is not None
            with pytest.raises(ProviderError) as caught:
                await provider.fetch(job, tmp_path / "clip.mp4", lambda _done, _total: None)
            assert caught.value.is_transient  # that of /content, not the 404 of the address


async def test_new_api_without_a_list_is_not_asked_for_one(tmp_path: Path) -> None:
    with NewApiRig() as rig:
        async with at(rig) as provider:
            with pytest.raises(ProviderError):
                await provider.find(asked(rig, tmp_path), datetime.now(UTC))
        assert rig.double.seen == []


async def test_older_new_api_keeps_the_task_id_and_says_why_it_failed(tmp_path: Path) -> None:
    """It tells a number of its own as `id`, and the clip's address as `fail_reason`."""
    with OldNewApiRig() as rig:
        async with at(rig) as provider:
            job = await finished(provider, asked(rig, tmp_path))
            assert job.id == rig.double.last.id
            assert job.raw_status == "SUCCESS"
            assert job.error_message is None
            assert job.result_url == f"{rig.base_url.removesuffix('/v1')}/files/{job.id}.mp4"
            rig.play(Play.FAILED)
            broken = await ended(provider, await provider.submit(asked(rig, tmp_path)))
    assert (broken.raw_status, broken.error_message) == ("FAILURE", "The render broke.")


# Relays


async def test_a_relay_without_content_tells_the_address_again(tmp_path: Path) -> None:
    with RelayRig() as rig:
        async with at(rig) as provider:
            job = await finished(provider, asked(rig, tmp_path))
            bare = ProviderJob(job.id, JobPhase.SUCCEEDED)
            await provider.fetch(bare, tmp_path / "clip.mp4", lambda _done, _total: None)
    check_mp4(tmp_path / "clip.mp4")
