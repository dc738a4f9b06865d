"""Veo by the Gemini API: a long-running operation that is asked until it is done.

Shapes as in `google-genai` 3.4.0 (models.py, _operations_converters.py), read 2026-11-23. An
operation may be done and hold no clip: its content rules took it away, and nothing is owed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from shortdrama.domain.model import Mode, Sound
from shortdrama.domain.take import FailureKind
from shortdrama.errors import ProviderError, Sentence, SubmissionUncertain, mark
from shortdrama.generation.ports import Bill, JobPhase, ProviderJob, Submission
from shortdrama.providers.checks import reach
from shortdrama.providers.frames import PictureLimits, ratio_of, read_picture, resolution_of
from shortdrama.providers.kind import Access, CheckRow, ProviderKind
from shortdrama.providers.vendor_api import Manners, VendorApi
from shortdrama.providers.wishes import cannot, need_mode, need_no, need_sound, wishes_of
from shortdrama.sora2.answers import kind_of_refusal
from shortdrama.sora2.options import Auth
from shortdrama.sora2.wire import JobError, number_of, parse_error, text_of

_HEADER = "x-goog-api-key"
_NAME = re.compile(r"(models/[\w.:@-]+/)?operations/[\w.:@-]+")
_RATIOS = frozenset({"16:9", "9:16"})
_RESOLUTIONS = frozenset({"720p", "1080p", "4k"})
_MOST_REFERENCES = 3
_LIMITS = PictureLimits(4_000_000, frozenset({"image/jpeg", "image/png"}), is_opaque=True)

_NOT_OWED = Bill(micro_usd=0, was_charged=False)  # "only successful videos are billed"
_RETRY_IN = re.compile(r"retry in ([\d.]+)s")
# The same words are said of a minute's rate and of an empty account; these tell them apart.
_NOTHING_LEFT = re.compile(r"limit: 0\b|per.?day|prepa|credits? .{0,20}depleted", re.IGNORECASE)
_KEY = re.compile(r"API.key (not valid|expired|not found)|API_KEY_INVALID", re.IGNORECASE)
_RULES = re.compile(
    r"violat|usage guidelines|responsible ai|safety|blocked|sensitive|support code", re.IGNORECASE
)
# A reason why a clip was held back that names what went in. "An issue with the audio for your
# prompt" is about what came out.
_ABOUT_INPUT = re.compile(
    r"(the|this|your|text) prompt (could not|couldn|contains|violates|was)|"
    r"(input|reference|provided|uploaded).{0,10}(image|photo|picture)|celebrit",
    re.IGNORECASE,
)
_NO_FREE_TIER = mark(
    "Google makes no clips on its free tier. Enable billing for the key’s project in Google AI "
    "Studio, then try again."
)
_SOUND_REFUSED = mark(
    "Google held back the finished clip because of its sound and charges nothing for it. The same "
    "prompt often passes another time: try again."
)


class Veo:
    """Satisfies `providers.kind.OpenProvider`. A job's id is the operation's name."""

    def __init__(self, access: Access) -> None:
        self._models = access.connection.models
        self._api = VendorApi(access, Manners(Auth(_HEADER, ""), kind_of=_kind_of))

    async def close(self) -> None:
        await self._api.close()

    async def check(self) -> list[CheckRow]:
        rows, answer = await reach(self._api.ask("GET", "/models", {"pageSize": 1000}))
        models = _mapping(answer.body).get("models") if answer else None
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
            told = _explained(error)
            if told is error:
                raise
            raise told from error
        name = text_of(_mapping(answer.body).get("name"))
        if _NAME.fullmatch(name) is None:
            raise self._api.uncertain(answer)
        return ProviderJob(name, JobPhase.QUEUED, raw_status="accepted", model=submission.model)

    async def poll(self, job_id: str) -> ProviderJob:
        if _NAME.fullmatch(job_id) is None:
            raise ProviderError("This is no job of Google's.", kind=FailureKind.NOT_FOUND)
        answer = await self._api.ask("GET", f"/{job_id}")
        body = _mapping(answer.body)
        if body.get("done") is not True:
            return _waiting(body, job_id)
        error = parse_error(body.get("error"))
        return _failed(job_id, error) if error else _done(job_id, _mapping(body.get("response")))

    async def fetch(
        self, job: ProviderJob, destination: Path, on_progress: Callable[[int, int | None], None]
    ) -> None:
        """The file is Google's own and asks for the key; where it leads to does not get it."""
        url = job.result_url or (await self.poll(job.id)).result_url
        if url is None:
            raise ProviderError(
                "The provider tells no address of the clip.",
                kind=FailureKind.DOWNLOAD,
                is_transient=True,
            )
        await self._api.fetch(url, destination, on_progress)

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


