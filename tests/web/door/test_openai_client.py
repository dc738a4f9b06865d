"""The official `openai` client, unmodified, against a studio with a model of somebody else."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import httpx
import openai
import pytest

from looks import look_until
from media.samples import paint
from shortdrama.domain.ids import TakeId
from shortdrama.sora2.boxes import check_mp4
from web.door.conftest import MODEL, Door

# OpenAI marked `client.videos` deprecated when it closed its own servers; the protocol lives on
# here, and that very client is what must keep working.
pytestmark = pytest.mark.filterwarnings("ignore:The Sora API is scheduled:DeprecationWarning")


def test_a_program_changes_only_its_base_url(door: Door, tmp_path: Path) -> None:
    client = door.client()
    door.provider.script("Mei at the window", poll=["queued", "in_progress:40", "completed"])
    made = client.videos.create(
        prompt="Mei at the window", model=MODEL, seconds="4", size="720x1280"
    )
    assert (made.object, made.status, made.seconds, made.model) == ("video", "queued", "4", MODEL)
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
    assert door.provider.submits() == 1


def test_what_it_orders_is_a_take_in_the_project_api(door: Door) -> None:
    client = door.client()
    made = client.videos.create_and_poll(prompt="a cat", model=MODEL, seconds="8")
    services = door.studio.services
    take = services.takes.get(TakeId(made.id.removeprefix("video_")))
    assert (take.ordered_by, take.request.connection_id) == ("api", "environment")
    assert take.estimate_micro_usd == 800_000
    board = services.board.episode_view(services.board.shot(take.shot_id).episode_id)
    assert board.project.title == "API"
    assert [view.shot.prompt_text for view in board.shots] == ["a cat"]
    # A person's own project stays the one that the studio opens with.
    assert services.board.current().project.title != "API"
    answer = httpx.get(f"{door.url}/api/takes/{take.id}").json()
    assert answer["ordered_by"] == "api"
    assert httpx.get(f"{door.url}/?shot={take.shot_id}").status_code == 200


def test_a_picture_becomes_an_asset_and_goes_along(door: Door, tmp_path: Path) -> None:
    client = door.client()
    picture = tmp_path / "a.png"
    paint(720, 1280).save(picture)
    job = client.videos.create_and_poll(prompt="a cat", model=MODEL, input_reference=picture)
    assert job.status == "completed"
    assert door.provider.made("a cat")[0].reference is not None
    again = client.videos.create_and_poll(
        prompt="a dog",
        model=MODEL,
        extra_body={"input_reference": {"image_url": data_url(picture)}},
    )
    assert again.status == "completed"
    assets = httpx.get(f"{door.url}/api/assets").json()["assets"]
    assert [(a["name"], a["tags"]) for a in assets] == [("API reference", ["api"])]


def test_list_pages_by_itself(door: Door) -> None:
    client = door.client()
    made = [client.videos.create(prompt=f"number {n}", model=MODEL).id for n in range(5)]
    assert [video.id for video in client.videos.list(limit=2)] == made[::-1]
    assert [video.id for video in client.videos.list(limit=2, order="asc")] == made
    page = client.videos.list(limit=2)
    assert (page.has_more, page.last_id) == (True, made[3])


def test_remix_is_a_new_take_with_other_words(door: Door) -> None:
    client = door.client()
    first = client.videos.create_and_poll(prompt="a cat", model=MODEL, seconds="8")
    remixed = client.videos.remix(first.id, prompt="a dog")
    assert remixed.remixed_from_video_id == first.id
    assert (remixed.prompt, remixed.seconds, remixed.model) == ("a dog", "8", MODEL)
    assert client.videos.poll(remixed.id).status == "completed"
    door.provider.script("slow", poll=["queued"])
    waiting = client.videos.create(prompt="slow", model=MODEL)
    with pytest.raises(openai.BadRequestError) as early:
        client.videos.remix(waiting.id, prompt="x")
    assert early.value.code == "video_not_completed"


def test_delete_hides_and_stops_but_the_studio_keeps_the_take(door: Door) -> None:
    client = door.client()
    door.provider.script("a cat", poll=["in_progress:10"])
    made = client.videos.create(prompt="a cat", model=MODEL)
    deleted = client.videos.delete(made.id)
    assert (deleted.id, deleted.deleted, deleted.object) == (made.id, True, "video.deleted")
    with pytest.raises(openai.NotFoundError):
        client.videos.retrieve(made.id)
    assert [video.id for video in client.videos.list()] == []
    take = door.studio.services.takes.get(TakeId(made.id.removeprefix("video_")))
    assert take.status in {"cancelling", "cancelled"}


def test_models_are_those_that_are_connected(door: Door) -> None:
    client = door.client()
    assert [model.id for model in client.models.list()] == ["previz-1", MODEL]
    assert client.models.retrieve(MODEL).id == MODEL
    with pytest.raises(openai.NotFoundError) as missing:
        client.models.retrieve("sora-9")
    assert missing.value.code == "model_not_found"


def test_programs_that_name_openais_own_models_get_the_usual_one(
    open_door: Callable[..., Door],
) -> None:
    door = open_door(door_model=MODEL)
    made = door.client().videos.create(prompt="a cat", model="sora-2", seconds="4")
    assert made.model == MODEL
    assert door.client().videos.create(prompt="a cat", seconds="4").model == MODEL


def test_errors_have_the_clients_types(door: Door) -> None:
    client = door.client()
    with pytest.raises(openai.NotFoundError) as missing:
        client.videos.retrieve("video_none")
    assert missing.value.code == "not_found"
    assert (missing.value.request_id or "").startswith("req_")
    with pytest.raises(openai.NotFoundError) as unknown:
        client.videos.create(prompt="a cat", model="veo-9")
    assert (unknown.value.code, unknown.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.BadRequestError) as empty:
        client.videos.create(prompt="", model=MODEL)
    assert (empty.value.code, empty.value.param) == ("missing_required_parameter", "prompt")
    with pytest.raises(openai.BadRequestError, match="12"):  # never another length in silence
        client.videos.create(prompt="a cat", model=MODEL, seconds="12")
    with pytest.raises(openai.BadRequestError) as stray:
        client.videos.create(prompt="a cat", model=MODEL, extra_body={"callback_url": "https://x"})
    assert (stray.value.code, stray.value.param) == ("unknown_parameter", "callback_url")
    with pytest.raises(openai.BadRequestError) as edit:
        client.post("/videos/edits", cast_to=httpx.Response, body={"prompt": "x"})
    assert edit.value.code == "unsupported_endpoint"
    assert door.provider.submits() == 0


def test_failed_jobs_say_why(door: Door) -> None:
    client = door.client()
    door.provider.script("a face", poll=["failed:moderation_blocked"])
    job = client.videos.create_and_poll(prompt="a face", model=MODEL)
    assert (job.status, job.error and job.error.code) == ("failed", "moderation_blocked")
    with pytest.raises(openai.NotFoundError) as content:
        client.videos.download_content(job.id)
    assert content.value.code == "video_not_ready"


def test_an_undecided_job_is_not_called_failed(door: Door) -> None:
    """Its client would order again, and pay twice."""
    client = door.client()
    door.provider.has_list = False
    door.provider.script("lost", submit="drop_after_accept")
    made = client.videos.create(prompt="lost", model=MODEL)
    job = look_until(lambda: client.videos.retrieve(made.id), lambda job: job.error is not None)
    assert job.status == "in_progress"
    assert job.error is not None
    assert job.error.code == "uncertain"
    assert "paid for twice" in job.error.message
    raw = client.videos.with_raw_response.retrieve(made.id)
    assert raw.headers["openai-poll-after-ms"] == "30000"
    client.videos.delete(made.id)
    take = door.studio.services.takes.get(TakeId(made.id.removeprefix("video_")))
    assert take.status == "uncertain"  # a person may still find out and adopt it
    assert door.provider.submits("lost") == 1


def test_clips_come_in_ranges(door: Door) -> None:
    job = door.client().videos.create_and_poll(prompt="a cat", model=MODEL)
    url = f"{door.base_url}/videos/{job.id}/content"
    whole = httpx.get(url)
    assert (whole.status_code, whole.headers["content-type"]) == (200, "video/mp4")
    part = httpx.get(url, headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    assert part.headers["content-range"] == f"bytes 4-7/{len(whole.content)}"
    same = httpx.get(url, headers={"If-None-Match": whole.headers["etag"]})
    assert same.status_code == 304


def test_the_seeds_form_of_the_protocol_works_too(door: Door) -> None:
    made = httpx.post(f"{door.base_url}/generate", json={"prompt": "a cat", "model": MODEL}).json()

    def ask() -> dict[str, object]:
        return dict(httpx.get(f"{door.base_url}/status/{made['jobId']}").json())

    done = look_until(ask, lambda told: told["status"] == "completed")
    assert httpx.get(str(done["videoUrl"])).content[4:8] == b"ftyp"


def test_links_for_clients_that_send_no_key(open_door: Callable[..., Door]) -> None:
    door = open_door(door_video_urls=True)
    _key, client = door.key()
    job = client.videos.create_and_poll(prompt="a cat", model=MODEL)
    url = str(job.model_dump()["video_url"])
    assert httpx.get(url).content[4:8] == b"ftyp"
    assert httpx.get(url.replace("signature=", "signature=0")).status_code == 403
    assert httpx.get(url.partition("?")[0]).status_code == 401
    later = client.videos.create_and_poll(prompt="a dog", model=MODEL)
    assert httpx.get(url.replace(job.id, later.id)).status_code == 403
    client.videos.delete(job.id)
    assert httpx.get(url).status_code == 404


def data_url(path: Path) -> str:
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"
