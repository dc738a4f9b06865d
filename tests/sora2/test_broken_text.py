"""Text that no database, page or address can carry, in answers of real servers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from doubles.sora2_double import Sora2Double
from shortdrama.errors import SubmissionUncertain
from shortdrama.sora2.answers import read_answer
from shortdrama.sora2.client import Sora2Client
from shortdrama.sora2.redaction import Redactor
from shortdrama.sora2.wire import parse_job, parse_page

pytestmark = pytest.mark.anyio
KEY = "sk-very-secret-0123456789"
UNUSABLE = [
    "\ud83d",
    "video_\ud83d",
    "a\x00b",
    ".",
    "..",
    "...",
    "a\nb",
    " a",
    "a ",
    "a\n",
    "x" * 2501,
    "é" * 1300,
]


@pytest.fixture
def double() -> Iterator[Sora2Double]:
    with Sora2Double(api_key=KEY) as double:
        yield double


@pytest.fixture
async def client(double: Sora2Double) -> AsyncIterator[Sora2Client]:
    async with Sora2Client(double.base_url, api_key=KEY) as client:
        yield client


def test_half_pairs_and_nulls_are_replaced_wherever_they_stand() -> None:
    content = rb'{"a\ud83d": ["\udc00x", {"b": "\u0000"}], "whole": "\ud83d\ude00", "n": 1}' + b"\0"
    assert read_answer(200, {}, content, Redactor()).text.endswith("}\ufffd")
    body = read_answer(200, {}, content[:-1], Redactor()).body
    assert body == {"a\ufffd": ["\ufffdx", {"b": "\ufffd"}], "whole": "\U0001f600", "n": 1}


async def test_a_failed_job_and_a_refusal_tell_what_can_be_stored(
    double: Sora2Double, client: Sora2Client
) -> None:
    double.script("a cat", poll="failed:bad\ud83d\x00code")
    job = await client.generate_video("a cat")
    failed = await client.check_status(job.id)
    assert failed.error is not None
    assert failed.error.code == "bad\ufffd\ufffdcode"
    double.script("a dog", poll="status:run\ud83d\x00ning")
    job = await client.generate_video("a dog")
    assert (await client.check_status(job.id)).raw_status == "run\ufffd\ufffdning"


@pytest.mark.parametrize("job_id", UNUSABLE)
async def test_an_id_that_cannot_be_kept_or_asked_for_is_an_unclear_answer(
    double: Sora2Double, client: Sora2Client, job_id: str
) -> None:
    double.script("a cat", job_id=job_id)
    with pytest.raises(SubmissionUncertain):
        await client.generate_video("a cat")
    assert double.submits("a cat") == 1
    assert (await client.list_videos()).jobs == ()


async def test_an_unusable_id_beside_an_error_is_no_definite_refusal() -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"id": "..", "error": {"code": "odd"}})

    async with Sora2Client("https://a.org", transport=httpx.MockTransport(answer)) as client:
        with pytest.raises(SubmissionUncertain):
            await client.generate_video("a cat")


def test_another_field_with_a_usable_id_leads_to_the_job() -> None:
    job = parse_job({"id": "..", "task_id": "t1", "status": "queued"})
    assert job is not None
    assert job.id == "t1"
    known = parse_job({"id": "..", "status": "queued"}, known_id="v1")
    assert known is not None
    assert known.id == "v1"
    page = parse_page({"data": [{"id": "a\nb", "status": "queued"}, {"id": "v2"}]})
    assert page is not None
    assert [row.id for row in page.jobs] == ["v2"]
