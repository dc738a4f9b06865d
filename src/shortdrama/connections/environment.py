"""The one connection that nobody enters: where the studio is started, its variables describe it.

It has no row and no place in the vault, and nobody changes it on a page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from shortdrama.connections.forms import ConnectionForm, checked_form
from shortdrama.domain.ids import ConnectionId
from shortdrama.domain.model import ENVIRONMENT, Connection, KeySource
from shortdrama.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class EnvironmentConnection:
    """The connection that `SORA2_BASE_URL`, `SORA2_API_KEY` and `SORA2_MODEL` describe."""

    base_url: str
    model: str
    read_key: Callable[[], str | None]

    def connection(self) -> Connection:
        """As it is now: the key may come and go while the studio runs."""
        key = self.read_key()
        form = ConnectionForm(
            name=urlsplit(self.base_url).hostname or "SORA2_BASE_URL",
            base_url=self.base_url,
            models=(self.model,),
        )
        source = KeySource.ENVIRONMENT if key else KeySource.NONE
        return replace(checked_form(form), id=ENVIRONMENT, key_source=source, has_key=bool(key))


def refuse_environment(connection_id: ConnectionId) -> None:
    """Raises `InvalidInput` before a page changes it."""
    if connection_id == ENVIRONMENT:
        raise InvalidInput(
            "This connection comes from SORA2_BASE_URL. Change it where the studio is started."
        )
