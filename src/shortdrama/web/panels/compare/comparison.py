"""Which takes of a shot are compared, and which others could be. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from shortdrama.domain.ids import ShotId, TakeId
from shortdrama.domain.take import Take, TakeStatus
from shortdrama.errors import InvalidInput, NotFound
from shortdrama.web.i18n import _
from shortdrama.web.panels.studio.place import Place
from shortdrama.web.panels.takes.card import TakeCard
from shortdrama.web.panels.takes.cost import cost_of, cost_words, unpriced_of
from shortdrama.web.panels.takes.listing import Depth, Listing, list_takes
from shortdrama.web.panels.viewer.download import download_url
from shortdrama.web.panels.viewer.stage import frame_rate

FEWEST, MOST = 2, 4
_USUAL = Depth()


@dataclass(frozen=True, slots=True)
class ComparedTake:
    """One column."""

    card: TakeCard
    width: int
    height: int
    download_url: str
    is_first: bool  # the one that is chosen when the page opens

    @property
    def shape(self) -> str:
        if self.height == self.width:
            return "square"
        return "tall" if self.height > self.width else "wide"


@dataclass(frozen=True, slots=True)
class Choice:
    """A link to another comparison."""

    label: int  # a take's number, or how many takes
    card: TakeCard | None
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """`takes` stand in the order of their numbers; empty where the shot has fewer than two."""

    place: Place
    takes: tuple[ComparedTake, ...]
    counts: tuple[Choice, ...]
    others: tuple[Choice, ...]
    older: int  # how many ready takes are not among the others
    older_url: str  # of the same comparison with more of them
    fps: float
    duration_s: float
    cost: str

    @property
    def words(self) -> str:
        return {
            2: _("Two takes, one playhead"),
            3: _("Three takes, one playhead"),
            4: _("Four takes, one playhead"),
        }.get(len(self.takes), "")

    @property
    def keys(self) -> tuple[int, ...]:
        """The digits that choose a take: its number, as in the studio; none from ten on."""
        numbers = (compared.card.number for compared in self.takes)
        return tuple(number for number in numbers if number < 10)

    @property
    def rejected_count(self) -> int:
        return sum(compared.card.state == "rejected" for compared in self.takes)


def compare(place: Place, asked: Sequence[str] = (), depth: Depth = _USUAL) -> Comparison:
    """The comparison of the takes that are asked for; of the likely ones where none is.

    Args:
        place: The shot with all its takes.
        asked: Ids of the takes to compare.
        depth: How far back takes are offered.

    Raises:
        InvalidInput: One, or more than four takes are asked for, or one is not ready.
        NotFound: A take is not of this shot.
    """
    ready = ready_takes(place)
    shown = _asked(place, asked) if asked else likely(ready, place.view.shot.selected_take_id)
    if len(ready) < FEWEST:
        shown = ()
    first = _first(place, shown)
    offered = list_takes(ready, depth, {take.id for take in shown})
    return Comparison(
        place=place,
        takes=tuple(_column(place, take, first) for take in shown),
        counts=tuple(_counts(place, ready, shown)),
        others=tuple(_others(place, offered.shown, shown)),
        older=offered.older,
        older_url=_older_url(place, offered, shown),
        # By the finest: a step then passes over no frame of any of them.
        fps=max((frame_rate(t.clip) for t in shown), default=frame_rate(None)),
        duration_s=max((t.clip.duration_ms / 1000 for t in shown if t.clip), default=0.0),
        cost=cost_words(
            cost_of(shown, place.costs), unpriced_of(shown, place.costs), nothing=_("free")
        ),
    )


def ready_takes(place: Place) -> tuple[Take, ...]:
    """Those with a clip, newest first."""
    return tuple(take for take in place.view.takes if _is_ready(take))


def likely(ready: Sequence[Take], selected: TakeId | None, count: int = MOST) -> tuple[Take, ...]:
    """The selected take and the newest others, those not rejected first; by number."""

    def order(take: Take) -> tuple[bool, bool, int]:
        return take.id != selected, take.is_rejected, -take.number

    return _by_number(sorted(ready, key=order)[:count])


def _is_ready(take: Take) -> bool:
    return take.status is TakeStatus.READY and take.clip is not None


def _by_number(takes: Iterable[Take]) -> tuple[Take, ...]:
    return tuple(sorted(takes, key=lambda take: take.number))


def _asked(place: Place, asked: Sequence[str]) -> tuple[Take, ...]:
    ids = dict.fromkeys(asked)
    if not FEWEST <= len(ids) <= MOST:
        raise InvalidInput("Two to four takes can be compared.", code="takes_to_compare")
    by_id: dict[str, Take] = {take.id: take for take in place.view.takes}
    for take_id in ids:
        if take_id not in by_id:
            raise NotFound("This take is not here any more.")
        if not _is_ready(by_id[take_id]):
            raise InvalidInput("Only ready takes can be compared.", code="takes_to_compare")
    return _by_number(by_id[take_id] for take_id in ids)


def _first(place: Place, shown: Sequence[Take]) -> TakeId | None:
    """The newest that nobody has decided about; else the newest."""
    open_ones = [t for t in shown if not t.is_rejected and t.id != place.view.shot.selected_take_id]
    candidates = open_ones or shown
    return candidates[-1].id if candidates else None


def _column(place: Place, take: Take, first: TakeId | None) -> ComparedTake:
    card = place.card(take.id)
    if card is None:
        raise NotFound("This take is not here any more.")
    return ComparedTake(
        card=card,
        width=take.clip.width if take.clip else 0,
        height=take.clip.height if take.clip else 0,
        download_url=download_url(replace(place, shown=take)),
        is_first=take.id == first,
    )


def _counts(place: Place, ready: Sequence[Take], shown: Sequence[Take]) -> Iterable[Choice]:
    selected = place.view.shot.selected_take_id
    for count in range(FEWEST, min(MOST, len(ready)) + 1):
        takes = likely(ready, selected, count)
        yield Choice(count, None, address(place.view.shot.id, takes), count == len(shown))


def _others(place: Place, offered: Iterable[Take], shown: Sequence[Take]) -> Iterable[Choice]:
    """The link of a take puts it into the comparison, or takes it out."""
    for take in offered:
        is_shown = take in shown
        takes = _without(shown, take) if is_shown else _with(place, shown, take)
        href = address(place.view.shot.id, takes)
        yield Choice(take.number, place.card(take.id), href, is_shown)


def _older_url(place: Place, offered: Listing, shown: Sequence[Take]) -> str:
    if not offered.older:
        return ""
    further = {"until": offered.listed[-1].id, "further": "true"}
    return f"{address(place.view.shot.id, shown)}&{urlencode(further)}"


def _without(shown: Sequence[Take], take: Take) -> tuple[Take, ...]:
    if len(shown) <= FEWEST:
        return tuple(shown)
    return tuple(other for other in shown if other is not take)


def _with(place: Place, shown: Sequence[Take], take: Take) -> tuple[Take, ...]:
    """Where four are there, the one that is left last by `likely` makes room."""
    kept = likely(shown, place.view.shot.selected_take_id, MOST - 1)
    return _by_number((*kept, take))


def address(shot_id: ShotId, takes: Sequence[Take] = ()) -> str:
    """Of the comparison; of the likely one where no takes are given."""
    query = {"shot": shot_id, "takes": ",".join(take.id for take in takes)}
    return "/compare?" + urlencode({k: v for k, v in query.items() if v}, safe=",")
