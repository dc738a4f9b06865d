"""One connection's requests: credentials, time limits, and what a lost answer means.

Nothing here repeats a request. `submit` is for what costs money, `ask` for what is free,
`stream` for bytes.
"""

from __future__ import annotations

import logging
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import anyio
import httpx

from shortdrama.domain.take import FailureKind
from shortdrama.errors import InvalidInput, ProviderError, SubmissionUncertain, mark
from shortdrama.sora2.addresses import Resolver, resolve
from shortdrama.sora2.answers import Answer, KindOf, read_answer, refusal
from shortdrama.sora2.line import Line, unwritten, writing
from shortdrama.sora2.noting import note
from shortdrama.sora2.options import Auth, Timeouts
from shortdrama.sora2.redaction import Redactor
from shortdrama.sora2.unavailable import is_turned_away
from shortdrama.sora2.unpacking import ACCEPTED, unpacked

Read = Callable[[httpx.Response], Awaitable[Answer]]

_ERRNO = re.compile(r"^\[Errno -?\d+\] ")  # says nothing to a person
_ANSWER_BYTES = 16 * 1024 * 1024  # a list of 100 jobs with the longest prompts is under 10 MB
# The connection was never made: no server has seen any of it.
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
# 408 and 499 are how gateways tell of a time limit behind them, where the job may have been made.
_UNCLEAR_4XX = frozenset({408, 499})
_UNCERTAIN = mark(
    "The request was sent, but no clear answer came back, so the job may exist and may have been "
    "charged. It was not sent again. Look at the provider's own list before trying again."
)


