"""Reads texts that no page can carry, as older versions wrote them: NULs, halves of surrogate
pairs, bytes that are no UTF-8. What is read holds U+FFFD in their place; rows stay as they are.
What comes in now is cleaned where it comes in."""

from __future__ import annotations

import json
import re
from typing import Any

_MARK = "\ufffd"
_UNSHOWABLE = re.compile("[\0\ud800-\udfff]")
# In JSON they are escaped; so are the whole pairs of every emoji, which cost a look and stay.
_ESCAPED = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


def read_text(stored: bytes) -> str:
    """A text column of SQLite; PostgreSQL lets nothing of the kind in."""
    return stored.decode("utf-8", "replace").replace("\0", _MARK)


def read_json(stored: str | bytes) -> Any:  # noqa: ANN401 - JSON has any shape
    """A JSON column, whose escapes let all of it in on both databases."""
    text = stored if isinstance(stored, str) else stored.decode("utf-8", "replace")
    value = json.loads(text)
    return _clean(value) if _ESCAPED.search(text) else value


def _clean(value: Any) -> Any:  # noqa: ANN401 - JSON has any shape
    if isinstance(value, str):
        return _UNSHOWABLE.sub(_MARK, value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_clean(name): _clean(item) for name, item in value.items()}
    return value
