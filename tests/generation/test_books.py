"""The ledger follows every attempt, in the transaction of what happens to it."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from doubles.sora2_double import Sora2Double
from doubles.take_studio import CONNECTION, TakeStudio
from shortdrama.domain.ids import TakeId
from shortdrama.domain.money import Entry, Outcome, Scope
from shortdrama.domain.take import Failure, FailureKind, Money, TakeStatus
from shortdrama.errors import OverBudget
from shortdrama.generation.orders import Terms
from shortdrama.generation.ports import Bill, ProviderJob
from shortdrama.generation.service import Decision
from shortdrama.money.service import MoneyService
from shortdrama.storage.db.database import Database
from shortdrama.storage.db.money_tables import ledger

pytestmark = pytest.mark.xdist_group("money-ledger")
S = TakeStatus
PRICE = 400_000


def rows(studio: TakeStudio, take_id: TakeId) -> list[Entry]:
    with studio.records.read() as tx:
        return tx.ledger.of_take(take_id)


def told(studio: TakeStudio, take_id: TakeId) -> list[tuple[Outcome, Money | None, int]]:
    return [(e.outcome, e.money, e.counts_micro_usd) for e in rows(studio, take_id)]


def without_list(studio: TakeStudio, double: Sora2Double, prompt: str) -> TakeId:
    """A take whose answer was lost, at a provider without a list."""
    double.script(prompt, submit=["drop", "ok"])
    double.has_list = False
    try:
        take = studio.wait_for(studio.order(prompt).id)
    finally:
        double.has_list = True
    assert take.status is S.UNCERTAIN
    return take.id


def test_a_take_that_is_ready_was_charged(studio: TakeStudio) -> None:
    take = studio.order("paid and ready")
    assert rows(studio, take.id)[0].estimate_micro_usd == PRICE
    studio.wait_for(take.id)
    (entry,) = rows(studio, take.id)
    assert (entry.outcome, entry.money, entry.actual_micro_usd) == (
        Outcome.READY,
        Money.CHARGED,
        None,
    )
    assert (entry.model, entry.seconds, entry.shot_id) == ("sora-2", 1, take.shot_id)
    assert entry.provider_job_id
    assert entry.sent_at is not None
    assert entry.settled_at is not None


def test_what_was_refused_costs_nothing(studio: TakeStudio, double: Sora2Double) -> None:
    double.script("refused words", submit="moderation")
    take = studio.wait_for(studio.order("refused words").id)
    assert take.status is S.FAILED
    assert told(studio, take.id) == [(Outcome.REFUSED, Money.NONE, 0)]


def test_every_attempt_has_its_row(studio: TakeStudio, double: Sora2Double) -> None:
    double.script("busy at first", submit=["429", "429", "ok"])
    take = studio.wait_for(studio.order("busy at first").id)
    assert take.status is S.READY
    assert [e.outcome for e in rows(studio, take.id)] == [
        Outcome.REFUSED,
        Outcome.REFUSED,
        Outcome.READY,
    ]
    assert sum(e.counts_micro_usd for e in rows(studio, take.id)) == PRICE


def test_a_lost_answer_may_have_been_charged(studio: TakeStudio, double: Sora2Double) -> None:
    take_id = without_list(studio, double, "lost for good")
    assert told(studio, take_id) == [(Outcome.UNCERTAIN, Money.MAYBE, PRICE)]
    studio.takes.resolve_uncertain(take_id, Decision.NOT_SENT)
    assert told(studio, take_id) == [(Outcome.NOT_SENT, Money.NONE, 0)]


def test_sending_again_counts_twice(studio: TakeStudio, double: Sora2Double) -> None:
    take_id = without_list(studio, double, "lost and sent again")
    studio.takes.resolve_uncertain(take_id, Decision.SEND_AGAIN)
    studio.wait_for(take_id)
    assert told(studio, take_id) == [
        (Outcome.UNCERTAIN, Money.MAYBE, PRICE),
        (Outcome.READY, Money.CHARGED, PRICE),
    ]


def test_sending_again_is_signed_by_who_decides(studio: TakeStudio, double: Sora2Double) -> None:
    take_id = without_list(studio, double, "sent again by Mei")
    studio.takes.resolve_uncertain(take_id, Decision.SEND_AGAIN, "user:Mei")
    studio.wait_for(take_id)
    assert [entry.actor for entry in rows(studio, take_id)] == ["", "user:Mei"]


def test_a_cap_forbids_sending_again(studio: TakeStudio, double: Sora2Double) -> None:
    take_id = without_list(studio, double, "no room to send again")
    money = MoneyService(studio.records)
    money.set_cap(Scope.DAY, "", 1)
    try:
        with pytest.raises(OverBudget) as caught:
            studio.takes.resolve_uncertain(take_id, Decision.SEND_AGAIN)
    finally:
        money.set_cap(Scope.DAY, "", None)
    assert caught.value.code == "cap_reached"
    assert studio.takes.get(take_id).status is S.UNCERTAIN
    assert told(studio, take_id) == [(Outcome.UNCERTAIN, Money.MAYBE, PRICE)]


def test_an_adopted_job_is_no_second_attempt(studio: TakeStudio, double: Sora2Double) -> None:
    """It is found between a person's word and the next sending: what was put aside is free."""
    take_id = without_list(studio, double, "found before it was sent again")
    journal = studio.tools.journal
    journal.move(take_id, frozenset({S.UNCERTAIN}), S.QUEUED)
    assert [e.outcome for e in rows(studio, take_id)] == [Outcome.UNCERTAIN, Outcome.RESERVED]
    journal.adopt(take_id, 1, "job_found", "queued")
    assert told(studio, take_id) == [
        (Outcome.SENT, None, PRICE),
        (Outcome.NOT_SENT, Money.NONE, 0),
    ]


