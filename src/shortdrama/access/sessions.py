"""Sessions that were ended by a log-out: on every server, until they would have run out anyway."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

from shortdrama.access.ports import AccessRecords

_PREFIX = "ended-session."
_FRESH_S = 2.0  # what another process ended counts within this time


class EndedSessions:
    """Safe from any thread. Keeps a hash of each session, and when it would have run out."""

    def __init__(self, records: AccessRecords, now: Callable[[], float] = time.monotonic) -> None:
        self._records = records
        self._now = now
        self._known: tuple[float, frozenset[str]] | None = None

    def end(self, session: str, expires_at: int) -> None:
        """`expires_at`: seconds since 1970; from then on there is nothing to remember."""
        with self._records.begin() as tx:
            kept = tx.secrets.named(_PREFIX)
            tx.secrets.remove([name for name, until in kept.items() if int(until) < time.time()])
            tx.secrets.keep(_mark(session), str(expires_at))
        self._known = None

    def recent(self, session: str) -> bool | None:
        """Whether it was ended, as of at most two seconds ago; None where that has to be asked."""
        known = self._known
        if known is None or self._now() - known[0] >= _FRESH_S:
            return None
        return _mark(session) in known[1]

    def has(self, session: str) -> bool:
        """Whether it was ended, as of now; asks the database."""
        began = self._now()
        with self._records.read() as tx:
            marks = frozenset(tx.secrets.named(_PREFIX))
        self._known = (began, marks)
        return _mark(session) in marks


def _mark(session: str) -> str:
    return _PREFIX + hashlib.sha256(session.encode("utf-8", "replace")).hexdigest()
