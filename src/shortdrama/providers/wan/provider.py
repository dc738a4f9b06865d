"""Wan and HappyHorse on Alibaba Cloud Model Studio (DashScope). One call is one request, but for
`find`, which has to look into each task.

Shapes: dashscope 2.0.2, the vendor's pages on its video models and on asynchronous tasks, and
`docs/providers.md`; read 2026-11-23, never tried against the live service.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote

from shortdrama.domain.take import FailureKind
from shortdrama.errors import ProviderError, mark
from shortdrama.generation.ports import Bill, JobPhase, ProviderJob, Submission
from shortdrama.providers.advice import explained
from shortdrama.providers.checks import reach
from shortdrama.providers.kind import Access, CheckRow, Option, ProviderKind
from shortdrama.providers.phases import phase_of
from shortdrama.providers.vendor_api import Manners, VendorApi
from shortdrama.providers.wan.forms import body_of, path_of
from shortdrama.providers.wan.refusals import (
    ADVICE,
    is_their_trouble,
    kind_of,
    kind_of_failure,
)
from shortdrama.sora2.answers import Answer, poll_after
from shortdrama.sora2.wire import JobError, first_text, parse_seconds, parse_time, text_of

_ASYNC = {"X-DashScope-Async": "enable"}  # without it the call is refused
_CHINA = timezone(timedelta(hours=8))  # times of tasks are told without a zone
_NOT_OVER = frozenset({JobPhase.QUEUED, JobPhase.RUNNING, JobPhase.UNKNOWN})
_PAGE = 100
_MOST_LOOKED_INTO = 20


class Wan:
    """Satisfies `providers.kind.OpenProvider`."""

    def __init__(self, api: VendorApi, headers: Mapping[str, str]) -> None:
        self._api = api
        self._headers = headers

    async def submit(self, submission: Submission) -> ProviderJob:
        body = await body_of(submission)
        try:
            return await self._submit(path_of(submission.model), body)
        except ProviderError as error:
            raise explained(error, ADVICE) from error

    async def poll(self, job_id: str) -> ProviderJob:
        """Raises `ProviderError` (`kind="not_found"`) where the task is not known: made a moment
        ago, older than 24 hours, or of another region."""
        answer = await self._ask("GET", f"/tasks/{quote(job_id, safe='')}")
        if text_of(_output(answer).get("task_status")).upper() == "UNKNOWN":
            raise ProviderError(
                "The provider does not know this task: it keeps tasks for 24 hours, each region "
                "its own.",
                kind=FailureKind.NOT_FOUND,
                http_status=answer.status,
            )
        return _job(job_id, answer)

    async def fetch(
        self, job: ProviderJob, destination: Path, on_progress: Callable[[int, int | None], None]
    ) -> None:
        await self._api.fetch_job(job, self.poll, destination, on_progress)

    async def cancel(self, job_id: str) -> bool:
        """Only what still waits can be stopped."""
        try:
            await self._ask("POST", f"/tasks/{quote(job_id, safe='')}/cancel")
        except ProviderError as error:
            if error.is_transient or error.kind == FailureKind.AUTH:
                raise
            return False
        return True

    async def poll_many(self, job_ids: list[str]) -> dict[str, ProviderJob]:
        """What the list tells of these tasks. Of those that failed it tells no reason, so they are
        left to be asked for singly."""
        told = {text_of(row.get("task_id")): row for row in await self._rows({}, len(job_ids))}
        jobs = [_listed(job_id, told[job_id]) for job_id in job_ids if job_id in told]
        return {job.id: job for job in jobs if job.phase in {*_NOT_OVER, JobPhase.SUCCEEDED}}

    async def find(self, submission: Submission, since: datetime) -> list[ProviderJob]:
        """Tasks of the list that were made since then, of the same model and prompt; where there
        are none, those that are not done: only then is a task's prompt told."""
        rows = await self._rows({"model_name": submission.model}, _PAGE)
        made = [
            row
            for row in rows
            if row.get("model_name") == submission.model
            and _seconds(row.get("gmt_create")) >= since.timestamp()
        ]
        made.sort(key=lambda row: -_seconds(row.get("gmt_create")))
        jobs = [job for row in made[:_MOST_LOOKED_INTO] if (job := await self._look_into(row))]
        found = [job for job in jobs if _is_match(job, submission)]
        untold = [job for job in jobs if job.prompt is None and job.phase in _NOT_OVER]
        return found or [replace(job, is_guess=True) for job in untold]

    async def check(self) -> list[CheckRow]:
        rows, _ = await reach(self._ask("GET", "/tasks/", {"page_no": 1, "page_size": 1}))
        if not rows[-1][1]:
            rows.append(
                (mark("Region"), False, mark("Each region has its own address and its own keys."))
            )
        return rows

    async def close(self) -> None:
        await self._api.close()

    async def _submit(self, path: str, body: dict[str, Any]) -> ProviderJob:
        answer = await self._api.submit(path, body, {**self._headers, **_ASYNC})
        output = _output(answer)
        if task_id := text_of(output.get("task_id")):
            return _job(task_id, answer)
        if answer.error is not None and not is_their_trouble(answer.error.code):
            raise self._api.refused(answer)
        raise self._api.uncertain(answer)

    async def _ask(
        self, method: str, path: str, params: Mapping[str, str | int] | None = None
    ) -> Answer:
        """Raises `ProviderError` for an error that comes with HTTP 200, too."""
        answer = await self._api.ask(method, path, params, {"headers": dict(self._headers)})
        if answer.error is not None:
            raise self._api.refused(answer)
        return answer

    async def _look_into(self, row: Mapping[str, Any]) -> ProviderJob | None:
        """A task of the list with its prompt, where that is told yet."""
        try:
            job = await self.poll(text_of(row.get("task_id")))
        except ProviderError as error:
            if error.kind == FailureKind.NOT_FOUND:
                return None
            raise
        return replace(job, created_at=_seconds(row.get("gmt_create")))

    async def _rows(self, query: Mapping[str, str | int], at_least: int) -> list[Mapping[str, Any]]:
        """Of the last 24 hours; without a time in the query, whose zone is nowhere told."""
        rows: list[Mapping[str, Any]] = []
        for page in range(1, 2 + at_least // _PAGE):
            params = {**query, "page_no": page, "page_size": _PAGE}
            answer = await self._ask("GET", "/tasks/", params)
            told = answer.body.get("data") if isinstance(answer.body, dict) else None
            listed = told if isinstance(told, list) else []
            rows += [row for row in listed if isinstance(row, Mapping)]
            if len(listed) < _PAGE:
                break
        return rows


def _job(task_id: str, answer: Answer) -> ProviderJob:
    output = _output(answer)
    word = text_of(output.get("task_status"))
    # "Suspended" is their word for waiting; it is in the common table.
    phase = phase_of(word)
    error = JobError(text_of(output.get("code")), text_of(output.get("message")))
    usage = answer.body.get("usage") if isinstance(answer.body, dict) else None
    usage = usage if isinstance(usage, dict) else {}
    return ProviderJob(
        id=task_id,
        phase=phase,
        raw_status=word,
        error_code=error.code or None,
        error_message=error.message or None,
        failure_kind=kind_of_failure(error) if phase is JobPhase.FAILED else None,
        result_url=first_text(output, ("video_url",)) or None,
        poll_after_s=poll_after(answer.headers),
        seconds=parse_seconds(usage.get("output_video_duration") or usage.get("duration")),
        created_at=_unix(output.get("submit_time")),
        prompt=first_text(output, ("orig_prompt",)) or None,
        bill=_bill(usage),
    )


def _listed(job_id: str, row: Mapping[str, Any]) -> ProviderJob:
    word = text_of(row.get("status"))
    # "Unknown" is the word for a task that is not there; a list never says it of one that is.
    return ProviderJob(job_id, phase_of(word), word, created_at=_seconds(row.get("gmt_create")))


def _seconds(milliseconds: object) -> float:
    moment = parse_time(milliseconds)
    return moment.timestamp() if moment else 0.0


def _output(answer: Answer) -> dict[str, Any]:
    output = answer.body.get("output") if isinstance(answer.body, dict) else None
    return output if isinstance(output, dict) else {}


def _bill(usage: Mapping[str, Any]) -> Bill | None:
    numbers = {
        name: float(value)
        for name, value in usage.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    return Bill(usage=numbers) if numbers else None


def _unix(told: object) -> float | None:
    try:
        moment = datetime.fromisoformat(text_of(told))
        return (moment if moment.tzinfo else moment.replace(tzinfo=_CHINA)).timestamp()
    except (ValueError, OverflowError):
        return None


def _is_match(job: ProviderJob, submission: Submission) -> bool:
    is_same = job.prompt is not None and job.prompt.strip() == submission.prompt.strip()
    return is_same and job.seconds in (None, submission.seconds)


def _open(access: Access) -> Wan:
    connection = access.connection
    address = connection.base_url.rstrip("/")
    if not re.search(r"/api/v\d+$", address):
        address += "/api/v1"
    api = VendorApi(
        replace(access, connection=replace(connection, base_url=address)),
        Manners(kind_of=kind_of),
    )
    workspace = connection.options.get("workspace", "").strip()
    return Wan(api, {"X-DashScope-WorkSpace": workspace} if workspace else {})


KINDS = (
    ProviderKind(
        "wan",
        "Wan (Alibaba Model Studio)",
        _open,
        base_url="https://dashscope-intl.aliyuncs.com/api/v1",
        models=("wan3.0-video", "wan3.0-video-prime", "wan2.7-t2v", "wan2.7-i2v", "wan2.7-r2v"),
        hint=mark("An API key of the region that the address is in."),
        options=(
            Option(
                "workspace",
                mark("Workspace"),
                mark("Its id, where the key belongs to a workspace of its own."),
            ),
        ),
    ),
)
