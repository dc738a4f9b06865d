"""What takes have cost, as far as the prices are known. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shortdrama.domain.ids import TakeId
from shortdrama.domain.money import TakeCost, dollars
from shortdrama.domain.take import Take
from shortdrama.web.i18n import ngettext_now


def cost_of(takes: Iterable[Take], costs: Mapping[TakeId, TakeCost] | None = None) -> int:
    """Micro USD of all together; what was surely not charged is left out.

    Args:
        takes: Those that are meant.
        costs: What the ledger says of them; a take that it does not know counts its estimate.
    """
    known = costs or {}
    return sum(known[t.id].micro_usd if t.id in known else _estimate(t) for t in takes)


def unpriced_of(takes: Iterable[Take], costs: Mapping[TakeId, TakeCost] | None = None) -> int:
    """How many of them cost, or may cost, what nobody knows."""
    known = costs or {}
    return sum(not known[t.id].is_known if t.id in known else _has_no_price(t) for t in takes)


def cost_words(micro_usd: int, unpriced: int, nothing: str) -> str:
    """ "$0.40", "price unknown for 2 takes", or both; `nothing` where nothing was spent."""
    if not unpriced:
        return dollars(micro_usd) if micro_usd else nothing
    unknown = ngettext_now(
        "price unknown for %(count)s take", "price unknown for %(count)s takes", unpriced
    ) % {"count": unpriced}
    return f"{dollars(micro_usd)} + {unknown}" if micro_usd else unknown


def _has_no_price(take: Take) -> bool:
    return take.was_charged and take.estimate_micro_usd is None


def _estimate(take: Take) -> int:
    return (take.estimate_micro_usd or 0) if take.was_charged else 0
