"""The free test of a connection: what its server says, and what each model's take would cost.

Nothing is paid for. The last test of each connection is kept in `last_checks.py`; what a take would
cost is not, for prices and figures may have changed since.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from shortdrama.connections.choices import Choices
from shortdrama.connections.last_checks import CheckRow, LastCheck, LastChecks
from shortdrama.connections.ports import ConnectionProbe
from shortdrama.domain.ids import ConnectionId
from shortdrama.domain.model import Capability, Connection, KeySource
from shortdrama.errors import InvalidInput, Sentence, mark
from shortdrama.sora2.transcript import transcribing


class Checks:
    def __init__(
        self,
        probe: ConnectionProbe,
        choices: Choices,
        key_of: Callable[[Connection], str | None],
    ) -> None:
        self._probe = probe
        self._choices = choices
        self._key_of = key_of
        self._last_checks = LastChecks()

    async def check(self, connection: Connection) -> list[CheckRow]:
        """Rows of (what, passed, sentence), kept for `last`. Nothing is paid for."""
        key = self._key_of(connection)
        with transcribing() as asked:
            rows = await self._probed(connection, key)
        check = LastCheck(datetime.now(UTC), tuple(rows), tuple(asked))
        self._last_checks.keep(connection, key, check)
        return self._with_dry_rows(connection, rows)

    def last(self, connection: Connection) -> LastCheck | None:
        """Of this process's life; None where the connection or its key are others since."""
        kept = self._last_checks.of(connection, lambda: self._key_of(connection))
        if kept is None:
            return None
        return replace(kept, rows=tuple(self._with_dry_rows(connection, kept.rows)))

    def failed(self) -> frozenset[ConnectionId]:
        """The connections whose check failed, whether or not it still tells of them."""
        return self._last_checks.failed()

    def forget(self, connection_id: ConnectionId) -> None:
        self._last_checks.forget(connection_id)

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
        offered = (self._choices.capability(connection, model) for model in connection.models)
        return [*rows, *map(_dry_row, offered)]


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
