"""Writes what happens to a take: its row and the event that tells of it, in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shortdrama.domain.ids import TakeId
from shortdrama.domain.take import TERMINAL, Failure, Money, Take, TakeStatus
from shortdrama.domain.waiting import left_s, when_sent_s
from shortdrama.errors import Conflict
from shortdrama.generation import books, chronicle, failures
from shortdrama.generation.ports import Bill, TakeRecords, TakeTransaction
from shortdrama.generation.sharing import Share

log = logging.getLogger(__name__)
_S = TakeStatus


@dataclass(frozen=True, slots=True)
class Progress:
    """What a provider said of a running job, and what this studio reckons from it."""

    percent: int | None
    word: str
    expected_s: float | None  # since it was sent, until it is ready


@dataclass(frozen=True, slots=True)
class Fetching:
    """How much of a finished clip is here. `total_bytes` None: its provider does not say."""

    got_bytes: int
    total_bytes: int | None

    @property
    def percent(self) -> int | None:
        if not self.total_bytes:
            return None
        return min(100, self.got_bytes * 100 // self.total_bytes)


@dataclass(frozen=True, slots=True)
class Claim:
    """An intent that was committed: this attempt may now be sent."""

    take: Take
    attempt: int


class JobTaken(Conflict):
    """A provider's job belongs to one take, is shown once and is booked once."""


