"""Passwords at rest: scrypt (RFC 7914) with a salt of their own, as one line of text."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from shortdrama.errors import InvalidInput

LEAST_CHARS = 8
MOST_CHARS = 1024
_N, _R, _P = 2**14, 8, 1  # 16 MiB and some 50 ms a guess
_SALT_BYTES = 16


def hash_password(password: str) -> str:
    """ "scrypt$n$r$p$salt$hash", in hex."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return "$".join(("scrypt", f"{_N}", f"{_R}", f"{_P}", salt.hex(), _scrypt(password, salt)))


def is_password(given: str, kept: str) -> bool:
    """Takes as long for a wrong one as for the right one."""
    _name, _n, _r, _p, salt, made = kept.split("$")
    return hmac.compare_digest(_scrypt(given, bytes.fromhex(salt)), made)


def check_password(password: str) -> str:
    """Raises `InvalidInput` for one that is too short to keep anybody out."""
    if not LEAST_CHARS <= len(password) <= MOST_CHARS:
        raise InvalidInput(
            "A password has at least %(least)s characters.",
            code="password_too_short",
            least=LEAST_CHARS,
        )
    return password


def _scrypt(password: str, salt: bytes) -> str:
    made = hashlib.scrypt(password.encode("utf-8", "replace"), salt=salt, n=_N, r=_R, p=_P)
    return made.hex()
