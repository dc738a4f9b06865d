"""Counts wrong passwords of the last minute: in this process, or in the database for several."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from shortdrama.access.ports import AccessRecords

WINDOW_S = 60.0
PER_ADDRESS = 5


class Tries(Protocol):
    """Blocks; safe from any thread."""

    def is_exhausted(self, address: str) -> bool: ...

    def add(self, address: str) -> None: ...


class TriesHere:
    """For one process."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._failures: deque[tuple[float, str]] = deque()
        self._lock = threading.Lock()

    def is_exhausted(self, address: str) -> bool:
        with self._lock:
            while self._failures and self._failures[0][0] < self._now() - WINDOW_S:
                self._failures.popleft()
            return sum(who == address for _when, who in self._failures) >= PER_ADDRESS

    def add(self, address: str) -> None:
        with self._lock:
            self._failures.append((self._now(), address))


class SharedTries:
    """For all processes on one database."""

    def __init__(self, records: AccessRecords) -> None:
        self._records = records

    def is_exhausted(self, address: str) -> bool:
        since = datetime.now(UTC) - timedelta(seconds=WINDOW_S)
        with self._records.read() as tx:
            return tx.log_in_failures.count(address, since) >= PER_ADDRESS

    def add(self, address: str) -> None:
        now = datetime.now(UTC)
        with self._records.begin() as tx:
            tx.log_in_failures.forget_before(now - timedelta(seconds=WINDOW_S))
            tx.log_in_failures.add(address, now)
