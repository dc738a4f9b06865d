"""A blob's key, and how it is made."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from shortdrama.errors import NotFound

_KEY = re.compile(r"[0-9a-f]{64}")


def check_key(key: str) -> str:
    """The key itself; `NotFound` for anything else, so that it can never become a path."""
    if not is_key(key):
        raise NotFound("There is no such file.")
    return key


def is_key(text: str) -> bool:
    return _KEY.fullmatch(text) is not None


def hash_file(path: Path) -> str:
    """SHA-256 of the file's bytes in hex; reads it once in small pieces."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
