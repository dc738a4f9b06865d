"""The test button of a connection: what can be asked without paying, row by row."""

from __future__ import annotations

from shortdrama.connections.ports import Preset
from shortdrama.domain.model import Capability, Connection
from shortdrama.errors import StudioError, mark
from shortdrama.providers.facts import limits_rows, pictures_row
from shortdrama.providers.guard import open_provider
from shortdrama.providers.kind import Access, CheckRow, has_failed
from shortdrama.providers.kinds import ProviderKinds
from shortdrama.providers.line_check import check_line
from shortdrama.providers.presets import presets_of
from shortdrama.sora2.transcript import transcribing

_LINE = "Address"  # told of in more detail already


class ProviderProbe:
    """Satisfies `connections.ports.ConnectionProbe`."""

    def __init__(self, kinds: ProviderKinds) -> None:
        self._kinds = kinds

    def need_protocol(self, name: str) -> None:
        """Raises `InvalidInput` for a protocol that nobody here speaks."""
        self._kinds.get(name)

    def presets(self) -> list[Preset]:
        """What can be connected."""
        return presets_of(self._kinds.all())

    def capability(self, connection: Connection, model: str) -> Capability | None:
        """What the connection's own settings say of a model; None where the tables know.

        Raises:
            InvalidInput: The settings cannot be used, or the protocol is not known here.
        """
        describe = self._kinds.get(connection.protocol).describe
        return describe(connection, model) if describe else None

    async def check(self, connection: Connection, key: str | None) -> list[CheckRow]:
        """Rows of (what, passed, sentence), in the order they were tried.

        The line comes first: what a provider says of a server that cannot be reached is no help.
        """
        with transcribing() as asked:
            rows = await check_line(connection.base_url, is_trusted=connection.is_trusted)
            if has_failed(rows):
                return rows
            rows += await self._ask(connection, key)
        if has_failed(rows):
            return rows
        return [*rows, pictures_row(connection), *limits_rows(connection, asked)]

    async def _ask(self, connection: Connection, key: str | None) -> list[CheckRow]:
        try:
            kind = self._kinds.get(connection.protocol)
            provider = open_provider(kind, Access(connection, key))
        except StudioError as error:
            return [(mark("Address"), False, error.message)]
        try:
            told = await provider.check()
            return [row for row in told if row[0] != _LINE or row[1] is not True]
        finally:
            await provider.close()
