"""What the result of a request in fal's queue says: a clip, or why there is none.

Models answer `{"detail": [{loc, msg, type}]}`, where `loc` names the input at fault; the platform
answers `{"detail": "…", "error_type": "…"}`, with the type in a header as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shortdrama.domain.take import FailureKind
from shortdrama.errors import ProviderError
from shortdrama.generation.ports import Bill, JobPhase, ProviderJob
from shortdrama.providers.outputs import clip_address
from shortdrama.sora2.answers import Answer, kind_of_job_error
from shortdrama.sora2.wire import JobError, number_of, text_of

# The result is not there for reasons that say nothing of the job.
_NOT_TOLD = frozenset({401, 403, 404, 408, 409, 425, 429})
_STOPPED = frozenset({"client_cancelled", "request_cancelled", "cancelled", "canceled"})
_MODERATION = frozenset({FailureKind.MODERATION_INPUT, FailureKind.MODERATION_OUTPUT})
_SAID_AS = {
    "first": "first frame",
    "last": "last frame",
    "pictures": "reference",
    "seconds": "length",
    "ratio": "size",
    "resolution": "size",
    "negative_prompt": "negative prompt",
}
OursOf = Callable[[str], str]
"""What we call a model's argument; "" where nobody knows."""


class Result:
    """The answer of a request's `response_url`, with what its status said before."""

    def __init__(self, answer: Answer, status: Mapping[str, Any]) -> None:
        self._answer = answer
        self._status = status
        self._body = answer.body if isinstance(answer.body, Mapping) else {}

    @property
    def is_told(self) -> bool:
        """False where it is a proxy, a limit or the key that speaks, and not the request."""
        is_trouble = self._answer.status in _NOT_TOLD or self._answer.status >= 500
        return not is_trouble or bool(self._rows or self._error_type)

    def job(self, job_id: str, ours: OursOf) -> ProviderJob:
        url = clip_address(self._body) if 200 <= self._answer.status < 300 else None
        if self._answer.status >= 300 or (url is None and self._error.message):
            return self._without_clip(job_id, ours)
        # Without an address it is asked for again, for a while, where the clip is fetched.
        word = text_of(self._status.get("status"))
        return ProviderJob(
            job_id, JobPhase.SUCCEEDED, word, result_url=url, bill=self._bill if url else None
        )

    def _without_clip(self, job_id: str, ours: OursOf) -> ProviderJob:
        error = self._error
        blamed = [(_named(row, ours), text_of(row.get("msg"))) for row in self._rows]
        message = "; ".join(f"{where}: {says}" if where else says for where, says in blamed)
        is_stopped = error.code.lower() in _STOPPED
        return ProviderJob(
            job_id,
            JobPhase.CANCELLED if is_stopped else JobPhase.FAILED,
            text_of(self._status.get("status")),
            error_code=error.code[:200] or None,
            error_message=(message or error.message)[:1000] or None,
            failure_kind=None if is_stopped else self._kind(any(where for where, _ in blamed)),
            # "You are not charged for server errors or for time spent waiting" (fal.ai/index.md).
            bill=None if self._rows or not self._error_type else Bill(was_charged=False),
        )

    def _kind(self, has_blamed_input: bool) -> FailureKind:
        kind = kind_of_job_error(self._error)
        if kind in _MODERATION and self._rows:
            is_input = has_blamed_input
            return FailureKind.MODERATION_INPUT if is_input else FailureKind.MODERATION_OUTPUT
        is_refusal = bool(self._rows) and 400 <= self._answer.status < 500
        if kind is FailureKind.PROVIDER_FAILURE and is_refusal:
            return FailureKind.INVALID_REQUEST
        return kind

    @property
    def _rows(self) -> list[Mapping[str, Any]]:
        """What a model says is wrong; empty where it is the platform that speaks."""
        return _rows_of(self._body)

    @property
    def _error_type(self) -> str:
        header = self._answer.headers.get("x-fal-error-type")
        told = (header, self._body.get("error_type"), self._status.get("error_type"))
        return next((text for source in told if (text := text_of(source))), "")

    @property
    def _error(self) -> JobError:
        """The model's own first, else the platform's."""
        code = next((text for row in self._rows if (text := text_of(row.get("type")))), "")
        told = self._answer.error
        message = told.message if told else text_of(self._status.get("error"))
        return JobError(code or self._error_type, message)

    @property
    def _bill(self) -> Bill | None:
        """fal bills units whose price differs by model; it tells no sum."""
        metrics = self._status.get("metrics")
        told = dict(metrics) if isinstance(metrics, Mapping) else {}
        told["billable_units"] = number_of(self._answer.headers.get("x-fal-billable-units"))
        usage = {
            str(name): float(value)
            for name, value in told.items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        }
        return Bill(usage=usage, was_charged=True) if usage else None


def tell_input(error: ProviderError, ours: OursOf) -> None:
    """Add to a refused submit which input was at fault, and its true kind."""
    body = error.body if isinstance(error.body, Mapping) else {}
    rows = _rows_of(body)
    if not rows:
        return
    code = next((text for row in rows if (text := text_of(row.get("type")))), "")
    told = [f"{_named(row, ours)}: {text_of(row.get('msg'))}" for row in rows]
    error.details["provider_code"] = code[:200] or None
    error.details["provider_message"] = "; ".join(told)[:500]
    if kind_of_job_error(JobError(code, "")) in _MODERATION:
        error.kind = FailureKind.MODERATION_INPUT


def _rows_of(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    detail = body.get("detail")
    rows = detail if isinstance(detail, list) else []
    return [row for row in rows if isinstance(row, Mapping)]


def _named(row: Mapping[str, Any], ours: OursOf) -> str:
    """ "first frame (image_url)" of `{"loc": ["body", "image_url"]}`; "" for the whole request."""
    loc = row.get("loc")
    parts = [str(part) for part in loc] if isinstance(loc, list) else []
    parts = parts[1:] if parts[:1] == ["body"] else parts
    if not parts:
        return ""
    name = ours(parts[0])
    named, where = _SAID_AS.get(name, name), ".".join(parts)
    return f"{named} ({where})" if named not in {"", where} else where
