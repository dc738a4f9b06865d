"""The Sora 2 protocol as a provider, in both dialects. One call is one request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from shortdrama.domain.model import SEED, VIDEOS
from shortdrama.domain.prompt import clean_prompt
from shortdrama.domain.take import FailureKind
from shortdrama.errors import InvalidInput, ProviderError, Sentence, StudioError, mark
from shortdrama.generation.ports import JobPhase, ProviderJob, Submission
from shortdrama.providers.kind import Access, CheckRow, ProviderKind
from shortdrama.sora2.answers import kind_of_job_error
from shortdrama.sora2.client import ConnectionCheck, Sora2Client
from shortdrama.sora2.options import GenerateOptions, ReferenceFile
from shortdrama.sora2.wire import JobStatus, VideoJob

_PHASES = {
    JobStatus.QUEUED: JobPhase.QUEUED,
    JobStatus.IN_PROGRESS: JobPhase.RUNNING,
    JobStatus.COMPLETED: JobPhase.SUCCEEDED,
    JobStatus.FAILED: JobPhase.FAILED,
    JobStatus.CANCELLED: JobPhase.CANCELLED,
    JobStatus.EXPIRED: JobPhase.EXPIRED,
    JobStatus.UNKNOWN: JobPhase.UNKNOWN,
}
_CANNOT_CANCEL = frozenset({400, 404, 405, 409, 501})
_PAGE = 100
_MAX_PAGES = 5


class OpenAIVideos:
    """Satisfies `providers.kind.OpenProvider` over one client, which it closes."""

    def __init__(self, client: Sora2Client, models: tuple[str, ...] = ()) -> None:
        self._client = client
        self._models = models

    async def check(self) -> list[CheckRow]:
        try:
            check = await self._client.check_connection()
        except StudioError as error:
            return [(mark("Address"), False, error.message)]
        return _check_rows(check, self._models)

    async def close(self) -> None:
        await self._client.close()

    async def submit(self, submission: Submission) -> ProviderJob:
        """May cost money; raises as `Sora2Client.generate_video`."""
        if len(submission.references) > 1:
            raise ProviderError(
                "This protocol takes one reference picture.", kind=FailureKind.UNSUPPORTED
            )
        reference = next(
            (ReferenceFile(r.path, r.mime, r.name) for r in submission.references), None
        )
        options = GenerateOptions(
            model=submission.model,
            seconds=submission.seconds,
            size=submission.size,
            reference=reference,
            extra=submission.extra,
            idempotency_key=submission.idempotency_key or None,
        )
        return _job(await self._client.generate_video(submission.prompt, options))

    async def poll(self, job_id: str) -> ProviderJob:
        return _job(await self._client.check_status(job_id))

    async def fetch(
        self, job: ProviderJob, destination: Path, on_progress: Callable[[int, int | None], None]
    ) -> None:
        """By the address that the job told where the server has no `/content` for it."""
        try:
            await self._client.download_video(job.id, destination, on_progress=on_progress)
        except ProviderError as error:
            has_other_way = error.details.get("http_status") in {400, 404, 405, 501}
            if job.result_url is None or not has_other_way:
                raise
            await self._client.download_video(job.result_url, destination, on_progress=on_progress)

    async def cancel(self, job_id: str) -> bool:
        """The protocol has no word for it; several servers stop a job that is deleted."""
        try:
            return await self._client.delete_video(job_id)
        except ProviderError as error:
            if error.kind == FailureKind.UNSUPPORTED:
                return False
            if error.details.get("http_status") in _CANNOT_CANCEL:
                return False
            raise

    async def find(self, submission: Submission, since: datetime) -> list[ProviderJob]:
        """From the server's list, newest first; raises where it has none."""
        found: list[ProviderJob] = []
        after = None
        for _ in range(_MAX_PAGES):
            page = await self._client.list_videos(after=after, limit=_PAGE)
            found += [_job(job) for job in page.jobs if _is_match(job, submission, since)]
            oldest = page.jobs[-1].created_at if page.jobs else None
            is_past = oldest is not None and oldest < since
            if not page.has_more or is_past or page.last_id in (None, after):
                break
            after = page.last_id
        return found


def _is_match(job: VideoJob, submission: Submission, since: datetime) -> bool:
    """A field that the server does not tell cannot make a match certain, so it makes none."""
    if job.created_at is None or job.created_at < since or job.prompt is None:
        return False
    return (
        _same_prompt(job.prompt, submission.prompt)
        and job.model in (None, submission.model)
        and job.seconds in (None, submission.seconds)
        and job.size in (None, submission.size)
    )


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
    )


def _unix(moment: datetime | None) -> float | None:
    return moment.astimezone(UTC).timestamp() if moment else None


def _check_rows(check: ConnectionCheck, models: tuple[str, ...]) -> list[CheckRow]:
    if check.status == "unreachable":
        return [(mark("Address"), False, check.message)]
    reached: CheckRow = (mark("Address"), True, mark("The server answers."))
    if check.status == "unauthorised":
        return [reached, (mark("Key"), False, check.message)]
    rows = [reached, (mark("Key"), True, check.message)]
    if check.models:
        rows.append(_models_row(models, check.models))
    return rows


def _models_row(wanted: tuple[str, ...], listed: tuple[str, ...]) -> CheckRow:
    missing = [model for model in wanted if model not in listed]
    if missing:
        said = Sentence("The server does not list %(models)s.", models=", ".join(missing))
        return (mark("Models"), False, said)
    return (mark("Models"), True, ", ".join(wanted))


def _open(access: Access) -> OpenAIVideos:
    connection = access.connection
    # "Authorization" carries a scheme; headers of a vendor's own carry the bare key.
    scheme = "Bearer" if connection.auth_header.lower() == "authorization" else ""
    client = Sora2Client(
        connection.base_url,
        api_key=access.key,
        dialect="seed" if connection.protocol == SEED else "videos",
        auth_header=connection.auth_header,
        auth_scheme=scheme,
        trusted=connection.is_trusted,
        transport=access.transport,
    )
    return OpenAIVideos(client, connection.models)


KINDS = (
    ProviderKind(VIDEOS, "/v1/videos", _open, needs_key=False),
    ProviderKind(SEED, "/v1/generate", _open, needs_key=False),
)
