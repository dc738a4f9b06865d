"""What was spent today, as far as the prices are known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from samples import add_take
from shortdrama.board.service import BoardService
from shortdrama.domain.take import Failure, FailureKind, Money, TakeStatus
from shortdrama.storage.db.database import Database


def test_only_what_may_have_been_charged_counts(records: Database) -> None:
    shot = BoardService(records).current().shots[0].shot
    now = datetime.now(UTC)
    price = {"submitted_at": now, "estimate_micro_usd": 400_000}
    ready = add_take(records, shot.id, TakeStatus.READY)
    refused = add_take(records, shot.id, TakeStatus.FAILED)
    lost = add_take(records, shot.id, TakeStatus.UNCERTAIN)
    free = add_take(records, shot.id, TakeStatus.READY)
    waiting = add_take(records, shot.id, TakeStatus.QUEUED)
    moderated = add_take(records, shot.id, TakeStatus.FAILED)
    charged = Failure(FailureKind.MODERATION_OUTPUT, "Held back.", Money.MAYBE)
    with records.begin() as tx:
        for take in (ready, refused, lost):
            tx.takes.note(take.id, price)
        tx.takes.note(moderated.id, {**price, "failure": charged})
        tx.takes.note(free.id, {"submitted_at": now, "estimate_micro_usd": 0})
        tx.takes.note(waiting.id, {"estimate_micro_usd": 400_000})
    with records.read() as tx:
        assert tx.takes.spent_since(now - timedelta(minutes=5)) == 1_200_000
        assert tx.takes.spent_since(now + timedelta(minutes=5)) == 0
