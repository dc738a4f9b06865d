"""What Ark says of a task, read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shortdrama.generation.ports import Bill, JobPhase, ProviderJob
from shortdrama.providers.phases import phase_of
from shortdrama.providers.seedance.refusals import kind_of_failure, sentence_of
from shortdrama.sora2.wire import JobError, parse_error, parse_time, text_of


def job_of(body: Mapping[str, Any], job_id: str) -> ProviderJob:
    """A task as its own answer, or a row of the list, tells it."""
    phase = phase_of(body.get("status"))
    error = parse_error(body.get("error")) or JobError()
    content = mapping(body.get("content"))
    return ProviderJob(
        id=job_id,
        phase=phase,
        raw_status=text_of(body.get("status")),
        error_code=error.code or None,
        error_message=sentence_of(error) or None,
        failure_kind=kind_of_failure(error) if phase is JobPhase.FAILED else None,
        result_url=text_of(content.get("video_url")) or None,
        last_frame_url=text_of(content.get("last_frame_url")) or None,
        seconds=_number(body.get("duration")),
        created_at=made_at(body) or None,
        model=text_of(body.get("model")) or None,
        bill=_bill(body, phase),
    )


def _bill(body: Mapping[str, Any], phase: JobPhase) -> Bill | None:
    """Tokens: width x height x frames / 1024; also as those of their resolution, which has a price
    of its own. What a failed task costs is not documented."""
    usage = mapping(body.get("usage"))
    counted = {name: number for name in usage if (number := _number(usage[name])) is not None}
    tokens = counted.get("total_tokens", counted.get("completion_tokens"))
    if tokens is not None and (resolution := text_of(body.get("resolution"))):
        counted[f"tokens_{resolution}"] = tokens
    if phase is JobPhase.SUCCEEDED:
        return Bill(usage=counted, was_charged=True)
    return Bill(usage=counted, was_charged=any(counted.values())) if counted else None


def made_at(row: Mapping[str, Any]) -> float:
    """Unix seconds; 0 where it is not told."""
    moment = parse_time(row.get("created_at"))
    return moment.timestamp() if moment else 0.0


def mapping(value: object) -> Mapping[str, Any]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