def test_a_job_that_is_found_late_may_be_charged(studio: TakeStudio, double: Sora2Double) -> None:
    take_id = without_list(studio, double, "thought not sent")
    studio.takes.resolve_uncertain(take_id, Decision.NOT_SENT)
    studio.tools.journal.adopt(take_id, 1, "job late", "queued")
    assert told(studio, take_id) == [(Outcome.CANCELLED, Money.MAYBE, PRICE)]


def test_cancelled_before_and_after_it_was_sent(studio: TakeStudio, double: Sora2Double) -> None:
    double.script("stop late", takes_s=60)
    late = studio.order("stop late")
    studio.wait_until(lambda: double.submits("stop late") == 1)
    studio.wait_for(late.id, frozenset({S.GENERATING}))
    studio.takes.cancel(late.id)
    studio.wait_for(late.id, frozenset({S.CANCELLED}))
    assert told(studio, late.id) == [(Outcome.CANCELLED, Money.MAYBE, PRICE)]
    assert MoneyService(studio.records).costs([late.id])[late.id].money is Money.MAYBE


def test_a_bill_is_the_truth(studio: TakeStudio, double: Sora2Double) -> None:
    take = studio.order("billed")
    studio.wait_for(take.id)
    journal = studio.tools.journal
    journal.bill(take.id, Bill(micro_usd=312_500, usage={"tokens": 108_900}))
    (entry,) = rows(studio, take.id)
    assert (entry.actual_micro_usd, entry.counts_micro_usd) == (312_500, 312_500)
    assert entry.usage == {"tokens": "108900"}
    cost = MoneyService(studio.records).costs([take.id])[take.id]
    assert (cost.micro_usd, cost.is_actual, cost.money) == (312_500, True, Money.CHARGED)


