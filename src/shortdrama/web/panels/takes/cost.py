"""What takes have cost, as far as the prices are known. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shortdrama.domain.ids import TakeId
from shortdrama.domain.money import TakeCost
from shortdrama.domain.take import Take


def cost_of(takes: Iterable[Take], costs: Mapping[TakeId, TakeCost] | None = None) -> int:
    """Micro USD of all together; what was surely not charged is left out.

    Args:
        takes: Those that are meant.
        costs: What the ledger says of them; a take that it does not know counts its estimate.
    """
    known = costs or {}
    return sum(known[t.id].micro_usd if t.id in known else _estimate(t) for t in takes)


def _estimate(take: Take) -> int:
    return (take.estimate_micro_usd or 0) if take.was_charged else 0
