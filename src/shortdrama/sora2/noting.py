"""Writes a request and its answer into the transcript, without what nobody else may read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import httpx

from shortdrama.sora2.answers import Answer
from shortdrama.sora2.redaction import MARK, Redactor
from shortdrama.sora2.transcript import Asked, hear, is_heard

HIDDEN = "[hidden]"
_EXCERPT_CHARS = 400
_DEEPEST = 20
_USUAL = frozenset({"accept", "accept-encoding", "connection", "host", "content-length"})
_WORTH_TELLING = re.compile(
    r"content-type|date|server|retry-after(-ms)?|.*rate-?limit.*|.*request-id|location", re.I
)
_SECRET_NAME = re.compile(
    r"key|token|secret|signature|password|auth|cookie|credential|prompt|e-?mail", re.I
)
_PLAIN_VALUE = re.compile(r"\d{1,4}|asc|desc")
_IN_TEXT = (
    (re.compile(r"[?#][\w.%~-]+=[^\s\"'<>]*"), "?…"),
    (re.compile(r"\b(Bearer|Basic|Key|Token)\s+[\w.~+/=-]{8,}", re.I), rf"\1 {HIDDEN}"),
    (re.compile(r"\b(sk|pk|rk|key|r8|hf|fal|AIza|AKIA)[-_]?[A-Za-z0-9_-]{16,}"), HIDDEN),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)?"), HIDDEN),
    (re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"), HIDDEN),
)


def note(
    request: httpx.Request, redactor: Redactor, key_header: str, came: Answer | Exception
) -> None:
    """Nothing where nobody listens."""
    if not is_heard():
        return
    told = came.headers if isinstance(came, Answer) else {}
    excerpt = _excerpt(came, redactor) if isinstance(came, Answer) else type(came).__name__
    hear(
        Asked(
            method=request.method,
            path=_path(request.url, redactor),
            headers=_sent(request.headers, redactor, key_header),
            status=came.status if isinstance(came, Answer) else None,
            told=_told(told, redactor),
            excerpt=excerpt,
        )
    )


def _sent(headers: Mapping[str, str], redactor: Redactor, key_header: str) -> tuple[str, ...]:
    shown = []
    for name, value in headers.items():
        if name.lower() in _USUAL:
            continue
        is_secret = name.lower() == key_header.lower() or _SECRET_NAME.search(name) is not None
        shown.append(f"{name}: {MARK if is_secret else _clean(value, redactor)}")
    return tuple(shown)


def _told(headers: Mapping[str, str], redactor: Redactor) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name.lower(), _clean(value, redactor)[:200])
        for name, value in headers.items()
        if _WORTH_TELLING.fullmatch(name)
    )


def _path(url: httpx.URL, redactor: Redactor) -> str:
    """Values of a query are told where they cannot be a secret."""
    query = "&".join(
        f"{name}={value if name == 'api-version' or _PLAIN_VALUE.fullmatch(value) else '…'}"
        for name, value in url.params.multi_items()
    )
    return redactor.text(f"{url.path}?{query}" if query else url.path)


def _excerpt(answer: Answer, redactor: Redactor) -> str:
    text = answer.text
    if answer.body is not None:
        # Read and written anew: a key that was written with escapes is a key here.
        text = json.dumps(_scrubbed(answer.body), ensure_ascii=False)
    return " ".join(_clean(text, redactor).split())[:_EXCERPT_CHARS]


def _scrubbed(value: Any, depth: int = 0) -> Any:  # noqa: ANN401 - JSON has any shape
    if depth > _DEEPEST:
        return "…"
    if isinstance(value, dict):
        return {
            name: HIDDEN
            if isinstance(item, str) and _SECRET_NAME.search(str(name))
            else _scrubbed(item, depth + 1)
            for name, item in value.items()
        }
    return [_scrubbed(item, depth + 1) for item in value] if isinstance(value, list) else value


def _clean(text: str, redactor: Redactor) -> str:
    text = redactor.text(text)
    for pattern, instead in _IN_TEXT:
        text = pattern.sub(instead, text)
    return text
