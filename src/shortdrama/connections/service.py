"""Connections: connect a model, change and remove it, and ask what there is.

Decides how a row and its key change together. What can be chosen is in `choices.py`, the free test
in `checks.py`, what the protocols ask of a form in `presets.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from shortdrama.connections import figures
from shortdrama.connections.checks import Checks
from shortdrama.connections.choices import CapabilityOf, Choices, chosen
from shortdrama.connections.environment import EnvironmentConnection, refuse_environment
from shortdrama.connections.figures import Figures, figures_of
from shortdrama.connections.forms import ConnectionForm, origin_of
from shortdrama.connections.keys import Keys, need_key
from shortdrama.connections.last_checks import CheckRow, LastCheck
from shortdrama.connections.ports import ConnectionProbe, ConnectionRecords, KeyVault, Preset
from shortdrama.connections.presets import Presets
from shortdrama.connections.under_way import refuse_under_way
from shortdrama.domain.ids import ConnectionId, new_id
from shortdrama.domain.model import ENVIRONMENT, Capability, Connection, KeySource, ModelChoice
from shortdrama.errors import InvalidInput, NotFound


class ConnectionService:
    def __init__(
        self,
        records: ConnectionRecords,
        vault: KeyVault,
        probe: ConnectionProbe,
        capability_of: CapabilityOf,
        environment: EnvironmentConnection | None = None,
    ) -> None:
        self._records = records
        self._keys = Keys(vault)
        self._changing = threading.Lock()
        self._probe = probe
        self._environment = environment
        self._presets = Presets(probe)
        self._choices = Choices(probe, self._presets, capability_of)
        self._checks = Checks(probe, self._choices, self.key_of)

    def all(self) -> list[Connection]:
        """Those of people, oldest first, behind the environment's; the built-in is not listed."""
        with self._records.read() as tx:
            stored = tx.connections.all()
        return [*self._from_environment(), *(self._with_key_state(c) for c in stored)]

    def get(self, connection_id: ConnectionId) -> Connection:
        if connection_id == ENVIRONMENT:
            found = next(iter(self._from_environment()), None)
        else:
            with self._records.read() as tx:
                found = tx.connections.get(connection_id)
        if found is None:
            raise NotFound("This connection is not there any more.")
        return self._with_key_state(found)

    def key_of(self, connection: Connection) -> str | None:
        """For providers only; never for a page. The key for the address of this very row."""
        if connection.id == ENVIRONMENT:
            return self._environment.read_key() if self._environment is not None else None
        return self._keys.of(connection)

    def presets(self) -> list[Preset]:
        """What can be connected, vendors first."""
        return self._probe.presets()

    def needs_key(self, connection: Connection) -> bool:
        return self._presets.needs_key(connection.protocol)

    def connect(self, form: ConnectionForm) -> Connection:
        """Keep a new connection, its key in the vault.

        Raises:
            InvalidInput: Something that the protocol needs is missing or cannot be; `code` says
                which field it is.
        """
        form = self._presets.completed(form)
        if not form.key and self._presets.needs_key(form.protocol):
            raise InvalidInput("A key is needed. Paste it here.", code="key_missing")
        connection = replace(
            self._presets.usable(form), id=ConnectionId(new_id()), created_at=datetime.now(UTC)
        )
        self._presets.refuse_closed(connection.base_url)
        connection = replace(connection, key_source=self._keys.keep(connection, form.key))
        with self._records.begin() as tx:
            tx.connections.add(connection)
            tx.events.append("connection.changed", {"connection_id": connection.id})
        return self._with_key_state(connection)

    def change(self, connection_id: ConnectionId, form: ConnectionForm) -> Connection:
        """An empty key keeps the one there is, as long as the server stays the same.

        Raises:
            InvalidInput: As `connect`; `key_missing`: another server, which the key is not for.
            Conflict: `takes_under_way` while the address or the protocol would be another.
        """
        refuse_environment(connection_id)
        wanted = replace(self._presets.usable(self._presets.completed(form)), id=connection_id)
        changes = _changes_to(wanted)
        with self._alone(connection_id):
            before = self.get(connection_id)
            if origin_of(before.base_url) != origin_of(wanted.base_url):
                self._presets.refuse_closed(wanted.base_url)
            need_key(before, wanted, form.key)
            with self._records.read() as tx:  # before a key is kept
                refuse_under_way(tx, before, wanted)
            self._keys.bind(before)
            if form.key:
                changes["key_source"] = self._keys.keep(wanted, form.key)
            self._write_change(before, wanted, changes)
        return self.get(connection_id)

    def remove(self, connection_id: ConnectionId) -> None:
        """The takes made with it stay playable.

        Raises:
            Conflict: `takes_under_way`: what is paid for could not be fetched any more.
        """
        refuse_environment(connection_id)
        with self._alone(connection_id):
            connection = self.get(connection_id)
            with self._records.begin() as tx:
                tx.lock(f"connection {connection_id}")  # against an order in this very moment
                refuse_under_way(tx, connection)
                tx.connections.remove(connection_id)
                tx.events.append("connection.changed", {"connection_id": connection_id})
            self._keys.drop_all(connection)
        self._checks.forget(connection_id)

    def count_unfetched(self, connection_id: ConnectionId) -> int:
        """Finished takes whose clip is not here: without the connection nobody can fetch them."""
        with self._records.read() as tx:
            return tx.takes.count_unfetched(connection_id)

    def figures(self, connection_id: ConnectionId, model: str) -> Figures:
        """A person's own figures for a model; nothing where there are none."""
        return figures_of(self.get(connection_id), model)

    def set_figures(self, connection_id: ConnectionId, model: str, own: Figures) -> Connection:
        """Keep a person's own figures for a model; empty ones give the table its word back."""
        refuse_environment(connection_id)
        connection = self.get(connection_id)
        if model not in connection.models:
            raise NotFound("This connection does not offer the model any more.")
        name = f"{figures.PREFIX}{model}"
        options = {key: text for key, text in connection.options.items() if key != name}
        own = figures.checked(own)
        if own != figures.NOTHING:
            options[name] = own.to_text()
        with self._records.begin() as tx:
            tx.connections.change(connection_id, {"options": options})
            tx.events.append("connection.changed", {"connection_id": connection_id})
        return self.get(connection_id)

    async def check(self, connection: Connection) -> list[CheckRow]:
        """Rows of (what, passed, sentence), kept for `last_check`. Nothing is paid for."""
        return await self._checks.check(connection)

    def last_check(self, connection: Connection) -> LastCheck | None:
        """Of this process's life; None where the connection or its key are others since."""
        return self._checks.last(connection)

    def failing(self) -> frozenset[ConnectionId]:
        """The connections whose last check failed."""
        failed = self._checks.failed()
        if not failed:  # every page asks, and keys of others need not be looked up for it
            return failed
        with self._records.read() as tx:
            stored = [connection for name in failed if (connection := tx.connections.get(name))]
        there = [*self._from_environment(), *(self._with_key_state(c) for c in stored)]
        checks = {connection.id: self.last_check(connection) for connection in there}
        return frozenset(name for name, check in checks.items() if check and check.has_failed)

    def models(self) -> list[ModelChoice]:
        """Everything that can be chosen: the built-in engine, then connection by connection."""
        return self._choices.of(self.all())

    def choice(self, model: str, connection_id: ConnectionId | None) -> ModelChoice:
        """What offers the model, at the connection where one is named.

        Raises:
            InvalidInput: No connection offers it; or several do and none is named
                (`model_ambiguous`, with the `candidates`): which of them is paid is not guessed.
        """
        return chosen(model, [c for c in self.models() if connection_id in (None, c.connection_id)])

    def capability(self, model: str, connection_id: ConnectionId | None) -> Capability:
        return self.choice(model, connection_id).capability

    def default_choice(self) -> ModelChoice:
        """The environment's model where there is one, else the built-in engine."""
        environment = [c for c in self.models() if c.connection_id == ENVIRONMENT]
        return (environment or self.models())[0]

    def _from_environment(self) -> list[Connection]:
        return [] if self._environment is None else [self._environment.connection()]

    def _with_key_state(self, connection: Connection) -> Connection:
        if connection.key_source in {KeySource.NONE, KeySource.ENVIRONMENT}:
            return connection
        return replace(connection, has_key=self._keys.of(connection) is not None)

    @contextmanager
    def _alone(self, connection_id: ConnectionId) -> Iterator[None]:
        """One change of row and key at a time: they are kept in two places."""
        with self._changing, self._records.hold(f"keys of {connection_id}"):
            yield

    def _write_change(
        self, before: Connection, wanted: Connection, changes: dict[str, object]
    ) -> None:
        """The row. Whichever address it does not have in the end has no key then."""
        dropped = wanted
        try:
            with self._records.begin() as tx:
                tx.lock(f"connection {before.id}")
                refuse_under_way(tx, before, wanted)
                tx.connections.change(before.id, changes)
                tx.events.append("connection.changed", {"connection_id": before.id})
            dropped = before
        finally:
            if origin_of(before.base_url) != origin_of(wanted.base_url):
                self._keys.drop(dropped)


def _changes_to(wanted: Connection) -> dict[str, object]:
    """What a form decides of a row."""
    return {
        "name": wanted.name,
        "base_url": wanted.base_url,
        "protocol": wanted.protocol,
        "models": wanted.models,
        "auth_header": wanted.auth_header,
        "is_trusted": wanted.is_trusted,
        "options": wanted.options,
        "max_at_once": wanted.max_at_once,
        "polls_per_second": wanted.polls_per_second,
    }
