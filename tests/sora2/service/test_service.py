"""The service against `Sora2Client` and bare HTTP."""

from __future__ import annotations

import asyncio
import base64
import errno
import json
import logging
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import anyio
import httpx
import pytest

from doubles.serving import Serving, listen
from shortdrama.errors import Conflict, NotFound, ProviderError
from shortdrama.sora2.client import Sora2Client
from shortdrama.sora2.options import GenerateOptions, ReferenceFile
from shortdrama.sora2.service.app import ServiceOptions, Sora2Service, create_sora2_app
from shortdrama.sora2.service.expiry import Expiry
from shortdrama.sora2.service.files import FileContent, FileJobs
from shortdrama.sora2.wire import JobStatus, VideoJob
from sora2.service.conftest import KEY, Running
from sora2.service.tiny_engine import TinyEngine

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client(service: Running) -> AsyncIterator[Sora2Client]:
    async with Sora2Client(service.base_url, api_key=service.key) as client:
        yield client


@pytest.fixture
async def http(service: Running) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {service.key}"}
    async with httpx.AsyncClient(base_url=service.base_url, headers=headers) as http:
        yield http


async def eventually(is_so: Callable[[], bool | Awaitable[bool]]) -> None:
    """Ask until the answer is yes; fails after 20 s."""
    with anyio.fail_after(20):
        while True:
            answer = is_so()
            if answer if isinstance(answer, bool) else await answer:
                return
            await anyio.sleep(0.01)


async def finished(client: Sora2Client, job_id: str) -> VideoJob:
    with anyio.fail_after(20):
        while True:
            job = await client.check_status(job_id)
            if job.status.is_terminal:
                return job
            await anyio.sleep(job.poll_after_s or 0.02)


@pytest.mark.parametrize("dialect", ["videos", "seed"])
@pytest.mark.parametrize("multipart", ["auto", "never", "always"])
async def test_prompt_and_picture_become_a_clip(service, tmp_path, dialect, multipart):
    picture = tmp_path / "a.jpg"
    picture.write_bytes(b"\xff\xd8\xff" + bytes(range(256)) * 200)
    options = GenerateOptions(
        model="tiny-2",
        seconds=2,
        size="64x112",
        reference=ReferenceFile(picture, "image/jpeg", "a.jpg"),
    )
    async with Sora2Client(
        service.base_url, api_key=KEY, dialect=dialect, multipart=multipart
    ) as client:
        job = await client.generate_video("Ein Kätzchen 猫", options)
        done = await finished(client, job.id)
        assert (done.status, done.progress) == (JobStatus.COMPLETED, 100)
        source = done.video_url if dialect == "seed" else job.id
        kept = await client.download_video(source, tmp_path / "a.mp4")
    (spec,) = service.engine.started
    assert (spec.model, spec.prompt, spec.seconds) == ("tiny-2", "Ein Kätzchen 猫", 2)
    assert service.engine.references == [picture.read_bytes()]
    assert kept.path.read_bytes() == service.content.path(f"{job.id}.mp4").read_bytes()


PICTURE = b"\xff\xd8\xff" + bytes(range(256)) * 4
PICTURE_URL = "data:image/jpeg;base64," + base64.b64encode(PICTURE).decode()


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"prompt": "a"}, "files": {"input_reference[]": ("a.jpg", PICTURE)}},
        {"data": {"prompt": "a"}, "files": {"input_reference[0]": ("a.jpg", PICTURE)}},
        {"data": {"prompt": "a", "input_reference[image_url]": PICTURE_URL}},
        {"json": {"prompt": "a", "input_reference[image_url]": PICTURE_URL}},
        {"json": {"prompt": "a", "input_reference[]": PICTURE_URL}},
        {"json": {"prompt": "a", "input_reference": [{"image_url": PICTURE_URL}]}},
    ],
)
async def test_a_reference_may_come_under_a_key_in_brackets(service, http, sent):
    answer = await http.post("/videos", **sent)
    assert answer.status_code == 200, answer.text
    async with Sora2Client(service.base_url, api_key=KEY) as client:
        await finished(client, answer.json()["id"])
    assert service.engine.references == [PICTURE]


