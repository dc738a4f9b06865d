"""Veo by the Gemini API: a long-running operation that is asked until it is done.

Shapes as in `google-genai` 3.4.0 (models.py, _operations_converters.py), read 2026-11-23. An
operation may be done and hold no clip: its content rules took it away, and nothing is owed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from shortdrama.domain.model import Mode, Sound
from shortdrama.domain.take import FailureKind
from shortdrama.errors import ProviderError, Sentence, SubmissionUncertain, mark
from shortdrama.generation.ports import JobPhase, ProviderJob, Submission
from shortdrama.providers.checks import reach
from shortdrama.providers.frames import PictureLimits, ratio_of, read_picture, resolution_of
from shortdrama.providers.kind import Access, CheckRow, ProviderKind
from shortdrama.providers.vendor_api import Manners, VendorApi
from shortdrama.providers.veo.answers import done, failed, mapping, waiting
from shortdrama.providers.veo.refusals import explained, kind_of
from shortdrama.providers.wishes import cannot, need_mode, need_no, need_sound, wishes_of
from shortdrama.sora2.options import Auth
from shortdrama.sora2.wire import parse_error, text_of

_HEADER = "x-goog-api-key"
_NAME = re.compile(r"(models/[\w.:@-]+/)?operations/[\w.:@-]+")
_RATIOS = frozenset({"16:9", "9:16"})
_RESOLUTIONS = frozenset({"720p", "1080p", "4k"})
_MOST_REFERENCES = 3
_LIMITS = PictureLimits(4_000_000, frozenset({"image/jpeg", "image/png"}), is_opaque=True)


class Veo:
    """Satisfies `providers.kind.OpenProvider`. A job's id is the operation's name."""

    def __init__(self, access: Access) -> None:
        self._models = access.connection.models
        self._api = VendorApi(access, Manners(Auth(_HEADER, ""), kind_of=kind_of))

    async def close(self) -> None:
        await self._api.close()

    async def check(self) -> list[CheckRow]:
        rows, answer = await reach(self._api.ask("GET", "/models", {"pageSize": 1000}))
        models = mapping(answer.body).get("models") if answer else None
        if isinstance(models, list) and self._models:
            rows.append(_models_row(self._models, models))
        return rows

    async def submit(self, submission: Submission) -> ProviderJob:
        """May cost money; raises as `VendorApi.submit`."""
        model = quote(submission.model.removeprefix("models/"), safe="")
        path = f"/models/{model}:predictLongRunning"
        try:
            async with self._api.room_for(submission.references):
                answer = await self._api.submit(path, await _body(submission))
            if answer.error is not None:
                raise self._api.refused(answer)
        except SubmissionUncertain:
            raise
        except ProviderError as error:
            told = explained(error)
            if told is error:
                raise
            raise told from error
        name = text_of(mapping(answer.body).get("name"))
        if _NAME.fullmatch(name) is None:
            raise self._api.uncertain(answer)
        return ProviderJob(name, JobPhase.QUEUED, raw_status="accepted", model=submission.model)

    async def poll(self, job_id: str) -> ProviderJob:
        if _NAME.fullmatch(job_id) is None:
            raise ProviderError("This is no job of Google's.", kind=FailureKind.NOT_FOUND)
        answer = await self._api.ask("GET", f"/{job_id}")
        body = mapping(answer.body)
        if body.get("done") is not True:
            return waiting(body, job_id)
        error = parse_error(body.get("error"))
        return failed(job_id, error) if error else done(job_id, mapping(body.get("response")))

    async def fetch(
        self, job: ProviderJob, destination: Path, on_progress: Callable[[int, int | None], None]
    ) -> None:
        """The file is Google's own and asks for the key; where it leads to does not get it."""
        await self._api.fetch_job(job, self.poll, destination, on_progress)

    async def cancel(self, job_id: str) -> bool:  # noqa: ARG002 - the protocol's signature
        """There is no such request: what was accepted is made."""
        return False

    async def find(self, submission: Submission, since: datetime) -> list[ProviderJob]:  # noqa: ARG002 - as above
        raise cannot(
            "Google keeps no list of operations by which a job could be told from others. Look "
            "into the usage page of Google AI Studio."
        )


async def _body(submission: Submission) -> dict[str, Any]:
    need_mode(submission, tuple(Mode), _MOST_REFERENCES)
    need_sound(submission, Sound.ALWAYS)
    wishes = wishes_of(submission)
    need_no(wishes.seed, mark("seed"), submission.model)
    parameters: dict[str, Any] = {
        "aspectRatio": _word(ratio_of(submission.size), _RATIOS, submission.size),
        "resolution": _word(resolution_of(submission.size), _RESOLUTIONS, submission.size),
        "durationSeconds": submission.seconds,
        "sampleCount": 1,
    }
    if wishes.negative_prompt:
        parameters["negativePrompt"] = wishes.negative_prompt
    instance = {"prompt": submission.prompt, **await _pictures(submission)}
    return {"instances": [instance], "parameters": parameters | dict(wishes.own)}


async def _pictures(submission: Submission) -> dict[str, Any]:
    """One after another, so that only one is decoded at a time."""
    images = []
    for reference in submission.references:
        picture = await read_picture(reference, submission.size, _LIMITS)
        images.append({"bytesBase64Encoded": picture.base64, "mimeType": picture.mime})
    if submission.mode is Mode.REFERENCES:
        return {"referenceImages": [{"image": image, "referenceType": "asset"} for image in images]}
    return dict(zip(("image", "lastFrame"), images, strict=False))


def _word(word: str, known: frozenset[str], size: str) -> str:
    if word in known:
        return word
    raise cannot("Veo makes no clips of the size %(size)s. Choose another.", size=size[:40])


def _models_row(wanted: tuple[str, ...], listed: list[Any]) -> CheckRow:
    names = {text_of(mapping(model).get("name")).removeprefix("models/") for model in listed}
    missing = [model for model in wanted if model.removeprefix("models/") not in names]
    if missing:
        said = Sentence("The server does not list %(models)s.", models=", ".join(missing))
        return (mark("Models"), False, said)
    return (mark("Models"), True, ", ".join(wanted))


KINDS = (
    ProviderKind(
        "veo",
        "Google Veo (Gemini API)",
        Veo,
        base_url="https://generativelanguage.googleapis.com/v1beta",
        models=(
            "veo-3.1-generate-preview",
            "veo-3.1-fast-generate-preview",
            "veo-3.1-lite-generate-preview",
        ),
        auth_header=_HEADER,
    ),
)
