"""Replicate: predictions of models, each with names of its own (`templates.toml`).

Inputs, outputs and logs vanish an hour after a prediction has ended, so a clip is fetched at once.
Predictions can be listed. Why one failed is a text; some models put a code such as E005 at its end.
Read from Replicate's HTTP reference and its models' pages, 2026-11-23.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from shortdrama.domain.model import Capability, Connection
from shortdrama.domain.take import FailureKind
from shortdrama.errors import ProviderError, Sentence, mark
from shortdrama.generation.ports import Bill, JobPhase, ProviderJob, Reference, Submission
from shortdrama.providers.checks import reach
from shortdrama.providers.frames import PictureLimits, read_picture
from shortdrama.providers.kind import Access, CheckRow, Option, ProviderKind
from shortdrama.providers.outputs import clip_address
from shortdrama.providers.phases import phase_of
from shortdrama.providers.templates import TemplateBook, put_in_words, put_text_in_words
from shortdrama.providers.vendor_api import Manners, VendorApi
from shortdrama.sora2.answers import Answer, kind_of_job_error
from shortdrama.sora2.options import Auth
from shortdrama.sora2.wire import JobError, is_usable_id, parse_time, text_of

_SHIPPED = Path(__file__).with_name("templates.toml")
_PICTURES = PictureLimits(20_000_000)
_MOST_INLINE_BYTES = 1_000_000  # beyond this Replicate wants files uploaded
_MAX_PAGES = 5
_PAGE = 100  # as many rows as Replicate tells at once
_MOST_CHECKED = 5
_RESETS_IN = re.compile(r"resets? in\D{0,3}(\d+)\s*s", re.IGNORECASE)
_CODE = re.compile(r"\b(E\d{3,4})\b")
_REFUSED = re.compile(r"\bE005\b|\binput\b.*\b(flagged|sensitive)\b", re.IGNORECASE)
_WITHHELD = re.compile(
    r"\bNSFW\b|\b(generated|output|result).*\b(flagged|sensitive)\b", re.IGNORECASE
)
_FLAGGED = re.compile(r"\b(flagged|sensitive)\b", re.IGNORECASE)
_WRONG_INPUT = re.compile(r"^input validation error|^prediction input failed", re.IGNORECASE)


class Replicate:
    """Satisfies `providers.kind.OpenProvider`."""

    def __init__(self, access: Access) -> None:
        connection = access.connection
        self._models = connection.models
        self._templates = _templates(connection)
        is_usual = connection.auth_header.lower() == "authorization"
        auth = Auth(connection.auth_header, "Bearer" if is_usual else "")
        self._api = VendorApi(access, Manners(auth))

    async def close(self) -> None:
        await self._api.close()

    async def submit(self, submission: Submission) -> ProviderJob:
        """Pictures beyond a megabyte are uploaded first, which is free."""

        async def address_of(reference: Reference) -> str:
            return await self._address_of(reference, submission.size)

        name, version = _parts(submission.model)
        asked = await put_in_words(self._templates.find(name), submission, address_of)
        body: dict[str, Any] = {"input": asked.arguments}
        path = f"/models/{asked.endpoint}/predictions"
        if version:
            path, body["version"] = "/predictions", version
        answer = await _patient(self._api.submit(path, body))
        job = _job(answer.body)
        if job is None:
            raise self._api.refused(answer) if answer.error else self._api.uncertain(answer)
        return job

    async def poll(self, job_id: str) -> ProviderJob:
        path = f"/predictions/{quote(job_id, safe='')}"
        answer = await _patient(self._api.ask("GET", path))
        return _job(answer.body, job_id) or ProviderJob(job_id, JobPhase.UNKNOWN)

    async def fetch(
        self, job: ProviderJob, destination: Path, on_progress: Callable[[int, int | None], None]
    ) -> None:
        told = job if job.result_url else await self.poll(job.id)
        if told.result_url is None:
            raise ProviderError(
                "Replicate says that the prediction has succeeded, but it holds no clip. What it "
                "makes is deleted after an hour.",
                kind=FailureKind.NOT_FOUND,
                is_transient=told.phase is not JobPhase.EXPIRED,
            )
        await self._api.fetch(told.result_url, destination, on_progress)

    async def cancel(self, job_id: str) -> bool:
        path = f"/predictions/{quote(job_id, safe='')}/cancel"
        answer = await self._api.ask_any("POST", path)
        if answer.status in {400, 404, 405, 409, 422}:
            return False
        if not 200 <= answer.status < 300:
            raise self._api.refused(answer)
        job = _job(answer.body, job_id)
        return job is not None and job.phase is JobPhase.CANCELLED

    async def poll_many(self, job_ids: list[str]) -> dict[str, ProviderJob]:
        """What the list tells of these predictions, newest first, until all are found."""
        wanted, found, path = set(job_ids), dict[str, ProviderJob](), "/predictions"
        for _ in range(_MAX_PAGES + len(wanted) // _PAGE):
            page = (await _patient(self._api.ask("GET", path))).body
            jobs = [job for row in _rows(page) if (job := _job(row)) is not None]
            found |= {job.id: job for job in jobs if job.id in wanted}
            following = _following(page)
            if len(found) == len(wanted) or not following:
                break
            path = self._api.path_of(following)
        return found

    async def find(self, submission: Submission, since: datetime) -> list[ProviderJob]:
        """From the list, newest first. What is an hour old has lost its input and matches none."""
        name, version = _parts(submission.model)
        template = self._templates.find(name)
        if submission.mode not in template.ways:
            return []
        asked = put_text_in_words(template, submission)
        told = {key: value for key, value in asked.arguments.items() if value and _is_plain(value)}
        found: list[ProviderJob] = []
        path = "/predictions"
        for _ in range(_MAX_PAGES):
            page = (await self._api.ask("GET", path)).body
            rows = _rows(page)
            found += [
                job
                for row in rows
                if _is_match(row, version or asked.endpoint, told)
                and (job := _job(row)) is not None
                and (job.created_at or 0) >= since.timestamp()
            ]
            following = _following(page)
            if not following or _is_past(rows, since):
                break
            path = self._api.path_of(following)
        return found

    async def check(self) -> list[CheckRow]:
        rows, answer = await reach(self._api.ask("GET", "/account"))
        if answer is None:
            return rows
        return [*rows, await self._models_row()]

    async def _models_row(self) -> CheckRow:
        missing = [model for model in self._models if not self._templates.has(_parts(model)[0])]
        if missing:
            said = Sentence("There is no template for %(models)s.", models=", ".join(missing))
            return (mark("Models"), False, said)
        for model in self._models[:_MOST_CHECKED]:
            try:
                answer = await self._api.ask_any("GET", f"/models/{_parts(model)[0]}")
            except ProviderError as error:
                return (mark("Models"), False, error.message)
            if answer.status == 404:
                said = Sentence("The server does not list %(models)s.", models=model)
                return (mark("Models"), False, said)
        return (mark("Models"), True, ", ".join(self._models))

    async def _address_of(self, reference: Reference, size: str) -> str:
        picture = await read_picture(reference, size, _PICTURES)
        if len(picture.content) <= _MOST_INLINE_BYTES:
            return picture.data_url
        file = (reference.name, picture.content, picture.mime)
        answer = await _patient(
            self._api.ask("POST", "/files", content={"files": {"content": file}})
        )
        urls = answer.body.get("urls") if isinstance(answer.body, Mapping) else None
        if isinstance(urls, Mapping) and (address := text_of(urls.get("get"))):
            return address
        raise self._api.refused(answer)


async def _patient(asked: Awaitable[Answer]) -> Answer:
    """Replicate tells how long to wait in the text: "Your rate limit resets in ~30s."."""
    try:
        return await asked
    except ProviderError as error:
        said = str(error.details.get("provider_message") or "")
        if error.retry_after_s is None and (found := _RESETS_IN.search(said)):
            error.retry_after_s = float(found[1])
        raise


def _parts(model: str) -> tuple[str, str]:
    """("owner/name", its version); no version where the model is asked for by its name."""
    name, _, version = model.partition(":")
    return name, version


def _job(body: object, known_id: str = "") -> ProviderJob | None:
    if not isinstance(body, Mapping):
        return None
    job_id = text_of(body.get("id")) or known_id
    word = text_of(body.get("status"))
    if not is_usable_id(job_id) or not word:
        return None
    phase = JobPhase.CANCELLED if word.lower() == "aborted" else phase_of(word)
    url = clip_address(body.get("output")) if phase is JobPhase.SUCCEEDED else None
    if phase is JobPhase.SUCCEEDED and url is None and body.get("data_removed") is True:
        phase = JobPhase.EXPIRED
    made_at = parse_time(body.get("created_at"))
    said = text_of(body.get("error"))
    code = _CODE.search(said)
    return ProviderJob(
        job_id,
        phase,
        word,
        error_code=code[1] if code else None,
        error_message=said[:1000] or None,
        failure_kind=_kind_of(said) if phase is JobPhase.FAILED else None,
        result_url=url,
        created_at=made_at.astimezone(UTC).timestamp() if made_at else None,
        model=text_of(body.get("model")) or None,
        bill=_bill(body, word),
    )


def _kind_of(said: str) -> FailureKind:
    """E005 says "input or output": Replicate's advice is to change the input."""
    if _REFUSED.search(said):
        return FailureKind.MODERATION_INPUT
    if _WITHHELD.search(said):
        return FailureKind.MODERATION_OUTPUT
    if _FLAGGED.search(said):
        return FailureKind.MODERATION_INPUT
    if _WRONG_INPUT.search(said):
        return FailureKind.INVALID_REQUEST
    return kind_of_job_error(JobError(message=said))


