"""fal's queue: one protocol, hundreds of models, each with names of its own.

The addresses that a submit returns are used as they are; they make the job's id. "COMPLETED" says
that the request is over, not that there is a clip: the result has to be looked at. There is no
list of requests. Read from fal's pages on the queue, on errors and on single models, 2026-11-23.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from shortdrama.domain.model import Capability, Connection
from shortdrama.domain.take import FailureKind
from shortdrama.errors import ProviderError, Sentence, mark
from shortdrama.generation.ports import JobPhase, ProviderJob, Reference, Submission
from shortdrama.providers.fal.results import Result, tell_input
from shortdrama.providers.frames import PictureLimits, read_picture
from shortdrama.providers.kind import Access, CheckRow, Option, ProviderKind
from shortdrama.providers.phases import phase_of
from shortdrama.providers.templates import TemplateBook, put_in_words
from shortdrama.providers.vendor_api import Manners, VendorApi
from shortdrama.sora2.options import Auth
from shortdrama.sora2.wire import text_of

_SHIPPED = Path(__file__).with_name("templates.toml")
# fal names no limit for data URLs; single models take pictures of 10 to 30 MB.
_PICTURES = PictureLimits(10_000_000)


@dataclass(frozen=True, slots=True)
class _Handle:
    """What leads back to a request: the addresses that fal gave for it."""

    request: str
    status: str
    response: str
    cancel: str

    def as_id(self) -> str:
        """Compact JSON, in ASCII."""
        given = {"request": self.request, "status": self.status}
        given |= {"response": self.response, "cancel": self.cancel}
        return json.dumps(given, separators=(",", ":"))


class Fal:
    """Satisfies `providers.kind.OpenProvider`."""

    def __init__(self, access: Access) -> None:
        connection = access.connection
        self._models = connection.models
        self._templates = _templates(connection)
        is_usual = connection.auth_header.lower() == "authorization"
        auth = Auth(connection.auth_header, "Key" if is_usual else "")
        self._api = VendorApi(access, Manners(auth))

    async def close(self) -> None:
        await self._api.close()

    async def submit(self, submission: Submission) -> ProviderJob:
        async def data_url(reference: Reference) -> str:
            return (await read_picture(reference, submission.size, _PICTURES)).data_url

        template = self._templates.find(submission.model)
        asked = await put_in_words(template, submission, data_url)
        try:
            answer = await self._api.submit(f"/{asked.endpoint}", asked.arguments)
        except ProviderError as error:
            tell_input(error, self._templates.ours)
            raise
        handle = _handle(answer.body, asked.endpoint)
        if handle is None:
            raise self._api.refused(answer) if answer.error else self._api.uncertain(answer)
        return ProviderJob(handle.as_id(), JobPhase.QUEUED, text_of(answer.body.get("status")))

    async def poll(self, job_id: str) -> ProviderJob:
        """One request; a second one for the result where the first says that it is there."""
        handle = _read_id(job_id)
        answer = await self._api.ask("GET", self._api.path_of(handle.status))
        body = answer.body if isinstance(answer.body, Mapping) else {}
        word = text_of(body.get("status"))
        phase = phase_of(word)
        if phase is JobPhase.SUCCEEDED:
            return await self._look_at_result(job_id, handle, body)
        if phase in {JobPhase.FAILED, JobPhase.CANCELLED, JobPhase.EXPIRED}:
            return replace(Result(answer, body).job(job_id, self._templates.ours), phase=phase)
        return ProviderJob(job_id, phase, word)

    async def fetch(
        self, job: ProviderJob, destination: Path, on_progress: Callable[[int, int | None], None]
    ) -> None:
        await self._api.fetch_job(job, self.poll, destination, on_progress)

    async def cancel(self, job_id: str) -> bool:
        """True where it is known to be over. 202 means that the wish was taken: what waits leaves
        the queue, and to what runs it is only passed on. Then one look tells, or later ones do."""
        path = self._api.path_of(_read_id(job_id).cancel)
        answer = await self._api.ask_any("PUT", path)
        if answer.status in {400, 404, 405, 409}:
            return False
        if not 200 <= answer.status < 300:
            raise self._api.refused(answer)
        told = text_of(answer.body.get("status")) if isinstance(answer.body, Mapping) else ""
        if answer.status == 200:
            return told.upper() != "ALREADY_COMPLETED"
        return await self._has_left(job_id)

    async def _has_left(self, job_id: str) -> bool:
        try:
            return (await self.poll(job_id)).phase is JobPhase.CANCELLED
        except ProviderError as error:
            return error.kind == FailureKind.NOT_FOUND

    async def find(
        self,
        submission: Submission,  # noqa: ARG002 - there is nothing to look for it in
        since: datetime,  # noqa: ARG002
    ) -> list[ProviderJob]:
        raise ProviderError(
            "fal's queue has no list of requests. Look at your requests on fal's own pages.",
            kind=FailureKind.UNSUPPORTED,
        )

    async def check(self) -> list[CheckRow]:
        """The status of a request that cannot be there tells whether the key is taken."""
        path = f"/fal-ai/veo3.1/requests/{UUID(int=0)}/status"
        try:
            answer = await self._api.ask_any("GET", path)
        except ProviderError as error:
            return [(mark("Address"), False, error.message)]
        rows: list[CheckRow] = [(mark("Address"), True, mark("The server answers."))]
        if answer.status in {401, 403}:
            return [*rows, (mark("Key"), False, self._api.refused(answer).message)]
        if answer.status >= 500:
            return [(mark("Address"), False, self._api.refused(answer).message)]
        key = mark("The key was not refused. fal looks at it closely only where something is made.")
        return [*rows, (mark("Key"), None, key), self._models_row()]

    def _models_row(self) -> CheckRow:
        missing = [model for model in self._models if not self._templates.has(model)]
        if missing:
            said = Sentence("There is no template for %(models)s.", models=", ".join(missing))
            return (mark("Models"), False, said)
        return (mark("Models"), True, ", ".join(self._models))

    async def _look_at_result(
        self, job_id: str, handle: _Handle, status: Mapping[str, Any]
    ) -> ProviderJob:
        answer = await self._api.ask_any("GET", self._api.path_of(handle.response))
        result = Result(answer, status)
        if not result.is_told:
            raise self._api.refused(answer)
        return result.job(job_id, self._templates.ours)


def _handle(body: object, endpoint: str) -> _Handle | None:
    if not isinstance(body, Mapping):
        return None
    request = text_of(body.get("request_id"))
    if not request or not request.isprintable():
        return None
    # Only where a relay leaves addresses out: the app is the first two parts of the endpoint, or
    # three in fal's two namespaces.
    parts = endpoint.split("/")
    app = "/".join(parts[: 3 if parts[0] in {"workflows", "comfy"} else 2])
    own = f"/{app}/requests/{request}"
    return _Handle(
        request,
        text_of(body.get("status_url")) or f"{own}/status",
        text_of(body.get("response_url")) or own,
        text_of(body.get("cancel_url")) or f"{own}/cancel",
    )


def _read_id(job_id: str) -> _Handle:
    try:
        return _Handle(**json.loads(job_id))
    except (ValueError, TypeError) as error:
        raise ProviderError(
            "This job was not made by fal's queue.", kind=FailureKind.NOT_FOUND
        ) from error


def _templates(connection: Connection) -> TemplateBook:
    return TemplateBook(_SHIPPED, connection.options.get("templates", ""))


def _describe(connection: Connection, model: str) -> Capability | None:
    return _templates(connection).describe(model)


KINDS = (
    ProviderKind(
        "fal",
        "fal",
        Fal,
        base_url="https://queue.fal.run",
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
