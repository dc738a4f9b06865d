"""The secret that signs sessions and links, the same for every process of a studio."""

from __future__ import annotations

import hashlib
import secrets

from shortdrama.access.ports import AccessRecords

_NAME = "sessions"
_BYTES = 32


def secret_of(text: str) -> bytes:
    """The 32 bytes of a secret that somebody chose."""
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()


def shared_secret(records: AccessRecords) -> bytes:
    """The database's own random secret, made at the first call."""
    with records.begin() as tx:
        return bytes.fromhex(tx.secrets.keep(_NAME, secrets.token_hex(_BYTES)))
