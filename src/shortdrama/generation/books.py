"""The books of what takes cost: a row of the ledger for every attempt, in the same transaction.

Every function works inside the transaction of the change itself, so that no attempt is without its
row and no reservation without its take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from shortdrama.domain.ids import TakeId
from shortdrama.domain.money import (
    MOST_MICRO_USD,
    Buyer,
    Cap,
    Entry,
    Outcome,
    Rules,
    Scope,
    check_caps,
    check_confirmed,
    outcome_of,
    price_of_usage,
)
from shortdrama.domain.take import Failure, Money, Take
from shortdrama.generation.ports import Bill, LedgerStore, TakeTransaction

_MADE_NOTHING = frozenset({Outcome.REFUSED, Outcome.NOT_SENT})
_CLOSED: dict[str, tuple[Outcome, Money | None]] = {
    "accepted": (Outcome.SENT, None),
    "refused": (Outcome.REFUSED, Money.NONE),
    "not_sent": (Outcome.NOT_SENT, Money.NONE),
    "lost": (Outcome.UNCERTAIN, Money.MAYBE),
}


def reserve(
    tx: TakeTransaction, take: Take, buyer: Buyer, unit_prices: Mapping[str, int] | None = None
) -> None:
    """Put the price of an ordered take aside, where every cap still has room for it.

    Raises:
        OverBudget: `cap_reached`, `price_unknown` or `confirmation_needed`; nothing may be kept of
            the order then.
    """
    ledger = tx.ledger
    actor = take.ordered_by or buyer.actor
    entry = _entry(ledger, take, 1, actor, unit_prices or {})
    rules = ledger.rules()
    check_caps(_caps(ledger, rules, entry, buyer), entry.estimate_micro_usd, rules)
    check_confirmed(entry.estimate_micro_usd, rules, buyer)
    ledger.add(entry)


def check_room(tx: TakeTransaction, take: Take) -> None:
    """For another paid attempt at a take whose last one may be charged. Under the ledger's lock.

    Raises:
        OverBudget: `cap_reached` or `price_unknown`.
    """
    ledger = tx.ledger
    rules = ledger.rules()
    entry = _entry(ledger, take, 0, "", {})
    check_caps(_caps(ledger, rules, entry, Buyer()), entry.estimate_micro_usd, rules)


def sign(tx: TakeTransaction, take_id: TakeId, actor: str) -> None:
    """The attempt that waits is this one's word, whoever ordered the take."""
    entry = _current(tx.ledger.of_take(take_id))
    if actor and entry is not None and entry.outcome is Outcome.RESERVED:
        tx.ledger.change(take_id, entry.attempt, {"actor": actor})


def follow(tx: TakeTransaction, take: Take) -> None:
    """Bring the ledger to what the take's row says now."""
    entries = tx.ledger.of_take(take.id)
    entry = _current(entries)
    outcome, money = outcome_of(take)
    if entry is None or (outcome is Outcome.RESERVED and entry.outcome is not outcome):
        _begin_next(tx.ledger, take, entries, outcome)
    elif entry.outcome not in _MADE_NOTHING:
        _settle(tx.ledger, entry, outcome, money)


def sent(tx: TakeTransaction, take: Take, attempt: int, at: datetime) -> None:
    """The intent of an attempt: committed together with it, before the call."""
    known = next((e for e in tx.ledger.of_take(take.id) if e.attempt == attempt), None)
    if known is None:
        tx.ledger.add(_entry(tx.ledger, take, attempt, take.ordered_by, {}))
    changes = {"outcome": Outcome.SENT, "money": None, "sent_at": at, "settled_at": None}
    tx.ledger.change(take.id, attempt, changes)


def closed(
    tx: TakeTransaction, take_id: TakeId, attempt: int, outcome: str, job_id: str | None
) -> None:
    """What became of an attempt's call, in the words of `SubmissionStore.close`."""
    entries = tx.ledger.of_take(take_id)
    entry = next((e for e in entries if e.attempt == attempt), None)
    if entry is None:
        return
    if job_id is not None:
        tx.ledger.change(take_id, attempt, {"provider_job_id": job_id})
        # The job was found before the take was sent again: that is not done now.
        for later in entries:
            if later.attempt > attempt and later.outcome is Outcome.RESERVED:
                _settle(tx.ledger, later, Outcome.NOT_SENT, Money.NONE)
    _settle(tx.ledger, entry, *_CLOSED[outcome])


def found_late(tx: TakeTransaction, take_id: TakeId, attempt: int) -> None:
    """A job of an attempt that was thought to have made nothing: it may be charged as well."""
    for entry in tx.ledger.of_take(take_id):
        if entry.attempt == attempt:
            _settle(tx.ledger, entry, Outcome.UNCERTAIN, Money.MAYBE)


def never_sent(tx: TakeTransaction, take_id: TakeId) -> None:
    """A person's word on an uncertain take."""
    entry = _current(tx.ledger.of_take(take_id))
    if entry is not None:
        _settle(tx.ledger, entry, Outcome.NOT_SENT, Money.NONE)


