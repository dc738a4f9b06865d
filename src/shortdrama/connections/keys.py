"""Keys, each under the address that it was given for: none ever goes to another one.

A key is looked up with the row of its connection, never with its id alone. So whoever has read the
row before it was changed gets the key of that row's address or none, in every process.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from shortdrama.connections.forms import origin_of
from shortdrama.connections.ports import KeyVault
from shortdrama.domain.ids import ConnectionId
from shortdrama.domain.model import Connection, KeySource
from shortdrama.errors import InvalidInput


class Keys:
    """Around a vault, whose names are connection and origin."""

    def __init__(self, vault: KeyVault) -> None:
        self._vault = vault

    def of(self, connection: Connection) -> str | None:
        """The key for the address that this connection has."""
        if connection.key_source is KeySource.NONE:
            return None
        key = self._vault.get(_name(connection))
        # Under the id alone a studio before this one kept it; `bind` sees that it does not stay.
        return self._vault.get(connection.id) if key is None else key

    def keep(self, connection: Connection, key: str) -> KeySource:
        """Where it is kept from now on."""
        if not key:
            return KeySource.NONE
        is_kept = self._vault.put(_name(connection), key.strip())
        return KeySource.KEYRING if is_kept else KeySource.SESSION

    def bind(self, connection: Connection) -> None:
        """Before a connection is changed: a key under its id alone goes under its address."""
        key = self._vault.get(connection.id)
        if key is None:
            return
        if self._vault.get(_name(connection)) is None:
            self._vault.put(_name(connection), key)
        self._vault.remove(connection.id)

    def drop(self, connection: Connection) -> None:
        """The key for this address; harmless where there is none."""
        self._vault.remove(_name(connection))

    def drop_all(self, connection: Connection) -> None:
        """Of a connection that is removed."""
        self.drop(connection)
        self._vault.remove(ConnectionId(connection.id))


def need_key(before: Connection, wanted: Connection, key: str) -> None:
    """A key goes to the server it was given for and to no other.

    Raises:
        InvalidInput: `key_missing`: the server would be another, and no key was given for it.
    """
    is_elsewhere = origin_of(before.base_url) != origin_of(wanted.base_url)
    if is_elsewhere and before.key_source is not KeySource.NONE and not key:
        raise InvalidInput(
            "The key there is goes to %(before)s only. Enter the key for %(host)s; if it needs "
            "none, connect it anew.",
            code="key_missing",
            before=urlsplit(before.base_url).netloc,
            host=urlsplit(wanted.base_url).netloc,
        )


def _name(connection: Connection) -> str:
    scheme, host, port = origin_of(connection.base_url)
    return f"{connection.id} {scheme}://{host}:{port}"
