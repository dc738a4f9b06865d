"""What Google says of an operation, read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shortdrama.domain.take import FailureKind
from shortdrama.errors import Sentence, mark
from shortdrama.generation.ports import Bill, JobPhase, ProviderJob
from shortdrama.providers.veo.refusals import ABOUT_INPUT, RULES
from shortdrama.sora2.wire import JobError, text_of

_NOT_OWED = Bill(micro_usd=0, was_charged=False)  # "only successful videos are billed"
_SOUND_REFUSED = mark(
    "Google held back the finished clip because of its sound and charges nothing for it. The same "
    "prompt often passes another time: try again."
)


def waiting(body: Mapping[str, Any], job_id: str) -> ProviderJob:
    """An operation that runs is told by little more than its name."""
    if text_of(body.get("name")) != job_id:
        return ProviderJob(job_id, JobPhase.UNKNOWN, "an answer without the operation's name")
    return ProviderJob(job_id, JobPhase.RUNNING, "running")


def done(job_id: str, response: Mapping[str, Any]) -> ProviderJob:
    """A clip, or the reasons why there is none; each in either of two places."""
    places = [mapping(response.get("generateVideoResponse")), response]
    samples = [sample for place in places for sample in _samples_in(place)]
    if samples:
        url = next((url for sample in samples if (url := text_of(sample.get("uri")))), None)
        bill = Bill(was_charged=True)
        return ProviderJob(job_id, JobPhase.SUCCEEDED, "done", result_url=url, bill=bill)
    reasons = [reason for place in places for reason in _reasons_in(place)]
    if reasons or any(place.get("raiMediaFilteredCount") for place in places):
        return _withheld(job_id, " ".join(dict.fromkeys(reasons)))
    return ProviderJob(
        job_id,
        JobPhase.FAILED,
        "done without a clip",
        error_code="empty_result",
        error_message="The operation is done and holds neither a clip nor a reason.",
        failure_kind=FailureKind.PROVIDER_FAILURE,
        bill=_NOT_OWED,
    )


def _withheld(job_id: str, reason: str) -> ProviderJob:
    is_input = ABOUT_INPUT.search(reason) is not None
    is_sound = not is_input and "audio" in reason.lower()
    said = reason or "It was filtered, and no reason was given."
    return ProviderJob(
        job_id,
        JobPhase.FAILED,
        "filtered",
        error_code="filtered",
        error_message=Sentence(_SOUND_REFUSED, provider_message=reason) if is_sound else said,
        failure_kind=FailureKind.MODERATION_INPUT if is_input else FailureKind.MODERATION_OUTPUT,
        bill=_NOT_OWED,
    )


def failed(job_id: str, error: JobError) -> ProviderJob:
    """An operation that is done with an error."""
    kind = FailureKind.PROVIDER_FAILURE
    if ABOUT_INPUT.search(error.message):
        kind = FailureKind.MODERATION_INPUT
    elif RULES.search(error.message):
        kind = FailureKind.MODERATION_OUTPUT
    return ProviderJob(
        job_id,
        JobPhase.FAILED,
        "error",
        error_code=error.code or None,
        error_message=error.message or None,
        failure_kind=kind,
        bill=_NOT_OWED,
    )


def _samples_in(place: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = [place.get(key) for key in ("generatedSamples", "generatedVideos", "videos")]
    rows = [mapping(row) for rows in found if isinstance(rows, list) for row in rows]
    return [mapping(row.get("video")) or row for row in rows if row]


def _reasons_in(place: Mapping[str, Any]) -> list[str]:
    reasons = place.get("raiMediaFilteredReasons")
    return [text_of(reason) for reason in reasons] if isinstance(reasons, list) else []


def mapping(value: object) -> Mapping[str, Any]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}
