"""What a connection's free test found, as a text for a bug report. It holds no key."""

from __future__ import annotations

import platform
import ssl
from collections.abc import Iterable

import shortdrama
from shortdrama.domain.model import Connection
from shortdrama.sora2.transcript import Asked

_SIGN = {True: "ok", False: "NO", None: "??"}


def report(
    connection: Connection,
    rows: Iterable[tuple[str, bool | None, str]],
    asked: Iterable[Asked] = (),
) -> str:
    """In the words of programs: versions, what was found row by row, and every request with its
    answer in the order they were made."""
    key = f"{connection.auth_header}: [key]" if connection.has_key else "no key"
    facts = [
        f"shortdrama {shortdrama.__version__}, Python {platform.python_version()}, "
        f"{platform.system()}, {ssl.OPENSSL_VERSION}",
        f"protocol {connection.protocol}, {connection.base_url}, {key}",
        f"models {', '.join(connection.models)}",
        "",
    ]
    told = [f"{_SIGN[passed]}  {what}: {says}" for what, passed, says in rows]
    talk = [line for each in asked for line in ("", *each.lines)]
    return "\n".join([*facts, *told, *talk])
