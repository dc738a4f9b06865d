"""Orders and finds the door's jobs. Blocks; routes call it in threads."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from shortdrama.board.api_project import found_api_shot
from shortdrama.domain.ids import AssetId, ShotId, TakeId, is_id, new_id
from shortdrama.domain.people import DoorJob
from shortdrama.domain.take import Take, TakeStatus
from shortdrama.errors import Conflict
from shortdrama.generation.orders import TakeOrder, fingerprint
from shortdrama.generation.ports import TakeTransaction
from shortdrama.sora2.service.envelope import ApiError
from shortdrama.sora2.service.fields import Picture
from shortdrama.web.door.entrance import Caller
from shortdrama.web.door.orders import Wish
from shortdrama.web.door.ports import DoorTools, DoorTransaction
from shortdrama.web.services import Services

PREFIX = "video_"
_PICTURE = "API reference"
# A client that says "this is my second attempt" means the request that it sent just before.
_ATTEMPTS_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Attempt:
    """How a request may be known again: its key, or what a client says of its own retries."""

    key: str = ""
    is_again: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    take: Take
    job: DoorJob


class _Twin(Exception):
    def __init__(self, take_id: TakeId) -> None:
        super().__init__(take_id)
        self.take_id = take_id


class Desk:
    def __init__(self, services: Services, tools: DoorTools) -> None:
        self._services = services
        self._tools = tools

    def order(self, wish: Wish, caller: Caller, attempt: Attempt) -> Job:
        """Make a take in a shot of its own. May cost money.

        The same Idempotency-Key of the same caller is the same job. So is a request that a client
        marks as its own retry (`x-stainless-retry-count`, of OpenAI's SDKs, which retry by
        themselves and send no key): the first answer was lost, and must not be paid for twice.
        """
        order = TakeOrder(
            prompt=wish.prompt,
            model=wish.choice.capability.model,
            seconds=wish.seconds,
            size=wish.size,
            references=self._bring(wish.picture),
            connection_id=wish.choice.connection_id,
            extra=wish.extra,
        )
        return self._order(order, caller, attempt)

    def remix(self, source: Job, prompt: str, caller: Caller, attempt: Attempt) -> Job:
        """The same model, length, size and picture with other words."""
        request = source.take.request
        order = TakeOrder(
            prompt=prompt,
            model=request.model,
            seconds=request.seconds,
            size=request.size,
            references=request.references,
            connection_id=request.connection_id,
            extra=dict(request.extra),
        )
        return self._order(order, caller, attempt, source.take.id)

    def find(self, job_id: str, caller: Caller) -> Job:
        """Raises `ApiError` 404 for what is not this caller's, or was deleted."""
        take_id = job_id.removeprefix(PREFIX)
        if job_id.startswith(PREFIX) and is_id(take_id):
            with self._tools.records.read() as tx:
                job = tx.door_jobs.get(TakeId(take_id))
            if job is not None and job.actor == caller.actor and job.hidden_at is None:
                return Job(self._services.takes.get(job.take_id), job)
        raise unknown_video(job_id)

    def signed_for(self, job_id: str) -> Job:
        """The job of a link that the studio has signed, whoever opens it."""
        take_id = TakeId(job_id.removeprefix(PREFIX))
        with self._tools.records.read() as tx:
            job = tx.door_jobs.get(take_id)
        if job is None or job.hidden_at is not None:
            raise unknown_video(job_id)
        return Job(self._services.takes.get(take_id), job)

    def page(self, caller: Caller, after: str | None, limit: int, is_rising: bool) -> list[Job]:
        """The caller's jobs by time."""
        cursor = after.removeprefix(PREFIX) if after else None
        with self._tools.records.read() as tx:
            jobs = tx.door_jobs.page(caller.actor, cursor, limit, is_rising)
        return [Job(self._services.takes.get(job.take_id), job) for job in jobs]

    def delete(self, job_id: str, caller: Caller) -> None:
        """Forget it at the door and stop it where that can be; the studio keeps the take."""
        found = self.find(job_id, caller)
        with self._tools.records.begin() as tx:
            tx.door_jobs.hide(found.take.id, datetime.now(UTC))
        # An uncertain one stays for a person: it may be paid for, and can still be adopted.
        if found.take.is_active or found.take.status is TakeStatus.STALLED:
            # Too late to stop: it goes its way in the studio.
            with suppress(Conflict):
                self._services.takes.cancel(found.take.id)

    def _order(
        self, order: TakeOrder, caller: Caller, attempt: Attempt, source: TakeId | None = None
    ) -> Job:
        key = _take_key(caller, attempt)
        shot_id = ShotId(_hash(key)[:32])
        job = DoorJob(TakeId(""), caller.actor, fingerprint(order), datetime.now(UTC), source)
        beside = _beside(job, attempt)
        try:
            take = self._services.takes.order(
                replace(order, shot_id=shot_id), key, caller.buyer, beside
            )
        except _Twin as twin:
            take = self._services.takes.get(twin.take_id)
        with self._tools.records.read() as tx:
            written = tx.door_jobs.get(take.id)
        return Job(take, written or replace(job, take_id=take.id))

    def _bring(self, picture: Picture | None) -> tuple[AssetId, ...]:
        """The picture as an asset of the library; the same bytes are one asset."""
        if picture is None:
            return ()
        with tempfile.TemporaryDirectory(dir=self._tools.scratch) as folder:
            file = Path(folder) / f"reference{picture.suffix}"
            file.write_bytes(picture.content)
            intake = self._services.assets.take_in_file(file, f"{_PICTURE}{picture.suffix}")
        if not intake.was_here:
            self._services.assets.change(intake.asset.id, name=_PICTURE, tags=("api",))
        return (intake.asset.id,)


def _beside(job: DoorJob, attempt: Attempt) -> Callable[[TakeTransaction, Take], None]:
    """What is written with a new take: its shot, and whose job it is."""

    def write(tx: TakeTransaction, take: Take) -> None:
        door = cast(DoorTransaction, tx)
        door.door_jobs.lock()
        if attempt.is_again and not attempt.key:
            since = job.created_at - _ATTEMPTS_WITHIN
            twin = door.door_jobs.twin(job.actor, job.fingerprint, since)
            if twin is not None:
                raise _Twin(twin.take_id)
        found_api_shot(door, take.shot_id, take.request.prompt)
        door.door_jobs.add(replace(job, take_id=take.id))

    return write


def _take_key(caller: Caller, attempt: Attempt) -> str:
    """Keys of different callers never meet, nor those of the studio's own page."""
    told = f"{caller.actor}\n{attempt.key}" if attempt.key else new_id()
    return f"door-{_hash(told)}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def unknown_video(job_id: str) -> ApiError:
    return ApiError(404, f"Video with id '{job_id[:100]}' not found.", code="not_found", param="id")