class Exchange:
    """Sends requests under `base`; knows the key, and takes it out of every answer."""

    def __init__(  # noqa: PLR0913 - a connection has this many settings, all named
        self,
        base: httpx.URL,
        *,
        auth: Auth,
        user_agent: str,
        timeouts: Timeouts,
        transport: httpx.AsyncBaseTransport | None,
        kind_of: KindOf | None = None,
        resolver: Resolver = resolve,
    ) -> None:
        self.base = base
        self._resolver = resolver
        self.timeouts = timeouts
        self.redactor = Redactor()
        self._auth = auth
        self._kind_of = kind_of
        self._key = ""
        # They tell whole addresses and headers, and those may hold a key or a signature.
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        headers = {"user-agent": user_agent, "accept-encoding": ACCEPTED}
        # Callers bound how much goes on at once; waiting here would eat a paid request's time.
        free = httpx.Limits(max_connections=None, max_keepalive_connections=20)
        self._client = httpx.AsyncClient(
            transport=transport, headers=headers, limits=free, verify=_trusted()
        )
        # A kept connection that the server has just closed loses a request in a way that cannot
        # be told from a lost answer. What costs money therefore gets a fresh connection.
        fresh = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._paying = (
            httpx.AsyncClient(headers=headers, limits=fresh, verify=_trusted())
            if transport is None
            else self._client
        )

    async def close(self) -> None:
        await self._client.aclose()
        if self._paying is not self._client:
            await self._paying.aclose()

    def use_key(self, key: str | None) -> None:
        """Raises `InvalidInput` for what no header can carry; never quotes it."""
        key = (key or "").strip()
        if not (key.isascii() and key.isprintable()):
            raise InvalidInput("The key holds characters that no key has. Copy it again.")
        self._key = key
        for part in self._auth.secrets_of(key):
            self.redactor.add(part)
        self.redactor.add(key)  # last: this is what stands in ids

    @property
    def has_key(self) -> bool:
        return bool(self._key)

    def credentials(self) -> dict[str, str]:
        if not self._key:
            return {}
        token = self._auth.token_of(self._key)
        if token != self._key:
            self.redactor.add_passing(token)
        return {self._auth.header: f"{self._auth.scheme} {token}".strip()}

    def refused(self, answer: Answer) -> ProviderError:
        """What a definite no means, in this connection's words."""
        return refusal(answer, self.redactor, self._kind_of)

    def url(
        self, path: str, params: Mapping[str, str | int | list[str]] | None = None
    ) -> httpx.URL:
        """`path` is already quoted; the base's own query stays.

        A key that was taken out of a job's id is put back: only then does the server know it.
        """
        path = self.redactor.unseal(path)
        base_path, _, query = self.base.raw_path.decode("ascii").partition("?")
        base_path = base_path.rstrip("/")  # a bare host has the path "/"
        with writing():
            raw_path = f"{base_path}{path}?{query}".rstrip("?").encode("ascii")
            url = self.base.copy_with(raw_path=raw_path)
            return url.copy_merge_params(dict(params)) if params else url

    async def ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int | list[str]] | None = None,
        *,
        content: Mapping[str, Any] | None = None,
        has_credentials: bool = True,
    ) -> Answer:
        """A free request, whatever its answer's status.

        `content` holds httpx's arguments, as for `submit`.

        Raises:
            ProviderError: transient, `kind="network"`: no whole answer came. Final, `not_sent`:
                it cannot be written, or leads where nothing is asked.
        """
        given = dict(content or {})
        headers = {**given.pop("headers", {}), **(self.credentials() if has_credentials else {})}
        line = Line(self._resolver, FailureKind.INVALID_REQUEST)
        url = self.url(path, params)
        line.need_allowed([url.host])
        with writing():
            request = self._client.build_request(
                method,
                url,
                headers=headers,
                timeout=self._limits(self.timeouts),
                extensions=line.extensions,
                **given,
            )
        try:
            with anyio.fail_after(self.timeouts.ask_total_s):
                answer = await self._whole(self._client, request, self.read)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            note(request, self.redactor, self._auth.header, error)
            raise self.network_error(error) from error
        note(request, self.redactor, self._auth.header, answer)
        return answer

    async def submit(
        self,
        path: str,
        content: Mapping[str, Any],
        timeouts: Timeouts | None = None,
        read: Read | None = None,
    ) -> Answer:
        """A request that costs money, once.

        `content` holds httpx's arguments: `json` or `files`, and `headers`. `read` makes
        the answer of a response that is not to be read into memory.

        Returns:
            An answer with a 2xx status; whether it holds a job is for the caller to see.

        Raises:
            ProviderError: certainly not made: never sent (`details["not_sent"]`) or refused.
            SubmissionUncertain: everything else.
        """
        limits = timeouts or self.timeouts
        headers = {**content.get("headers", {}), **self.credentials()}
        line = Line(self._resolver, FailureKind.INVALID_REQUEST)
        url = self.url(path)
        line.need_allowed([url.host])
        with writing():
            request = self._paying.build_request(
                "POST",
                url,
                timeout=self._limits(limits),
                extensions=line.extensions,
                **{**content, "headers": headers},
            )
        try:
            with anyio.fail_after(limits.submit_total_s):
                answer = await self._whole(self._paying, request, read or self.read)
        except _NOT_SENT as error:
            raise self.network_error(error, not_sent=True) from error
        except (httpx.HTTPError, TimeoutError) as error:
            if isinstance(error, httpx.LocalProtocolError) and not line.is_out:
                raise unwritten(error) from error
            raise self.uncertain(error=error) from error
        if 200 <= answer.status < 300:
            return answer
        raise self.refused(answer) if _is_refusal(answer) else self.uncertain(answer)

    @asynccontextmanager
    async def stream(
        self, url: httpx.URL, headers: Mapping[str, str], extensions: Mapping[str, Any]
    ) -> AsyncIterator[httpx.Response]:
        """A GET whose body is read by the caller. No credentials but those in `headers`."""
        line = Line(self._resolver, FailureKind.DOWNLOAD)
        line.need_allowed([url.host])
        with writing():
            request = self._client.build_request(
                "GET",
                url,
                headers=dict(headers),
                extensions={**extensions, **line.extensions},
                timeout=self._limits(self.timeouts),
            )
        response = await self._client.send(request, stream=True, follow_redirects=False)
        try:
            yield response
        finally:
            await response.aclose()

    def uncertain(
        self, answer: Answer | None = None, *, error: Exception | None = None
    ) -> SubmissionUncertain:
        return SubmissionUncertain(
            _UNCERTAIN,
            kind=FailureKind.UNKNOWN if answer else FailureKind.NETWORK,
            http_status=answer.status if answer else None,
            body_excerpt=self.redactor.text(answer.text)[:500] if answer else None,
            cause=type(error).__name__ if error else None,
        )

    def network_error(self, error: Exception, **details: Any) -> ProviderError:
        said = _ERRNO.sub("", str(error))
        told = self.redactor.text(said) or type(error).__name__
        return ProviderError(
            "The provider at %(host)s could not be reached: %(reason)s. "
            "Check the base URL and this machine's network, then try again.",
            host=self.base.netloc.decode("ascii"),
            reason=told,
            kind=FailureKind.NETWORK,
            is_transient=True,
            cause=type(error).__name__,
            **details,
        )

    async def _whole(self, client: httpx.AsyncClient, request: httpx.Request, read: Read) -> Answer:
        response = await client.send(request, stream=True, follow_redirects=False)
        try:
            return await read(response)
        finally:
            await response.aclose()

    async def read(self, response: httpx.Response) -> Answer:
        """All of a response, bounded."""
        content = await _read_bounded(response)
        return read_answer(response.status_code, response.headers, content, self.redactor)

    def _limits(self, timeouts: Timeouts) -> httpx.Timeout:
        return httpx.Timeout(
            timeouts.read_s, connect=timeouts.connect_s, write=timeouts.write_s, pool=None
        )


@cache
def _trusted() -> ssl.SSLContext:
    """Whom this machine trusts: read once, since it takes 30 ms and a megabyte each time."""
    return httpx.create_ssl_context()


async def _read_bounded(response: httpx.Response) -> bytes:
    content = bytearray()
    try:
        async for chunk in unpacked(response):
            content += chunk
            if len(content) > _ANSWER_BYTES:
                raise httpx.RemoteProtocolError("the answer is far larger than a job can be")
    except httpx.HTTPError:
        # A status of refusal stands by itself, even where its text was cut.
        if response.status_code < 400:
            raise
    return bytes(content)


def _is_refusal(answer: Answer) -> bool:
    """Whether the status (and for 503 the body) says for certain that no job was made."""
    if 300 <= answer.status < 400:
        return answer.status != 303  # "see other" is how a server may tell of what it made
    if 400 <= answer.status < 500:
        return answer.status not in _UNCLEAR_4XX
    return answer.status == 501 or (answer.status == 503 and is_turned_away(answer))