async def test_two_references_are_refused_and_not_one_of_them_left_out(service, http):
    two = [("input_reference[]", ("a.jpg", PICTURE)), ("input_reference[]", ("b.jpg", PICTURE))]
    both = {"input_reference[image_url]": PICTURE_URL}
    for sent in (
        {"data": {"prompt": "a"}, "files": two},
        {"data": {"prompt": "a", **both}, "files": two[:1]},
    ):
        answer = await http.post("/videos", **sent)
        assert answer.status_code == 400
        assert answer.json()["error"]["param"] == "input_reference"
    assert not service.engine.started


async def test_check_connection_knows_a_right_key_from_a_wrong_one(client):
    check = await client.check_connection()
    assert (check.status, check.models) == ("ok", ("tiny-1", "tiny-2"))
    client.authenticate("sk-wrong-key")
    assert (await client.check_connection()).status == "unauthorised"


async def test_two_at_once_the_rest_in_order_with_progress(service, client):
    service.engine.gate = asyncio.Event()
    made = [await client.generate_video(f"number {n}") for n in range(5)]
    await eventually(lambda: len(service.engine.started) == 2)
    running = await client.check_status(made[0].id)
    assert (running.status, running.progress) == (JobStatus.IN_PROGRESS, 40)
    assert (await client.check_status(made[4].id)).status is JobStatus.QUEUED
    service.serving.call(service.engine.gate.set)
    for job in made:
        assert (await finished(client, job.id)).status is JobStatus.COMPLETED
    assert service.engine.most_at_once == 2
    assert [spec.prompt for spec in service.engine.started] == [f"number {n}" for n in range(5)]


async def test_deleting_a_running_job_stops_it_and_leaves_nothing(service, client):
    service.engine.gate = asyncio.Event()
    job = await client.generate_video("a cat")
    await eventually(lambda: bool(service.engine.started))
    assert await client.delete_video(job.id)
    assert service.engine.cancelled == 1
    assert not list(service.folder.rglob(f"{job.id}*"))
    service.serving.call(service.engine.gate.set)
    following = await client.generate_video("a dog")
    assert (await finished(client, following.id)).status is JobStatus.COMPLETED


async def test_a_job_deleted_while_its_clip_is_being_kept_leaves_nothing(tmp_path):
    """Between the bytes and the row there is a moment; nothing may fall into it."""
    is_keeping, may_go_on = threading.Event(), threading.Event()

    class SlowContent(FileContent):
        def put_file(self, path: Path, name: str) -> str:
            key = super().put_file(path, name)
            is_keeping.set()
            assert may_go_on.wait(10)
            return key

    jobs, options = FileJobs(tmp_path), ServiceOptions(scratch=tmp_path / "scratch")
    service = Sora2Service(jobs, TinyEngine(), SlowContent(tmp_path), options)
    transport = httpx.ASGITransport(app=service.standalone())
    async with (
        service.running(),
        Sora2Client("http://127.0.0.1", transport=transport) as client,
        anyio.create_task_group() as tasks,
    ):
        job = await client.generate_video("a cat")
        await eventually(is_keeping.is_set)
        is_deleted = anyio.Event()

        async def delete() -> None:
            await client.delete_video(job.id)
            is_deleted.set()

        tasks.start_soon(delete)
        await eventually(lambda: jobs.get(job.id) is None)
        with anyio.move_on_after(0.2):
            await is_deleted.wait()
        assert not is_deleted.is_set()  # not said before the bytes are gone
        may_go_on.set()
    assert not list(tmp_path.rglob(f"{job.id}*"))


