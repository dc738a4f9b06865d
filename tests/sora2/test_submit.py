"""What each way of going wrong at a paid request means, and that it is never sent twice."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from doubles.sora2_double import Sora2Double, refused_url
from shortdrama.errors import InvalidInput, NotFound, ProviderError, SubmissionUncertain, TooLarge
from shortdrama.sora2.client import Sora2Client
from shortdrama.sora2.options import GenerateOptions, ReferenceFile, Timeouts
from shortdrama.sora2.wire import JobStatus

pytestmark = pytest.mark.anyio
KEY = "sk-very-secret-0123456789/abc+"
QUICK = Timeouts(connect_s=2, read_s=0.4, write_s=2, submit_total_s=2, ask_total_s=2)


@pytest.fixture
def double() -> Iterator[Sora2Double]:
    with Sora2Double(api_key=KEY) as double:
        yield double


@pytest.fixture
async def client(double: Sora2Double) -> AsyncIterator[Sora2Client]:
    async with Sora2Client(double.base_url, api_key=KEY, timeouts=QUICK) as client:
        yield client


async def test_a_prompt_alone_goes_as_json_with_the_key_and_seconds_as_text(double, client):
    options = GenerateOptions(
        model="double-1", seconds=4, size="720x1280", extra={"seed": 7}, idempotency_key="k-1"
    )
    job = await client.generate_video(" A cat\x00 in the rain ", options)
    assert (job.status, job.seconds, job.prompt) == (JobStatus.QUEUED, 4, "A cat in the rain")
    request = double.requests[-1]
    assert json.loads(request.body) == {
        "prompt": "A cat in the rain",
        "model": "double-1",
        "seconds": "4",
        "size": "720x1280",
        "seed": 7,
    }
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["idempotency-key"] == "k-1"


@pytest.mark.parametrize(
    ("multipart", "kind"), [("auto", "multipart"), ("always", "multipart"), ("never", "json")]
)
async def test_a_reference_arrives_whole_in_every_encoding(double, tmp_path, multipart, kind):
    picture = tmp_path / "a.png"
    picture.write_bytes(bytes(range(256)) * 100)
    reference = ReferenceFile(picture, "image/png", "../Bild „1“.png")
    async with Sora2Client(double.base_url, api_key=KEY, multipart=multipart) as client:
        options = GenerateOptions(seconds=8, reference=reference, extra={"lora": {"a": 1}})
        await client.generate_video("a cat", options)
    (job,) = double.made()
    assert job.reference == picture.read_bytes()
    assert (job.prompt, job.seconds) == ("a cat", 8)
    request = double.requests[-1]
    assert kind in request.headers["content-type"]
    assert b"../" not in request.body


async def test_always_multipart_sends_a_form_without_a_file(double):
    async with Sora2Client(double.base_url, api_key=KEY, multipart="always") as client:
        await client.generate_video("a cat", GenerateOptions(seconds=2, extra={"n": 1}))
    assert "multipart" in double.requests[-1].headers["content-type"]
    assert b'name="n"\r\n\r\n1\r\n' in double.requests[-1].body
    assert double.made()[0].seconds == 2


async def test_the_seed_dialect_sends_prompt_and_duration(double):
    async with Sora2Client(double.base_url, api_key=KEY, dialect="seed") as client:
        job = await client.generate_video("a cat", GenerateOptions(seconds=5))
        assert json.loads(double.requests[-1].body) == {"prompt": "a cat", "duration": 5}
        assert double.requests[-1].path == "/v1/generate"
        again = await client.check_status(job.id)
        assert (again.id, again.status) == (job.id, JobStatus.QUEUED)
        with pytest.raises(ProviderError) as caught:
            await client.list_videos()
        assert caught.value.kind == "unsupported"


async def test_header_name_and_bare_key_can_be_chosen(double):
    async with Sora2Client(
        double.base_url, api_key=KEY, auth_header="api-key", auth_scheme=""
    ) as client:
        await client.generate_video("a cat")
    assert double.requests[-1].headers["api-key"] == KEY
    assert "authorization" not in double.requests[-1].headers


REFUSALS = [
    ("400", "invalid_request", False, None),
    ("401", "auth", False, None),
    ("402", "quota", False, None),
    ("403", "auth", False, None),
    ("404", "not_found", False, None),
    ("409", "provider_failure", True, None),
    ("422", "invalid_request", False, None),
    ("429", "rate_limited", True, None),
    ("429:7", "rate_limited", True, 7.0),
    ("429_date:30", "rate_limited", True, 30.0),
    ("moderation", "moderation_input", False, None),
    ("quota", "quota", False, None),
    ("501", "provider_failure", True, None),
    ("503", "provider_failure", True, None),
    ("503_html", "provider_failure", True, None),
    ("redirect", "invalid_request", False, None),
    ("200_error", "rate_limited", True, None),
]


@pytest.mark.parametrize(("step", "kind", "is_transient", "retry_after_s"), REFUSALS)
async def test_a_definite_refusal_is_told_with_its_kind(  # noqa: PLR0917 - a table's columns
    double, client, step, kind, is_transient, retry_after_s
):
    double.script("a cat", submit=step)
    with pytest.raises(ProviderError) as caught:
        await client.generate_video("a cat")
    error = caught.value
    assert not isinstance(error, SubmissionUncertain)
    assert (error.kind, error.is_transient) == (kind, is_transient)
    if retry_after_s is None:
        assert error.retry_after_s is None
    else:
        assert error.retry_after_s == pytest.approx(retry_after_s, abs=2)
    assert (double.submits(), len(double.made())) == (1, 0)
    assert not error.details.get("not_sent")


UNCERTAIN = [
    "drop_after_accept",
    "drop",
    "delay:3",
    "200_html",
    "200_empty",
    "200_no_id",
    "500",
    "502",
    "504",
    "408",
    "500_html",
    "502_html",
]


@pytest.mark.parametrize("step", UNCERTAIN)
async def test_a_lost_or_unclear_answer_is_uncertain_and_never_sent_again(double, client, step):
    double.script("a cat", submit=step)
    with pytest.raises(SubmissionUncertain):
        await client.generate_video("a cat")
    assert double.submits() == 1


async def test_a_refused_connection_says_that_nothing_was_sent():
    async with Sora2Client(refused_url(), api_key=KEY) as client:
        with pytest.raises(ProviderError) as caught:
            await client.generate_video("a cat")
    error = caught.value
    assert not isinstance(error, SubmissionUncertain)
    assert (error.kind, error.is_transient) == ("network", True)
    assert error.details["not_sent"] is True


async def test_a_providers_words_are_never_a_format():
    """They are put into a sentence, not taken for one."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(400, json={"error": "%(http_status)s"})

    async with Sora2Client("https://a.org", transport=httpx.MockTransport(answer)) as client:
        with pytest.raises(ProviderError) as caught:
            await client.generate_video("a cat")
    assert "%(http_status)s" in caught.value.message


