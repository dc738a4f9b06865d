"""The token that Kling wants in place of a key: signed with it, and good for half an hour."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

_LIVES_S = 1800
_STEP_S = 60  # the same token within it, so that few are ever made


def token_of(key: str) -> str:
    """A JSON Web Token (RFC 7519, HS256) of "access key:secret key"; another key goes as it is."""
    access, colon, secret = key.partition(":")
    if not colon:
        return key
    now = int(time.time()) // _STEP_S * _STEP_S
    claims = {"iss": access.strip(), "exp": now + _LIVES_S, "nbf": now - 5}
    signed = b".".join(_part(item) for item in ({"alg": "HS256", "typ": "JWT"}, claims))
    signature = hmac.new(secret.strip().encode(), signed, hashlib.sha256).digest()
    return (signed + b"." + _text(signature)).decode("ascii")


def secrets_of(key: str) -> tuple[str, ...]:
    """The parts of a key, each of which is secret by itself."""
    return tuple(part.strip() for part in key.split(":") if part.strip()) if ":" in key else ()


def _part(item: object) -> bytes:
    return _text(json.dumps(item, separators=(",", ":")).encode())


def _text(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")
