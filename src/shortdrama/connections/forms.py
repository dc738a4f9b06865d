"""What a person types to connect a model, and what of it can be."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from shortdrama.domain.ids import ConnectionId
from shortdrama.domain.model import VIDEOS, Connection, KeySource
from shortdrama.errors import InvalidInput

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_MOST_OPTIONS = 100
_PORTS = {"http": 80, "https": 443}
_MOST_OPTION_CHARS = 2_000_000  # a workflow


@dataclass(frozen=True, slots=True)
class ConnectionForm:
    """What a person types to connect a model. An empty `key` keeps the one there is."""

    name: str
    base_url: str
    models: tuple[str, ...]
    protocol: str = VIDEOS
    auth_header: str = "Authorization"
    key: str = ""
    is_trusted: bool = False
    options: dict[str, str] = field(default_factory=dict)
    max_at_once: int | None = None
    polls_per_second: float | None = None


def checked_form(form: ConnectionForm) -> Connection:
    """A connection without an id. Raises `InvalidInput`; its `code` names the field."""
    if not _HEADER.fullmatch(form.auth_header):
        raise InvalidInput("That is not the name of an HTTP header.", code="auth_header")
    if not form.key.isascii() or any(c.isspace() for c in form.key.strip()):
        raise InvalidInput("A key has no spaces and only plain characters.", code="key_malformed")
    base_url = _checked_url(form.base_url.strip(), form.is_trusted)
    models = tuple(dict.fromkeys(m.strip() for m in form.models if m.strip()))
    if not models or any(len(m) > 200 or not m.isprintable() for m in models):
        raise InvalidInput("Name at least one model id.", code="models_missing")
    name = " ".join(form.name.split())[:80] or _server_name(base_url)
    return Connection(
        id=ConnectionId(""),
        name=name,
        base_url=base_url,
        protocol=form.protocol,
        models=models,
        auth_header=form.auth_header,
        key_source=KeySource.NONE,
        created_at=datetime.fromtimestamp(0, UTC),
        is_trusted=form.is_trusted,
        options=_checked_options(form.options, models),
        max_at_once=form.max_at_once,
        polls_per_second=form.polls_per_second,
    )


def _server_name(base_url: str) -> str:
    """With its port where it has one of its own: two servers on one machine are two names."""
    parts = urlsplit(base_url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.hostname}{port}" if parts.hostname else base_url


def _checked_options(options: dict[str, str], models: tuple[str, ...]) -> dict[str, str]:
    """Those of a model, such as its workflow, go with the model."""
    kept = {
        name: text
        for name, text in options.items()
        if text and (":" not in name or name.partition(":")[2] in models)
    }
    if len(kept) > _MOST_OPTIONS or any(len(text) > _MOST_OPTION_CHARS for text in kept.values()):
        raise InvalidInput("These settings are larger than a connection may be.", code="options")
    return kept


def _checked_url(url: str, is_trusted: bool) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise InvalidInput("That is not a web address.", code="base_url") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InvalidInput("A base URL begins with https://.", code="base_url")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InvalidInput("A base URL has no password, ? or #.", code="base_url")
    if parts.scheme == "http" and not (is_trusted or _is_loopback(parts.hostname)):
        raise InvalidInput(
            "Your key would travel in the clear. Use https://, or mark the server as trusted.",
            code="base_url_insecure",
        )
    return url.rstrip("/")


def is_of_this_machine(url: str) -> bool:
    """Whether a base URL is a loopback address, which nobody needs to trust; False for nonsense."""
    try:
        return _is_loopback(urlsplit(url.strip()).hostname or "")
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def host_of(url: str) -> str:
    """As names are compared: without case, and without the dot that may end one."""
    return (urlsplit(url).hostname or "").rstrip(".")


def origin_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and port: a key goes to those that it was given for."""
    parts = urlsplit(url)
    port = parts.port if parts.port is not None else _PORTS.get(parts.scheme, 0)
    return parts.scheme, parts.hostname or "", port
