"""The words of the protocol, read leniently.

Servers differ in nearly every field: missing nulls, numbers as text, other status words, the
result's address in four places. What one of them says is brought to one shape here; what cannot
be understood is kept as it was said and never taken for success.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class JobStatus(StrEnum):
    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNKNOWN = "unknown"  # a word nobody knows: keep polling, never success

    @property
    def is_terminal(self) -> bool:
        return self in TERMINAL


TERMINAL = frozenset(
    {JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.EXPIRED}
)

# Collected from the servers and gateways that speak the protocol (LiteLLM 1.109, SGLang 0.5.23,
# vLLM-Omni 0.30, new-api, OpenRouter, xAI and resellers), 2026-11-23.
_WORDS = {
    JobStatus.QUEUED: (
        "queued queueing pending submitted created preparing not_start notstarted not_started "
        "starting in_queue throttled suspended scheduled unknown"
    ),
    JobStatus.IN_PROGRESS: "in_progress running processing generating dreaming rendering",
    JobStatus.COMPLETED: "completed complete succeeded succeed success done finished ok",
    JobStatus.FAILED: "failed fail failure error aborted",
    JobStatus.CANCELLED: "canceled cancelled deleted",
    JobStatus.EXPIRED: "expired",
}
_STATUS_OF = {word: status for status, words in _WORDS.items() for word in words.split()}

ID_KEYS = ("id", "task_id", "jobId", "job_id", "taskId", "video_id")
_URL_KEYS = ("video_url", "videoUrl", "url", "result_url", "output_url")
_URL_LISTS = ("urls", "unsigned_urls")
_REASON = "fail_reason"  # new-api; its older builds kept the clip's address there
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
# LiteLLM packs provider, model and upstream id into one; PostgreSQL indexes up to 2,704 bytes.
_MAX_ID_BYTES = 2_500
_MOST_SECONDS = 1_000_000_000  # more is no length that anybody made
_MILLISECONDS_FROM = 100_000_000_000  # as seconds this would be the year 5138


@dataclass(frozen=True, slots=True)
class JobError:
    """Why a job failed. `code` is an open set; empty where the server told none."""

    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class VideoJob:
    """A provider job as its server described it just now."""

    id: str
    status: JobStatus
    raw_status: str = ""
    progress: int | None = None  # 0–100
    model: str | None = None
    prompt: str | None = None
    seconds: int | None = None
    size: str | None = None  # "720x1280"
    created_at: datetime | None = None
    completed_at: datetime | None = None
    expires_at: datetime | None = None  # when the clip can no longer be fetched
    remixed_from: str | None = None
    error: JobError | None = None
    video_url: str | None = field(default=None, repr=False)  # often signed: not for logs
    poll_after_s: float | None = None
    raw: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class VideoPage:
    """One page of the server's list, in the server's order."""

    jobs: tuple[VideoJob, ...]
    first_id: str | None = None
    last_id: str | None = None
    has_more: bool = False


def normalise_status(raw: object) -> JobStatus:
    """The status that a server's word means; `UNKNOWN` for a word not in the table."""
    word = text_of(raw).lower().replace("-", "_").replace(" ", "_")
    return _STATUS_OF.get(word, JobStatus.UNKNOWN)


def parse_job(
    body: Mapping[str, Any], *, known_id: str = "", poll_after_s: float | None = None
) -> VideoJob | None:
    """Read a job in either dialect.

    Args:
        body: the decoded JSON object, or one that wraps the job in `data`.
        known_id: the id that was asked for, which stays the job's: the seed's status answer does
            not repeat it, and new-api's older form tells a number of its own beside it.
        poll_after_s: what the answer's headers asked for.

    Returns:
        None where no usable id is to be found, or where neither id, status nor error is in it.
    """
    found = _unwrap(body)
    job_id = next((text for key in ID_KEYS if is_usable_id(text := _whole(found.get(key)))), "")
    raw_status = text_of(found.get("status", found.get("state")))
    error = parse_error(found.get("error")) or _reason(found)
    if not (job_id or known_id) or not (job_id or raw_status or error):
        return None
    return VideoJob(
        id=known_id or job_id,
        status=normalise_status(raw_status),
        raw_status=raw_status,
        progress=parse_progress(found.get("progress")),
        model=first_text(found, ("model",)) or None,
        prompt=first_text(found, ("prompt",)) or None,
        seconds=parse_seconds(found.get("seconds", found.get("duration"))),
        size=first_text(found, ("size",)) or None,
        created_at=parse_time(found.get("created_at", found.get("createdAt"))),
        completed_at=parse_time(found.get("completed_at", found.get("completedAt"))),
        expires_at=parse_time(found.get("expires_at", found.get("expiresAt"))),
        remixed_from=first_text(found, ("remixed_from_video_id",)) or None,
        error=error,
        video_url=_video_url(found),
        poll_after_s=poll_after_s,
        raw=dict(body),
    )


def is_usable_id(text: str) -> bool:
    """Whether a job can be stored and asked for under this id: it is one segment of a path.

    An id with U+FFFD in it is not the one that the server knows.
    """
    is_text = text.isprintable() and text == text.strip() and "\ufffd" not in text
    return is_text and text.strip(".") != "" and len(text.encode()) <= _MAX_ID_BYTES