def _waiting(body: Mapping[str, Any], job_id: str) -> ProviderJob:
    """An operation that runs is told by little more than its name."""
    if text_of(body.get("name")) != job_id:
        return ProviderJob(job_id, JobPhase.UNKNOWN, "an answer without the operation's name")
    return ProviderJob(job_id, JobPhase.RUNNING, "running")


def _done(job_id: str, response: Mapping[str, Any]) -> ProviderJob:
    """A clip, or the reasons why there is none; each in either of two places."""
    places = [_mapping(response.get("generateVideoResponse")), response]
    samples = [sample for place in places for sample in _samples_in(place)]
    if samples:
        url = next((url for sample in samples if (url := text_of(sample.get("uri")))), None)
        bill = Bill(was_charged=True)
        return ProviderJob(job_id, JobPhase.SUCCEEDED, "done", result_url=url, bill=bill)
    reasons = [reason for place in places for reason in _reasons_in(place)]
    if reasons or any(place.get("raiMediaFilteredCount") for place in places):
        return _withheld(job_id, " ".join(dict.fromkeys(reasons)))
    return ProviderJob(
        job_id,
        JobPhase.FAILED,
        "done without a clip",
        error_code="empty_result",
        error_message="The operation is done and holds neither a clip nor a reason.",
        failure_kind=FailureKind.PROVIDER_FAILURE,
        bill=_NOT_OWED,
    )


def _withheld(job_id: str, reason: str) -> ProviderJob:
    is_input = _ABOUT_INPUT.search(reason) is not None
    is_sound = not is_input and "audio" in reason.lower()
    said = reason or "It was filtered, and no reason was given."
    return ProviderJob(
        job_id,
        JobPhase.FAILED,
        "filtered",
        error_code="filtered",
        error_message=Sentence(_SOUND_REFUSED, provider_message=reason) if is_sound else said,
        failure_kind=FailureKind.MODERATION_INPUT if is_input else FailureKind.MODERATION_OUTPUT,
        bill=_NOT_OWED,
    )


def _failed(job_id: str, error: JobError) -> ProviderJob:
    kind = FailureKind.PROVIDER_FAILURE
    if _ABOUT_INPUT.search(error.message):
        kind = FailureKind.MODERATION_INPUT
    elif _RULES.search(error.message):
        kind = FailureKind.MODERATION_OUTPUT
    return ProviderJob(
        job_id,
        JobPhase.FAILED,
        "error",
        error_code=error.code or None,
        error_message=error.message or None,
        failure_kind=kind,
        bill=_NOT_OWED,
    )


def _samples_in(place: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = [place.get(key) for key in ("generatedSamples", "generatedVideos", "videos")]
    rows = [_mapping(row) for rows in found if isinstance(rows, list) for row in rows]
    return [_mapping(row.get("video")) or row for row in rows if row]


def _reasons_in(place: Mapping[str, Any]) -> list[str]:
    reasons = place.get("raiMediaFilteredReasons")
    return [text_of(reason) for reason in reasons] if isinstance(reasons, list) else []


def _kind_of(status: int, error: JobError) -> FailureKind:
    if _KEY.search(error.message):
        return FailureKind.AUTH
    if status == 429:
        is_empty = _NOTHING_LEFT.search(error.message)
        return FailureKind.QUOTA if is_empty else FailureKind.RATE_LIMITED
    if 400 <= status < 404 and (_ABOUT_INPUT.search(error.message) or _is_rules(error)):
        return FailureKind.MODERATION_INPUT
    return kind_of_refusal(status, error)


def _is_rules(error: JobError) -> bool:
    return "polic" in error.message.lower() or _RULES.search(error.message) is not None


def _explained(error: ProviderError) -> ProviderError:
    """With what Google says in its text only: how long to wait, and that nothing is free."""
    said = str(error.details.get("provider_message"))
    if error.kind == FailureKind.QUOTA and "limit: 0" in said:
        details = {**error.details, "explains": True}
        return ProviderError(_NO_FREE_TIER, kind=error.kind, **details)
    wait = _RETRY_IN.search(said)
    if error.kind == FailureKind.RATE_LIMITED and error.retry_after_s is None and wait:
        error.retry_after_s = number_of(wait[1])
    return error


def _models_row(wanted: tuple[str, ...], listed: list[Any]) -> CheckRow:
    names = {text_of(_mapping(model).get("name")).removeprefix("models/") for model in listed}
    missing = [model for model in wanted if model.removeprefix("models/") not in names]
    if missing:
        said = Sentence("The server does not list %(models)s.", models=", ".join(missing))
        return (mark("Models"), False, said)
    return (mark("Models"), True, ", ".join(wanted))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


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
