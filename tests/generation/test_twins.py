"""The same thing said to two processes in the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from doubles.take_studio import first_shot
from money.buyers import shop
from shortdrama.domain.ids import ConnectionId, TakeId, new_id
from shortdrama.domain.take import TakeStatus
from shortdrama.generation import failures
from shortdrama.generation.journal import JobTaken, Journal
from shortdrama.generation.orders import TakeOrder
from shortdrama.storage.db.database import Database

ROUNDS = 8


@pytest.mark.parametrize("price", [0, 400_000, None])
def test_one_order_is_one_take(records: Database, price: int | None) -> None:
    first_shot(records)
    for number in range(ROUNDS):
        order = TakeOrder(f"twin {number}", "sora-2", 1, "720x1280")
        key = new_id()
        with ThreadPoolExecutor(6) as pool:
            asked = [pool.submit(shop(records, price).order, order, key) for _ in range(6)]
            assert len({each.result().id for each in asked}) == 1


def test_one_job_is_given_to_one_take(records: Database) -> None:
    journal = Journal(records)
    for number in range(ROUNDS):
        takes = [_uncertain(records, journal, f"lost {number}") for _ in range(2)]
        with ThreadPoolExecutor(2) as pool:
            asked = [pool.submit(journal.adopt, take, 1, f"job-{number}", "") for take in takes]
            adopted = [each.result() for each in asked]
        assert sum(take is not None for take in adopted) == 1


def test_one_job_is_accepted_for_one_take(records: Database) -> None:
    """Also where it is adopted for one take while its provider names it for another."""
    journal = Journal(records)
    for number in range(ROUNDS):
        one, other = (_uncertain(records, journal, f"told {number}") for _ in range(2))
        with ThreadPoolExecutor(2) as pool:
            adopted = pool.submit(journal.adopt, one, 1, f"job-told-{number}", "")
            told = pool.submit(journal.accept, other, 1, f"job-told-{number}", "")
            is_taken = isinstance(told.exception(), JobTaken)
        assert is_taken == (adopted.result() is not None)
        with records.read() as tx:
            assert len(tx.submissions.holders(ConnectionId("c" * 32), f"job-told-{number}")) <= 1


def _uncertain(records: Database, journal: Journal, prompt: str) -> TakeId:
    order = TakeOrder(prompt, "sora-2", 1, "720x1280", shot_id=first_shot(records))
    take = shop(records).order(order, new_id())
    claim = journal.claim(take.id, datetime.now(UTC))
    assert claim is not None
    failure = failures.uncertain(None, "no answer", ())
    journal.close(take.id, claim.attempt, "lost", TakeStatus.UNCERTAIN, failure)
    return take.id