def _bill(body: Mapping[str, Any], word: str) -> Bill | None:
    """Seconds and counts, never a sum. Nothing is owed where it never began (`aborted`)."""
    metrics = body.get("metrics")
    told = metrics if isinstance(metrics, Mapping) else {}
    usage = {
        str(name): float(value)
        for name, value in told.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    was_charged = False if word.lower() == "aborted" else None
    return Bill(usage=usage, was_charged=was_charged) if usage or was_charged is False else None


def _rows(page: object) -> list[Mapping[str, Any]]:
    results = page.get("results") if isinstance(page, Mapping) else None
    rows = results if isinstance(results, list) else []
    return [row for row in rows if isinstance(row, Mapping)]


def _following(page: object) -> str:
    return text_of(page.get("next")) if isinstance(page, Mapping) else ""


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float | bool)


def _is_match(row: Mapping[str, Any], model: str, told: Mapping[str, Any]) -> bool:
    """Everything but the pictures is as it was sent, and it is the same model."""
    given = row.get("input")
    if not isinstance(given, Mapping) or model not in (row.get("model"), row.get("version")):
        return False
    return all(given.get(key) == value for key, value in told.items())


def _is_past(rows: list[Mapping[str, Any]], since: datetime) -> bool:
    made = [moment for row in rows if (moment := parse_time(row.get("created_at")))]
    return bool(made) and min(made) < since


def _templates(connection: Connection) -> TemplateBook:
    return TemplateBook(_SHIPPED, connection.options.get("templates", ""))


def _describe(connection: Connection, model: str) -> Capability | None:
    return _templates(connection).describe(_parts(model)[0], model)


KINDS = (
    ProviderKind(
        "replicate",
        "Replicate",
        Replicate,
        base_url="https://api.replicate.com/v1",
        models=TemplateBook(_SHIPPED).models,
        describe=_describe,
        options=(
            Option(
                "templates",
                mark("Templates"),
                mark("[[template]] tables of other models; docs/providers.md shows their form"),
                is_long=True,
            ),
        ),
    ),
)