async def test_clips_are_forgotten_when_their_time_is_over(tmp_path):
    options = ServiceOptions(scratch=tmp_path / "scratch", keep_for=timedelta(hours=1))
    jobs, content = FileJobs(tmp_path), FileContent(tmp_path)
    service = Sora2Service(jobs, TinyEngine(), content, options)
    transport = httpx.ASGITransport(app=service.standalone())
    async with service.running(), Sora2Client("http://127.0.0.1", transport=transport) as client:
        made = [await client.generate_video(f"number {n}") for n in range(2)]
        done = [await finished(client, job.id) for job in made]
        assert done[0].expires_at is not None
    expiry = Expiry(jobs, content, options.scratch)
    assert expiry.sweep(done[0].expires_at - timedelta(minutes=1)) == 0
    assert expiry.sweep(done[1].expires_at + timedelta(minutes=1)) == 2
    assert jobs.list(None, 10, "asc") == ()
    assert not list(tmp_path.rglob("video_*"))


async def test_a_damaged_row_does_not_stop_the_others(tmp_path):
    options = ServiceOptions(scratch=tmp_path / "scratch")
    jobs = FileJobs(tmp_path)
    (tmp_path / "jobs" / "video_0.json").write_text("{")
    service = Sora2Service(jobs, TinyEngine(), FileContent(tmp_path), options)
    transport = httpx.ASGITransport(app=service.standalone())
    async with service.running(), Sora2Client("http://127.0.0.1", transport=transport) as client:
        job = await client.generate_video("a cat")
        assert (await finished(client, job.id)).status is JobStatus.COMPLETED
        assert [row.id for row in (await client.list_videos()).jobs] == [job.id]


async def test_a_full_disk_fails_the_job_in_words(tmp_path):
    class FullContent(FileContent):
        def put_file(self, path: Path, name: str) -> str:
            raise OSError(errno.ENOSPC, "No space left on device")

    options = ServiceOptions(scratch=tmp_path / "scratch")
    service = Sora2Service(FileJobs(tmp_path), TinyEngine(), FullContent(tmp_path), options)
    transport = httpx.ASGITransport(app=service.standalone())
    async with service.running(), Sora2Client("http://127.0.0.1", transport=transport) as client:
        done = await finished(client, (await client.generate_video("a cat")).id)
    assert done.error is not None
    assert done.error.code == "storage_full"
    assert not list((tmp_path / "scratch").glob("video_*"))


async def test_ranges_validators_and_head(service, client, http):
    job = await client.generate_video("a cat")
    await finished(client, job.id)
    url = f"/videos/{job.id}/content"
    whole = await http.get(url)
    assert (whole.status_code, whole.headers["content-type"]) == (200, "video/mp4")
    part = await http.get(url, headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole.content)}"
    tail = await http.get(url, headers={"range": "bytes=-5", "if-range": whole.headers["etag"]})
    assert (tail.status_code, tail.content) == (206, whole.content[-5:])
    changed = await http.get(url, headers={"range": "bytes=-5", "if-range": '"other"'})
    assert (changed.status_code, changed.content) == (200, whole.content)
    beyond = await http.get(url, headers={"range": "bytes=99999999-"})
    assert beyond.status_code == 416
    head = await http.head(url)
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) == len(whole.content)
    same = await http.get(url, headers={"if-none-match": whole.headers["etag"]})
    assert same.status_code == 304


BAD_JSON = [
    ({}, 400, "missing_required_parameter", "prompt"),
    ({"prompt": 7}, 400, "invalid_value", "prompt"),
    ({"prompt": " \x00 "}, 400, "invalid_value", "prompt"),
    ({"prompt": "x" * 32_001}, 400, "invalid_value", "prompt"),
    ({"prompt": "a", "seconds": 0}, 400, "invalid_value", "seconds"),
    ({"prompt": "a", "seconds": True}, 400, "invalid_value", "seconds"),
    ({"prompt": "a", "seconds": "7.5"}, 400, "invalid_value", "seconds"),
    ({"prompt": "a", "seconds": 21}, 400, "invalid_value", None),
    ({"prompt": "a", "size": "big"}, 400, "invalid_value", "size"),
    ({"prompt": "a", "size": ["x"]}, 400, "invalid_value", "size"),
    ({"prompt": "a", "model": {"x": 1}}, 404, "model_not_found", "model"),
    ({"prompt": "a", "input_reference": 3}, 400, "invalid_value", "input_reference"),
    (
        {"prompt": "a", "input_reference": {"image_url": "https://example.org/a.png"}},
        400,
        "invalid_value",
        "input_reference.image_url",
    ),
    (
        {"prompt": "a", "input_reference": {"image_url": "data:image/png;base64,!!"}},
        400,
        "invalid_value",
        "input_reference.image_url",
    ),
    (
        {"prompt": "a", "input_reference": {"image_url": "data:text/plain,hello"}},
        400,
        "invalid_value",
        "input_reference",
    ),
    (
        {"prompt": "a", "input_reference": {"file_id": "file_1"}},
        400,
        "invalid_value",
        "input_reference.file_id",
    ),
]


