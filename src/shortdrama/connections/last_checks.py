"""What the free test of each connection said last, kept while this process runs."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from shortdrama.connections.figures import PREFIX
from shortdrama.domain.ids import ConnectionId
from shortdrama.domain.model import Connection
from shortdrama.sora2.transcript import Asked

CheckRow = tuple[str, bool | None, str]  # what, passed (None: not to be known), sentence


@dataclass(frozen=True, slots=True)
class LastCheck:
    """`at`: when it ended. `asked`: what was asked of the server meanwhile."""

    at: datetime
    rows: tuple[CheckRow, ...]
    asked: tuple[Asked, ...] = ()

    @property
    def has_failed(self) -> bool:
        return any(passed is False for _what, passed, _says in self.rows)


@dataclass(frozen=True, slots=True)
class _Kept:
    connection: Connection
    key_digest: bytes
    check: LastCheck


class LastChecks:
    """Forgets a check by itself: it is told only while connection and key are what they were.

    So a key that was changed while the test ran, or by another process, needs no word to this one.
    """

    def __init__(self) -> None:
        self._kept: dict[ConnectionId, _Kept] = {}
        self._secret = secrets.token_bytes(16)

    def failed(self) -> frozenset[ConnectionId]:
        """The connections whose check failed, whether or not it still tells of them."""
        kept = tuple(self._kept.items())
        return frozenset(name for name, each in kept if each.check.has_failed)

    def keep(self, connection: Connection, key: str | None, check: LastCheck) -> None:
        self._kept[connection.id] = _Kept(_plain(connection), self._digest(key), check)

    def of(self, connection: Connection, read_key: Callable[[], str | None]) -> LastCheck | None:
        """None where there was none, or where it told of what is not so any more."""
        kept = self._kept.get(connection.id)
        if kept is None or kept.connection != _plain(connection):
            return None
        is_same = hmac.compare_digest(kept.key_digest, self._digest(read_key()))
        return kept.check if is_same else None

    def forget(self, connection_id: ConnectionId) -> None:
        self._kept.pop(connection_id, None)

    def _digest(self, key: str | None) -> bytes:
        """The key itself has one place, which is the vault."""
        return hmac.digest(self._secret, (key or "").encode(), "sha256")


def _plain(connection: Connection) -> Connection:
    """Without a person's own figures, which no server is asked about."""
    asked = {name: text for name, text in connection.options.items() if not name.startswith(PREFIX)}
    return replace(connection, options=asked)
