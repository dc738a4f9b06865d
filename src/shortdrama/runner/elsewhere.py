"""For a process that works on no takes itself: others, on the same database, hear what it says."""

from __future__ import annotations

from shortdrama.domain.ids import TakeId
from shortdrama.generation.sharing import Share, tell


class ElsewhereRunner:
    """Satisfies `generation.ports.Runner`."""

    def __init__(self, share: Share) -> None:
        self._share = share

    def open(self) -> None:
        """There is nothing to open."""

    def close(self) -> None:
        """There is nothing to close."""

    def start(self, take_id: TakeId) -> None:
        tell(self._share, take_id)

    def wake(self, take_id: TakeId) -> None:
        tell(self._share, take_id)

    def hear(self, _word: str) -> None:
        """Said to those who work."""

    def is_checking(self, take_id: TakeId) -> bool:
        """An uncertain take that some process holds is being looked for."""
        return self._share.is_held(take_id)