@pytest.mark.parametrize(("body", "status", "code", "param"), BAD_JSON)
async def test_what_cannot_be_made_is_said_in_openais_envelope(  # noqa: PLR0917 - a table
    service, http, body, status, code, param
):
    answer = await http.post("/videos", json=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (status, code, param)
    assert error["type"] == "invalid_request_error"
    assert error["message"]
    assert answer.headers["x-request-id"]
    assert service.jobs.unfinished() == ()
    if "https://" in str(body):
        assert "fetches no addresses" in error["message"]


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("POST", "/videos", b"not json", 400),
        ("POST", "/videos", b"[1]", 400),
        ("POST", "/videos", b'{"prompt": ' + b"[" * 100_000, 400),
        ("GET", "/videos?limit=101", None, 400),
        ("GET", "/videos?limit=-1", None, 400),
        ("GET", "/videos?order=up", None, 400),
        ("GET", "/videos/video_1/content?variant=gif", None, 400),
        ("GET", "/videos/video_1/content", None, 404),
        ("GET", "/videos/..%2f..%2flock", None, 404),
        ("GET", "/nothing", None, 404),
        ("GET", "/models/none", None, 404),
        ("PUT", "/videos", b"", 405),
        ("POST", "/videos/video_1/remix", b'{"prompt": "a"}', 404),
        ("POST", "/videos", b"x" * 300_001, 413),
    ],
)
async def test_every_error_has_the_envelope(http, method, path, content, status):
    answer = await http.request(method, path, content=content)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


async def test_a_body_without_a_length_is_bounded_too(http):
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 10_000

    answer = await http.post("/videos", content=pieces())
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    form = {"content-type": "multipart/form-data; boundary=b"}
    answer = await http.post("/videos", content=pieces(), headers=form)
    assert answer.status_code in {400, 413}


async def test_a_broken_form_is_a_sentence(http):
    form = {"content-type": "multipart/form-data; boundary=b"}
    answer = await http.post("/videos", content=b"--x\r\nnonsense", headers=form)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": KEY}, {"authorization": "Bearer x"}, {"authorization": "Bearer é"}],
)
async def test_no_door_opens_without_the_key(service, headers):
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    async with httpx.AsyncClient(base_url=service.base_url) as stranger:
        for method, path in [("GET", "/models"), ("POST", "/videos"), ("GET", "/download/x")]:
            answer = await stranger.request(method, path, headers=raw)
            assert answer.status_code == 401
            assert answer.json()["error"]["code"] == "invalid_api_key"
            assert KEY not in answer.text


async def test_azures_header_is_taken_too(service):
    async with Sora2Client(
        service.base_url, api_key=KEY, auth_header="api-key", auth_scheme=""
    ) as client:
        assert await client.list_models() == ["tiny-1", "tiny-2"]


async def test_a_full_queue_says_so(service, client):
    service.engine.gate = asyncio.Event()
    made = [await client.generate_video(f"number {n}") for n in range(2)]
    await eventually(lambda: len(service.engine.started) == 2)
    made += [await client.generate_video(f"number {n}") for n in range(20)]
    with pytest.raises(ProviderError) as caught:
        await client.generate_video("one too many")
    assert (caught.value.kind, caught.value.is_transient) == ("rate_limited", True)
    service.serving.call(service.engine.gate.set)


