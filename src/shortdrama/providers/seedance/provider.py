"""Seedance at its two houses, Volcengine Ark and BytePlus ModelArk: one interface, two addresses.

Shapes as in `volcengine-ark-runtime` 5.0.54 (resources/content_generation), read 2026-11-23, never
tried against the live service. The list tells no prompts, so a take without a seed of its own is
sent with one that is made of it: by that its job is told from all others after a lost answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from shortdrama.domain.model import Mode
from shortdrama.errors import ProviderError, SubmissionUncertain, mark
from shortdrama.generation.ports import JobPhase, ProviderJob, Submission
from shortdrama.providers.checks import reach
from shortdrama.providers.frames import (
    PictureLimits,
    need_shape,
    ratio_of,
    read_picture,
    resolution_of,
)
from shortdrama.providers.kind import Access, CheckRow, ProviderKind
from shortdrama.providers.seedance.answers import job_of, made_at, mapping
from shortdrama.providers.seedance.prompts import need_no_switch
from shortdrama.providers.seedance.refusals import (
    explained,
    kind_of,
)
from shortdrama.providers.vendor_api import Manners, VendorApi
from shortdrama.providers.wishes import cannot, need_mode, need_no, wishes_of
from shortdrama.sora2.answers import Answer
from shortdrama.sora2.wire import (
    first_text,
    is_usable_id,
    text_of,
)

_TASKS = "/contents/generations/tasks"
_RATIOS = frozenset({"16:9", "9:16", "4:3", "3:4", "1:1", "21:9"})
_RESOLUTIONS = frozenset({"480p", "720p", "1080p", "4k"})
_FRAMES = {Mode.FIRST_FRAME: ("first_frame",), Mode.FIRST_LAST: ("first_frame", "last_frame")}
_MOST_REFERENCES = 30
_LIMITS = PictureLimits(3_000_000, longest_px=6000)
_PAGE = 100
_MAX_PAGES = 5
_SEEDS = 2**31
_ANY_SEED = -1  # the vendor's word for a seed of its own choice


class Seedance:
    """Satisfies `providers.kind.OpenProvider`. A job's id is the task's."""

    def __init__(self, access: Access) -> None:
        self._api = VendorApi(access, Manners(kind_of=kind_of))

    async def close(self) -> None:
        await self._api.close()

    async def check(self) -> list[CheckRow]:
        """By the list of tasks. Which models are activated cannot be asked for free."""
        rows, _ = await reach(self._api.ask("GET", _TASKS, {"page_num": 1, "page_size": 1}))
        if rows[-1][:2] == (mark("Key"), False):
            said = mark("Ark and ModelArk have their own addresses and their own keys.")
            rows.append((mark("Region"), False, said))
        return rows

    async def submit(self, submission: Submission) -> ProviderJob:
        """May cost money; raises as `VendorApi.submit`."""
        try:
            async with self._api.room_for(submission.references):
                answer = await self._api.submit(_TASKS, await _body(submission))
            if answer.error is not None:
                raise self._api.refused(answer)
        except SubmissionUncertain:
            raise
        except ProviderError as error:
            told = explained(error)
            if told is error:
                raise
            raise told from error
        job_id = first_text(mapping(answer.body), ("id",))
        if not job_id or not is_usable_id(job_id):
            raise self._api.uncertain(answer)
        return ProviderJob(job_id, JobPhase.QUEUED, "queued", model=submission.model)

    async def poll(self, job_id: str) -> ProviderJob:
        answer = await self._api.ask("GET", _path_of(job_id))
        return job_of(mapping(answer.body), job_id)

    async def fetch(
        self, job: ProviderJob, destination: Path, on_progress: Callable[[int, int | None], None]
    ) -> None:
        await self._api.fetch_job(job, self.poll, destination, on_progress)

    async def cancel(self, job_id: str) -> bool:
        """Only while it is queued: DELETE throws away the record, and the clip, of a done task."""
        if (await self.poll(job_id)).phase is not JobPhase.QUEUED:
            return False
        answer = await self._api.ask_any("DELETE", _path_of(job_id))
        if 200 <= answer.status < 300:
            return True
        if answer.status in {400, 403, 404, 405, 409, 422}:
            return False  # it has begun meanwhile
        raise self._api.refused(answer)

    async def poll_many(self, job_ids: list[str]) -> dict[str, ProviderJob]:
        """What the list tells of these tasks; one request for every hundred. A failed one whose
        reason is not told there is left to be asked for singly."""
        found: dict[str, ProviderJob] = {}
        for start in range(0, len(job_ids), _PAGE):
            wanted = job_ids[start : start + _PAGE]
            params: dict[str, int | list[str]] = {"page_num": 1, "page_size": _PAGE}
            params["filter.task_ids"] = wanted
            answer = await self._api.ask("GET", _TASKS, params)
            jobs = [job_of(row, text_of(row.get("id"))) for row in self._rows(answer)]
            found |= {job.id: job for job in jobs if job.id in wanted and _is_whole(job)}
        return found

    async def find(self, submission: Submission, since: datetime) -> list[ProviderJob]:
        """The task with the seed that was made of the take. Where the take has a chosen one, or the
        list tells none, those that it may be: the list tells no prompts."""
        rows = [row for row in await self._listed(since) if _fits(row, submission)]
        own, chosen = _own_seed(submission), wishes_of(submission).seed
        if own is not None and (sure := [row for row in rows if row.get("seed") == own]):
            return [replace(job_of(row, text_of(row["id"])), is_certain=True) for row in sure]
        possible = (None,) if own is not None else (None, chosen)
        return [
            replace(job_of(row, text_of(row["id"])), is_guess=True)
            for row in rows
            if chosen == _ANY_SEED or row.get("seed") in possible
        ]

    async def _listed(self, since: datetime) -> list[Mapping[str, Any]]:
        """The tasks made since then. Raises where the list is too long to be sure of them all."""
        rows: list[Mapping[str, Any]] = []
        for page in range(1, _MAX_PAGES + 1):
            params: dict[str, str | int] = {"page_num": page, "page_size": _PAGE}
            answer = await self._api.ask("GET", _TASKS, params)
            items = self._rows(answer)
            rows += items
            if len(items) < _PAGE or _reaches(rows, since):
                return [row for row in rows if made_at(row) >= since.timestamp()]
        raise cannot(
            "Seedance’s list holds more tasks than are looked through. Look into it in the "
            "vendor’s console."
        )

    def _rows(self, answer: Answer) -> list[Mapping[str, Any]]:
        items = mapping(answer.body).get("items")
        if not isinstance(items, list):
            raise self._api.refused(answer)
        return [mapping(row) for row in items]


async def _body(submission: Submission) -> dict[str, Any]:
    need_mode(submission, tuple(Mode), _MOST_REFERENCES)
    wishes = wishes_of(submission)
    need_no(wishes.negative_prompt, mark("negative prompt"), submission.model)
    own = dict(wishes.own)
    told = own.pop("content", [])
    more = told if isinstance(told, list) else [told]
    prompt = {"type": "text", "text": submission.prompt}
    need_no_switch(submission.model, [prompt, *more])
    body = {
        "model": submission.model,
        "content": [prompt, *await _pictures(submission), *more],
        "ratio": await _ratio(submission),
        "resolution": _word(resolution_of(submission.size), _RESOLUTIONS, submission.size),
        "duration": submission.seconds,
        "seed": _own_seed(submission) if wishes.seed is None else wishes.seed,
        "generate_audio": wishes.sound,
        "return_last_frame": True,
        "watermark": False,
    }
    return {name: value for name, value in body.items() if value is not None} | own


async def _pictures(submission: Submission) -> list[dict[str, Any]]:
    """One after another, so that only one is decoded at a time."""
    count = len(submission.references)
    limits = _LIMITS.shared_by(count)
    roles = _FRAMES.get(submission.mode, ("reference_image",) * count)
    made = []
    for reference, role in zip(submission.references, roles, strict=True):
        picture = await read_picture(reference, submission.size, limits)
        made.append({"type": "image_url", "image_url": {"url": picture.data_url}, "role": role})
    return made


async def _ratio(submission: Submission) -> str:
    """Frames of the asked shape are followed ("adaptive"), which newer models insist on; of
    another shape, they are cropped by the vendor or refused, as the model does."""
    ratio = _word(ratio_of(submission.size), _RATIOS, submission.size)
    if submission.mode not in _FRAMES:
        return ratio
    try:
        for reference in submission.references:
            await need_shape(reference, submission.size)
    except ProviderError:
        return ratio
    return "adaptive"


def _word(word: str, known: frozenset[str], size: str) -> str:
    if word in known:
        return word
    raise cannot("Seedance makes no clips of the size %(size)s. Choose another.", size=size[:40])


def _own_seed(submission: Submission) -> int | None:
    """A seed that only this take has; None where it has a chosen one, or no key of its own."""
    if wishes_of(submission).seed is not None or not submission.idempotency_key:
        return None
    parts = (
        submission.idempotency_key,
        submission.model,
        submission.prompt,
        str(submission.seconds),
        submission.size,
        submission.mode,
    )
    digest = hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:8]) % _SEEDS


def _reaches(rows: list[Mapping[str, Any]], since: datetime) -> bool:
    """Whether the list is newest first and goes back beyond that time."""
    moments = [made_at(row) for row in rows]
    is_newest_first = moments == sorted(moments, reverse=True)
    return bool(moments) and is_newest_first and moments[-1] < since.timestamp()


def _is_whole(job: ProviderJob) -> bool:
    return job.phase is not JobPhase.FAILED or job.error_code is not None


def _fits(row: Mapping[str, Any], submission: Submission) -> bool:
    is_alike = row.get("resolution") in (None, resolution_of(submission.size))
    is_as_long = row.get("duration") in (None, submission.seconds)
    return bool(text_of(row.get("id"))) and is_alike and is_as_long


def _path_of(job_id: str) -> str:
    return f"{_TASKS}/{quote(job_id, safe='')}"


_MODELS = ("2-0-260128", "2-0-fast-260128", "2-0-mini-260615", "2-5-260628")
KINDS = (
    ProviderKind(
        "seedance",
        "Seedance (BytePlus ModelArk)",
        Seedance,
        base_url="https://ark.ap-southeast.bytepluses.com/api/v3",
        models=tuple(f"dreamina-seedance-{model}" for model in _MODELS),
    ),
    ProviderKind(
        "seedance_ark",
        "Seedance (Volcengine Ark)",
        Seedance,
        base_url="https://ark.cn-beijing.volces.com/api/v3",
        models=tuple(f"doubao-seedance-{model}" for model in (*_MODELS, "1-5-pro-251215")),
    ),
)