def names_job(body: Mapping[str, Any]) -> bool:
    """Whether there is any id in it, usable or not."""
    return first_text(_unwrap(body), ID_KEYS) != ""


def parse_page(body: object) -> VideoPage | None:
    """Read a list answer; None where it is none. Entries that are no jobs are left out."""
    if not isinstance(body, Mapping) or not isinstance(rows := body.get("data"), list):
        return None
    found = (parse_job(row) for row in rows if isinstance(row, dict))
    jobs = tuple(job for job in found if job is not None)
    return VideoPage(
        jobs=jobs,
        first_id=first_text(body, ("first_id",)) or (jobs[0].id if jobs else None),
        last_id=first_text(body, ("last_id",)) or (jobs[-1].id if jobs else None),
        has_more=body.get("has_more") is True,
    )


def parse_error(value: object) -> JobError | None:
    """Read an error given as a text, or as an object with any of code, type and message."""
    if isinstance(value, Mapping):
        code = first_text(value, ("code", "type"))
        message = first_text(value, ("message", "msg", "detail", "reason"))
        return JobError(code, message) if value else None
    text = text_of(value)
    return JobError(message=text) if text and text.lower() not in {"false", "null"} else None


def error_in(body: object) -> JobError | None:
    """The error that an answer's envelope carries, whatever its HTTP status was.

    Knows OpenAI's `{"error": …}`, FastAPI's `{"detail": …}`, MiniMax's `base_resp`, and
    `{"code": not zero, "message": …}`.
    """
    if not isinstance(body, Mapping):
        return None
    if (error := parse_error(body.get("error"))) is not None:
        return error
    base = body.get("base_resp")
    if isinstance(base, Mapping) and text_of(base.get("status_code")) not in {"", "0"}:
        return JobError(text_of(base.get("status_code")), text_of(base.get("status_msg")))
    message = first_text(body, ("message", "msg"))
    code = text_of(body.get("code"))
    if message and code.lower() not in {"", "0", "200", "ok", "success"}:
        return JobError(code, message)
    return _detail_error(body.get("detail"))


def parse_seconds(value: object) -> int | None:
    number = number_of(value)
    return round(number) if number is not None and 0 < number < _MOST_SECONDS else None


def parse_progress(value: object) -> int | None:
    """Whole per cent; a fraction strictly between 0 and 1 is one of a whole."""
    number = number_of(value.strip().removesuffix("%") if isinstance(value, str) else value)
    if number is None:
        return None
    if 0 < number < 1:
        number *= 100
    return max(0, min(100, int(number)))


def parse_time(value: object) -> datetime | None:
    """Unix seconds, unix milliseconds or ISO 8601; None for anything else, and for zero."""
    number = number_of(value)
    try:
        if number is not None:
            seconds = number / 1000 if number >= _MILLISECONDS_FROM else number
            return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
        moment = datetime.fromisoformat(text_of(value))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def number_of(value: object) -> float | None:
    """A finite number, also where it is told as a text; None for anything else."""
    if isinstance(value, bool):
        return None
    try:
        number = float(value) if isinstance(value, int | float | str) else None
    except (ValueError, OverflowError):
        return None
    return number if number is not None and math.isfinite(number) else None


def text_of(value: object) -> str:
    """The value as trimmed text; empty for None and for containers."""
    return _whole(value).strip()


def first_text(body: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    return next((text for key in keys if (text := text_of(body.get(key)))), "")


def _whole(value: object) -> str:
    return "" if value is None or isinstance(value, Mapping | list | tuple) else str(value)


def _unwrap(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Older new-api and its relatives answer `{code, data: {…}}`."""
    inner = body.get("data")
    if isinstance(inner, Mapping) and not first_text(body, ("status", *ID_KEYS)):
        return inner
    return body


def _video_url(body: Mapping[str, Any]) -> str | None:
    metadata = body.get("metadata")
    nested = first_text(metadata, _URL_KEYS) if isinstance(metadata, Mapping) else ""
    listed = (body.get(key) for key in _URL_LISTS)
    first = next((rows[0] for rows in listed if isinstance(rows, list) and rows), None)
    reason = text_of(body.get(_REASON))
    old = reason if _ADDRESS.fullmatch(reason) else ""
    return first_text(body, _URL_KEYS) or nested or text_of(first) or old or None


def _reason(body: Mapping[str, Any]) -> JobError | None:
    reason = text_of(body.get(_REASON))
    return JobError(message=reason) if reason and not _ADDRESS.fullmatch(reason) else None


def _detail_error(detail: object) -> JobError | None:
    """FastAPI says `detail` as a text, or as a list of `{loc, msg}`."""
    if isinstance(detail, list):
        rows = [row for row in detail if isinstance(row, Mapping)]
        said = "; ".join(
            f"{'.'.join(str(part) for part in row.get('loc') or ())}: {text_of(row.get('msg'))}"
            for row in rows
        )
        return JobError("", said) if said else None
    return parse_error(detail)
