"""The official `openai` client, unmodified, against the service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from openai import OpenAI

from shortdrama.sora2.boxes import check_mp4
from sora2.service.conftest import Running

# OpenAI marked `client.videos` deprecated when it closed its own servers; the protocol lives on
# here, and that very client is what must keep working.
pytestmark = pytest.mark.filterwarnings("ignore:The Sora API is scheduled:DeprecationWarning")


@pytest.fixture
def client(service: Running) -> Iterator[OpenAI]:
    with OpenAI(base_url=service.base_url, api_key=service.key, max_retries=0) as client:
        yield client


def test_create_poll_and_download(service: Running, client: OpenAI, tmp_path: Path):
    made = client.videos.create(
        prompt="A cat in the rain", model="tiny-1", seconds="4", size="720x1280"
    )
    assert (made.object, made.status, made.progress, made.seconds) == ("video", "queued", 0, "4")
    assert made.id.startswith("video_")
    done = client.videos.poll(made.id)
    assert (done.status, done.progress, done.error) == ("completed", 100, None)
    assert done.completed_at is not None
    assert done.completed_at >= done.created_at
    path = tmp_path / "a.mp4"
    client.videos.download_content(made.id).write_to_file(path)
    check_mp4(path)
    assert client.videos.download_content(made.id, variant="thumbnail").content[8:12] == b"WEBP"
    sheet = client.videos.download_content(made.id, variant="spritesheet")
    assert sheet.content[:3] == b"\xff\xd8\xff"
    assert sheet.response.headers["content-type"] == "image/jpeg"


def test_create_and_poll_with_a_picture(service: Running, client: OpenAI, tmp_path: Path):
    picture = tmp_path / "a.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50_000))
    job = client.videos.create_and_poll(prompt="a cat", input_reference=picture, seconds="4")
    assert (job.status, job.model) == ("completed", "tiny-1")
    assert service.engine.references == [picture.read_bytes()]
    url = "data:image/png;base64,iVBORw0KGgoAAAAA"
    # 3.54 types `input_reference={"image_url": …}` but refuses it before sending (it takes it for
    # a file); as an extra field it goes out in bracketed keys, as older ones did.
    client.videos.create_and_poll(
        prompt="a cat", extra_body={"input_reference": {"image_url": url}}
    )
    assert service.engine.references[1] == b"\x89PNG\r\n\x1a\n\0\0\0\0"


def test_list_pages_by_itself(client: OpenAI):
    made = [client.videos.create_and_poll(prompt=f"number {n}").id for n in range(5)]
    assert [video.id for video in client.videos.list(limit=2)] == made[::-1]
    assert [video.id for video in client.videos.list(limit=2, order="asc")] == made
    page = client.videos.list(limit=2)
    assert (page.has_more, page.last_id) == (True, made[3])


def test_remix_and_delete(service: Running, client: OpenAI):
    first = client.videos.create_and_poll(prompt="a cat", seconds="8", size="1280x720")
    remixed = client.videos.remix(first.id, prompt="a dog")
    assert remixed.remixed_from_video_id == first.id
    assert (remixed.prompt, remixed.seconds, remixed.size) == ("a dog", "8", "1280x720")
    assert client.videos.poll(remixed.id).status == "completed"
    deleted = client.videos.delete(first.id)
    assert (deleted.id, deleted.deleted, deleted.object) == (first.id, True, "video.deleted")
    with pytest.raises(openai.NotFoundError):
        client.videos.retrieve(first.id)
    assert not list(service.folder.rglob(f"{first.id}*"))


def test_errors_have_the_clients_types(service: Running, client: OpenAI):
    with pytest.raises(openai.NotFoundError) as missing:
        client.videos.retrieve("video_none")
    assert missing.value.code == "not_found"
    assert missing.value.request_id
    assert missing.value.request_id.startswith("req_")
    with pytest.raises(openai.NotFoundError) as unknown_model:
        client.videos.create(prompt="a cat", model="sora-9")
    assert unknown_model.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError) as empty:
        client.videos.create(prompt="")
    assert (empty.value.code, empty.value.param) == ("missing_required_parameter", "prompt")
    with pytest.raises(openai.BadRequestError) as wrong:
        client.videos.create(prompt="a cat", seconds="soon")  # type: ignore[arg-type]
    assert (wrong.value.code, wrong.value.param) == ("invalid_value", "seconds")
    with (
        OpenAI(base_url=service.base_url, api_key="wrong", max_retries=0) as stranger,
        pytest.raises(openai.AuthenticationError) as refused,
    ):
        stranger.videos.create(prompt="a cat")
    assert refused.value.code == "invalid_api_key"


def test_failed_jobs_say_why(client: OpenAI):
    broken = client.videos.create_and_poll(prompt="break")
    assert broken.status == "failed"
    assert broken.error is not None
    assert (broken.error.code, "secret" in broken.error.message) == ("internal_error", False)
    refused = client.videos.create_and_poll(prompt="refuse")
    assert refused.error is not None
    assert refused.error.code == "unsupported_file"
    with pytest.raises(openai.NotFoundError):
        client.videos.download_content(refused.id)


def test_models_are_listed(client: OpenAI):
    assert [model.id for model in client.models.list()] == ["tiny-1", "tiny-2"]
    assert client.models.retrieve("tiny-2").id == "tiny-2"