async def test_a_remix_follows_the_same_rules(double, client):
    job = await client.generate_video("a cat")
    remixed = await client.remix_video(job.id, "a dog")
    assert remixed.remixed_from == job.id
    double.script("a bird", submit="drop_after_accept")
    with pytest.raises(SubmissionUncertain):
        await client.remix_video(job.id, "a bird")
    assert double.submits("a bird") == 1


async def test_ids_of_600_characters_lead_back_to_the_job(double, client):
    double.script("a cat", job_id="long")
    job = await client.generate_video("a cat")
    assert len(job.id) == 600
    assert (await client.check_status(job.id)).id == job.id


@pytest.mark.parametrize(
    "step", ["401", "400", "500", "drop", "200_html", "moderation", "delay:3", "200_no_id"]
)
async def test_the_key_is_in_no_error_log_or_repr_even_if_the_server_echoes_it(
    double, step, caplog
):
    caplog.set_level(logging.DEBUG)
    wrong = "sk-other-secret-987654321"
    async with Sora2Client(double.base_url, api_key=KEY, timeouts=QUICK) as client:
        if step == "401":
            client.authenticate(wrong)
        double.script("a cat", submit=step)
        with pytest.raises(ProviderError) as caught:
            await client.generate_video("a cat")
    error = caught.value
    everything = "".join(traceback.format_exception(error)) + caplog.text
    everything += repr(error.details) + repr(client) + repr(vars(client))
    assert KEY not in everything
    assert wrong not in everything
    if step == "401":
        assert "[key]" in error.message


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/v1",
        "ftp://example.org",
        "example.org",
        "https://name:word@example.org/v1",
        "https://",
        "",
    ],
)
def test_addresses_that_cannot_be_used_are_refused_with_a_sentence(url):
    with pytest.raises(InvalidInput, match=r"^[A-Z].*\.$") as caught:
        Sora2Client(url)
    assert "word" not in caught.value.message or "name or password" in caught.value.message


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("https://example.org", "https://example.org/v1"),
        ("https://example.org/v1/", "https://example.org/v1"),
        ("https://example.org/openai/v1", "https://example.org/openai/v1"),
        ("https://example.org/a/b/", "https://example.org/a/b/v1"),
        ("https://example.org/v1/videos", "https://example.org/v1"),
        ("https://example.org/v2", "https://example.org/v2"),
        ("http://localhost:9000", "http://localhost:9000/v1"),
        ("http://[::1]:9000/v1", "http://[::1]:9000/v1"),
        ("https://a.org/openai/v1?api-version=1", "https://a.org/openai/v1?api-version=1"),
    ],
)
async def test_base_urls_are_taken_as_people_write_them(given, used):
    async with Sora2Client(given) as client:
        assert client.base_url == used


