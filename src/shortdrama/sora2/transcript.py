"""What was asked of a server and what it answered, for a report that people hand on.

Whoever wants one says so (`transcribing`); every request of that task is then noted by
`sora2.noting`, without keys, signatures, prompts and addresses of people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

_LIMITS = re.compile(r".*rate-?limit.*|retry-after(-ms)?", re.I)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request and its answer; `status` None where none came, and `excerpt` then says why."""

    method: str
    path: str
    headers: tuple[str, ...]
    status: int | None
    told: tuple[tuple[str, str], ...]  # headers of the answer that say something
    excerpt: str

    @property
    def limits(self) -> tuple[tuple[str, str], ...]:
        """What the server said of how often it may be asked."""
        return tuple((name, value) for name, value in self.told if _LIMITS.fullmatch(name))

    @property
    def lines(self) -> list[str]:
        came = "no answer" if self.status is None else f"HTTP {self.status}"
        told = [f"< {name}: {value}" for name, value in self.told]
        sent = [f"> {header}" for header in self.headers]
        excerpt = [f"< {self.excerpt}"] if self.excerpt else []
        return [f"{self.method} {self.path}", *sent, f"< {came}", *told, *excerpt]


_heard: ContextVar[list[Asked] | None] = ContextVar("heard", default=None)


@contextmanager
def transcribing() -> Iterator[list[Asked]]:
    """What is asked from here on, as it comes; within another one, that one's."""
    heard = _heard.get()
    if heard is not None:
        yield heard
        return
    heard = []
    token = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(token)


def hear(asked: Asked) -> None:
    """Nothing where nobody listens."""
    heard = _heard.get()
    if heard is not None:
        heard.append(asked)


def is_heard() -> bool:
    return _heard.get() is not None
