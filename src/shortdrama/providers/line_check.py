"""The line to a server, step by step: its name, its door, its certificate, its clock. Free.

No key is sent: what is asked is the bare address. Whether the server takes the key is asked by the
provider's own `check`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from shortdrama.domain.take import FailureKind
from shortdrama.errors import Sentence, StudioError, mark
from shortdrama.providers.kind import CheckRow
from shortdrama.sora2.addresses import parse_server_url, port_of, resolve
from shortdrama.sora2.answers import Answer
from shortdrama.sora2.line import Line
from shortdrama.sora2.noting import note
from shortdrama.sora2.redaction import Redactor

_PATIENCE_S = 10.0
_CERTIFICATE_DAYS = 14  # fewer than this are worth a word
_CLOCK_S = 120.0  # tokens that live for minutes fail beyond this


async def check_line(base_url: str, *, is_trusted: bool) -> list[CheckRow]:
    """Rows of (what, passed, sentence); ends at the first step that failed."""
    try:
        url = parse_server_url(base_url, is_trusted=is_trusted)
    except StudioError as error:
        return [(mark("Address"), False, error.message)]
    rows: list[CheckRow] = []
    for step in (_name, _door, _clock):
        found = await step(url)
        rows += found
        if not all(passed for _what, passed, _says in found):
            break
    return rows


async def _name(url: httpx.URL) -> list[CheckRow]:
    """Its address; no row where it was given as one."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            loop = asyncio.get_running_loop()
            found = await loop.getaddrinfo(url.host, port_of(url), type=socket.SOCK_STREAM)
    except (OSError, TimeoutError):
        said = Sentence(
            "The name %(host)s is not known. Check how it is written, and this machine's network.",
            host=url.host,
        )
        return [(mark("Address"), False, said)]
    line = Line(resolve, FailureKind.INVALID_REQUEST)
    try:
        line.need_allowed(str(row[4][0]) for row in found)
    except StudioError as error:
        return [(mark("Address"), False, error.message)]
    address = str(found[0][4][0])
    if address == url.host.strip("[]"):
        return []
    said = Sentence("%(host)s is %(address)s.", host=url.host, address=address)
    return [(mark("Address"), True, said)]


async def _door(url: httpx.URL) -> list[CheckRow]:
    """The connection, and for https the certificate."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(_PATIENCE_S), _connected(url) as certificate:
            took_ms = round((time.monotonic() - began) * 1000)
            opened = Sentence("The server answers in %(count)s ms.", count=took_ms)
            rows: list[CheckRow] = [(mark("Connection"), True, opened)]
            return rows if certificate is None else [*rows, _certificate_row(certificate)]
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or error.reason or "TLS"
        said = Sentence(
            "The encrypted connection fails: %(reason)s. Check the address, and whether something "
            "between here and there breaks up encryption.",
            reason=str(reason),
        )
        return [(mark("Encryption"), False, said)]
    except (OSError, TimeoutError) as error:
        said = Sentence(
            "%(host)s does not answer at port %(port)s (%(reason)s). Is the server running, and "
            "does a firewall let it through?",
            host=url.host,
            port=port_of(url),
            reason=_reason(error),
        )
        return [(mark("Connection"), False, said)]


def _reason(error: OSError) -> str:
    """Short: several addresses that were tried in vain give an error without a number."""
    if isinstance(error, TimeoutError):
        return "no answer"
    return os.strerror(error.errno) if error.errno else "refused"


@asynccontextmanager
async def _connected(url: httpx.URL) -> AsyncIterator[dict[str, Any] | None]:
    """The certificate of the server; None without encryption."""
    context = ssl.create_default_context() if url.scheme == "https" else None
    _reader, writer = await asyncio.open_connection(url.host, port_of(url), ssl=context)
    try:
        yield writer.get_extra_info("peercert") if context else None
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _certificate_row(certificate: dict[str, Any]) -> CheckRow:
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
    days = (ends - datetime.now(UTC)).days
    if days < _CERTIFICATE_DAYS:
        said = Sentence("The certificate ends in %(count)s days. Tell the provider.", count=days)
        return (mark("Encryption"), True, said)
    said = Sentence("The certificate is good for %(count)s days.", count=days)
    return (mark("Encryption"), True, said)


async def _clock(url: httpx.URL) -> list[CheckRow]:
    """How far the two clocks are apart; no row where the server tells no time."""
    try:
        async with httpx.AsyncClient(timeout=_PATIENCE_S) as client:
            line = Line(resolve, FailureKind.INVALID_REQUEST)
            answer = await client.head(url.copy_with(query=None), extensions=line.extensions)
        note(answer.request, Redactor(), "", Answer(answer.status_code, answer.headers, "", None))
        theirs = parsedate_to_datetime(answer.headers["date"])
    except (httpx.HTTPError, StudioError, KeyError, ValueError, TypeError):
        return []
    apart_s = abs((datetime.now(UTC) - theirs).total_seconds())
    if apart_s > _CLOCK_S:
        said = Sentence(
            "This machine's clock and the server's are %(count)s s apart. Set this one, or keys "
            "that are signed with the time are refused.",
            count=round(apart_s),
        )
        return [(mark("Clock"), False, said)]
    return [(mark("Clock"), True, Sentence("%(count)s s apart.", count=round(apart_s, 1)))]