def note_bill(tx: TakeTransaction, take_id: TakeId, bill: Bill) -> None:
    """What the provider says that the take's job cost."""
    entry = _current(tx.ledger.of_take(take_id))
    if entry is None:
        return
    usage = _plain(bill.usage)
    actual = _amount(bill, price_of_usage(usage, entry.unit_prices))
    changes: dict[str, Any] = {"usage": usage or None}
    if actual is not None:
        changes["actual_micro_usd"] = actual
    if bill.was_charged or (entry.money is not None and actual is not None):
        changes["money"] = Money.CHARGED if bill.was_charged or actual else Money.NONE
    tx.ledger.change(take_id, entry.attempt, changes)


def true_failure(tx: TakeTransaction, take_id: TakeId, failure: Failure) -> Failure:
    """The failure with what the provider has said of the money, where it has said anything."""
    entry = _current(tx.ledger.of_take(take_id))
    if entry is None:
        return failure
    return replace(failure, money=_told(entry, failure.money))


def _entry(
    ledger: LedgerStore, take: Take, attempt: int, actor: str, unit_prices: Mapping[str, int]
) -> Entry:
    project_id, episode_id = ledger.place_of(take.shot_id)
    now = datetime.now(UTC)
    return Entry(
        take_id=take.id,
        attempt=attempt,
        project_id=project_id,
        episode_id=episode_id,
        shot_id=take.shot_id,
        connection_id=take.request.connection_id,
        model=take.request.model,
        seconds=take.request.seconds,
        actor=actor,
        day=now.astimezone().date(),
        ordered_at=now,
        outcome=Outcome.RESERVED,
        estimate_micro_usd=take.estimate_micro_usd,
        unit_prices=unit_prices,
    )


def _caps(ledger: LedgerStore, rules: Rules, entry: Entry, buyer: Buyer) -> list[Cap]:
    """Every cap that an order falls under, with what counts against it."""
    limits: list[tuple[Scope, object, int | None]] = [
        (Scope.DAY, entry.day, rules.day_cap_micro_usd),
        (Scope.EPISODE, entry.episode_id, rules.episode_caps.get(entry.episode_id)),
        (Scope.PROJECT, entry.project_id, rules.project_caps.get(entry.project_id)),
        (Scope.ACTOR, entry.actor, buyer.budget_micro_usd if entry.actor else None),
    ]
    return [
        Cap(scope, most, ledger.counted(scope, owner).counted_micro_usd)
        for scope, owner, most in limits
        if most is not None
    ]


def _current(entries: Sequence[Entry]) -> Entry | None:
    """The attempt that the take's state is about."""
    made = [entry for entry in entries if entry.outcome not in _MADE_NOTHING]
    found = made or entries
    return found[-1] if found else None


def _begin_next(
    ledger: LedgerStore, take: Take, entries: Sequence[Entry], outcome: Outcome
) -> None:
    """The take waits for another attempt, or nobody has written of it before."""
    last = entries[-1] if entries else None
    if last is not None and last.outcome is Outcome.SENT:
        _settle(ledger, last, Outcome.UNCERTAIN, Money.MAYBE)  # nobody says what became of it
    actor, prices = (last.actor, last.unit_prices) if last else (take.ordered_by, {})
    entry = _entry(ledger, take, last.attempt + 1 if last else 1, actor, prices)
    ledger.add(entry)
    if outcome is not Outcome.RESERVED:
        _settle(ledger, entry, *outcome_of(take))


def _settle(ledger: LedgerStore, entry: Entry, outcome: Outcome, money: Money | None) -> None:
    if money is None and entry.money is Money.CHARGED:
        money = entry.money  # a clip that is fetched again stays paid for
    told = _told(entry, money) if money is not None else None
    if (entry.outcome, entry.money) == (outcome, told):
        return
    is_open = outcome in (Outcome.RESERVED, Outcome.SENT)
    settled_at = None if is_open else datetime.now(UTC)
    changes = {"outcome": outcome, "money": told, "settled_at": settled_at}
    ledger.change(entry.take_id, entry.attempt, changes)


def _told(entry: Entry, money: Money) -> Money:
    """What the provider's bill says goes before what its state suggests."""
    if entry.actual_micro_usd is not None:
        return Money.CHARGED if entry.actual_micro_usd else Money.NONE
    if entry.estimate_micro_usd == 0:
        return Money.NONE
    return Money.CHARGED if entry.money is Money.CHARGED else money


def _amount(bill: Bill, by_usage: int | None) -> int | None:
    if bill.was_charged is False:
        return 0
    amount = by_usage if bill.micro_usd is None else bill.micro_usd
    return amount if amount is not None and 0 <= amount <= MOST_MICRO_USD else None


def _plain(usage: Mapping[str, Any]) -> dict[str, str]:
    """Counts as decimal text; what is no number is left out."""
    plain = {}
    for unit, count in usage.items():
        try:
            number = Decimal(str(count))
        except InvalidOperation:
            continue
        if number.is_finite() and abs(number) < MOST_MICRO_USD:
            plain[unit] = format(number, "f")[:60]
    return plain
