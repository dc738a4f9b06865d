"""Connections: connect a model, test it for free, keep its key out of sight."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from shortdrama.connections.ports import ConnectionProbe, ConnectionRecords, KeyVault
from shortdrama.domain.ids import ConnectionId, new_id
from shortdrama.domain.model import (
    BUILT_IN,
    PREVIZ_MODEL,
    VIDEOS,
    Capability,
    Connection,
    KeySource,
    ModelChoice,
)
from shortdrama.errors import InvalidInput, NotFound, Sentence, mark

ENVIRONMENT = ConnectionId("environment")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
CapabilityOf = Callable[[str], Capability]


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
        self._vault = vault
        self._probe = probe
        self._capability_of = capability_of
        self._environment = environment

    def all(self) -> list[Connection]:
        """Those of people, oldest first, behind the environment's; the built-in is not listed."""
        with self._records.read() as tx:
            stored = tx.connections.all()
        return [*self._from_environment(), *(self._with_key_state(c) for c in stored)]

    def get(self, connection_id: ConnectionId) -> Connection:
        found = next((c for c in self.all() if c.id == connection_id), None)
        if found is None:
            raise NotFound("This connection is not there any more.")
        return found

    def key_of(self, connection_id: ConnectionId) -> str | None:
        """For providers only; never for a page."""
        if connection_id == ENVIRONMENT and self._environment is not None:
            return self._environment.read_key()
        return self._vault.get(connection_id)

    def connect(self, form: ConnectionForm) -> Connection:
        """Keep a new connection, its key in the vault."""
        self._probe.need_protocol(form.protocol)
        connection = replace(
            _checked(form), id=ConnectionId(new_id()), created_at=datetime.now(UTC)
        )
        connection = replace(connection, key_source=self._keep_key(connection.id, form.key))
        with self._records.begin() as tx:
            tx.connections.add(connection)
            tx.events.append("connection.changed", {"connection_id": connection.id})
        return self._with_key_state(connection)

    def change(self, connection_id: ConnectionId, form: ConnectionForm) -> Connection:
        self._refuse_environment(connection_id)
        self._probe.need_protocol(form.protocol)
        wanted = _checked(form)
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
        before = self.get(connection_id)
        if _origin(before.base_url) != _origin(wanted.base_url) and not form.key:
            # A key goes to the server it was given for and to no other.
            self._vault.remove(connection_id)
            changes["key_source"] = KeySource.NONE
        if form.key:
            changes["key_source"] = self._keep_key(connection_id, form.key)
        with self._records.begin() as tx:
            tx.connections.change(connection_id, changes)
            tx.events.append("connection.changed", {"connection_id": connection_id})
        return self.get(connection_id)

    def remove(self, connection_id: ConnectionId) -> None:
        """The takes made with it stay playable."""
        self._refuse_environment(connection_id)
        self.get(connection_id)
        with self._records.begin() as tx:
            tx.connections.remove(connection_id)
            tx.events.append("connection.changed", {"connection_id": connection_id})
        self._vault.remove(connection_id)

    async def check(self, connection: Connection) -> list[tuple[str, bool, str]]:
        """Rows of (what, passed, sentence). Nothing is paid for."""
        rows = await self._probe.check(connection, self.key_of(connection.id))
        if not all(passed for _what, passed, _says in rows):
            return rows
        return [*rows, *(_dry_row(self._capability_of(model)) for model in connection.models)]

    def models(self) -> list[ModelChoice]:
        """Everything that can be chosen: the built-in engine, then connection by connection."""
        built_in = ModelChoice(BUILT_IN, "", self._capability_of(PREVIZ_MODEL), is_ready=True)
        return [built_in, *(c for connection in self.all() for c in self._choices(connection))]

    def choice(self, model: str, connection_id: ConnectionId | None) -> ModelChoice:
        """The connection that offers the model; the first one where none is named.

        Raises:
            InvalidInput: No connection offers it.
        """
        for choice in self.models():
            if choice.capability.model == model and connection_id in (None, choice.connection_id):
                return choice
        raise InvalidInput(
            "No connection offers the model %(model)s. Connect it in the settings.",
            code="model_unknown",
            model=model[:80],
        )

    def capability(self, model: str, connection_id: ConnectionId | None) -> Capability:
        return self.choice(model, connection_id).capability

    def default_choice(self) -> ModelChoice:
        """The environment's model where there is one, else the built-in engine."""
        environment = [c for c in self.models() if c.connection_id == ENVIRONMENT]
        return (environment or self.models())[0]

    def _choices(self, connection: Connection) -> list[ModelChoice]:
        is_ready = connection.has_key or connection.key_source is KeySource.NONE
        return [
            ModelChoice(connection.id, connection.name, self._named(model, connection), is_ready)
            for model in connection.models
        ]

    def _named(self, model: str, connection: Connection) -> Capability:
        """Another server's previz must not be taken for the one of this machine."""
        capability = self._capability_of(model)
        if model != PREVIZ_MODEL:
            return capability
        label = f"{capability.label} · {connection.name}"
        return replace(capability, label=label, at_once=None)

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
        return [replace(_checked(form), id=ENVIRONMENT, key_source=source, has_key=bool(key))]

    def _with_key_state(self, connection: Connection) -> Connection:
        if connection.key_source is KeySource.NONE:
            return connection
        return replace(connection, has_key=self._vault.get(connection.id) is not None)

    def _keep_key(self, connection_id: ConnectionId, key: str) -> KeySource:
        if not key:
            return KeySource.NONE
        is_kept = self._vault.put(connection_id, key.strip())
        return KeySource.KEYRING if is_kept else KeySource.SESSION

    @staticmethod
    def _refuse_environment(connection_id: ConnectionId) -> None:
        if connection_id == ENVIRONMENT:
            raise InvalidInput(
                "This connection comes from SORA2_BASE_URL. Change it where the studio is started."
            )


def _dry_row(capability: Capability) -> tuple[str, bool, str]:
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


def _checked(form: ConnectionForm) -> Connection:
    if not _HEADER.fullmatch(form.auth_header):
        raise InvalidInput("That is not the name of an HTTP header.", code="auth_header")
    if not form.key.isascii() or any(c.isspace() for c in form.key.strip()):
        raise InvalidInput("A key has no spaces and only plain characters.", code="key_malformed")
    base_url = _checked_url(form.base_url.strip(), form.is_trusted)
    models = tuple(dict.fromkeys(m.strip() for m in form.models if m.strip()))
    if not models or any(len(m) > 200 or not m.isprintable() for m in models):
        raise InvalidInput("Name at least one model id.", code="models_missing")
    name = " ".join(form.name.split())[:80] or urlsplit(base_url).hostname or base_url
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
        options=dict(form.options),
        max_at_once=form.max_at_once,
        polls_per_second=form.polls_per_second,
    )


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


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()
