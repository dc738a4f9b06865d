"""Who is writing to which upload, and who is changing which bytes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shortdrama.errors import Busy


class UploadHolds:
    """One writer an upload. Threads and coroutines both ask, so the lock is a thread's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: set[str] = set()
        self._cancelled: set[str] = set()

    @contextmanager
    def hold(self, upload_id: str, on_cancelled: Callable[[], None]) -> Iterator[None]:
        """Raises `Busy` at once when somebody else holds it: a queue of writers helps nobody."""
        with self._lock:
            if upload_id in self._held:
                raise Busy("Another request is sending this file right now.", code="upload_busy")
            self._held.add(upload_id)
        try:
            yield
        finally:
            with self._lock:
                self._held.discard(upload_id)
                if upload_id in self._cancelled:
                    self._cancelled.discard(upload_id)
                    on_cancelled()

    def cancel(self, upload_id: str) -> bool:
        """Whether somebody holds it, and will remove it when letting go."""
        with self._lock:
            if upload_id in self._held:
                self._cancelled.add(upload_id)
            return upload_id in self._held

    def is_cancelled(self, upload_id: str) -> bool:
        return upload_id in self._cancelled


class KeyLocks:
    """A lock per content key, from a fixed set: taking bytes in and deleting them must not meet."""

    def __init__(self) -> None:
        self._locks = tuple(threading.Lock() for _ in range(256))

    def of(self, key: str) -> threading.Lock:
        """`key` is a SHA-256 in hex; keys that share their first byte share a lock."""
        return self._locks[int(key[:2], 16)]
