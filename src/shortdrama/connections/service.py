"""Connections: connect a model, test it for free, keep its key out of sight."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from urllib.parse import urlsplit

from shortdrama.connections import figures
from shortdrama.connections.figures import Figures, read_figures
from shortdrama.connections.forms import ConnectionForm, checked_form, host_of, origin_of
from shortdrama.connections.keys import Keys
from shortdrama.connections.last_checks import CheckRow, LastCheck, LastChecks
from shortdrama.connections.ports import (
    ConnectionProbe,
    ConnectionRecords,
    ConnectionTransaction,
    KeyVault,
    Preset,
)
from shortdrama.domain.ids import ConnectionId, new_id
from shortdrama.domain.model import (
    BUILT_IN,
    ENVIRONMENT,
    PREVIZ_MODEL,
    SEED,
    VIDEOS,
    Capability,
    Connection,
    KeySource,
    ModelChoice,
)
from shortdrama.domain.take import ACTIVE, WAITING_FOR_PERSON
from shortdrama.errors import Conflict, InvalidInput, NotFound, Sentence, mark
from shortdrama.sora2.transcript import transcribing

CapabilityOf = Callable[[str], Capability]


@dataclass(frozen=True, slots=True)
class EnvironmentConnection:
    """The connection that `SORA2_BASE_URL`, `SORA2_API_KEY` and `SORA2_MODEL` describe."""

    base_url: str
    model: str
    read_key: Callable[[], str | None]


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
        self._capability_of = capability_of
        self._environment = environment
        self._last_checks = LastChecks()

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
        return self._preset_of(connection.protocol).needs_key

    def connect(self, form: ConnectionForm) -> Connection:
        """Keep a new connection, its key in the vault.

        Raises:
            InvalidInput: Something that the protocol needs is missing or cannot be; `code` says
                which field it is.
        """
        self._probe.need_protocol(form.protocol)
        form = self._completed(form)
        if not form.key and self._preset_of(form.protocol).needs_key:
            raise InvalidInput("A key is needed. Paste it here.", code="key_missing")
        connection = replace(
            self._usable(form), id=ConnectionId(new_id()), created_at=datetime.now(UTC)
        )
        self._refuse_closed(connection.base_url)
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
        self._refuse_environment(connection_id)
        self._probe.need_protocol(form.protocol)
        wanted = replace(self._usable(self._completed(form)), id=connection_id)
        changes = {
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
        with self._alone(connection_id):
            before = self.get(connection_id)
            if origin_of(before.base_url) != origin_of(wanted.base_url):
                self._refuse_closed(wanted.base_url)
            _need_key(before, wanted, form.key)
            with self._records.read() as tx:  # before a key is kept
                _refuse_under_way(tx, before, wanted)
            self._keys.bind(before)
            if form.key:
                changes["key_source"] = self._keys.keep(wanted, form.key)
            self._write_change(before, wanted, changes)
        return self.get(connection_id)

    def _write_change(
        self, before: Connection, wanted: Connection, changes: dict[str, object]
    ) -> None:
        """The row. Whichever address it does not have in the end has no key then."""
        dropped = wanted
        try:
            with self._records.begin() as tx:
                tx.lock(f"connection {before.id}")
                _refuse_under_way(tx, before, wanted)
                tx.connections.change(before.id, changes)
                tx.events.append("connection.changed", {"connection_id": before.id})
            dropped = before
        finally:
            if origin_of(before.base_url) != origin_of(wanted.base_url):
                self._keys.drop(dropped)

    def figures(self, connection_id: ConnectionId, model: str) -> Figures:
        """A person's own figures for a model; nothing where there are none."""
        return _figures(self.get(connection_id), model)

    def set_figures(self, connection_id: ConnectionId, model: str, own: Figures) -> Connection:
        """Keep a person's own figures for a model; empty ones give the table its word back."""
        self._refuse_environment(connection_id)
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

    def remove(self, connection_id: ConnectionId) -> None:
        """The takes made with it stay playable.

        Raises:
            Conflict: `takes_under_way`: what is paid for could not be fetched any more.
        """
        self._refuse_environment(connection_id)
        with self._alone(connection_id):
            connection = self.get(connection_id)
            with self._records.begin() as tx:
                tx.lock(f"connection {connection_id}")  # against an order in this very moment
                _refuse_under_way(tx, connection)
                tx.connections.remove(connection_id)
                tx.events.append("connection.changed", {"connection_id": connection_id})
            self._keys.drop_all(connection)
        self._last_checks.forget(connection_id)

    def count_unfetched(self, connection_id: ConnectionId) -> int:
        """Finished takes whose clip is not here: without the connection nobody can fetch them."""
        with self._records.read() as tx:
            return tx.takes.count_unfetched(connection_id)

    async def check(self, connection: Connection) -> list[CheckRow]:
        """Rows of (what, passed, sentence), kept for `last_check`. Nothing is paid for."""
        key = self.key_of(connection)
        with transcribing() as asked:
            rows = await self._probed(connection, key)
        check = LastCheck(datetime.now(UTC), tuple(rows), tuple(asked))
        self._last_checks.keep(connection, key, check)
        return self._with_dry_rows(connection, rows)

    def last_check(self, connection: Connection) -> LastCheck | None:
        """Of this process's life; None where the connection or its key are others since."""
        kept = self._last_checks.of(connection, lambda: self.key_of(connection))
        if kept is None:
            return None
        return replace(kept, rows=tuple(self._with_dry_rows(connection, kept.rows)))

    def failing(self) -> frozenset[ConnectionId]:
        """The connections whose last check failed."""
        failed = self._last_checks.failed()
        if not failed:  # every page asks, and keys of others need not be looked up for it
            return failed
        with self._records.read() as tx:
            stored = [connection for name in failed if (connection := tx.connections.get(name))]
        there = [*self._from_environment(), *(self._with_key_state(c) for c in stored)]
        checks = {connection.id: self.last_check(connection) for connection in there}
        return frozenset(name for name, check in checks.items() if check and check.has_failed)

    async def _probed(self, connection: Connection, key: str | None) -> Sequence[CheckRow]:
        try:
            self._probe.need_protocol(connection.protocol)
        except InvalidInput as error:  # its package is gone, and no key would help
            return [(mark("Protocol"), False, error.message)]
        if connection.key_source is not KeySource.NONE and not key:
            # Asked without its key a server says no, which would be told of the key.
            missing = mark("There is no key of this connection on this machine. Enter it again.")
            return [(mark("Key"), False, missing)]
        return await self._probe.check(connection, key)

    def _with_dry_rows(self, connection: Connection, rows: Sequence[CheckRow]) -> list[CheckRow]:
        """What each model would cost now, where the server would take the order."""
        if any(passed is False for _what, passed, _says in rows):
            return [*rows]
        return [*rows, *(_dry_row(self._named(model, connection)) for model in connection.models)]

    def models(self) -> list[ModelChoice]:
        """Everything that can be chosen: the built-in engine, then connection by connection."""
        built_in = ModelChoice(BUILT_IN, "", self._capability_of(PREVIZ_MODEL), is_ready=True)
        return [built_in, *(c for connection in self.all() for c in self._choices(connection))]

    def choice(self, model: str, connection_id: ConnectionId | None) -> ModelChoice:
        """What offers the model, at the connection where one is named.

        Raises:
            InvalidInput: No connection offers it; or several do and none is named
                (`model_ambiguous`, with the `candidates`): which of them is paid is not guessed.
        """
        named = [c for c in self.models() if connection_id in (None, c.connection_id)]
        found = meant_by(model, named)
        if not found:
            raise InvalidInput(
                "No connection offers the model %(model)s. Connect it in the settings.",
                code="model_unknown",
                model=model[:80],
            )
        if len(found) > 1:
            raise InvalidInput(
                "Several connections offer the model %(model)s: %(names)s. Say which one.",
                code="model_ambiguous",
                model=model[:80],
                names=", ".join(c.connection_name for c in found),
                candidates=[
                    {"connection_id": c.connection_id, "name": c.connection_name} for c in found
                ],
            )
        return found[0]

    def capability(self, model: str, connection_id: ConnectionId | None) -> Capability:
        return self.choice(model, connection_id).capability

    def default_choice(self) -> ModelChoice:
        """The environment's model where there is one, else the built-in engine."""
        environment = [c for c in self.models() if c.connection_id == ENVIRONMENT]
        return (environment or self.models())[0]

    def _choices(self, connection: Connection) -> list[ModelChoice]:
        is_without = connection.key_source is KeySource.NONE and not self.needs_key(connection)
        is_ready = connection.has_key or is_without
        return [
            ModelChoice(connection.id, connection.name, self._named(model, connection), is_ready)
            for model in connection.models
        ]

    def _named(self, model: str, connection: Connection) -> Capability:
        """What a model can do there: by the tables, the connection's settings, and figures of a
        person's own."""
        try:
            own = self._probe.capability(connection, model)
        except InvalidInput:
            own = None  # said by the check, and again when a take is ordered
        known = own or self._capability_of(model)
        capability = figures.apply(_figures(connection, model), known)
        if model != PREVIZ_MODEL:
            return capability
        # Another server's previz must not be taken for the one of this machine.
        label = f"{capability.label} · {connection.name}"
        return replace(capability, label=label, at_once=None)

    @cached_property
    def _presets(self) -> list[Preset]:
        return self._probe.presets()

    def _preset_of(self, protocol: str) -> Preset:
        """The protocol's own."""
        return next(
            (p for p in self._presets if p.id == protocol), Preset(protocol, protocol, protocol)
        )

    def _completed(self, form: ConnectionForm) -> ConnectionForm:
        """With what the protocol's preset says where nothing was said, and models of documents."""
        preset = self._preset_of(form.protocol)
        per_model = [option.name for option in preset.options if option.is_per_model]
        named = [
            name.partition(":")[2]
            for name in form.options
            if name.partition(":")[0] in per_model and form.options[name]
        ]
        models = tuple(m for m in form.models if m.strip()) or tuple(named) or preset.models
        base_url = form.base_url.strip() or preset.base_url
        # Servers that anybody may run are told apart by where they are, vendors by their names.
        name = form.name.strip() or ("" if form.protocol in {VIDEOS, SEED} else preset.label)
        return replace(form, name=name, base_url=base_url, models=models)

    def _usable(self, form: ConnectionForm) -> Connection:
        connection = checked_form(form)
        for model in connection.models:
            self._probe.capability(connection, model)
        return connection

    def _from_environment(self) -> list[Connection]:
        if self._environment is None:
            return []
        key = self._environment.read_key()
        form = ConnectionForm(
            name=urlsplit(self._environment.base_url).hostname or "SORA2_BASE_URL",
            base_url=self._environment.base_url,
            models=(self._environment.model,),
        )
        source = KeySource.ENVIRONMENT if key else KeySource.NONE
        return [replace(checked_form(form), id=ENVIRONMENT, key_source=source, has_key=bool(key))]

    def _with_key_state(self, connection: Connection) -> Connection:
        if connection.key_source in {KeySource.NONE, KeySource.ENVIRONMENT}:
            return connection
        return replace(connection, has_key=self._keys.of(connection) is not None)

    @contextmanager
    def _alone(self, connection_id: ConnectionId) -> Iterator[None]:
        """One change of row and key at a time: they are kept in two places."""
        with self._changing, self._records.hold(f"keys of {connection_id}"):
            yield

    def _refuse_closed(self, base_url: str) -> None:
        """Raises `InvalidInput` for a server that answers no more, with the reason."""
        host = host_of(base_url)
        closed = (p.closed for p in self._presets if p.closed and host_of(p.base_url) == host)
        if reason := next(closed, ""):
            raise InvalidInput(reason, code="base_url")

    @staticmethod
    def _refuse_environment(connection_id: ConnectionId) -> None:
        if connection_id == ENVIRONMENT:
            raise InvalidInput(
                "This connection comes from SORA2_BASE_URL. Change it where the studio is started."
            )


