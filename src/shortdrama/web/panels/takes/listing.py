"""Which takes of a shot its panel lists: the newest, and further back as somebody asks. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from shortdrama.domain.ids import TakeId
from shortdrama.domain.take import Take

AT_ONCE = 60
_MOST_KEY = 9  # keys 1 to 9 show the take of that number


@dataclass(frozen=True, slots=True)
class Depth:
    """How far back a page has its list: down to the take `until`, or to `AT_ONCE` of them."""

    until: str = ""
    goes_further: bool = False  # by another `AT_ONCE`


@dataclass(frozen=True, slots=True)
class Listing:
    """`listed` newest first; `pinned` are shown although they are older than those."""

    listed: tuple[Take, ...] = ()
    pinned: tuple[Take, ...] = ()
    until: str = ""  # of the depth that this is; "" where it is the usual one
    older: int = 0  # how many are not listed
    by_key: tuple[tuple[int, TakeId], ...] = ()  # of those that are not listed

    @property
    def shown(self) -> tuple[Take, ...]:
        return (*self.listed, *self.pinned)


def list_takes(takes: Sequence[Take], depth: Depth, always: Collection[TakeId]) -> Listing:
    """The list of a shot.

    Args:
        takes: Every one, newest first.
        depth: How far back it goes.
        always: What is shown at any depth: the selected take and the one in the viewer.
    """
    reached = next((n for n, take in enumerate(takes, 1) if take.id == depth.until), 0)
    count = max(AT_ONCE, reached) + (AT_ONCE if depth.goes_further else 0)
    listed, rest = tuple(takes[:count]), takes[count:]
    return Listing(
        listed=listed,
        pinned=tuple(take for take in rest if take.id in always),
        until=listed[-1].id if count > AT_ONCE and listed else "",
        older=len(rest),
        by_key=tuple((t.number, t.id) for t in rest if t.number <= _MOST_KEY),
    )