class Journal:
    """Blocks; the phases call it in threads."""

    def __init__(self, records: TakeRecords, share: Share | None = None) -> None:
        self._records = records
        self._share = share

    def get(self, take_id: TakeId) -> Take | None:
        with self._records.read() as tx:
            return tx.takes.get(take_id)

    def claim(self, take_id: TakeId, now: datetime) -> Claim | None:
        """Commit the intent to send; None where the take is not queued any more.

        Raises:
            GivenUp: Another process may send it, this one may not.
        """
        with self._records.begin() as tx:
            if self._share is not None:
                self._share.claim(tx, take_id)
            changes: dict[str, Any] = {"submitted_at": now, "provider_status": None}
            waiting = tx.takes.get(take_id)
            if waiting is not None:
                changes["estimate_s"] = when_sent_s(waiting, now)
            take = tx.takes.move(take_id, frozenset({_S.QUEUED}), _S.SUBMITTING, changes)
            if take is None:
                return None
            attempt = tx.submissions.open(take_id, now)
            books.sent(tx, take, attempt, now)
            tell(tx, take)
            return Claim(take, attempt)

    def open_attempt(self, take_id: TakeId) -> int | None:
        with self._records.read() as tx:
            return tx.submissions.open_attempt(take_id)

    def count_attempts(self, take_id: TakeId) -> int:
        with self._records.read() as tx:
            return tx.submissions.count(take_id)

    def turned_away(self, take_id: TakeId) -> list[tuple[str | None, datetime]]:
        """Its latest attempts that made nothing, newest first: outcome, and when they began."""
        with self._records.read() as tx:
            return tx.submissions.turned_away(take_id)

    def accept(self, take_id: TakeId, attempt: int, job_id: str, word: str) -> Take | None:
        """The provider has the job. A take that is being cancelled stays so, with the job's id.

        Raises:
            JobTaken: Another take of this connection has it; nothing is written.
        """
        with self._records.begin() as tx:
            tx.lock(f"job {job_id}")
            take = tx.takes.get(take_id)
            if take and tx.submissions.holders(take.request.connection_id, job_id) - {take_id}:
                raise JobTaken("Another take has this job already.", code="job_taken")
            return _take_on(tx, take_id, attempt, job_id, word)

    def adopt(self, take_id: TakeId, attempt: int, job_id: str, word: str) -> Take | None:
        """A job from the provider's list is this attempt's; None where another has it by now.

        A take that waits to be sent again is not sent then. One that has moved on keeps what it
        is doing: the job stays known as the attempt's, and the page is told.
        """
        with self._records.begin() as tx:
            tx.lock(f"job {job_id}")  # two processes may give it to two takes in the same moment
            if tx.submissions.known_jobs([job_id]):
                return None
            if tx.submissions.count(take_id) == attempt:
                return _take_on(tx, take_id, attempt, job_id, word)
            return _found_late(tx, take_id, attempt, job_id)

    def still_uncertain(self, take_id: TakeId, failure: Failure) -> None:
        """What a look at the provider's list said; nothing where a person has decided meanwhile."""
        uncertain = frozenset({_S.UNCERTAIN})
        self.move(take_id, uncertain, _S.UNCERTAIN, {"failure": failure})

    def requeue(self, take_id: TakeId, attempt: int, outcome: str, word: str) -> Take | None:
        """Nothing was made: the take waits for another attempt, unless it was cancelled."""
        with self._records.begin() as tx:
            return self._requeue(tx, take_id, attempt, outcome, word)

    def take_back(self, take_id: TakeId, moment: datetime) -> None:
        """The intent of this moment, where it is in the records: nothing was sent for it."""
        with self._records.begin() as tx:
            take, attempt = tx.takes.get(take_id), tx.submissions.open_attempt(take_id)
            if take is not None and attempt is not None and take.submitted_at == moment:
                self._requeue(tx, take_id, attempt, "not_sent", "")

    def begin_anew(self, take_id: TakeId) -> Take | None:
        """A job that costs nothing is lost: the take waits to be made by another one."""
        with self._records.begin() as tx:
            _close(tx, take_id, tx.submissions.count(take_id), "refused")
            changes = dict.fromkeys(("provider_job_id", "submitted_at", "progress"), None)
            running = frozenset({_S.GENERATING, _S.DOWNLOADING})
            take = tx.takes.move(
                take_id, running, _S.QUEUED, {**changes, "provider_status": "lost"}
            )
            return tell(tx, take or self._end(tx, take_id, None))

    def close(
        self, take_id: TakeId, attempt: int | None, outcome: str, to: TakeStatus, failure: Failure
    ) -> Take | None:
        """The attempt is over and no job is known; a cancelled take is cancelled then."""
        with self._records.begin() as tx:
            if attempt is not None:
                _close(tx, take_id, attempt, outcome)
            take = tx.takes.get(take_id)
            if take is not None and take.status is _S.CANCELLING:
                return tell(tx, self._end(tx, take_id, failure))
            changes = _ending(to, failure)
            moved = tx.takes.move(take_id, frozenset({_S.SUBMITTING}), to, changes)
            return tell(tx, moved) or tx.takes.get(take_id)

    def move(
        self,
        take_id: TakeId,
        expected: frozenset[TakeStatus],
        to: TakeStatus,
        changes: dict[str, Any] | None = None,
        note: str | None = None,
    ) -> Take | None:
        """`note` is a sentence for the page, sent along with the event."""
        changes = dict(changes or {})
        with self._records.begin() as tx:
            if changes.get("failure") is not None:
                changes["failure"] = books.true_failure(tx, take_id, changes["failure"])
            return tell(tx, tx.takes.move(take_id, expected, to, changes), note)

    def fail(self, take_id: TakeId, failure: Failure, to: TakeStatus = _S.FAILED) -> Take | None:
        """End a take that a provider has; while it is being cancelled it is cancelled instead."""
        with self._records.begin() as tx:
            running = frozenset({_S.QUEUED, _S.SUBMITTING, _S.GENERATING, _S.DOWNLOADING})
            failure = books.true_failure(tx, take_id, failure)
            take = tx.takes.move(take_id, running, to, _ending(to, failure))
            # Nobody waits for what is being cancelled: that its time is over is no news of it.
            is_late = to is _S.STALLED and failure.money is not Money.NONE
            last = failures.cancelled_late() if is_late else failure
            return tell(tx, take or self._end(tx, take_id, last))

    def bill(self, take_id: TakeId, bill: Bill) -> None:
        """What the provider says that the job costs; known before the take's end is written."""
        with self._records.begin() as tx:
            books.note_bill(tx, take_id, bill)

    def note(self, take_id: TakeId, changes: dict[str, Any]) -> Take | None:
        with self._records.begin() as tx:
            return tell(tx, tx.takes.note(take_id, changes))

    def progress(self, news: Mapping[TakeId, Progress | Fetching]) -> None:
        """Of takes that are still generating or coming in; all in one transaction."""
        with self._records.begin() as tx:
            for take_id, told in news.items():
                status, changes = _progress_changes(told)
                # A move that stays: a take that has ended meanwhile keeps what it has.
                take = tx.takes.move(take_id, frozenset({status}), status, changes)
                if take is not None:
                    tx.events.append("take.progress", _progress_data(take, told))

    def _requeue(
        self, tx: TakeTransaction, take_id: TakeId, attempt: int, outcome: str, word: str
    ) -> Take | None:
        _close(tx, take_id, attempt, outcome)
        changes = {"submitted_at": None, "provider_status": word}
        take = tx.takes.move(take_id, frozenset({_S.SUBMITTING}), _S.QUEUED, changes)
        return tell(tx, take or self._end(tx, take_id, None)) or tx.takes.get(take_id)

    def _end(self, tx: TakeTransaction, take_id: TakeId, failure: Failure | None) -> Take | None:
        """A take that was being cancelled is cancelled; what it may have cost is still said."""
        told = failure if failure is not None and failure.money is not Money.NONE else None
        changes = _ending(_S.CANCELLED, told)
        return tx.takes.move(take_id, frozenset({_S.CANCELLING}), _S.CANCELLED, changes)


