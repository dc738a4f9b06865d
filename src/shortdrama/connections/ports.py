"""What connections need of the outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from shortdrama.domain.ids import ConnectionId
from shortdrama.domain.model import Capability, Connection
from shortdrama.domain.take import TakeStatus
from shortdrama.state.ports import EventLog


class ConnectionStore(Protocol):
    def add(self, connection: Connection) -> None: ...

    def get(self, connection_id: ConnectionId) -> Connection | None: ...

    def all(self) -> list[Connection]:
        """Oldest first."""
        ...

    def change(self, connection_id: ConnectionId, changes: dict[str, Any]) -> Connection | None: ...

    def remove(self, connection_id: ConnectionId) -> None: ...


class TakeCounter(Protocol):
    def count_at(self, connection_id: ConnectionId, statuses: frozenset[TakeStatus]) -> int:
        """Takes of a connection in one of these states."""
        ...

    def count_unfetched(self, connection_id: ConnectionId) -> int:
        """Failed takes whose clip the provider may still hand out."""
        ...


class ConnectionTransaction(Protocol):
    def lock(self, what: str) -> None:
        """Until the transaction ends, nobody else gets past this, in any process."""
        ...

    @property
    def connections(self) -> ConnectionStore: ...
    @property
    def takes(self) -> TakeCounter: ...
    @property
    def events(self) -> EventLog: ...


class ConnectionRecords(Protocol):
    def begin(self) -> AbstractContextManager[ConnectionTransaction]: ...

    def read(self) -> AbstractContextManager[ConnectionTransaction]:
        """One view that never waits for a writer."""
        ...

    def hold(self, what: str) -> AbstractContextManager[None]:
        """Against other processes, for as long as the block lasts; not within this one."""
        ...


class KeyVault(Protocol):
    """Where API keys live: the OS keyring, or this process where the machine has none."""

    def get(self, name: str) -> str | None: ...

    def put(self, name: str, key: str) -> bool:
        """True where it was kept for good, False where only until the studio stops."""
        ...

    def remove(self, name: str) -> None: ...


@dataclass(frozen=True, slots=True)
class PresetOption:
    """A setting that only one protocol has.

    Attributes:
        is_long: a document, and not a line.
        is_per_model: one for each model, kept as "name:model".
    """

    name: str
    label: str
    hint: str = ""
    is_long: bool = False
    is_per_model: bool = False


@dataclass(frozen=True, slots=True)
class Preset:
    """What can be connected, with what most people fill in. Several may speak one protocol."""

    id: str
    label: str  # the vendor's own name, or of the program
    protocol: str
    base_url: str = ""
    models: tuple[str, ...] = ()
    needs_key: bool = True
    auth_header: str = "Authorization"
    options: tuple[PresetOption, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)  # of options
    hint: str = ""  # what one needs to have
    closed: str = ""  # since when it answers no more, and what to do; nobody is to connect it

    @property
    def is_vendor(self) -> bool:
        """An account and its key are all that one needs; else it is a server of somebody's own."""
        return self.needs_key and not self.values


class ConnectionProbe(Protocol):
    """What is known of protocols, and the test button, which costs nothing."""

    def need_protocol(self, name: str) -> None:
        """Raises `InvalidInput` for a protocol that nobody here speaks."""
        ...

    def presets(self) -> list[Preset]:
        """In the order in which they are offered; of each protocol its own is the first."""
        ...

    def capability(self, connection: Connection, model: str) -> Capability | None:
        """What a connection's own settings say of a model; None where the tables know.

        Raises `InvalidInput` where those settings cannot be used.
        """
        ...

    async def check(
        self, connection: Connection, key: str | None
    ) -> Sequence[tuple[str, bool | None, str]]:
        """Rows of (what, passed, sentence), in the order they were tried; None: not to be known."""
        ...
