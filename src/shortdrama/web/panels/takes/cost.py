"""What takes have cost, as far as the prices are known. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from shortdrama.domain.take import Money, Take, TakeStatus


def cost_of(takes: Iterable[Take]) -> int:
    """Micro USD of all together; what was surely not charged is left out."""
    return sum(take.estimate_micro_usd or 0 for take in takes if _was_charged(take))


def _was_charged(take: Take) -> bool:
    if take.submitted_at is None:
        return False
    if take.status is TakeStatus.FAILED:
        return take.failure is None or take.failure.money is not Money.NONE
    return True
