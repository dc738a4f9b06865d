"""Rows of takes and of the calls that were paid for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

import sqlalchemy as sa

from shortdrama.domain.ids import ConnectionId, ShotId, TakeId
from shortdrama.domain.money import Outcome
from shortdrama.domain.take import TERMINAL, Take, TakeRequest, TakeStatus
from shortdrama.domain.waiting import Run
from shortdrama.errors import Conflict
from shortdrama.generation.ports import Unanswered
from shortdrama.storage.db.columns import insert_new
from shortdrama.storage.db.money_tables import ledger
from shortdrama.storage.db.tables import shots, submissions, takes
from shortdrama.storage.db.take_rows import change_values, insert_values, read_take

_IDS_PER_QUERY = 500


class TakeStore:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, take: Take, idempotency_key: str, fingerprint: str) -> None:
        """Raises `Conflict(code="take_exists")` where the key or the shot's number is taken.

        The transaction stays usable: `by_key` then tells the take that won.
        """
        values = insert_values(take)
        values |= {"idempotency_key": idempotency_key, "fingerprint": fingerprint}
        if not insert_new(self._connection, takes, values):
            raise Conflict("This take was made already.", code="take_exists")

    def by_key(self, idempotency_key: str) -> tuple[Take, str] | None:
        """The take made with this key, and the fingerprint of its request."""
        statement = sa.select(takes).where(takes.c.idempotency_key == idempotency_key)
        row = self._connection.execute(statement).one_or_none()
        return (read_take(row), row.fingerprint) if row else None

    def get(self, take_id: TakeId) -> Take | None:
        return self._one(sa.select(takes).where(takes.c.id == take_id))

    def of_shot(self, shot_id: ShotId) -> list[Take]:
        """Newest first."""
        return self.of_shots([shot_id])[shot_id]

    def of_shots(self, shot_ids: Sequence[ShotId]) -> dict[ShotId, list[Take]]:
        """Newest first within each shot; a shot without takes has an empty list."""
        found: dict[ShotId, list[Take]] = {shot_id: [] for shot_id in shot_ids}
        ids = list(found)
        for start in range(0, len(ids), _IDS_PER_QUERY):
            some = takes.c.shot_id.in_(ids[start : start + _IDS_PER_QUERY])
            for take in self._many(sa.select(takes).where(some).order_by(takes.c.number.desc())):
                found[take.shot_id].append(take)
        return found

    def page(self, before: TakeId | None, limit: int) -> list[Take]:
        """Newest first, keyset-paged."""
        statement = sa.select(takes).order_by(takes.c.id.desc()).limit(limit)
        if before is not None:
            statement = statement.where(takes.c.id < before)
        return self._many(statement)

    def with_status(self, statuses: frozenset[TakeStatus]) -> list[Take]:
        """Oldest first."""
        statement = sa.select(takes).where(takes.c.status.in_(sorted(statuses)))
        return self._many(statement.order_by(takes.c.id))

    def count_at(self, connection_id: ConnectionId, statuses: frozenset[TakeStatus]) -> int:
        """Takes of a connection in one of these states."""
        is_in = takes.c.status.in_(sorted(statuses))
        return self._count(is_in, takes.c.connection_id == connection_id)

    def count_unfetched(self, connection_id: ConnectionId) -> int:
        """Those of a connection that `Take.can_fetch_again` is true of."""
        return self._count(
            takes.c.status == TakeStatus.FAILED,
            takes.c.connection_id == connection_id,
            takes.c.provider_job_id.is_not(None),
            takes.c.failure["can_fetch_again"].as_boolean(),
        )

    def next_number(self, shot_id: ShotId) -> int:
        """From 1; on PostgreSQL the shot is locked until the transaction ends."""
        shot = sa.select(shots.c.id).where(shots.c.id == shot_id)
        # The weaker lock: a plain FOR UPDATE would wait for whoever has just added a prompt to the
        # shot, and they for us.
        self._connection.execute(shot.with_for_update(key_share=True))
        newest = sa.select(sa.func.max(takes.c.number)).where(takes.c.shot_id == shot_id)
        return (self._connection.scalar(newest) or 0) + 1

    def move(
        self,
        take_id: TakeId,
        expected: frozenset[TakeStatus],
        to: TakeStatus,
        changes: dict[str, Any] | None = None,
    ) -> Take | None:
        """Guarded in SQL: None where the take was not in one of `expected`.

        `changes` are fields of `Take`; a terminal state sets `finished_at` where they do not.
        A trigger of the database keeps ready and cancelled takes as they are, whoever asks.
        """
        values = {"status": to, **change_values(changes or {})}
        if to in TERMINAL:
            values.setdefault("finished_at", datetime.now(UTC))
        return self._change(takes.c.id == take_id, takes.c.status.in_(sorted(expected)), **values)

    def note(self, take_id: TakeId, changes: dict[str, Any]) -> Take | None:
        """Change fields other than the status: progress, rejection, provider's word."""
        return self._change(takes.c.id == take_id, **change_values(changes))

    def recent_runs(
        self, model: str, connection_id: ConnectionId | None, limit: int = 60
    ) -> list[Run]:
        """The latest takes of a model that became ready, newest first; None: on any connection."""
        statement = (
            sa.select(takes.c.seconds, takes.c.submitted_at, takes.c.finished_at)
            .where(takes.c.model == model, takes.c.status == TakeStatus.READY)
            .where(takes.c.submitted_at.is_not(None), takes.c.finished_at.is_not(None))
            .order_by(takes.c.id.desc())  # the primary key: nothing is sorted
            .limit(limit)
        )
        if connection_id is not None:
            statement = statement.where(takes.c.connection_id == connection_id)
        rows = self._connection.execute(statement)
        return [Run(row.seconds, row.submitted_at, row.finished_at) for row in rows]

    def _count(self, *where: sa.ColumnElement[bool]) -> int:
        counted = sa.select(sa.func.count()).select_from(takes).where(*where)
        return self._connection.scalar(counted) or 0

    def _change(self, *where: sa.ColumnElement[bool], **values: Any) -> Take | None:
        values.setdefault("updated_at", datetime.now(UTC))
        statement = sa.update(takes).where(*where).values(**values)
        return self._one(statement.returning(*takes.c))

    def _one(self, statement: sa.Executable) -> Take | None:
        row = self._connection.execute(statement).one_or_none()
        return read_take(row) if row else None

    def _many(self, statement: sa.Executable) -> list[Take]:
        return [read_take(row) for row in self._connection.execute(statement)]


