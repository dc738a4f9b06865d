"""Money: what attempts cost, and the caps that nothing may pass. Pure.

Amounts are whole micro-units of a US dollar, never floats. What an attempt counts for is its
actual price where that is known, its estimate where not, and nothing where nothing was charged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum

from shortdrama.domain.ids import ConnectionId, EpisodeId, ProjectId, ShotId, TakeId
from shortdrama.domain.take import Money, Take, TakeStatus
from shortdrama.errors import InvalidInput, OverBudget, mark

MICRO = 1_000_000
MOST_MICRO_USD = 1_000_000_000 * MICRO  # a billion dollars; what is above is a typing error
_CENT = MICRO // 100
_PER_THOUSAND = 1000


class Scope(StrEnum):
    """What a cap is for. A day is the studio's own, everything in it together."""

    DAY = "day"
    EPISODE = "episode"
    PROJECT = "project"
    ACTOR = "actor"  # a client with a budget of its own


class Outcome(StrEnum):
    """How an attempt ended, or where it is."""

    RESERVED = "reserved"  # ordered, not sent yet
    SENT = "sent"
    UNCERTAIN = "uncertain"
    REFUSED = "refused"
    NOT_SENT = "not_sent"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the ledger: one attempt at one take."""

    take_id: TakeId
    attempt: int  # from 1
    project_id: ProjectId
    episode_id: EpisodeId
    shot_id: ShotId
    connection_id: ConnectionId
    model: str
    seconds: int
    actor: str  # who ordered it; "" where the studio has no users
    day: date  # on the studio's own clock
    ordered_at: datetime
    outcome: Outcome
    money: Money | None = None  # None: not known yet
    estimate_micro_usd: int | None = None  # None: no price is known
    actual_micro_usd: int | None = None  # None: the provider has not said
    usage: Mapping[str, str] = field(default_factory=dict)  # its own units, as decimal text
    unit_prices: Mapping[str, int] = field(default_factory=dict)  # micro USD of a thousand units
    sent_at: datetime | None = None
    settled_at: datetime | None = None
    provider_job_id: str | None = None

    @property
    def counts_micro_usd(self) -> int:
        if self.money is Money.NONE:
            return 0
        actual = self.actual_micro_usd
        return (self.estimate_micro_usd or 0) if actual is None else actual

    @property
    def has_no_price(self) -> bool:
        is_unknown = self.estimate_micro_usd is None and self.actual_micro_usd is None
        return is_unknown and self.money is not Money.NONE


@dataclass(frozen=True, slots=True)
class Sum:
    """What some attempts come to."""

    spent_micro_usd: int = 0  # charged, or perhaps charged
    reserved_micro_usd: int = 0  # under way
    maybe_micro_usd: int = 0  # of what is spent: nobody knows whether it was charged
    without_price: int = 0  # attempts that may have cost something that nobody knows

    @property
    def counted_micro_usd(self) -> int:
        return self.spent_micro_usd + self.reserved_micro_usd


@dataclass(frozen=True, slots=True)
class Rules:
    """What a studio has set. None: no cap, or never ask."""

    day_cap_micro_usd: int | None = None
    ask_above_micro_usd: int | None = 5 * MICRO
    allows_unknown_prices: bool = False  # although there is a cap
    project_caps: Mapping[str, int] = field(default_factory=dict)
    episode_caps: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cap:
    """A cap and what counts against it already."""

    scope: Scope
    micro_usd: int
    counted_micro_usd: int

    @property
    def left_micro_usd(self) -> int:
        return max(0, self.micro_usd - self.counted_micro_usd)


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who orders, what they have agreed to pay at most for it, and their own budget, if any."""

    actor: str = ""
    confirmed_micro_usd: int | None = None
    budget_micro_usd: int | None = None
    is_asked: bool = True  # False: a program that cannot be asked; caps hold all the same


