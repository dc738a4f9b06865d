"""Runway, and the models of others behind its key. One call is one request, but for `cancel`,
which first makes sure that it throws no finished clip away.

Shapes: runwayml 5.24.0 and the vendor's pages on errors, task failures and inputs; read
2026-11-23, never tried against the live service.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from shortdrama.domain.take import FailureKind
from shortdrama.errors import ProviderError, Sentence, mark
from shortdrama.generation.ports import Bill, JobPhase, ProviderJob, Submission
from shortdrama.providers.advice import explained
from shortdrama.providers.checks import reach
from shortdrama.providers.kind import Access, CheckRow, ProviderKind
from shortdrama.providers.phases import phase_of
from shortdrama.providers.runway.forms import body_of, path_of
from shortdrama.providers.vendor_api import Manners, VendorApi
from shortdrama.providers.wishes import cannot
from shortdrama.sora2.answers import Answer, kind_of_refusal, poll_after
from shortdrama.sora2.wire import JobError, first_text, is_usable_id, parse_time, text_of

_VERSION = {"X-Runway-Version": "2024-11-06"}  # without it every request is refused
_CREDIT_MICRO_USD = 10_000
_MOST_CREDITS = 10**9  # more is no price
_NOT_OVER = frozenset({JobPhase.QUEUED, JobPhase.RUNNING, JobPhase.UNKNOWN})
_NO_CREDIT = re.compile(r"(not|n.t) (have )?enough credits|monthly .{0,40}(limit|cap)", re.I)
_DAILY = re.compile(r"\bdaily\b|per day", re.I)
_ADVICE = (
    (
        r"(?i)\bdaily\b|per day",
        mark(
            "The account’s limit of takes a day is reached for this model. Try again tomorrow, or "
            "raise the tier in Runway’s developer portal."
        ),
    ),
    (
        r"(?i)monthly .{0,40}(limit|cap)",
        mark(
            "The account’s limit of credits a month is reached. Raise the tier in Runway’s "
            "developer portal."
        ),
    ),
)


class Runway:
    """Satisfies `providers.kind.OpenProvider`."""

    def __init__(self, api: VendorApi, models: tuple[str, ...]) -> None:
        self._api = api
        self._models = models

    async def submit(self, submission: Submission) -> ProviderJob:
        body = await body_of(submission)
        try:
            return await self._submit(path_of(submission.mode), body)
        except ProviderError as error:
            raise explained(error, _ADVICE) from error

    async def poll(self, job_id: str) -> ProviderJob:
        answer = await self._api.ask("GET", _path(job_id))
        return _job(job_id, _mapping(answer.body), answer)

    async def fetch(
        self, job: ProviderJob, destination: Path, on_progress: Callable[[int, int | None], None]
    ) -> None:
        """By the link that the last poll told. It expires; each poll tells a fresh one."""
        await self._api.fetch_job(job, self.poll, destination, on_progress)

    async def cancel(self, job_id: str) -> bool:
        """Where it is over already nothing is asked: that would delete the finished clip."""
        if (await self.poll(job_id)).phase not in _NOT_OVER:
            return False
        answer = await self._api.ask_any("DELETE", _path(job_id))
        if 200 <= answer.status < 300:
            return True
        if answer.status in {400, 404, 405, 409}:
            return False
        raise self._api.refused(answer)

    async def find(self, _submission: Submission, _since: datetime) -> list[ProviderJob]:
        """Raises `ProviderError` (`kind="unsupported"`): there is no list of tasks."""
        raise cannot(
            "Runway has no list of tasks that a program could look into. Look at the request "
            "history in its developer portal."
        )

    async def check(self) -> list[CheckRow]:
        rows, answer = await reach(self._api.ask("GET", "/v1/organization"))
        return rows + (_account_rows(_mapping(answer.body), self._models) if answer else [])

    async def close(self) -> None:
        await self._api.close()

    async def _submit(self, path: str, order: dict[str, Any]) -> ProviderJob:
        answer = await self._api.submit(path, order)
        body = _mapping(answer.body)
        job_id = first_text(body, ("id",))
        if job_id and is_usable_id(job_id):
            return _job(job_id, {"status": "PENDING", **body}, answer)
        if answer.error is not None:
            raise self._api.refused(answer)
        raise self._api.uncertain(answer)


def _job(job_id: str, task: Mapping[str, Any], answer: Answer) -> ProviderJob:
    word = text_of(task.get("status"))
    phase = phase_of(word)
    error = JobError(text_of(task.get("failureCode")), text_of(task.get("failure")))
    output = task.get("output")
    made = parse_time(task.get("createdAt"))
    return ProviderJob(
        id=job_id,
        phase=phase,
        raw_status=word,
        progress=_percent(task.get("progress")),
        error_code=error.code or None,
        error_message=error.message or None,
        failure_kind=_kind_of_failure(error) if phase is JobPhase.FAILED else None,
        result_url=text_of(output[0]) or None if isinstance(output, list) and output else None,
        poll_after_s=poll_after(answer.headers),
        created_at=made.timestamp() if made else None,
        bill=_bill(_mapping(task.get("cost"))),
    )


def _percent(told: object) -> int | None:
    """A share from 0 to 1, both included."""
    if isinstance(told, bool) or not isinstance(told, int | float):
        return None
    return max(0, min(100, int(told * 100)))


def _bill(cost: Mapping[str, Any]) -> Bill | None:
    """The final cost: told only when a task is over; 0 where all was given back."""
    credits_ = cost.get("credits")
    if isinstance(credits_, bool) or not isinstance(credits_, int | float):
        return None
    if not 0 <= credits_ <= _MOST_CREDITS:
        return None
    return Bill(
        round(credits_ * _CREDIT_MICRO_USD), {"credits": float(credits_)}, was_charged=credits_ > 0
    )


def _kind_of(status: int, error: JobError) -> FailureKind:
    if status in {400, 402, 403, 429} and _NO_CREDIT.search(error.message):
        return FailureKind.QUOTA
    if status == 429 and _DAILY.search(error.message):
        return FailureKind.QUOTA
    return kind_of_refusal(status, error)


def _kind_of_failure(error: JobError) -> FailureKind:
    """By the parts of codes such as "SAFETY.INPUT.TEXT" and "INPUT_PREPROCESSING.SAFETY.TEXT"."""
    code = error.code.upper()
    if "SAFETY" in code:
        is_output = code.startswith("SAFETY.OUTPUT")
        return FailureKind.MODERATION_OUTPUT if is_output else FailureKind.MODERATION_INPUT
    if code.startswith("ASSET") or code.startswith("INPUT."):
        return FailureKind.INVALID_REQUEST
    return FailureKind.PROVIDER_FAILURE


def _account_rows(account: Mapping[str, Any], wanted: tuple[str, ...]) -> list[CheckRow]:
    rows: list[CheckRow] = []
    left = account.get("creditBalance")
    if isinstance(left, int | float):
        said = Sentence(mark("%(credits)s credits are left."), credits=f"{left:,.0f}")
        rows.append((mark("Credit"), left > 0, said))
    listed = _mapping(_mapping(account.get("tier")).get("models"))
    missing = [model for model in wanted if model not in listed]
    if listed and missing:
        said = Sentence(
            mark("The account’s tier does not list %(models)s."), models=", ".join(missing)
        )
        rows.append((mark("Models"), False, said))
    elif listed and wanted:
        rows.append((mark("Models"), True, ", ".join(wanted)))
    return rows


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _path(job_id: str) -> str:
    return f"/v1/tasks/{quote(job_id, safe='')}"


def _open(access: Access) -> Runway:
    connection = access.connection
    address = re.sub(r"/v1/*$", "", connection.base_url.rstrip("/"))
    api = VendorApi(
        replace(access, connection=replace(connection, base_url=address)),
        Manners(headers=_VERSION, kind_of=_kind_of),
    )
    return Runway(api, connection.models)


KINDS = (
    ProviderKind(
        "runway",
        "Runway",
        _open,
        base_url="https://api.dev.runwayml.com",
        poll_every_s=5.0,  # docs.dev.runwayml.com, "API usage": five seconds or more, with jitter
        models=("gen4.5", "gen4_turbo", "veo3.1_fast", "seedance2", "kling3.0_pro", "wan3"),
    ),
)
