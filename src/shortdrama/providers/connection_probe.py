"""The test button of a connection: what can be asked without paying, row by row."""

from __future__ import annotations

from shortdrama.domain.model import Connection
from shortdrama.errors import StudioError, mark
from shortdrama.providers.kind import Access, CheckRow
from shortdrama.providers.kinds import ProviderKinds


class ProviderProbe:
    """Satisfies `connections.ports.ConnectionProbe`."""

    def __init__(self, kinds: ProviderKinds) -> None:
        self._kinds = kinds

    def need_protocol(self, name: str) -> None:
        """Raises `InvalidInput` for a protocol that nobody here speaks."""
        self._kinds.get(name)

    async def check(self, connection: Connection, key: str | None) -> list[CheckRow]:
        """Rows of (what, passed, sentence), in the order they were tried."""
        try:
            provider = self._kinds.get(connection.protocol).open(Access(connection, key))
        except StudioError as error:
            return [(mark("Address"), False, error.message)]
        try:
            return await provider.check()
        finally:
            await provider.close()
