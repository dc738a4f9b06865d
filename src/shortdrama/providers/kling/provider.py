"""Kling's own API, v1 to v3. The key is typed as "access key:secret key"; a token is signed with it
for each request. A job's id is its endpoint and its number: `image2video/8123`.

Shapes: the vendor's pages on text, image, multi-image and omni video, on errors and on accounts;
read 2026-11-23, never tried against the live service.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
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
from shortdrama.providers.kling.forms import body_of, endpoint_of
from shortdrama.providers.kling.refusals import ADVICE, CLOCK, kind_of, kind_of_failure
from shortdrama.providers.kling.token import secrets_of, token_of
from shortdrama.providers.phases import phase_of
from shortdrama.providers.vendor_api import Manners, VendorApi
from shortdrama.providers.wishes import cannot
from shortdrama.sora2.answers import Answer, poll_after
from shortdrama.sora2.options import Auth
from shortdrama.sora2.wire import number_of, parse_seconds, parse_time, text_of

_PAGE = 100
_MAX_PAGES = 3
_BILLED_DAYS_S = 365 * 86_400
_OWN_ID = "external_task_id"


class Kling:
    """Satisfies `providers.kind.OpenProvider`."""

    def __init__(self, api: VendorApi) -> None:
        self._api = api

    async def submit(self, submission: Submission) -> ProviderJob:
        """Where the vendor says that it has this very order already, that is the job."""
        endpoint, own_id = endpoint_of(submission), _own_id(submission)
        body = await body_of(submission, own_id)
        try:
            return await self._submit(endpoint, body)
        except ProviderError as error:
            made = await self._made_before(endpoint, own_id) if _says_made(error) else None
            if made is None:
                raise explained(error, ADVICE) from error
            return made

    async def poll(self, job_id: str) -> ProviderJob:
        endpoint, _, _ = job_id.partition("/")
        answer = await self._ask(f"/v1/videos/{quote(job_id, safe='/')}")
        return _job(endpoint, _mapping(_mapping(answer.body).get("data")), answer, job_id)

    async def fetch(
        self, job: ProviderJob, destination: Path, on_progress: Callable[[int, int | None], None]
    ) -> None:
        await self._api.fetch_job(job, self.poll, destination, on_progress)

    async def cancel(self, _job_id: str) -> bool:
        """There is no way to stop a task."""
        return False

    async def poll_many(self, job_ids: list[str]) -> dict[str, ProviderJob]:
        """What the lists tell of these jobs; there is one for each kind of task."""
        found: dict[str, ProviderJob] = {}
        for endpoint in sorted({job_id.partition("/")[0] for job_id in job_ids}):
            for page in range(1, 2 + len(job_ids) // _PAGE):
                rows, answer = await self._page(endpoint, page)
                jobs = [_job(endpoint, row, answer) for row in rows]
                found |= {job.id: job for job in jobs if job.id in job_ids}
                if len(rows) < _PAGE:
                    break
        return found

    async def find(self, submission: Submission, since: datetime) -> list[ProviderJob]:
        """The job that carries the id which was sent with this very order."""
        own_id = _own_id(submission)
        if not own_id:
            raise cannot("Kling finds a task only by the id that was sent with it.")
        job = await self._by_own_id(endpoint_of(submission), own_id, since.timestamp())
        return [replace(job, is_certain=True)] if job else []

    async def check(self) -> list[CheckRow]:
        rows, answer = await reach(
            self._ask("/v1/videos/text2video", {"pageNum": 1, "pageSize": 1})
        )
        if answer is None:
            is_clock = re.search(r"\b100[34]\b|not yet valid|expired", rows[-1][2]) is not None
            return [*rows, (mark("Clock"), False, CLOCK)] if is_clock else rows
        return rows + await self._credit_rows()

    async def close(self) -> None:
        await self._api.close()

    async def _submit(self, endpoint: str, body: dict[str, Any]) -> ProviderJob:
        answer = await self._api.submit(f"/v1/videos/{endpoint}", body)
        task = _mapping(_mapping(answer.body).get("data"))
        if text_of(task.get("task_id")) and answer.error is None:
            return _job(endpoint, task, answer)
        error = answer.error
        if error is not None and kind_of(200, error) is not FailureKind.PROVIDER_FAILURE:
            raise self._api.refused(answer)
        raise self._api.uncertain(answer)

    async def _ask(self, path: str, params: Mapping[str, str | int] | None = None) -> Answer:
        """Raises `ProviderError` for an error that comes with HTTP 200, too."""
        answer = await self._api.ask("GET", path, params)
        if answer.error is not None:
            raise self._api.refused(answer)
        return answer

    async def _made_before(self, endpoint: str, own_id: str) -> ProviderJob | None:
        try:
            return await self._by_own_id(endpoint, own_id, 0)
        except ProviderError:
            return None  # the refusal itself is what a person should read

    async def _by_own_id(self, endpoint: str, own_id: str, since: float) -> ProviderJob | None:
        """Asked for in place of the number, and where that is not known, looked for in the list."""
        job = None
        try:
            answer = await self._ask(f"/v1/videos/{endpoint}/{quote(own_id, safe='')}")
            job = _with_own_id(endpoint, [_mapping(answer.body).get("data")], own_id, answer)
        except ProviderError as error:
            if error.kind not in {FailureKind.NOT_FOUND, FailureKind.INVALID_REQUEST}:
                raise
        for page in range(1, _MAX_PAGES + 1):
            if job is not None:
                break
            rows, answer = await self._page(endpoint, page)
            job = _with_own_id(endpoint, rows, own_id, answer)
            if len(rows) < _PAGE:
                break
        return job if job and (job.created_at or since) >= since else None

    async def _page(self, endpoint: str, page: int) -> tuple[list[Mapping[str, Any]], Answer]:
        params = {"pageNum": page, "pageSize": _PAGE}
        answer = await self._ask(f"/v1/videos/{endpoint}", params)
        told = _mapping(answer.body).get("data")
        return [_mapping(row) for row in told] if isinstance(told, list) else [], answer

    async def _credit_rows(self) -> list[CheckRow]:
        """What is left of the resource packs; nothing where there are none, or none are told."""
        now = int(time.time() * 1000)
        span = {"start_time": now - _BILLED_DAYS_S * 1000, "end_time": now}
        try:
            answer = await self._ask("/account/costs", span)
        except ProviderError:
            return []
        told = _mapping(_mapping(answer.body).get("data")).get("resource_pack_subscribe_infos")
        packs = [_mapping(pack) for pack in told] if isinstance(told, list) else []
        left = sum(
            number_of(pack.get("remaining_quantity")) or 0
            for pack in packs
            if pack.get("status") == "online"
        )
        said = Sentence(mark("%(units)s units are left in resource packs."), units=f"{left:,.0f}")
        return [(mark("Credit"), left > 0, said)] if packs else []


def _says_made(error: ProviderError) -> bool:
    said = str(error.details.get("provider_message") or "")
    return error.kind == FailureKind.INVALID_REQUEST and _OWN_ID in said


def _own_id(submission: Submission) -> str:
    """The same for the same order only, so that the vendor itself refuses to make it twice."""
    if not submission.idempotency_key:
        return ""
    order = (
        submission.model,
        submission.prompt,
        submission.seconds,
        submission.size,
        submission.mode,
    )
    digest = hashlib.sha256(json.dumps(order).encode()).hexdigest()
    return f"{submission.idempotency_key}-{digest[:10]}"


def _with_own_id(
    endpoint: str, rows: Sequence[object], own_id: str, answer: Answer
) -> ProviderJob | None:
    for row in map(_mapping, rows):
        if text_of(_mapping(row.get("task_info")).get(_OWN_ID)) == own_id:
            return _job(endpoint, row, answer)
    return None


def _job(
    endpoint: str, task: Mapping[str, Any], answer: Answer, job_id: str | None = None
) -> ProviderJob:
    word = text_of(task.get("task_status"))
    phase = phase_of(word)
    message = text_of(task.get("task_status_msg"))
    videos = _mapping(task.get("task_result")).get("videos")
    video = _mapping(videos[0]) if isinstance(videos, list) and videos else {}
    made = parse_time(task.get("created_at"))  # in milliseconds
    has_failed = phase is JobPhase.FAILED
    return ProviderJob(
        id=job_id or f"{endpoint}/{text_of(task.get('task_id'))}",
        phase=phase,
        raw_status=word,
        error_message=message or None if has_failed else None,
        failure_kind=kind_of_failure(message) if has_failed else None,
        result_url=text_of(video.get("url")) or None,
        poll_after_s=poll_after(answer.headers),
        seconds=parse_seconds(video.get("duration")),
        created_at=made.timestamp() if made else None,
        bill=_bill(text_of(task.get("final_unit_deduction"))),
    )


def _bill(told: str) -> Bill | None:
    """Units of the account's resource pack; what one costs is in the account's contract."""
    units = number_of(told)
    return None if units is None else Bill(usage={"units": units}, was_charged=units > 0)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _open(access: Access) -> Kling:
    connection = access.connection
    address = re.sub(r"/v1/*$", "", connection.base_url.rstrip("/"))
    auth = Auth(token_of=token_of, secrets_of=secrets_of)
    api = VendorApi(
        replace(access, connection=replace(connection, base_url=address)),
        Manners(auth=auth, kind_of=kind_of),
    )
    return Kling(api)


KINDS = (
    ProviderKind(
        "kling",
        "Kling",
        _open,
        base_url="https://api-singapore.klingai.com",
        models=("kling-v3", "kling-v3-omni", "kling-v2-6", "kling-v2-5-turbo", "kling-video-o1"),
        hint=mark("The key is typed as access key, colon, secret key."),
    ),
)