def _take_on(
    tx: TakeTransaction, take_id: TakeId, attempt: int, job_id: str, word: str
) -> Take | None:
    changes = {"provider_job_id": job_id, "provider_status": word, "failure": None}
    senders = frozenset({_S.SUBMITTING, _S.UNCERTAIN, _S.QUEUED})
    stays = _S.CANCELLING
    _close(tx, take_id, attempt, "accepted", job_id)
    take = tx.takes.move(take_id, senders, _S.GENERATING, changes)
    take = take or tx.takes.move(take_id, frozenset({stays}), stays, changes)
    return (
        tell(tx, take) or _already(tx, take_id, job_id) or _found_late(tx, take_id, attempt, job_id)
    )


def _already(tx: TakeTransaction, take_id: TakeId, job_id: str) -> Take | None:
    take = tx.takes.get(take_id)
    return take if take is not None and take.provider_job_id == job_id else None


def _found_late(tx: TakeTransaction, take_id: TakeId, attempt: int, job_id: str) -> Take | None:
    _close(tx, take_id, attempt, "accepted", job_id)
    books.found_late(tx, take_id, attempt)
    log.warning("job %s of attempt %d of take %s was found late", job_id, attempt, take_id)
    return tell(tx, tx.takes.get(take_id), note=failures.FOUND_LATE)


def _close(
    tx: TakeTransaction, take_id: TakeId, attempt: int, outcome: str, job_id: str | None = None
) -> None:
    tx.submissions.close(take_id, attempt, outcome, job_id)
    books.closed(tx, take_id, attempt, outcome, job_id)
    chronicle.closed(take_id, attempt, outcome, job_id)


def tell(tx: TakeTransaction, take: Take | None, note: str | None = None) -> Take | None:
    """Append the event of a change and keep the books, in the change's own transaction."""
    if take is not None:
        books.follow(tx, take)
        data: dict[str, Any] = {
            "take_id": take.id,
            "shot_id": take.shot_id,
            "status": take.status.value,
            "progress": take.progress,
            "number": take.number,
        }
        tx.events.append("take.changed", data | ({"note": note} if note else {}))
        chronicle.changed(take)
    return take


def _progress_changes(told: Progress | Fetching) -> tuple[TakeStatus, dict[str, Any]]:
    if isinstance(told, Fetching):
        return _S.DOWNLOADING, {"progress": told.percent}
    changes = {"progress": told.percent, "provider_status": told.word}
    return _S.GENERATING, changes | {"estimate_s": told.expected_s}


def _progress_data(take: Take, told: Progress | Fetching) -> dict[str, Any]:
    left = left_s(take, datetime.now(UTC))
    fetching = {"got_bytes": told.got_bytes} if isinstance(told, Fetching) else {}
    return fetching | {
        "take_id": take.id,
        "shot_id": take.shot_id,
        "progress": take.progress,
        "elapsed_s": elapsed_s(take),
        "left_s": None if left is None else round(left, 1),
    }


def elapsed_s(take: Take) -> float | None:
    """Seconds since the take was sent, until now or until its end."""
    if take.submitted_at is None:
        return None
    return round(((take.finished_at or datetime.now(UTC)) - take.submitted_at).total_seconds(), 1)


def _ending(to: TakeStatus, failure: Failure | None) -> dict[str, Any]:
    changes: dict[str, Any] = {"failure": failure}
    return changes | ({"finished_at": datetime.now(UTC)} if to in TERMINAL else {})
