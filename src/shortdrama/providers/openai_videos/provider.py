"""OpenAI's Videos protocol (that of Sora 2) as a provider, at whatever server speaks it.

How servers differ is in `servers`. One call is one request; `fetch` asks for the address of
the clip where `/content` has none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shortdrama.domain.model import SEED, VIDEOS, Connection, Mode, Sound
from shortdrama.domain.prompt import clean_prompt
from shortdrama.domain.take import FailureKind
from shortdrama.errors import InvalidInput, ProviderError, StudioError
from shortdrama.generation.ports import Bill, JobPhase, ProviderJob, Submission
from shortdrama.providers.kind import Access, CheckRow, ProviderKind
from shortdrama.providers.openai_videos.check import check_videos
from shortdrama.providers.openai_videos.servers import (
    ANY,
    OPTIONS,
    VideoServer,
    own_words,
    server_of,
)
from shortdrama.providers.wishes import cannot
from shortdrama.sora2.answers import kind_of_job_error
from shortdrama.sora2.client import Sora2Client
from shortdrama.sora2.options import GenerateOptions, ReferenceFile
from shortdrama.sora2.requests import data_url
from shortdrama.sora2.wire import JobStatus, VideoJob, VideoPage

_PHASES = {
    JobStatus.QUEUED: JobPhase.QUEUED,
    JobStatus.IN_PROGRESS: JobPhase.RUNNING,
    JobStatus.COMPLETED: JobPhase.SUCCEEDED,
    JobStatus.FAILED: JobPhase.FAILED,
    JobStatus.CANCELLED: JobPhase.CANCELLED,
    JobStatus.EXPIRED: JobPhase.EXPIRED,
    JobStatus.UNKNOWN: JobPhase.UNKNOWN,
}
_CANNOT = frozenset({400, 404, 405, 501})
_GONE = frozenset({"task_not_exist"})  # new-api says it with HTTP 400
_TASKS = {Mode.FIRST_LAST: "fl2va", Mode.REFERENCES: "ref2va"}  # of MiniMax-H3 in vLLM-Omni
_ADDRESS = re.compile(r"https?://[^\s\"'<>]+", re.IGNORECASE)
_PAGE = 100
_MAX_PAGES = 5


class OpenAIVideos:
    """Satisfies `providers.kind.OpenProvider` over one client, which it closes."""

    def __init__(
        self, client: Sora2Client, models: tuple[str, ...] = (), server: VideoServer = ANY
    ) -> None:
        self._client = client
        self._models = models
        self._server = server

    async def check(self) -> list[CheckRow]:
        return await check_videos(self._client, self._models)

    async def close(self) -> None:
        await self._client.close()

    async def submit(self, submission: Submission) -> ProviderJob:
        """May cost money; raises as `Sora2Client.generate_video`."""
        extra = own_words(self._server, submission)
        files = tuple(ReferenceFile(r.path, r.mime, r.name) for r in submission.references)
        told = await _pictures(self._server, submission.mode, files)
        options = GenerateOptions(
            model=submission.model,
            seconds=submission.seconds,
            size=submission.size,
            reference=None if told or not files else files[0],
            extra=_with_task(told, extra),
            idempotency_key=submission.idempotency_key or None,
            headers=self._server.submit_headers,
        )
        if self._server.is_at_once:
            return await self._submit_at_once(submission, options)
        job = _job(await self._client.generate_video(submission.prompt, options))
        # An id and no word of how it is: new-api's older form. It was taken, and waits.
        return job if job.raw_status else replace(job, phase=JobPhase.QUEUED)

    async def _submit_at_once(
        self, submission: Submission, options: GenerateOptions
    ) -> ProviderJob:
        if submission.clip_to is None:
            raise cannot("There is no place for a clip that comes with the answer.")
        path = submission.clip_to
        await self._client.generate_at_once(submission.prompt, path, options)
        return ProviderJob(submission.idempotency_key, JobPhase.SUCCEEDED, clip=path)

    async def poll(self, job_id: str) -> ProviderJob:
        try:
            return _job(await self._client.check_status(job_id))
        except ProviderError as error:
            if error.details.get("provider_code") in _GONE:
                error.kind, error.is_transient = FailureKind.NOT_FOUND, False
            raise

    async def fetch(
        self, job: ProviderJob, destination: Path, on_progress: Callable[[int, int | None], None]
    ) -> None:
        """By the address that the job told where the server has no `/content` for it."""
        try:
            await self._client.download_video(job.id, destination, on_progress=on_progress)
        except ProviderError as error:
            address = await self._other_way(job, error)
            if address is None or self._client.is_same_clip(job.id, address):
                raise
            try:
                await self._client.download_video(address, destination, on_progress=on_progress)
            except ProviderError as second:
                # The one that may pass decides whether the clip is asked for again.
                raise (error if error.is_transient else second) from second

    async def cancel(self, job_id: str) -> bool:
        """The protocol has no word for it; several servers stop a job that is deleted.

        Where one would only forget the job, and go on making it, it is not asked.
        """
        if not self._server.stops_by_delete:
            return False
        try:
            return await self._client.delete_video(job_id)
        except ProviderError as error:
            if error.kind == FailureKind.UNSUPPORTED:
                return False
            if error.details.get("http_status") in _CANNOT:
                return False
            raise

    async def poll_many(self, job_ids: list[str]) -> dict[str, ProviderJob]:
        """What the server's list tells of these jobs, newest first, until all are found."""
        if not self._server.has_list:
            raise cannot("This server has no list of its jobs.")
        wanted, found, after = set(job_ids), dict[str, ProviderJob](), None
        for _ in range(_MAX_PAGES + len(wanted) // _PAGE):
            page = await self._page(after)
            found |= {job.id: _job(job) for job in page.jobs if job.id in wanted}
            if len(found) == len(wanted) or not page.has_more or page.last_id in (None, after):
                break
            after = page.last_id
        return found

    async def find(self, submission: Submission, since: datetime) -> list[ProviderJob]:
        """From the server's list, newest first; raises where it has none, or one that does not
        tell enough to know a job by."""
        if not self._server.has_list:
            raise cannot("This server has no list of its jobs.")
        found: list[ProviderJob] = []
        after = None
        for _ in range(_MAX_PAGES):
            page = await self._page(after)
            found += [_job(job) for job in page.jobs if self._is_match(job, submission, since)]
            oldest = page.jobs[-1].created_at if page.jobs else None
            is_past = oldest is not None and oldest < since
            if not page.has_more or is_past or page.last_id in (None, after):
                break
            after = page.last_id
        return found

    def _is_match(self, job: VideoJob, submission: Submission, since: datetime) -> bool:
        """A field that the server does not tell cannot make a match certain, so it makes none."""
        if job.created_at is None or job.created_at < since:
            return False
        is_alike = (
            (job.model in (None, submission.model) or not self._server.keeps_names)
            and job.seconds in (None, submission.seconds)
            and job.size in (None, submission.size)
        )
        if is_alike and job.prompt is None:
            raise cannot("This server's list does not tell the prompts of its jobs.")
        return is_alike and _same_prompt(job.prompt or "", submission.prompt)

    async def _page(self, after: str | None) -> VideoPage:
        try:
            return await self._client.list_videos(after=after, limit=_PAGE)
        except ProviderError as error:
            if error.details.get("http_status") in _CANNOT:
                raise cannot("This server has no list of its jobs.") from error
            raise

    async def _other_way(self, job: ProviderJob, error: ProviderError) -> str | None:
        """The address of the clip, where the server has one beside `/content`."""
        status = error.details.get("http_status")
        if not isinstance(status, int) or status < 400:
            return None
        if job.result_url is not None:
            return job.result_url
        # SGLang says it in the refusal, others in the job alone.
        said = _ADDRESS.search(str(error.details.get("answer", "")))
        if said is not None:
            return said[0]
        try:
            return (await self.poll(job.id)).result_url
        except StudioError:
            return None


async def _pictures(
    server: VideoServer, mode: Mode, files: tuple[ReferenceFile, ...]
) -> dict[str, Any]:
    """The fields that hold pictures as text, where they do not go along as one file."""
    if len(files) > 1 or mode is Mode.REFERENCES:
        listed = [{"image_url": await data_url(file)} for file in files]
        task = {"extra_params": {"task": _TASKS[mode]}}
        return {server.pictures_field: listed, **task}
    if files and server.encoding == "never" and server.picture_field:
        return {server.picture_field: await data_url(files[0])}
    return {}


def _with_task(told: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    """What a person wrote wins, beside the pictures' own fields."""
    task, own = told.get("extra_params"), extra.get("extra_params")
    if isinstance(task, dict) and isinstance(own, dict):
        return {**told, **extra, "extra_params": {**task, **own}}
    return {**told, **extra}


def _same_prompt(told: str, sent: str) -> bool:
    try:
        return clean_prompt(told) == clean_prompt(sent)
    except InvalidInput:
        return False


def _job(job: VideoJob) -> ProviderJob:
    has_failed = job.status is JobStatus.FAILED
    return ProviderJob(
        id=job.id,
        phase=_PHASES[job.status],
        raw_status=job.raw_status,
        progress=job.progress,
        error_code=job.error.code or None if job.error else None,
        error_message=job.error.message or None if job.error else None,
        failure_kind=kind_of_job_error(job.error) if has_failed else None,
        result_url=job.video_url,
        poll_after_s=job.poll_after_s,
        seconds=job.seconds,
        created_at=_unix(job.created_at),
        model=job.model,
        prompt=job.prompt,
        bill=_bill(job) if job.status is JobStatus.COMPLETED else None,
    )


def _bill(job: VideoJob) -> Bill | None:
    """LiteLLM tells seconds, new-api tokens; no server tells money."""
    usage = job.raw.get("usage")
    if not isinstance(usage, dict):
        return None
    units = {
        str(name): float(value)
        for name, value in usage.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    return Bill(usage=units) if units else None


def _unix(moment: datetime | None) -> float | None:
    return moment.astimezone(UTC).timestamp() if moment else None


def _open(access: Access) -> OpenAIVideos:
    connection = access.connection
    server = server_of(connection.options)
    if connection.protocol == SEED:
        server = VideoServer(route="seed", sound=Sound.UNKNOWN)
    # "Authorization" carries a scheme; headers of a vendor's own carry the bare key.
    scheme = "Bearer" if connection.auth_header.lower() == "authorization" else ""
    client = Sora2Client(
        connection.base_url + (f"?{server.query}" if server.query else ""),
        api_key=access.key,
        dialect=server.route,
        auth_header=connection.auth_header,
        auth_scheme=scheme if server.scheme is None else server.scheme,
        multipart=server.encoding,
        trusted=connection.is_trusted,
        transport=access.transport,
    )
    return OpenAIVideos(client, connection.models, server)


def _describe(connection: Connection, _model: str) -> None:
    """Says nothing of models. Raises `InvalidInput` for an option that cannot be, while it is
    typed and not when a take is ordered."""
    server_of(connection.options)


KINDS = (
    ProviderKind(
        VIDEOS,
        "OpenAI Videos (/v1/videos)",
        _open,
        needs_key=False,
        options=OPTIONS,
        describe=_describe,
    ),
    ProviderKind(SEED, "/v1/generate", _open, needs_key=False),
)
