"""What the module of a vendor's protocol declares, and what it is opened with.

A package of somebody else adds a protocol by an entry point of the group `shortdrama.providers`
that leads to a `ProviderKind`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, Self

import httpx

from shortdrama.domain.model import Capability, Connection
from shortdrama.generation.ports import Provider

CheckRow = tuple[str, bool | None, str]
"""What was tried, whether it passed (None: it cannot be known without paying), and a sentence."""


def has_failed(rows: Iterable[CheckRow]) -> bool:
    return any(passed is False for _what, passed, _says in rows)


@dataclass(frozen=True, slots=True)
class Access:
    """A connection with its key. `transport` stands in for the network, within this process."""

    connection: Connection
    key: str | None = field(default=None, repr=False)
    transport: httpx.AsyncBaseTransport | None = None


class OpenProvider(Provider, Protocol):
    """A provider with its network open."""

    async def check(self) -> list[CheckRow]:
        """What can be asked without paying: reached, key taken, models known. Never raises
        `StudioError`: what went wrong is a row."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Option:
    """A setting that only this protocol has; kept as text in `Connection.options`."""

    name: str
    label: str
    hint: str = ""
    is_long: bool = False  # a document, such as a workflow, and not a line
    is_per_model: bool = False  # kept as "name:model", one for each model


@dataclass(frozen=True, slots=True)
class ProviderKind:
    """One protocol that a connection may speak."""

    name: str  # in the connection's row: stays for ever
    label: str  # the vendor's own name
    open: Callable[[Access], OpenProvider]
    base_url: str = (
        ""  # where most people's account is; "" where everyone has a server of their own
    )
    models: tuple[str, ...] = ()  # offered when a connection is made
    needs_key: bool = True
    auth_header: str = "Authorization"
    options: tuple[Option, ...] = ()
    hint: str = ""  # what one needs to have, where that is more than a key
    capabilities: Path | None = None  # a file in the form of `capabilities.toml`
    describe: Callable[[Connection, str], Capability | None] | None = None  # of its own models
    poll_every_s: float = 0.0  # about one job, where the vendor documents that
    is_installed: bool = False  # by a package of somebody else

    def as_installed(self) -> Self:
        return replace(self, is_installed=True)
