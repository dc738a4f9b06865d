"""Lantern, a vendor that does not exist: POST /jobs, GET /jobs/{id}, DELETE /jobs/{id}."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from shortdrama.domain.model import Mode
from shortdrama.domain.take import FailureKind
from shortdrama.errors import ProviderError
from shortdrama.generation.ports import JobPhase, ProviderJob, Submission
from shortdrama.providers.checks import reach
from shortdrama.providers.frames import PictureLimits, ratio_of, read_picture
from shortdrama.providers.kind import Access, CheckRow, ProviderKind
from shortdrama.providers.vendor_api import VendorApi
from shortdrama.providers.wishes import need_mode, wishes_of

_PHASES = {
    "waiting": JobPhase.QUEUED,
    "drawing": JobPhase.RUNNING,
    "lit": JobPhase.SUCCEEDED,
    "out": JobPhase.FAILED,
    "snuffed": JobPhase.CANCELLED,
}


class Lantern:
    """One call is one request. Nothing here waits, repeats or remembers."""

    def __init__(self, access: Access) -> None:
        self._api = VendorApi(access)

    async def close(self) -> None:
        await self._api.close()

    async def submit(self, submission: Submission) -> ProviderJob:
        need_mode(submission, {Mode.TEXT, Mode.FIRST_FRAME})
        wishes = wishes_of(submission)
        body: dict[str, Any] = {
            "model": submission.model,
            "text": submission.prompt,
            "length": submission.seconds,
            "shape": ratio_of(submission.size),
            **({"seed": wishes.seed} if wishes.seed is not None else {}),
            **wishes.own,
        }
        for reference in submission.references:
            picture = await read_picture(reference, submission.size, PictureLimits(5_000_000))
            body["begins_with"] = picture.data_url
        answer = await self._api.submit("/jobs", body)
        job = _job(answer.body)
        if job is None:
            # The request may have been billed: only a clear no is a refusal.
            raise self._api.refused(answer) if answer.error else self._api.uncertain(answer)
        return job

    async def poll(self, job_id: str) -> ProviderJob:
        answer = await self._api.ask("GET", f"/jobs/{job_id}")
        return _job(answer.body) or ProviderJob(job_id, JobPhase.UNKNOWN)

    async def fetch(
        self, job: ProviderJob, destination: Path, on_progress: Callable[[int, int | None], None]
    ) -> None:
        url = job.result_url or (await self.poll(job.id)).result_url
        if url is None:
            raise ProviderError(
                "Lantern has no clip for this job yet.",
                kind=FailureKind.NOT_FOUND,
                is_transient=True,
            )
        await self._api.fetch(url, destination, on_progress)

    async def cancel(self, job_id: str) -> bool:
        answer = await self._api.ask_any("DELETE", f"/jobs/{job_id}")
        return answer.status == 200

    async def find(self, submission: Submission, since: datetime) -> list[ProviderJob]:
        raise ProviderError("Lantern has no list of jobs.", kind=FailureKind.UNSUPPORTED)

    async def check(self) -> list[CheckRow]:
        rows, _answer = await reach(self._api.ask("GET", "/account"))
        return rows


def _job(body: Any) -> ProviderJob | None:
    if not isinstance(body, dict) or not body.get("job"):
        return None
    word = str(body.get("state", ""))
    return ProviderJob(
        id=str(body["job"]),
        phase=_PHASES.get(word, JobPhase.UNKNOWN),
        raw_status=word,
        progress=body.get("percent"),
        error_message=body.get("why"),
        result_url=body.get("clip"),
    )


KIND = ProviderKind(
    "lantern",
    "Lantern",
    Lantern,
    base_url="https://api.lantern.example",
    models=("lantern-1",),
    capabilities=Path(__file__).with_name("capabilities.toml"),
)
