"""The lenient reader alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shortdrama.sora2.redaction import Redactor
from shortdrama.sora2.wire import (
    JobError,
    JobStatus,
    error_in,
    normalise_status,
    parse_job,
    parse_page,
    parse_progress,
    parse_seconds,
    parse_time,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "status", "error", "data", "metadata", "url", "seconds", "code"])
            | st.text(max_size=8),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text(max_size=8) | st.sampled_from(["id", "status", "data"]), JSON))
def test_no_json_object_breaks_the_reader(body):
    job = parse_job(body, known_id="video_1")
    assert job is None or job.id
    parse_page(body)
    error_in(body)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("queued", JobStatus.QUEUED),
        ("IN_QUEUE", JobStatus.QUEUED),
        ("in queue", JobStatus.QUEUED),
        ("unknown", JobStatus.QUEUED),
        ("Running", JobStatus.IN_PROGRESS),
        ("SUCCESS", JobStatus.COMPLETED),
        ("done", JobStatus.COMPLETED),
        ("aborted", JobStatus.FAILED),
        ("canceled", JobStatus.CANCELLED),
        ("deleted", JobStatus.CANCELLED),
        ("expired", JobStatus.EXPIRED),
        ("completed-ish", JobStatus.UNKNOWN),
        (None, JobStatus.UNKNOWN),
        (3, JobStatus.UNKNOWN),
    ],
)
def test_words_of_status(word, status):
    assert normalise_status(word) is status


def test_a_full_job_of_openai_is_read_whole():
    job = parse_job(
        {
            "id": "video_1",
            "object": "video",
            "model": "sora-2",
            "status": "failed",
            "progress": 100,
            "created_at": 1_760_000_000,
            "completed_at": None,
            "expires_at": 1_760_003_600,
            "prompt": "a cat",
            "size": "720x1280",
            "seconds": "8",
            "remixed_from_video_id": "video_0",
            "error": {"code": "moderation_blocked", "message": "no"},
        }
    )
    assert job is not None
    assert (job.status, job.seconds, job.progress) == (JobStatus.FAILED, 8, 100)
    assert job.created_at == datetime.fromtimestamp(1_760_000_000, UTC)
    assert (job.completed_at, job.remixed_from) == (None, "video_0")
    assert job.error == JobError("moderation_blocked", "no")


def test_wrapped_and_renamed_jobs_are_read():
    wrapped = parse_job(
        {"code": "success", "data": {"task_id": "t1", "status": "SUCCESS", "result_url": "u"}}
    )
    assert wrapped is not None
    assert (wrapped.id, wrapped.status, wrapped.video_url) == ("t1", JobStatus.COMPLETED, "u")
    seed = parse_job({"jobId": "j1", "status": "queued"})
    assert seed is not None
    assert (seed.id, seed.progress) == ("j1", None)


def test_numbers_in_every_dress():
    assert [parse_seconds(value) for value in (8, "8", "8.0", 7.6, 0, "x", True, None)] == [
        8, 8, 8, 8, None, None, None, None,
    ]  # fmt: skip
    assert [parse_progress(value) for value in (40, "40", "40%", 0.4, 140, -1, None, [])] == [
        40, 40, 40, 40, 100, 0, None, None,
    ]  # fmt: skip
    moment = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
    seconds = moment.timestamp()
    for value in (seconds, str(int(seconds)), seconds * 1000, "2026-11-23T05:00:00Z"):
        assert parse_time(value) == moment
    assert [parse_time(value) for value in (0, "", None, "soon", 1e300, float("nan"))] == [None] * 6


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"error": "no"}, JobError("", "no")),
        ({"error": {"type": "t", "message": "m"}}, JobError("t", "m")),
        ({"base_resp": {"status_code": 1008, "status_msg": "poor"}}, JobError("1008", "poor")),
        ({"base_resp": {"status_code": 0, "status_msg": "ok"}}, None),
        ({"code": 1303, "message": "busy"}, JobError("1303", "busy")),
        ({"code": 0, "message": "fine"}, None),
        ({"detail": "Not Found"}, JobError("", "Not Found")),
        (
            {"detail": [{"loc": ["body", "prompt"], "msg": "too rude"}]},
            JobError("", "body.prompt: too rude"),
        ),
        ({"error": None}, None),
        ({"error": {}}, None),
        (["x"], None),
    ],
)
def test_error_envelopes(body, error):
    assert error_in(body) == error


def test_a_key_is_taken_out_in_all_its_spellings_but_ids_stay_whole():
    redactor = Redactor()
    redactor.add("sk-a/b+c=0123")
    told = redactor.text(r"sk-a/b+c=0123 sk-a\/b+c=0123 sk-a%2Fb%2Bc%3D0123")
    assert told == "[key] [key] [key]"
    redactor.add("video")  # a made-up key that is part of honest words
    body = {"id": "video_1", "m": ["sk-a/b+c=0123!", {"sk-a/b+c=0123": 1}], "t": "my video"}
    assert redactor.value(body) == {"id": "video_1", "m": ["[key]!", {"[key]": 1}], "t": "my video"}
    assert redactor.value({"id": "sk-a/b+c=0123"}) == {"id": "[key]"}
    assert "sk-a" not in repr(redactor)


def test_tokens_of_minutes_are_taken_out_and_forgotten_in_the_end() -> None:
    redactor = Redactor()
    redactor.add("access:secret-0123")
    for number in range(200):
        redactor.add_passing(f"token-{number:08d}")
    assert redactor.text("no token-00000199 here") == "no [key] here"
    assert redactor.value({"id": "a-token-00000199"}) == {"id": "a-[key]"}
    assert repr(redactor) == "Redactor(2 forms)"
    assert redactor.text("token-00000001") == "token-00000001"
