"""Which provider a connection means. They are kept open, and made anew when the connection or its
key has changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import httpx

from shortdrama.domain.ids import ConnectionId
from shortdrama.domain.model import BUILT_IN, PREVIZ_MODEL, VIDEOS, Connection, KeySource
from shortdrama.domain.take import FailureKind
from shortdrama.errors import NotFound, ProviderError
from shortdrama.generation.ports import Allowance, Provider
from shortdrama.providers.guard import open_provider
from shortdrama.providers.kind import Access, OpenProvider
from shortdrama.providers.kinds import ProviderKinds

_HERE = Connection(
    id=BUILT_IN,
    name="",
    base_url="http://127.0.0.1/v1",  # never looked up: its transport stays in this process
    protocol=VIDEOS,
    models=(PREVIZ_MODEL,),
    auth_header="Authorization",
    key_source=KeySource.NONE,
    created_at=datetime.fromtimestamp(0, UTC),
)


class ProviderRegistry:
    """Satisfies `generation.ports.Providers`. Used on one event loop, that of the runner."""

    def __init__(
        self,
        kinds: ProviderKinds,
        connection_of: Callable[[ConnectionId], Connection],
        key_of: Callable[[Connection], str | None],
        built_in: httpx.AsyncBaseTransport,
    ) -> None:
        """Open nothing yet.

        Args:
            kinds: The protocols that are known.
            connection_of: raises `NotFound` where a connection is gone.
            key_of: the key for the address of this very row, whatever the row says by then; asked
                each time, so that a new key counts at once.
            built_in: the way to the studio's own service.
        """
        self._kinds = kinds
        self._connection_of = connection_of
        self._key_of = key_of
        self._built_in = built_in
        self._open: dict[ConnectionId, tuple[Access, OpenProvider]] = {}
        self._outdated: list[OpenProvider] = []

    def is_free(self, connection_id: ConnectionId) -> bool:
        return connection_id == BUILT_IN

    def allowance_of(self, connection_id: ConnectionId) -> Allowance:
        """The limits of a connection; none of its own where it is gone, or is this machine."""
        if connection_id == BUILT_IN:
            return Allowance()
        try:
            connection = self._connection_of(connection_id)
        except NotFound:
            return Allowance()
        every_s = self._kinds.poll_every_s(connection.protocol)
        return Allowance(connection.max_at_once, connection.polls_per_second, every_s)

    def for_connection(self, connection_id: ConnectionId) -> Provider:
        """The provider, ready to be asked.

        Raises:
            NotFound: The connection was removed.
            InvalidInput: Its protocol is not known here any more.
            ProviderError: Its key is not there.
        """
        access = self._access(connection_id)
        before = self._open.get(connection_id)
        if before is not None and before[0] == access:
            return before[1]
        if before is not None:
            # Other takes may be in the middle of a download with it.
            self._outdated.append(before[1])
        provider = open_provider(self._kinds.get(access.connection.protocol), access)
        self._open[connection_id] = (access, provider)
        return provider

    async def close(self) -> None:
        """Close everything, on the loop it was used on."""
        providers = [provider for _, provider in self._open.values()] + self._outdated
        self._open.clear()
        self._outdated.clear()
        for provider in providers:
            await provider.close()

    def _access(self, connection_id: ConnectionId) -> Access:
        if connection_id == BUILT_IN:
            return Access(_HERE, transport=self._built_in)
        connection = self._connection_of(connection_id)
        key = self._key_of(connection)
        if connection.key_source is not KeySource.NONE and not key:
            raise ProviderError(
                "This connection has no key on this machine. Enter it in the settings.",
                kind=FailureKind.AUTH,
                code="key_missing",  # waited for, see generation/keys.py
                not_sent=True,
            )
        return Access(connection, key)