PASSES: dict[Scope, str] = {
    Scope.DAY: mark(
        "This would pass today’s cap of %(cap)s: %(counted)s is spent or reserved, and this may "
        "cost %(price)s. Raise the cap under Spend, or wait until tomorrow."
    ),
    Scope.EPISODE: mark(
        "This would pass this episode’s cap of %(cap)s: %(counted)s is spent or reserved, and "
        "this may cost %(price)s. Raise the cap under Spend, or choose a cheaper model."
    ),
    Scope.PROJECT: mark(
        "This would pass this project’s cap of %(cap)s: %(counted)s is spent or reserved, and "
        "this may cost %(price)s. Raise the cap under Spend, or choose a cheaper model."
    ),
    Scope.ACTOR: mark(
        "This would pass this client’s budget of %(cap)s: %(counted)s is spent or reserved, and "
        "this may cost %(price)s. Ask the studio’s owner for more."
    ),
}
NO_PRICE = mark(
    "Nobody has told the studio what this model costs, so the cap cannot be kept. Enter its price "
    "among its figures in the settings, or allow models without a price under Spend."
)
ASK_FIRST = mark(
    "This may cost %(price)s, more than the %(limit)s above which the studio asks. Confirm it."
)


def check_caps(caps: Iterable[Cap], price_micro_usd: int | None, rules: Rules) -> None:
    """Whether an order still fits.

    Args:
        caps: All that it falls under.
        price_micro_usd: None where it is not known.
        rules: What the studio does then.

    Raises:
        OverBudget: `cap_reached` or `price_unknown`, in words a person can act on.
    """
    for cap in caps:
        if price_micro_usd is None:
            if not rules.allows_unknown_prices:
                raise OverBudget(NO_PRICE, code="price_unknown", scope=cap.scope.value)
        elif price_micro_usd > 0 and cap.counted_micro_usd + price_micro_usd > cap.micro_usd:
            raise OverBudget(
                PASSES[cap.scope],
                code="cap_reached",
                scope=cap.scope.value,
                cap=dollars(cap.micro_usd),
                counted=dollars(cap.counted_micro_usd),
                price=dollars(price_micro_usd),
                cap_micro_usd=cap.micro_usd,
                counted_micro_usd=cap.counted_micro_usd,
                price_micro_usd=price_micro_usd,
            )


def must_ask(price_micro_usd: int | None, rules: Rules) -> bool:
    """Whether a person has to confirm this price."""
    limit = rules.ask_above_micro_usd
    return limit is not None and price_micro_usd is not None and price_micro_usd > limit


def check_confirmed(price_micro_usd: int | None, rules: Rules, buyer: Buyer) -> None:
    """Raises `OverBudget` (`confirmation_needed`) where nobody has agreed to a price this high."""
    if not buyer.is_asked or not must_ask(price_micro_usd, rules):
        return
    assert price_micro_usd is not None  # noqa: S101 - a price that must be asked for is known
    if (buyer.confirmed_micro_usd or 0) < price_micro_usd:
        raise OverBudget(
            ASK_FIRST,
            code="confirmation_needed",
            price=dollars(price_micro_usd),
            limit=dollars(rules.ask_above_micro_usd or 0),
            price_micro_usd=price_micro_usd,
        )


def outcome_of(take: Take) -> tuple[Outcome, Money | None]:
    """What a take's state says of its latest attempt."""
    match take.status:
        case TakeStatus.DRAFT | TakeStatus.QUEUED:
            return Outcome.RESERVED, None
        case TakeStatus.UNCERTAIN | TakeStatus.STALLED:
            return Outcome.UNCERTAIN, Money.MAYBE
        case TakeStatus.READY:
            return Outcome.READY, Money.CHARGED
        case TakeStatus.FAILED:
            return Outcome.FAILED, take.failure.money if take.failure else Money.MAYBE
        case TakeStatus.CANCELLED:
            return Outcome.CANCELLED, Money.MAYBE if take.submitted_at else Money.NONE
    return Outcome.SENT, None


