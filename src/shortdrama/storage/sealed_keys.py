"""The vault of a studio on several machines: keys in the database, sealed with a secret.

The secret (`SHORTDRAMA_SECRET`) is in the environment of every process and never in the database,
so that a copy of the database gives no key away. Sealed by Fernet (AES-128-CBC and HMAC-SHA256).
"""

from __future__ import annotations

import base64
import hmac
import logging
from functools import cached_property
from typing import TYPE_CHECKING

import sqlalchemy as sa

from shortdrama.storage.db.database import Database
from shortdrama.storage.db.work_tables import sealed_keys

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

log = logging.getLogger(__name__)


class SealedVault:
    """Satisfies `connections.ports.KeyVault`. Says nothing to any log but the names."""

    def __init__(self, database: Database, secret: str) -> None:
        self._database = database
        self._secret = secret

    def get(self, name: str) -> str | None:
        """The key, or None where there is none, or where it was sealed with another secret."""
        from cryptography.fernet import InvalidToken

        chosen = sa.select(sealed_keys.c.sealed).where(sealed_keys.c.name == name)
        with self._database.engine.connect() as connection:
            sealed = connection.scalar(chosen)
        if sealed is None:
            return None
        try:
            told, _, key = self._seal.decrypt(sealed.encode()).decode().partition("\n")
        except InvalidToken:
            log.warning("the key of %s was sealed with another SHORTDRAMA_SECRET", name)
            return None
        return key if told == name else None

    def put(self, name: str, key: str) -> bool:
        """True: kept for good, for every process."""
        # The name is sealed along: a row that is put under another name opens nothing.
        sealed = self._seal.encrypt(f"{name}\n{key}".encode()).decode()
        with self._database.engine.begin() as connection:
            connection.execute(sa.delete(sealed_keys).where(sealed_keys.c.name == name))
            connection.execute(sa.insert(sealed_keys).values(name=name, sealed=sealed))
        return True

    def remove(self, name: str) -> None:
        """Whether or not there is one."""
        with self._database.engine.begin() as connection:
            connection.execute(sa.delete(sealed_keys).where(sealed_keys.c.name == name))

    @cached_property
    def _seal(self) -> Fernet:
        from cryptography.fernet import Fernet

        # One secret for several purposes: each has a key of its own made from it.
        key = hmac.digest(self._secret.encode(), b"shortdrama keys of connections", "sha256")
        return Fernet(base64.urlsafe_b64encode(key))
