"""An asynchronous client of the Sora 2 protocol, usable by itself.

    async with Sora2Client("http://127.0.0.1:9000", api_key="…") as client:
        job = await client.generate_video("A cat in the rain", GenerateOptions(seconds=4))
        while not job.status.is_terminal:
            await anyio.sleep(job.poll_after_s or 5)
            job = await client.check_status(job.id)
        await client.download_video(job.id, Path("cat.mp4"))

One call is one request: it does not wait, poll or repeat. A status that flaps, a poll that fails
and a download that breaks are for the caller to try again; a submit that may have been paid for
(`SubmissionUncertain`) is for a person to decide.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import quote

import httpx

from shortdrama import __version__
from shortdrama.domain.prompt import clean_prompt
from shortdrama.domain.take import FailureKind
from shortdrama.errors import InvalidInput, ProviderError, Sentence, StudioError, mark
from shortdrama.sora2.addresses import Resolver, parse_base_url, resolve
from shortdrama.sora2.answers import Answer, poll_after, read_answer, refusal
from shortdrama.sora2.download import (
    Download,
    FetchRules,
    Progress,
    fetch_clip,
    is_no_clip,
    receive_clip,
)
from shortdrama.sora2.exchange import Exchange
from shortdrama.sora2.options import Auth, GenerateOptions, Timeouts
from shortdrama.sora2.requests import Dialect, Multipart, create_content
from shortdrama.sora2.wire import (
    JobStatus,
    VideoJob,
    VideoPage,
    is_usable_id,
    names_job,
    parse_job,
    parse_page,
)

_MAX_CLIP_BYTES = 4 * 1024**3
# To make, to ask how it is, to fetch.
_PATHS: dict[Dialect, tuple[str, str, str]] = {
    "videos": ("/videos", "/videos/{}", "/videos/{}/content"),
    "seed": ("/generate", "/status/{}", "/download/{}"),
    "generations": ("/video/generations", "/video/generations/{}", "/videos/{}/content"),
}
_AT_ONCE = Timeouts(read_s=3600.0, submit_total_s=3600.0)  # the clip is made meanwhile
_WHOLE = frozenset({200, 201, 202, 203})
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, section 5.6.2


@dataclass(frozen=True, slots=True)
class ConnectionCheck:
    """What two free requests could find out about a connection; `message` says it in words.

    `http_status` is told where neither list was there.
    """

    status: Literal["ok", "unauthorised", "unknown", "unreachable"]
    message: str
    models: tuple[str, ...] = ()
    http_status: int | None = None


class Sora2Client:
    """One connection. Safe to use from many tasks at once; close it, or use `async with`."""

    def __init__(  # noqa: PLR0913 - a connection has this many settings, all named
        self,
        base_url: str,
        *,
        api_key: str | None = None,
        dialect: Dialect = "videos",
        auth_header: str = "Authorization",
        auth_scheme: str = "Bearer",
        multipart: Multipart = "auto",
        trusted: bool = False,
        timeouts: Timeouts | None = None,
        user_agent: str = f"shortdrama/{__version__}",
        max_clip_bytes: int = _MAX_CLIP_BYTES,
        transport: httpx.AsyncBaseTransport | None = None,
        resolver: Resolver = resolve,
    ) -> None:
        """Connect to nothing yet.

        Args:
            base_url: with or without `/v1`, with any path in front of it.
            dialect: "videos" (OpenAI's), "seed" (`/generate`, `/status`, `/download`) or
                "generations" (`/video/generations`, new-api's older form).
            auth_header: Azure wants "api-key".
            auth_scheme: "" sends the bare key.
            multipart: "auto" sends a form where there is a file and JSON otherwise; "always" a
                form (vLLM-Omni); "never" JSON with the file as a data URL.
            trusted: a person allowed plain HTTP and clips from private addresses.
            transport: in place of the network, for a server in this process.
            resolver: in place of this machine's look-up of names.

        Raises:
            InvalidInput: the address, header name or key cannot be used; in words for a person.
        """
        base = parse_base_url(base_url, is_trusted=trusted)
        if not _TOKEN.fullmatch(auth_header) or not (
            auth_scheme == "" or _TOKEN.fullmatch(auth_scheme)
        ):
            raise InvalidInput("The name of the key's header may hold letters, digits and dashes.")
        self.dialect = dialect
        self._paths = _PATHS[dialect]
        self._multipart = multipart
        self._rules = FetchRules(resolver, trusted, max_clip_bytes)
        self._exchange = Exchange(
            base,
            auth=Auth(auth_header, auth_scheme),
            user_agent=user_agent,
            timeouts=timeouts or Timeouts(),
            transport=transport,
            resolver=resolver,
        )
        self.authenticate(api_key)

    def __repr__(self) -> str:
        base = self._exchange.base
        return f"Sora2Client({str(base.copy_with(query=None))!r}, dialect={self.dialect!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._exchange.close()

    @property
    def base_url(self) -> str:
        """The address in use, with its version."""
        return str(self._exchange.base)

    def authenticate(self, api_key: str | None) -> None:
        """Use this key from now on; None or "" for none. Asks nobody: see `check_connection`."""
        self._exchange.use_key(api_key)

    async def check_connection(self) -> ConnectionCheck:
        """Ask what costs nothing whether the server is there and takes the key.

        "ok" is said only where a request with the key worked and the same without it did not, or
        where no key is set and none was wanted.
        """
        try:
            return await self._probe()
        except ProviderError as error:
            return ConnectionCheck("unreachable", error.message)

    async def generate_video(self, prompt: str, options: GenerateOptions | None = None) -> VideoJob:
        """Ask for one clip. May cost money; sends exactly one request.

        Raises:
            InvalidInput: the prompt or the reference cannot be sent; nothing was.
            ProviderError: certainly not made. `details["not_sent"]` where no server saw it.
            SubmissionUncertain: the request may have arrived and been charged.
        """
        options = options or GenerateOptions()
        content = await create_content(prompt, options, self.dialect, self._multipart)
        answer = await self._exchange.submit(self._paths[0], content, options.timeouts)
        return self._accepted(answer)

    async def generate_at_once(
        self, prompt: str, destination: Path, options: GenerateOptions | None = None
    ) -> Download:
        """Ask for one clip and get it as the answer, minutes later. May cost money; one request.

        This is vLLM-Omni's `/videos/sync`. A clip whose line breaks cannot be asked for again.

        Raises:
            InvalidInput, ProviderError, SubmissionUncertain: as `generate_video`; uncertain as
                well where what came was not a whole clip, or could not be kept.
        """
        options = options or GenerateOptions()
        content = await create_content(prompt, options, "videos", self._multipart)
        came: list[Download] = []

        async def read(response: httpx.Response) -> Answer:
            if response.status_code not in _WHOLE or is_no_clip(response):
                return await self._exchange.read(response)
            try:
                came.append(await receive_clip(self._exchange, self._rules, response, destination))
            except (StudioError, OSError, httpx.HTTPError, TimeoutError) as error:
                lost = self._exchange.uncertain(error=error)
                lost.details["was_clip"] = True
                raise lost from error
            return read_answer(200, response.headers, b"", self._exchange.redactor)

        timeouts = options.timeouts or _AT_ONCE
        answer = await self._exchange.submit("/videos/sync", content, timeouts, read)
        if not came:
            raise self._exchange.uncertain(answer)
        return came[0]

    async def remix_video(self, job_id: str, prompt: str) -> VideoJob:
        """A new clip from a completed one. May cost money; raises as `generate_video`."""
        self._need_videos_dialect(mark("remix"))
        path = f"/videos/{_quoted(job_id)}/remix"
        content = {"json": {"prompt": clean_prompt(prompt)}}
        return self._accepted(await self._exchange.submit(path, content))

    async def check_status(self, job_id: str) -> VideoJob:
        """How the job is now. Free.

        Raises:
            ProviderError: no answer about the job; `is_transient` says whether to ask again.
                It never means that the job failed.
        """
        answer = await self._exchange.ask("GET", self._paths[1].format(_quoted(job_id)))
        job = None
        if isinstance(answer.body, dict):
            wait_s = poll_after(answer.headers)
            known_id = job_id if 200 <= answer.status < 300 else ""
            job = parse_job(answer.body, known_id=known_id, poll_after_s=wait_s)
        if job is not None and (_is_told(job) if known_id else _is_failed_job(job, job_id)):
            return job
        raise self._no_answer(answer)

    async def download_video(
        self, url_or_id: str, destination: Path, *, on_progress: Progress | None = None
    ) -> Download:
        """Fetch a clip by its job's id or by the address that its status told.

        `destination` appears only when the clip is whole; what was there before is replaced.

        Raises:
            ProviderError: nothing was kept; generating again is never needed for a transient one.
            StorageFull: the disk took no more.
        """
        return await fetch_clip(
            self._exchange, self._rules, self._clip_url(url_or_id), destination, on_progress
        )

    def is_same_clip(self, job_id: str, address: str) -> bool:
        """Whether `address` is where `download_video` would ask for the job anyway."""
        return self._clip_url(job_id) == self._clip_url(address)

    async def list_videos(
        self, after: str | None = None, limit: int = 20, order: Literal["asc", "desc"] = "desc"
    ) -> VideoPage:
        """Jobs by time of creation. Not every server has a list; then `ProviderError`."""
        self._need_videos_dialect(mark("list"))
        params: dict[str, str | int] = {"limit": limit, "order": order}
        if after:
            params["after"] = after
        answer = await self._exchange.ask("GET", "/videos", params)
        page = parse_page(answer.body)
        if answer.status != 200 or page is None:
            raise self._no_answer(answer)
        return page

    async def delete_video(self, job_id: str) -> bool:
        """Forget the job; True where the server says it did. Stops a running one on few servers."""
        self._need_videos_dialect(mark("delete"))
        answer = await self._exchange.ask("DELETE", f"/videos/{_quoted(job_id)}")
        if not 200 <= answer.status < 300:
            raise self._no_answer(answer)
        body = answer.body if isinstance(answer.body, dict) else {}
        return body.get("deleted") is not False and answer.error is None

    async def list_models(self) -> list[str]:
        """The model ids that the server tells of. Free."""
        answer = await self._exchange.ask("GET", "/models")
        models = _model_ids(answer)
        if models is None:
            raise self._no_answer(answer)
        return list(models)

    async def _probe(self) -> ConnectionCheck:
        answer = await self._exchange.ask("GET", "/models")
        models = _model_ids(answer)
        path = "/models"
        if models is None and answer.status not in {401, 403} and self.dialect == "videos":
            path = "/videos"
            answer = await self._exchange.ask("GET", path, {"limit": 1})
        if answer.status in {401, 403}:
            return ConnectionCheck("unauthorised", refusal(answer, self._exchange.redactor).message)
        if models is None and (answer.status != 200 or parse_page(answer.body) is None):
            return ConnectionCheck(
                "unknown",
                Sentence(
                    "The server answered (HTTP %(status)s), but it has no list of models or "
                    "videos, so nothing could be checked without paying.",
                    status=answer.status,
                ),
                http_status=answer.status,
            )
        return await self._check_key(path, models or ())

    async def _check_key(self, path: str, models: tuple[str, ...]) -> ConnectionCheck:
        """Many servers show their models to anybody: see whether the key made a difference."""
        if not self._exchange.has_key:
            return ConnectionCheck("ok", mark("The server answered. It asked for no key."), models)
        params = {"limit": 1} if path == "/videos" else None
        bare = await self._exchange.ask("GET", path, params, has_credentials=False)
        if bare.status in {401, 403}:
            return ConnectionCheck("ok", mark("The server answered. It takes the key."), models)
        if path == "/models" and self.dialect == "videos":
            listed = await self._exchange.ask("GET", "/videos", {"limit": 1})
            if listed.status in {401, 403}:
                said = refusal(listed, self._exchange.redactor).message
                return ConnectionCheck("unauthorised", said, models)
            if listed.status == 200:
                return await self._check_key("/videos", models)
        return ConnectionCheck(
            "unknown",
            mark("The server answered. It answers without a key too, so the key was not tested."),
            models,
        )

    def _accepted(self, answer: Answer) -> VideoJob:
        """The job in a 2xx answer to a submit."""
        body = answer.body if isinstance(answer.body, dict) else {}
        job = parse_job(body, poll_after_s=poll_after(answer.headers))
        if job is not None:
            return job
        if answer.error is not None and not names_job(body):
            raise refusal(answer, self._exchange.redactor)
        raise self._exchange.uncertain(answer)

    def _no_answer(self, answer: Answer) -> ProviderError:
        """What to raise where a free request brought nothing to read."""
        if answer.status >= 300 or answer.error is not None:
            return refusal(answer, self._exchange.redactor)
        return ProviderError(
            "The provider answered something that is not of this protocol. "
            "Check the base URL and the dialect.",
            kind=FailureKind.PROVIDER_FAILURE,
            is_transient=True,
            http_status=answer.status,
            body_excerpt=self._exchange.redactor.text(answer.text)[:500],
        )

    def _clip_url(self, url_or_id: str) -> httpx.URL:
        if url_or_id.startswith("/"):
            return self._exchange.base.join(url_or_id)
        if not re.match(r"https?://", url_or_id, re.IGNORECASE):
            return self._exchange.url(self._paths[2].format(_quoted(url_or_id)))
        try:
            url = httpx.URL(url_or_id)
        except httpx.InvalidURL as error:
            raise _no_clip_address() from error
        if not url.host:
            raise _no_clip_address()
        return url.copy_with(fragment=None)

    def _need_videos_dialect(self, what: str) -> None:
        if self.dialect != "videos":
            raise ProviderError(
                "This connection's form of the protocol has no %(what)s.",
                what=what,
                kind=FailureKind.UNSUPPORTED,
            )


def _no_clip_address() -> ProviderError:
    return ProviderError(
        "The provider gave an address for the clip that is not a web address.",
        kind=FailureKind.DOWNLOAD,
    )


def _quoted(job_id: str) -> str:
    """An id as one path segment. Raises `InvalidInput` for what cannot be one."""
    if not is_usable_id(job_id):
        raise InvalidInput("That is not the id of a job.")
    return quote(job_id, safe="")


def _is_told(job: VideoJob) -> bool:
    """A 200 that holds a status, or at least the job's id, and is not an error envelope."""
    return bool(job.raw_status) or job.error is None


def _is_failed_job(job: VideoJob, job_id: str) -> bool:
    """vLLM-Omni answers GET for a failed job with 4xx or 5xx; the body is still the job.

    The id must be in it: `{"status": "error"}` alone is a server in trouble, not a failed job.
    """
    return job.status is JobStatus.FAILED and job.id == job_id


def _model_ids(answer: Answer) -> tuple[str, ...] | None:
    if answer.status != 200 or not isinstance(answer.body, dict):
        return None
    rows: Any = answer.body.get("data")
    if not isinstance(rows, list):
        return None
    return tuple(
        str(row["id"]) for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str)
    )