def price_of_usage(usage: Mapping[str, str], unit_prices: Mapping[str, int]) -> int | None:
    """Micro USD of a provider's own units, such as tokens or credits; None without all prices.

    Args:
        usage: Counts as decimal text.
        unit_prices: Micro USD of a thousand of each unit. Units without one cost nothing by
            themselves, as the parts of a sum do.
    """
    known = {unit: count for unit, count in usage.items() if unit in unit_prices}
    if not known:
        return None
    try:
        total = sum(
            (Decimal(count) * unit_prices[unit] for unit, count in known.items()), Decimal(0)
        )
        return int((total / _PER_THOUSAND).to_integral_value(ROUND_HALF_UP))
    except (InvalidOperation, OverflowError, ValueError):
        return None


def dollars(micro_usd: int) -> str:
    """ "$0.40", to the cent; less than half a cent is "<$0.01", never nothing."""
    sign, amount = ("-", -micro_usd) if micro_usd < 0 else ("", micro_usd)
    cents = (amount + _CENT // 2) // _CENT
    if amount and not cents:
        return "<$0.01"
    return f"{sign}${cents // 100}.{cents % 100:02d}"


def exact_dollars(micro_usd: int) -> str:
    """ "0.400000": every digit, without a sign of the currency."""
    sign, amount = ("-", -micro_usd) if micro_usd < 0 else ("", micro_usd)
    return f"{sign}{amount // MICRO}.{amount % MICRO:06d}"


def parse_dollars(text: str) -> int | None:
    """Micro USD of what a person typed: "20", "$20.50", "20,50"; None for nothing.

    Raises:
        InvalidInput: It is no amount of money.
    """
    plain = text.strip().removeprefix("US").removeprefix("$").replace(" ", "")
    if not plain:
        return None
    if "," in plain and "." not in plain and len(plain.rpartition(",")[2]) != 3:
        plain = plain.replace(",", ".")
    try:
        amount = Decimal(plain.replace(",", "")) * MICRO
        whole = int(amount)
    except (InvalidOperation, OverflowError, ValueError) as error:
        raise InvalidInput(_NO_AMOUNT, code="amount_malformed", text=text[:40]) from error
    if whole != amount or not 0 <= whole <= MOST_MICRO_USD:
        raise InvalidInput(_NO_AMOUNT, code="amount_malformed", text=text[:40])
    return whole


_NO_AMOUNT = mark("“%(text)s” is no amount of dollars. Write it like 20 or 20.50.")


def share_permille(part_micro_usd: int, whole_micro_usd: int) -> int | None:
    """Thousandths, rounded; None of nothing."""
    if whole_micro_usd <= 0:
        return None
    return (part_micro_usd * 2000 + whole_micro_usd) // (2 * whole_micro_usd)


def per_second(micro_usd: int, duration_ms: int) -> int | None:
    """Micro USD of a second; None where there is none."""
    return None if duration_ms <= 0 else (micro_usd * 1000 + duration_ms // 2) // duration_ms


@dataclass(frozen=True, slots=True)
class TakeCost:
    """What a take has cost, over all of its attempts."""

    micro_usd: int
    money: Money | None  # None: not known yet
    is_actual: bool  # the provider has said it
    is_known: bool  # False: no price is known for some of it


def cost_of(entries: Iterable[Entry]) -> TakeCost:
    """All attempts at one take together."""
    rows = list(entries)
    sorts = {entry.money for entry in rows if entry.counts_micro_usd or entry.has_no_price}
    money: Money | None = Money.NONE
    for worst in (None, Money.MAYBE, Money.CHARGED):
        if worst in sorts:
            money = worst
            break
    counting = [entry for entry in rows if entry.money is not Money.NONE]
    return TakeCost(
        micro_usd=sum(entry.counts_micro_usd for entry in rows),
        money=money,
        is_actual=bool(rows) and all(e.actual_micro_usd is not None for e in counting),
        is_known=not any(entry.has_no_price for entry in rows),
    )