class SubmissionStore:
    """The intent of every paid call, committed before the call."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def open(self, take_id: TakeId, at: datetime) -> int:
        """The attempt's number, from 1."""
        # Two attempts at once meet on the primary key: one of them is refused, and not sent.
        attempt = self.count(take_id) + 1
        values = {"take_id": take_id, "attempt": attempt, "opened_at": at}
        if not insert_new(self._connection, submissions, values):
            raise Conflict("This take is being submitted already.", code="submission_open")
        return attempt

    def close(
        self, take_id: TakeId, attempt: int, outcome: str, provider_job_id: str | None
    ) -> None:
        """`outcome` is "accepted", "refused", "not_sent" or "lost"."""
        statement = sa.update(submissions).where(
            submissions.c.take_id == take_id, submissions.c.attempt == attempt
        )
        values = {"outcome": outcome, "provider_job_id": provider_job_id}
        self._connection.execute(statement.values(closed_at=datetime.now(UTC), **values))

    def open_attempt(self, take_id: TakeId) -> int | None:
        """An attempt whose outcome was never written: the program died inside the call."""
        statement = sa.select(sa.func.max(submissions.c.attempt)).where(
            submissions.c.take_id == take_id, submissions.c.outcome.is_(None)
        )
        found: int | None = self._connection.scalar(statement)
        return found

    def turned_away(self, take_id: TakeId) -> list[tuple[str | None, datetime]]:
        """Outcome and time of its latest attempts that made nothing, or are open; newest first."""
        statement = (
            sa.select(submissions.c.outcome, submissions.c.opened_at)
            .where(submissions.c.take_id == take_id)
            .order_by(submissions.c.attempt.desc())
        )
        rows = [(row.outcome, row.opened_at) for row in self._connection.execute(statement)]
        return list(takewhile(lambda row: row[0] in (None, "refused", "not_sent"), rows))

    def known_jobs(self, job_ids: Sequence[str]) -> set[str]:
        """Those of these provider jobs that an accepted submission of this studio holds."""
        known: set[str] = set()
        for start in range(0, len(job_ids), _IDS_PER_QUERY):
            some = submissions.c.provider_job_id.in_(job_ids[start : start + _IDS_PER_QUERY])
            accepted = sa.select(submissions.c.provider_job_id).where(some)
            known.update(
                self._connection.scalars(accepted.where(submissions.c.outcome == "accepted"))
            )
        return known

    def holders(self, connection_id: ConnectionId, job_id: str) -> set[TakeId]:
        """Takes of this connection that have this job."""
        statement = (
            sa.select(takes.c.id)
            .join(submissions, submissions.c.take_id == takes.c.id)
            .where(takes.c.connection_id == connection_id)
            .where(submissions.c.provider_job_id == job_id, submissions.c.outcome == "accepted")
        )
        return {TakeId(take_id) for take_id in self._connection.scalars(statement)}

    def unanswered(self, request: TakeRequest) -> list[Unanswered]:
        """Attempts with these words for this model of this connection that may have made a job.

        Oldest first. The ledger knows where a person has said that nothing was sent.
        """
        is_of_attempt = sa.and_(
            ledger.c.take_id == submissions.c.take_id, ledger.c.attempt == submissions.c.attempt
        )
        made_nothing = ledger.c.outcome.in_([Outcome.NOT_SENT, Outcome.REFUSED])
        statement = (
            sa.select(takes, submissions.c.attempt, submissions.c.opened_at)
            .join(submissions, submissions.c.take_id == takes.c.id)
            .outerjoin(ledger, is_of_attempt)
            .where(
                takes.c.connection_id == request.connection_id,
                takes.c.model == request.model,
                takes.c.prompt == request.prompt,
                sa.or_(submissions.c.outcome.is_(None), submissions.c.outcome == "lost"),
                sa.or_(ledger.c.outcome.is_(None), ~made_nothing),
            )
            .order_by(submissions.c.opened_at, takes.c.id)
        )
        rows = self._connection.execute(statement)
        return [Unanswered(read_take(row), row.attempt, row.opened_at) for row in rows]

    def count(self, take_id: TakeId) -> int:
        counted = sa.select(sa.func.count()).where(submissions.c.take_id == take_id)
        return self._connection.scalar(counted) or 0