async def test_a_remix_keeps_its_own_copy_of_the_reference(service, client, tmp_path):
    picture = tmp_path / "a.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\nxyz")
    options = GenerateOptions(reference=ReferenceFile(picture, "image/png", "a.png"))
    first = await client.generate_video("a cat", options)
    service_gate = service.engine.gate = asyncio.Event()
    with pytest.raises(ProviderError) as caught:
        await client.remix_video(first.id, "too early")
    assert caught.value.details["provider_code"] == "video_not_completed"
    service.serving.call(service_gate.set)
    await finished(client, first.id)
    remixed = await client.remix_video(first.id, "a dog")
    assert (await finished(client, remixed.id)).status is JobStatus.COMPLETED
    assert service.content.path(f"{first.id}-reference.png").read_bytes() == picture.read_bytes()
    await client.delete_video(first.id)
    assert (await finished(client, remixed.id)).status is JobStatus.COMPLETED
    assert service.engine.references == [picture.read_bytes()] * 2
    assert service.content.path(f"{remixed.id}-reference.png").exists()


async def test_an_engines_bug_is_logged_but_not_told(service, client, caplog):
    job = await client.generate_video("break")
    done = await finished(client, job.id)
    assert done.error is not None
    assert "secret" not in repr(done.raw)
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.exc_info is not None
    assert "secret of the engine" in str(record.exc_info[1])


async def test_mounted_in_process_with_the_client_on_asgi(tmp_path):
    """As the studio may use it: no socket at all."""
    options = ServiceOptions(scratch=tmp_path / "scratch")
    service = Sora2Service(FileJobs(tmp_path), TinyEngine(), FileContent(tmp_path), options)
    from starlette.applications import Starlette
    from starlette.routing import Mount

    outer = Starlette(routes=[Mount("/v1", app=service.app)])
    transport = httpx.ASGITransport(app=outer)
    async with (
        service.running(),
        Sora2Client("http://127.0.0.1", transport=transport, dialect="seed") as client,
    ):
        job = await client.generate_video("a cat", GenerateOptions(seconds=1))
        done = await finished(client, job.id)
        assert done.video_url == f"http://127.0.0.1/v1/download/{job.id}"
        await client.download_video(done.video_url, tmp_path / "a.mp4")


async def test_stopping_keeps_jobs_for_the_next_start(tmp_path):
    options = ServiceOptions(scratch=tmp_path / "scratch", max_renders=1)
    engine = TinyEngine()
    engine.gate = asyncio.Event()
    jobs, content = FileJobs(tmp_path), FileContent(tmp_path)
    first = Sora2Service(jobs, engine, content, options)
    transport = httpx.ASGITransport(app=first.standalone())
    async with Sora2Client("http://127.0.0.1", transport=transport) as client:
        early = await client.generate_video("before the start")
        async with first.running():
            await eventually(lambda: bool(engine.started))
            late = await client.generate_video("waiting")
        assert engine.cancelled == 1
        assert [job.id for job in jobs.unfinished()] == [early.id, late.id]
        engine.gate.set()
        async with first.running():
            for job in (early, late):
                assert (await finished(client, job.id)).status is JobStatus.COMPLETED
    assert [spec.prompt for spec in engine.started] == ["before the start"] * 2 + ["waiting"]


async def test_a_job_taken_in_before_the_start_is_rendered_once(tmp_path):
    """It waits in memory and is found among the unfinished: two ways to the same render."""
    engine = TinyEngine()
    engine.gate = asyncio.Event()
    options = ServiceOptions(scratch=tmp_path / "scratch", max_renders=2)
    service = Sora2Service(FileJobs(tmp_path), engine, FileContent(tmp_path), options)
    transport = httpx.ASGITransport(app=service.standalone())
    async with Sora2Client("http://127.0.0.1", transport=transport) as client:
        early = await client.generate_video("early")
        async with service.running():
            following = await client.generate_video("following")
            await eventually(lambda: len(engine.started) == 2)
            # Two renders begin at once; which of them comes first is the disk's choice.
            assert {spec.prompt for spec in engine.started} == {"early", "following"}
            engine.gate.set()
            for job in (early, following):
                assert (await finished(client, job.id)).status is JobStatus.COMPLETED
    assert len(engine.started) == 2