def test_a_failure_says_of_money_what_the_bill_says(
    studio: TakeStudio, double: Sora2Double
) -> None:
    double.script("fails free of charge", takes_s=60)
    take = studio.order("fails free of charge")
    studio.wait_for(take.id, frozenset({S.GENERATING}))
    journal = studio.tools.journal
    journal.bill(take.id, Bill(was_charged=False))
    failure = Failure(FailureKind.PROVIDER_FAILURE, "It failed.", Money.MAYBE)
    failed = journal.fail(take.id, failure)
    assert failed is not None
    assert failed.failure is not None
    assert failed.failure.money is Money.NONE
    assert told(studio, take.id) == [(Outcome.FAILED, Money.NONE, 0)]


def test_nonsense_in_a_bill_harms_nothing(studio: TakeStudio) -> None:
    take = studio.order("billed with nonsense")
    studio.wait_for(take.id)
    usage = {"credits": float("nan"), "tokens": "many", "frames": 3}
    studio.tools.journal.bill(take.id, Bill(micro_usd=-5, usage=usage))  # type: ignore[arg-type]
    (entry,) = rows(studio, take.id)
    assert entry.actual_micro_usd is None
    assert entry.usage == {"frames": "3"}


def test_a_take_that_nobody_wrote_of_gets_its_row(studio: TakeStudio) -> None:
    """As made by an older program between the migration and its last breath."""
    take = studio.order("older than the ledger")
    studio.wait_for(take.id)
    with studio.records.engine.begin() as connection:
        connection.execute(sa.delete(ledger).where(ledger.c.take_id == take.id))
    studio.tools.journal.note(take.id, {"reject_reason": "x"})
    (entry,) = rows(studio, take.id)
    assert (entry.outcome, entry.counts_micro_usd) == (Outcome.READY, PRICE)
    assert entry.ordered_at <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("point", "ends"),
    [
        ("provider.submit:before", (Outcome.UNCERTAIN, Money.MAYBE)),
        ("provider.submit:after", (Outcome.READY, Money.CHARGED)),
    ],
)
def test_the_row_is_there_before_the_call_and_survives_a_kill(
    tmp_path: Path, point: str, ends: tuple[Outcome, Money]
) -> None:
    with Sora2Double() as double:
        double.default(poll="completed")
        assert work(tmp_path, double, "--order", "a cat", "--die", point) == -signal.SIGKILL
        (entry,) = kept_rows(tmp_path)
        assert (entry.outcome, entry.money, entry.estimate_micro_usd) == (Outcome.SENT, None, PRICE)
        assert work(tmp_path, double) == 0
        (entry,) = kept_rows(tmp_path)
        assert (entry.outcome, entry.money) == ends
        assert entry.counts_micro_usd == PRICE


def work(folder: Path, double: Sora2Double, *arguments: str) -> int:
    command = [sys.executable, "-m", "doubles.take_worker", str(folder), double.base_url]
    tests = Path(__file__).parents[1]
    return subprocess.run([*command, *arguments], cwd=tests, check=False).returncode


def kept_rows(folder: Path) -> list[Entry]:
    database = Database(f"sqlite:///{folder / 'studio.db'}")
    try:
        with database.read() as tx:
            (take,) = tx.takes.page(None, 10)
            return tx.ledger.of_take(take.id)
    finally:
        database.close()


def test_a_bill_of_a_poll_is_written_before_the_end(
    studio: TakeStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider tells units only; their price was frozen with the order."""
    terms = Terms(CONNECTION, PRICE, None, unit_prices=(("tokens", 5_000),))
    monkeypatch.setattr(studio.takes, "_terms", lambda _order: terms)
    kind: Any = type(studio.tools.providers.for_connection(CONNECTION))
    true_poll = kind.poll

    async def poll(self: Any, job_id: str) -> ProviderJob:
        job: ProviderJob = await true_poll(self, job_id)
        return replace(job, bill=Bill(usage={"tokens": 60_000}))

    monkeypatch.setattr(kind, "poll", poll)
    take = studio.wait_for(studio.order("billed by tokens").id)
    assert take.status is S.READY
    (entry,) = rows(studio, take.id)
    assert entry.usage == {"tokens": "60000"}
    assert (entry.actual_micro_usd, entry.money) == (300_000, Money.CHARGED)
