"""Where the clip is in an answer whose shape each model chooses for itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

_CLIPS = (".mp4", ".webm", ".mov", ".m4v")
_MOST_DEEP = 6


def clip_address(output: object) -> str | None:
    """The address of the clip in a decoded answer; of the likeliest where there are several.

    Knows a bare address, a list of them, and objects with a `url` under any name. An address that
    nothing speaks for, such as one of a page about an error, is none.
    """
    found = [pair for pair in _addresses(output, "", 0) if pair[0] > 0]
    return max(found, default=(0, None), key=lambda pair: pair[0])[1]


def _addresses(value: object, name: str, depth: int) -> Iterator[tuple[int, str]]:
    """(how likely it is the clip, address), in the answer's order."""
    if depth > _MOST_DEEP:
        return
    if isinstance(value, Mapping):
        if isinstance(url := value.get("url"), str):
            yield _likely(url, name, value), url
        for key, item in value.items():
            if key != "url":
                yield from _addresses(item, str(key), depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _addresses(item, name, depth + 1)
    elif isinstance(value, str) and value.startswith(("https://", "http://")):
        yield _likely(value, name, {}), value


def _likely(url: str, name: str, told: Mapping[str, Any]) -> int:
    kind = str(told.get("content_type") or "")
    if kind and not kind.startswith(("video/", "application/octet-stream")):
        return 0
    is_clip = kind.startswith("video/") or _path(url).endswith(_CLIPS)
    return 2 * is_clip + ("video" in name.lower() or name in {"", "output"})


def _path(url: str) -> str:
    try:
        return urlsplit(url).path.lower()
    except ValueError:
        return ""
