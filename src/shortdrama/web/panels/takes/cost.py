"""What takes have cost, as far as the prices are known. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from shortdrama.domain.take import Take


def cost_of(takes: Iterable[Take]) -> int:
    """Micro USD of all together; what was surely not charged is left out."""
    return sum(take.estimate_micro_usd or 0 for take in takes if take.was_charged)
