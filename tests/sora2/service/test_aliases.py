"""Programs that name OpenAI's models, at a server that has one engine of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from openai import OpenAI

from doubles.serving import Serving
from shortdrama.app import build_sora2
from shortdrama.settings import Settings
from shortdrama.sora2.service.aliases import OPENAI_MODELS, AliasedEngine
from shortdrama.sora2.service.app import ServiceOptions, create_sora2_app
from shortdrama.sora2.service.files import FileContent, FileJobs
from sora2.service.tiny_engine import TinyEngine

pytestmark = pytest.mark.filterwarnings("ignore:The Sora API is scheduled:DeprecationWarning")


@pytest.fixture
def engine() -> TinyEngine:
    return TinyEngine()


@pytest.fixture
def client(engine: TinyEngine, tmp_path: Path) -> Iterator[OpenAI]:
    aliased = AliasedEngine(engine, OPENAI_MODELS)
    options = ServiceOptions(tmp_path / "scratch", poll_after_ms=20)
    app = create_sora2_app(FileJobs(tmp_path), aliased, FileContent(tmp_path), options)
    with (
        Serving(app, has_lifespan=True) as serving,
        OpenAI(base_url=f"{serving.url}/v1", api_key="any", max_retries=0) as client,
    ):
        yield client


def test_the_job_answers_the_id_that_was_asked(client: OpenAI, engine: TinyEngine) -> None:
    for model in OPENAI_MODELS:
        job = client.videos.create_and_poll(prompt="a cat", model=model, seconds="4")
        assert (job.status, job.model) == ("completed", model)
        assert client.videos.retrieve(job.id).model == model
        assert client.videos.remix(job.id, prompt="a dog").model == model
    assert client.videos.create(prompt="a cat").model == "tiny-1"
    assert {spec.model for spec in engine.started} <= {"tiny-1"}


def test_they_are_listed_behind_the_engine_s_own(client: OpenAI) -> None:
    ids = [model.id for model in client.models.list()]
    assert ids == ["tiny-1", "tiny-2", "sora-2", "sora-2-pro"]
    assert client.models.retrieve("sora-2-pro").id == "sora-2-pro"


def test_other_ids_stay_errors(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as unknown:
        client.videos.create(prompt="a cat", model="sora-3")
    assert (unknown.value.code, unknown.value.param) == ("model_not_found", "model")


def test_the_server_of_the_command_line_takes_them(tmp_path: Path) -> None:
    with (
        build_sora2(Settings(data=tmp_path), key=None) as app,
        Serving(app, has_lifespan=True) as serving,
        OpenAI(base_url=f"{serving.url}/v1", api_key="any", max_retries=0) as client,
    ):
        assert [m.id for m in client.models.list()] == ["previz-1", "sora-2", "sora-2-pro"]
        job = client.videos.create_and_poll(
            prompt="a cat",
            model="sora-2",
            seconds="1",  # type: ignore[arg-type]
        )
        assert (job.status, job.model) == ("completed", "sora-2")
