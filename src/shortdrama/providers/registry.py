"""Which provider a connection means. Clients are kept open, and made anew when the connection
or its key has changed."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from shortdrama.domain.ids import ConnectionId
from shortdrama.domain.model import BUILT_IN, Connection, KeySource
from shortdrama.domain.take import FailureKind
from shortdrama.errors import ProviderError
from shortdrama.generation.ports import Provider
from shortdrama.providers.openai_videos import OpenAIVideos
from shortdrama.sora2.client import Sora2Client

_BUILT_IN_URL = "http://127.0.0.1/v1"  # never looked up: its transport stays in this process


class ProviderRegistry:
    """Satisfies `generation.ports.Providers`. Used on one event loop, that of the runner."""

    def __init__(
        self,
        connection_of: Callable[[ConnectionId], Connection],
        key_of: Callable[[ConnectionId], str | None],
        built_in: httpx.AsyncBaseTransport,
    ) -> None:
        """Open nothing yet.

        Args:
            connection_of: raises `NotFound` where a connection is gone.
            key_of: its key; asked each time, so that a new key counts at once.
            built_in: the way to the studio's own service.
        """
        self._connection_of = connection_of
        self._key_of = key_of
        self._built_in = built_in
        self._open: dict[ConnectionId, tuple[object, OpenAIVideos]] = {}
        self._outdated: list[OpenAIVideos] = []

    def is_free(self, connection_id: ConnectionId) -> bool:
        return connection_id == BUILT_IN

    def for_connection(self, connection_id: ConnectionId) -> Provider:
        """The provider, ready to be asked.

        Raises:
            NotFound: The connection was removed.
            ProviderError: Its key is not there.
        """
        if connection_id == BUILT_IN:
            return self._keep(connection_id, BUILT_IN, self._client_of_built_in)
        connection = self._connection_of(connection_id)
        key = self._key_of(connection_id)
        if connection.key_source is not KeySource.NONE and not key:
            raise ProviderError(
                "This connection has no key on this machine. Enter it in the settings.",
                kind=FailureKind.AUTH,
                not_sent=True,
            )
        return self._keep(connection_id, (connection, key), lambda: _client(connection, key))

    async def close(self) -> None:
        """Close every client, on the loop they were used on."""
        providers = [provider for _, provider in self._open.values()] + self._outdated
        self._open.clear()
        self._outdated.clear()
        for provider in providers:
            await provider.close()

    def _keep(
        self, connection_id: ConnectionId, mark: object, make: Callable[[], Sora2Client]
    ) -> OpenAIVideos:
        before = self._open.get(connection_id)
        if before is not None and before[0] == mark:
            return before[1]
        if before is not None:
            # Other takes may be in the middle of a download with it.
            self._outdated.append(before[1])
        provider = OpenAIVideos(make())
        self._open[connection_id] = (mark, provider)
        return provider

    def _client_of_built_in(self) -> Sora2Client:
        return Sora2Client(_BUILT_IN_URL, transport=self._built_in)


def _client(connection: Connection, key: str | None) -> Sora2Client:
    # "Authorization" carries a scheme; headers of a vendor's own carry the bare key.
    scheme = "Bearer" if connection.auth_header.lower() == "authorization" else ""
    return Sora2Client(
        connection.base_url,
        api_key=key,
        dialect="seed" if connection.dialect == "seed" else "videos",
        auth_header=connection.auth_header,
        auth_scheme=scheme,
        trusted=connection.is_trusted,
    )