async def test_a_query_in_the_base_url_goes_with_every_request(double):
    async with Sora2Client(f"{double.base_url}?api-version=1", api_key=KEY) as client:
        await client.list_videos(limit=3)
    assert double.requests[-1].query == {"api-version": "1", "limit": "3", "order": "desc"}


@pytest.mark.parametrize("key", ["sk-\nx", "sk-\u00e9", "sk\x7f"])
def test_a_key_that_no_header_can_carry_is_refused_without_being_quoted(key):
    with pytest.raises(InvalidInput) as caught:
        Sora2Client("https://example.org", api_key=key)
    assert key not in caught.value.message


@pytest.mark.parametrize("prompt", ["", "  \n", "\x00\x01", "x" * 32_001])
async def test_prompts_that_cannot_be_sent_are_not(double, client, prompt):
    with pytest.raises(InvalidInput):
        await client.generate_video(prompt)
    assert double.submits() == 0


async def test_references_that_cannot_be_sent_are_said(double, tmp_path):
    big = tmp_path / "big.png"
    big.write_bytes(bytes(16_000_000))
    async with Sora2Client(double.base_url, api_key=KEY, multipart="never") as client:
        for path, error in [(big, TooLarge), (Path(tmp_path / "none.png"), NotFound)]:
            options = GenerateOptions(reference=ReferenceFile(path, "image/png", path.name))
            with pytest.raises(error):
                await client.generate_video("a cat", options)
    assert double.submits() == 0


async def test_a_server_that_drips_is_given_up_in_time(double, client):
    """The whole has a limit, not only each silence."""

    async def drip() -> AsyncIterator[bytes]:
        import anyio

        while True:
            yield b" "
            await anyio.sleep(0.05)

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=drip())

    transport = httpx.MockTransport(answer)
    limits = Timeouts(ask_total_s=0.3, submit_total_s=0.3)
    async with Sora2Client("https://a.org", transport=transport, timeouts=limits) as slow:
        with pytest.raises(SubmissionUncertain):
            await slow.generate_video("a cat")
        with pytest.raises(ProviderError) as caught:
            await slow.check_status("video_1")
    assert caught.value.is_transient
