"""Several processes on one database share the takes: this one's part in it.

A process works on the takes whose lease it holds, and beats; who does not beat is given up for
dead, and its takes are anybody's. Where a process is the only one there is none of this.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from shortdrama.domain.ids import TakeId
from shortdrama.domain.take import TakeStatus
from shortdrama.errors import StudioError
from shortdrama.generation.ports import LeaseState, TakeRecords, TakeTransaction

log = logging.getLogger(__name__)
LIVES_S = 12.0  # without a beat
_CHECK = "check"
_LOOK = "look"


class GivenUp(Exception):
    """This process may not send the take: another one has it, or there is no room just now."""


@dataclass(frozen=True, slots=True)
class Call:
    """What one process tells the others."""

    take_id: TakeId
    is_check: bool  # a person asked to look for the job of an uncertain take


class Share:
    """Blocks; called in threads."""

    def __init__(self, records: TakeRecords, worker_id: str, name: str, max_takes: int) -> None:
        """Set up, and tell nobody yet.

        Args:
            records: The studio's rows.
            worker_id: Of this process alone, and of no later one.
            name: What people call it.
            max_takes: Under way at once in the whole studio.
        """
        self.worker_id = worker_id
        self.name = name
        self.alive = 1  # processes that share the work, as of the last beat
        self._records = records
        self._max_takes = max_takes

    def enlist(self) -> None:
        with self._records.begin() as tx:
            tx.work.enlist(self.worker_id, self.name, LIVES_S)

    def beat(self) -> bool:
        """False where others had given this process up; it is back among them then."""
        with self._records.begin() as tx:
            is_known = tx.work.beat(self.worker_id, LIVES_S)
            if not is_known:
                tx.work.enlist(self.worker_id, self.name, LIVES_S)
            self.alive = max(1, tx.work.count_alive())
        return is_known

    def bury(self) -> list[str]:
        with self._records.begin() as tx:
            return tx.work.bury()

    def leave(self) -> None:
        with self._records.begin() as tx:
            tx.work.leave(self.worker_id)

    def pick(self, most: int) -> list[TakeId]:
        with self._records.begin() as tx:
            return tx.work.pick(self.worker_id, most, self._max_takes)

    def lease(self, take_id: TakeId) -> bool:
        with self._records.begin() as tx:
            return tx.work.lease(self.worker_id, take_id)

    def held(self) -> set[TakeId]:
        with self._records.read() as tx:
            return tx.work.held_by(self.worker_id)

    def drop(self, take_id: TakeId) -> None:
        with self._records.begin() as tx:
            tx.work.drop(self.worker_id, take_id)

    def is_held(self, take_id: TakeId) -> bool:
        """By whichever process."""
        with self._records.read() as tx:
            return tx.work.holder(take_id) is not None

    def claim(self, tx: TakeTransaction, take_id: TakeId) -> None:
        """In the transaction of an intent to send. Raises `GivenUp`."""
        if not tx.work.has_room(take_id, self._max_takes):
            raise GivenUp
        if not tx.work.mark(self.worker_id, take_id, LeaseState.SENDING):
            raise GivenUp

    def sent(self, take_id: TakeId) -> None:
        """Its paid call is over, however it ended."""
        with self._records.begin() as tx:
            tx.work.mark(self.worker_id, take_id, LeaseState.HELD)

    def call(self, take_id: TakeId) -> None:
        """Let the process that works on the take look at it now; or one that has room take it."""
        with self._records.begin() as tx:
            take = tx.takes.get(take_id)
            is_check = take is not None and take.status is TakeStatus.UNCERTAIN
            tx.work.call(f"{_CHECK if is_check else _LOOK} {take_id}")


def read_call(word: str) -> Call | None:
    """What was said; None for words of another version of the program."""
    what, _, take_id = word.partition(" ")
    if what not in {_CHECK, _LOOK} or not take_id:
        return None
    return Call(TakeId(take_id), what == _CHECK)


def tell(share: Share, take_id: TakeId) -> None:
    """Call, where the records take it; else whoever works finds the take by its row a little later.

    What the call is about is committed already, so nobody is told of the trouble.
    """
    try:
        share.call(take_id)
    except StudioError as error:
        log.warning("nobody was called for take %s: %s", take_id, error.message)
