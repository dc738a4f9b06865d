"""One vendor's HTTP interface on one connection: JSON in, JSON out, errors in the house's kinds.

What costs money goes through `submit`, once; what is free through `ask`; bytes through `fetch`.
Nothing here waits, polls or repeats.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from shortdrama import __version__
from shortdrama.domain.take import FailureKind
from shortdrama.errors import ProviderError
from shortdrama.generation.ports import ProviderJob
from shortdrama.providers.kind import Access
from shortdrama.sora2.addresses import (
    Resolver,
    origin_of,
    parse_server_url,
    resolve,
)
from shortdrama.sora2.answers import Answer, KindOf
from shortdrama.sora2.download import FetchRules, fetch_clip
from shortdrama.sora2.exchange import Exchange
from shortdrama.sora2.options import Auth, Timeouts

_MAX_CLIP_BYTES = 4 * 1024**3
_WITH_PICTURES = 4  # orders on their way at once; each may weigh some 50 MB


@dataclass(frozen=True, slots=True)
class Manners:
    """How a vendor wants to be spoken to.

    Attributes:
        auth: How the key travels.
        headers: With every request to the connection's own origin.
        kind_of: Knows the vendor's error codes; falls back to `sora2.answers.kind_of_refusal`.
    """

    auth: Auth = field(default_factory=Auth)
    headers: Mapping[str, str] = field(default_factory=dict)
    kind_of: KindOf | None = None


class VendorApi:
    """Safe to use from many tasks at once. Close it."""

    def __init__(
        self,
        access: Access,
        manners: Manners | None = None,
        timeouts: Timeouts | None = None,
        resolver: Resolver = resolve,
    ) -> None:
        """Connect to nothing yet. Raises `InvalidInput` where address or key cannot be used."""
        connection = access.connection
        manners = manners or Manners()
        base = parse_server_url(connection.base_url, is_trusted=connection.is_trusted)
        self._rules = FetchRules(resolver, connection.is_trusted, _MAX_CLIP_BYTES)
        self._headers = dict(manners.headers)
        self._exchange = Exchange(
            base,
            auth=manners.auth,
            user_agent=f"shortdrama/{__version__}",
            timeouts=timeouts or Timeouts(),
            transport=access.transport,
            kind_of=manners.kind_of,
            resolver=resolver,
        )
        self._exchange.use_key(access.key)
        self._room = asyncio.Semaphore(_WITH_PICTURES)

    async def close(self) -> None:
        await self._exchange.close()

    def room_for(self, pictures: Sequence[object]) -> AbstractAsyncContextManager[object]:
        """To be held from reading an order's pictures until it is sent: fifty takes with nine
        references each do not fit into memory at the same time. Without pictures, no waiting."""
        return self._room if pictures else nullcontext()

    async def submit(
        self, path: str, body: object, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """POST `body` as JSON, once.

        Returns:
            An answer with a 2xx status. Whether it holds a job is for the caller to see: raise
            `refused` for a clear no in it, `uncertain` for anything else.

        Raises:
            ProviderError: certainly not made.
            SubmissionUncertain: it may have been made.
        """
        content = {"json": body, "headers": {**self._headers, **(headers or {})}}
        return await self._exchange.submit(path, content)

    async def submit_form(
        self, path: str, fields: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> Answer:
        """POST a multipart form, once; `fields` as httpx's `files`. As `submit`."""
        content = {"files": fields, "headers": {**self._headers, **(headers or {})}}
        return await self._exchange.submit(path, content)

    async def ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int] | Mapping[str, int | list[str]] | None = None,
        content: Mapping[str, Any] | None = None,
    ) -> Answer:
        """A free request; `content` holds httpx's arguments (`json`, `files`, `headers`).

        Raises:
            ProviderError: no answer, or one with another status than 2xx.
        """
        answer = await self.ask_any(method, path, params, content)
        if not 200 <= answer.status < 300:
            raise self.refused(answer)
        return answer

    async def ask_any(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int] | Mapping[str, int | list[str]] | None = None,
        content: Mapping[str, Any] | None = None,
    ) -> Answer:
        """As `ask`, whatever the status. Raises `ProviderError` only where no answer came."""
        given = dict(content or {})
        given["headers"] = {**self._headers, **given.get("headers", {})}
        return await self._exchange.ask(method, path, params, content=given)

    async def fetch_job(
        self,
        job: ProviderJob,
        look: Callable[[str], Awaitable[ProviderJob]],
        destination: Path,
        on_progress: Callable[[int, int | None], None],
    ) -> None:
        """Bring a job's clip, as `fetch`; `look` tells the job anew where no address is known.

        Raises:
            ProviderError, StorageFull: as `fetch`; transient where no address is told either.
        """
        url = job.result_url or (await look(job.id)).result_url
        if url is None:
            raise ProviderError(
                "The provider tells no address of the clip.",
                kind=FailureKind.DOWNLOAD,
                is_transient=True,
            )
        await self.fetch(url, destination, on_progress)

    async def fetch(
        self, url: str, destination: Path, on_progress: Callable[[int, int | None], None]
    ) -> None:
        """Bring a clip, checked, to `destination`. The key goes to the own origin only.

        Raises:
            ProviderError, StorageFull: as `sora2.download.fetch_clip`.
        """
        address = self._address(url)
        await fetch_clip(self._exchange, self._rules, address, destination, on_progress)

    def path_of(self, url: str) -> str:
        """The path (with its query) of an address that the vendor gave, to `ask` it.

        Raises:
            ProviderError: it leads to another server, which must not get the key.
        """
        base = self._exchange.base
        address = self._address(url)
        above = base.path.rstrip("/") + "/"
        if origin_of(address) == origin_of(base) and address.path.startswith(above):
            return address.raw_path.decode("ascii")[len(above) - 1 :]
        raise ProviderError(
            "The provider told an address of another server (%(host)s). It was not asked.",
            host=address.host[:200],
            kind=FailureKind.PROVIDER_FAILURE,
        )

    def _address(self, url: str) -> httpx.URL:
        try:
            return self._exchange.base.join(url)
        except (httpx.InvalidURL, ValueError) as error:
            raise ProviderError(
                "The provider told an address that is none, so it was not asked.",
                kind=FailureKind.DOWNLOAD,
                is_transient=True,
            ) from error

    def refused(self, answer: Answer) -> ProviderError:
        """What a no means, for a person, with its `kind`."""
        return self._exchange.refused(answer)

    def uncertain(self, answer: Answer) -> ProviderError:
        """An answer to a submit that holds no job and no clear no."""
        return self._exchange.uncertain(answer)