def _need_key(before: Connection, wanted: Connection, key: str) -> None:
    """A key goes to the server it was given for and to no other."""
    is_elsewhere = origin_of(before.base_url) != origin_of(wanted.base_url)
    if is_elsewhere and before.key_source is not KeySource.NONE and not key:
        raise InvalidInput(
            "The key there is goes to %(before)s only. Enter the key for %(host)s; if it needs "
            "none, connect it anew.",
            code="key_missing",
            before=urlsplit(before.base_url).netloc,
            host=urlsplit(wanted.base_url).netloc,
        )


def _refuse_under_way(
    tx: ConnectionTransaction, before: Connection, wanted: Connection | None = None
) -> None:
    """What a provider works on is asked for where it was ordered. `wanted` None: removed."""
    if wanted and (wanted.protocol, wanted.base_url) == (before.protocol, before.base_url):
        return
    count = tx.takes.count_at(before.id, ACTIVE | WAITING_FOR_PERSON)
    if not count:
        return
    if count == 1:
        message = mark("One take of %(name)s is under way. Wait for it or cancel it first.")
    else:
        message = mark(
            "%(count)s takes of %(name)s are under way. Wait for them or cancel them first."
        )
    raise Conflict(message, code="takes_under_way", count=count, name=before.name)


def meant_by(model: str, choices: Sequence[ModelChoice]) -> list[ModelChoice]:
    """Which of the choices a model's id alone may mean; more than one: nobody can tell.

    previz-1 is this machine's own, whoever else has one. Those without their key come to nothing,
    so they count only where there are no others.
    """
    found = [choice for choice in choices if choice.capability.model == model]
    here = [choice for choice in found if choice.connection_id == BUILT_IN]
    return here or [choice for choice in found if choice.is_ready] or found


def _dry_row(capability: Capability) -> CheckRow:
    """What a take would be, and cost, without asking for one."""
    seconds, size = capability.default_seconds, capability.default_size
    parts = {"model": capability.label, "seconds": seconds, "size": size.replace("x", " × ")}
    cost = capability.micro_usd(seconds, size)
    if cost is None:
        said = Sentence(
            "%(seconds)s s of %(size)s from %(model)s: what it costs is not known here. It was not "
            "sent.",
            **parts,
        )
    else:
        said = Sentence(
            "%(seconds)s s of %(size)s from %(model)s would cost %(price)s. It was not sent.",
            price=f"${cost / 1_000_000:.2f}",
            **parts,
        )
    return (mark("Dry request"), True, said)


def _figures(connection: Connection, model: str) -> Figures:
    return read_figures(connection.options.get(f"{figures.PREFIX}{model}", "{}"))
