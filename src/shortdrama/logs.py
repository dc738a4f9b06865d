"""Log lines that know which take they are about.

Whoever works on a take says so once, in its own context (`about_take`); every line from there on
carries the take's id, whoever writes it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

_take_id: ContextVar[str] = ContextVar("take_id", default="")


@contextmanager
def about_take(take_id: str) -> Iterator[None]:
    token = _take_id.set(take_id)
    try:
        yield
    finally:
        _take_id.reset(token)


class TextLines(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(levelname)s %(name)s: %(message)s")


class JsonLines(logging.Formatter):
    """One JSON object a line: at, level, logger, message, and take_id, event with its facts, error,
    trace where there are such."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if take_id := _take_id.get():
            line["take_id"] = take_id
        if event := getattr(record, "event", ""):
            line |= {"event": event, **getattr(record, "facts", {})}
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