async def test_jobs_survive_a_kill(tmp_path):
    """The process is killed in the middle of a render; the next one finishes the job."""
    sock = listen()
    port = sock.getsockname()[1]
    sock.close()
    folder = tmp_path / "service"

    def start(takes_s: str) -> subprocess.Popen[bytes]:
        tests = Path(__file__).parents[2]
        command = [sys.executable, "-m", "sora2.service.tiny_engine", str(folder), str(port)]
        return subprocess.Popen([*command, takes_s], cwd=tests)

    async def is_up() -> bool:
        return (await client.check_connection()).status != "unreachable"

    async def is_rendering() -> bool:
        return (await client.check_status(made[0])).status is JobStatus.IN_PROGRESS

    async with Sora2Client(f"http://127.0.0.1:{port}") as client:
        process = start("60")
        try:
            await eventually(is_up)
            done_before = await client.list_videos()
            made = [(await client.generate_video(f"number {n}")).id for n in range(3)]
            await eventually(is_rendering)
        finally:
            process.kill()
            process.wait()
        process = start("0")
        try:
            await eventually(is_up)
            for job_id in made:
                assert (await finished(client, job_id)).status is JobStatus.COMPLETED
                await client.download_video(job_id, tmp_path / f"{job_id}.mp4")
            assert len((await client.list_videos()).jobs) == 3
            assert done_before.jobs == ()
        finally:
            process.kill()
            process.wait()


async def test_a_second_service_on_the_same_folder_is_refused(tmp_path):
    options = ServiceOptions(scratch=tmp_path / "scratch")
    first, second = (
        Sora2Service(FileJobs(tmp_path), TinyEngine(), FileContent(tmp_path), options)
        for _ in range(2)
    )
    async with first.running():
        with pytest.raises(Conflict):
            await second.start()
    async with second.running():
        pass


def test_terminal_states_are_never_left(service):
    from datetime import UTC, datetime

    from shortdrama.sora2.service.ports import ServiceJob

    job = ServiceJob("video_x", "m", "p", 4, "64x64", JobStatus.QUEUED, datetime.now(UTC))
    service.jobs.add(job)
    assert service.jobs.update("video_x", status=JobStatus.FAILED, error_code="e") is not None
    for status in (JobStatus.COMPLETED, JobStatus.QUEUED, JobStatus.IN_PROGRESS):
        assert service.jobs.update("video_x", status=status) is None
    assert service.jobs.get("video_x").status is JobStatus.FAILED
    assert service.jobs.update("video_none", status=JobStatus.QUEUED) is None


def test_content_stays_in_its_folder(tmp_path):
    content = FileContent(tmp_path)
    (tmp_path / "outside").write_text("x")
    for key in ("../outside", "/etc/passwd", "", ".hidden", "none.mp4"):
        with pytest.raises(NotFound):
            content.path(key)
        content.delete(key)
    with pytest.raises(ValueError, match="not a name"):
        content.put_file(tmp_path / "outside", "../x")
    assert (tmp_path / "outside").exists()


async def test_without_a_key_nobody_is_asked_for_one(tmp_path):
    options = ServiceOptions(scratch=tmp_path / "scratch")
    app = create_sora2_app(FileJobs(tmp_path), TinyEngine(), FileContent(tmp_path), options)
    with Serving(app, has_lifespan=True) as serving:
        async with httpx.AsyncClient(base_url=serving.url) as http:
            assert (await http.get("/healthz")).json() == {"status": "ok"}
            listed = await http.get("/v1/videos", params={"limit": 0})
    assert json.loads(listed.text) == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }
