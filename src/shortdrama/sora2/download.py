"""Fetching a clip: redirects followed by hand, bytes checked before the file has its name."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import anyio
import httpx
from anyio import to_thread

from shortdrama.domain.take import FailureKind
from shortdrama.errors import ProviderError, StorageFull, UnsupportedFile, mark
from shortdrama.sora2.addresses import Resolver, is_loopback, is_public, origin_of, port_of
from shortdrama.sora2.answers import Answer, kind_of_refusal, phrase, read_answer, retry_after
from shortdrama.sora2.boxes import check_mp4
from shortdrama.sora2.exchange import Exchange
from shortdrama.sora2.pace import steady
from shortdrama.sora2.unpacking import unpacked
from shortdrama.sora2.wire import JobError

_MAX_REDIRECTS = 5
_WRITE_BYTES = 1024 * 1024
_ERROR_BYTES = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TRANSIENT = frozenset({408, 409, 425, 429})
_NOT_YET = re.compile(r"not.{0,5}(completed?|ready|finished|started?)|in.progress", re.IGNORECASE)
_NOT_A_CLIP = ("application/json", "application/xml", "application/problem+json", "text/")

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Download:
    path: Path
    bytes: int
    sha256: str  # hex
    content_type: str


@dataclass(frozen=True, slots=True)
class FetchRules:
    """Where a connection's clips may come from, and how large they may be."""

    resolver: Resolver
    is_trusted: bool  # a person allowed private addresses and plain HTTP for this connection
    max_bytes: int


async def fetch_clip(
    exchange: Exchange,
    rules: FetchRules,
    url: httpx.URL,
    destination: Path,
    on_progress: Progress | None,
) -> Download:
    """Stream `url` to `destination`, which gets its name only when the clip is whole.

    Raises:
        ProviderError: `kind` says which: "download" (cut, wrong type, not allowed), "network",
            "not_found", "auth", …; nothing is left on disk.
        StorageFull: the disk took no more.
    """
    try:
        with anyio.fail_after(exchange.timeouts.download_total_s):
            async with _open_final(exchange, rules, url) as response:
                return await receive_clip(exchange, rules, response, destination, on_progress)
    except UnsupportedFile as error:
        raise _failed(error.template, is_transient=True, **error.details) from error
    except (httpx.HTTPError, TimeoutError) as error:
        told = exchange.redactor.text(str(error)) or type(error).__name__
        raise _failed(
            "The connection broke while the clip was coming in: %(reason)s.",
            is_transient=True,
            reason=told,
        ) from error
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFull("The disk is full: the clip could not be kept.") from error
        raise


async def receive_clip(
    exchange: Exchange,
    rules: FetchRules,
    response: httpx.Response,
    destination: Path,
    on_progress: Progress | None = None,
) -> Download:
    """The body of `response` as the clip `destination`, which gets its name when it is whole.

    Raises:
        UnsupportedFile: it is cut, or no clip.
        ProviderError: it is too large.
        httpx.HTTPError, TimeoutError, OSError: it did not come through; nothing is left on disk.
    """
    part = destination.with_name(destination.name + ".part")
    try:
        _check_head(response, rules)
        pieces = _large(steady(unpacked(response), exchange.timeouts))
        size, digest = await _store(response, pieces, part, rules, on_progress)
        await to_thread.run_sync(_finish, part, destination)
    finally:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(lambda: part.unlink(missing_ok=True))
    return Download(destination, size, digest, response.headers.get("content-type", ""))


@asynccontextmanager
async def _open_final(
    exchange: Exchange, rules: FetchRules, url: httpx.URL
) -> AsyncIterator[httpx.Response]:
    """The answer at the end of all redirects.

    Credentials go along only while every address so far was of the connection's own origin.
    """
    has_credentials = True
    for _ in range(_MAX_REDIRECTS + 1):
        has_credentials = has_credentials and origin_of(url) == origin_of(exchange.base)
        async with AsyncExitStack() as stack:
            with anyio.fail_after(exchange.timeouts.ask_total_s):  # headers may drip as well
                response = await _open(exchange, rules, url, has_credentials, stack)
            location = response.headers.get("location")
            if response.status_code not in _REDIRECTS or not location:
                if response.status_code != 200 or is_no_clip(response):
                    raise await _refused(exchange, response, has_credentials)
                yield response
                return
        url = _next_hop(url, location)
    raise _failed("The clip's address leads in a circle of redirects.")


async def _open(
    exchange: Exchange,
    rules: FetchRules,
    url: httpx.URL,
    has_credentials: bool,
    stack: AsyncExitStack,
) -> httpx.Response:
    headers = {"accept": "video/mp4, */*;q=0.8", "accept-encoding": "identity"}
    if has_credentials:
        headers |= exchange.credentials()
    if rules.is_trusted or _is_at_home(exchange.base, url):
        return await stack.enter_async_context(exchange.stream(url, headers, {}))
    if url.scheme != "https":
        raise _failed("The clip's address is not encrypted (https), so it was not asked.")
    addresses = await _public_addresses(rules, url)
    for number, address in enumerate(addresses, start=1):
        # To the very address that was checked: a second look-up could give another (rebinding).
        pinned = url.copy_with(host=address)
        host = {"host": url.netloc.decode("ascii")}
        opened = exchange.stream(pinned, {**headers, **host}, {"sni_hostname": url.host})
        try:
            return await stack.enter_async_context(opened)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            if number == len(addresses):
                raise
    raise _failed("The clip's host %(host)s has no address.", is_transient=True, host=url.host)


def _is_at_home(base: httpx.URL, url: httpx.URL) -> bool:
    """The connection's own server, or beside it on this machine.

    A gateway on this machine passes on what strangers say: that leads no further into the network.
    """
    if origin_of(url) == origin_of(base):
        return True
    return is_loopback(base.host) and is_loopback(url.host)


async def _public_addresses(rules: FetchRules, url: httpx.URL) -> list[str]:
    try:
        addresses = await rules.resolver(url.host, port_of(url))
        is_allowed = all(is_public(address) for address in addresses)
    except OSError as error:
        raise _failed(
            "The clip's host %(host)s is not known.", is_transient=True, host=url.host
        ) from error
    except ValueError as error:
        raise _failed("The clip's host %(host)s has no readable address.", host=url.host) from error
    if not is_allowed or is_loopback(url.host):
        raise _failed(
            "The clip's address leads into a private network (%(host)s), so it was not asked. "
            "If that is right, mark the connection as trusted.",
            host=url.host,
        )
    return addresses[:4]


def _next_hop(url: httpx.URL, location: str) -> httpx.URL:
    try:
        following = url.join(location)
    except httpx.InvalidURL as error:
        raise _failed("The clip's address redirects to something that is no address.") from error
    if following.scheme not in {"http", "https"} or not following.host:
        raise _failed("The clip's address redirects to something other than http or https.")
    if url.scheme == "https" and following.scheme == "http":
        raise _failed("The clip's address redirects from https to plain http; it was not followed.")
    return following


async def _refused(
    exchange: Exchange, response: httpx.Response, has_credentials: bool
) -> ProviderError:
    content = bytearray()
    async for chunk in steady(unpacked(response), exchange.timeouts):
        content += chunk
        if len(content) > _ERROR_BYTES:
            break
    redactor = exchange.redactor
    answer = read_answer(response.status_code, response.headers, bytes(content), redactor)
    error = answer.error or JobError()
    if answer.status == 200:
        message = mark("The provider sent %(sent)s in place of the clip. It answered “%(answer)s”.")
    elif answer.status in {403, 404, 410}:
        message = mark(
            "The provider did not hand out the clip. Its link may have expired. "
            "It answered “%(answer)s”."
        )
    else:
        message = mark("The provider did not hand out the clip. It answered “%(answer)s”.")
    return ProviderError(
        message,
        sent=response.headers.get("content-type", "").partition(";")[0][:80],
        answer=phrase(answer.status, redactor.text(error.message)[:300]),
        kind=_kind_of(answer, error, has_credentials),
        is_transient=answer.status in {200, *_TRANSIENT}
        or answer.status >= 500
        or _NOT_YET.search(f"{error.code} {error.message}") is not None,
        retry_after_s=retry_after(answer.headers),
        http_status=answer.status,
        body_excerpt=redactor.text(answer.text)[:500],
    )


def _kind_of(answer: Answer, error: JobError, has_credentials: bool) -> FailureKind:
    """Mostly "download": the clip may be there another time. Some servers filter only here."""
    kind = kind_of_refusal(answer.status, error)
    if kind is FailureKind.MODERATION_INPUT:
        return FailureKind.MODERATION_OUTPUT
    is_telling = {FailureKind.AUTH, FailureKind.NOT_FOUND, FailureKind.QUOTA}
    return kind if has_credentials and kind in is_telling else FailureKind.DOWNLOAD


def is_no_clip(response: httpx.Response) -> bool:
    return str(response.headers.get("content-type", "")).lower().startswith(_NOT_A_CLIP)


def _check_head(response: httpx.Response, rules: FetchRules) -> None:
    if (_length(response) or 0) > rules.max_bytes:
        raise _too_large(rules)


async def _store(
    response: httpx.Response,
    pieces: AsyncIterator[bytes],
    part: Path,
    rules: FetchRules,
    on_progress: Progress | None,
) -> tuple[int, str]:
    """Bytes written and their SHA-256."""
    total = _length(response)
    digest = hashlib.sha256()
    done = 0
    async with _file(part) as file:
        async for chunk in pieces:
            done += len(chunk)
            if done > rules.max_bytes:
                raise _too_large(rules)
            await to_thread.run_sync(_write, file, digest.update, chunk)
            if on_progress is not None:
                on_progress(done, total)
        await to_thread.run_sync(_sync, file)
    # A length counts what went over the wire, which a server may pack although asked not to.
    is_packed = response.headers.get("content-encoding", "identity") != "identity"
    came = response.num_bytes_downloaded if is_packed else done
    if total is not None and came != total:
        raise UnsupportedFile(
            "The clip arrived cut short: %(came)s of %(total)s bytes.", came=came, total=total
        )
    return done, digest.hexdigest()


async def _large(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """So much at a time that writing in a thread is worth its while."""
    gathered = bytearray()
    async for piece in pieces:
        gathered += piece
        if len(gathered) >= _WRITE_BYTES:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)


class _Part:
    """A file that is opened in a thread; who is cancelled at any moment leaves none open."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        self._is_over = False

    def open(self) -> BinaryIO:
        with self._lock:
            if self._is_over:
                raise FileNotFoundError(self._path)
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("wb")
            return self._file

    def close(self) -> None:
        with self._lock:
            self._is_over = True
            if self._file is not None:
                self._file.close()


@asynccontextmanager
async def _file(path: Path) -> AsyncIterator[BinaryIO]:
    part = _Part(path)
    try:
        yield await to_thread.run_sync(part.open)
    finally:
        part.close()  # not in a thread, whose turn a cancelled task may not wait for


def _write(file: BinaryIO, update: Callable[[bytes], None], chunk: bytes) -> None:
    file.write(chunk)
    update(chunk)


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _finish(part: Path, destination: Path) -> None:
    check_mp4(part)
    part.replace(destination)
    folder = os.open(destination.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _length(response: httpx.Response) -> int | None:
    text = response.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() else None


def _too_large(rules: FetchRules) -> ProviderError:
    return _failed(
        "The clip is larger than %(most)s bytes, the limit set here.", most=rules.max_bytes
    )


def _failed(message: str, *, is_transient: bool = False, **details: Any) -> ProviderError:
    return ProviderError(message, kind=FailureKind.DOWNLOAD, is_transient=is_transient, **details)
