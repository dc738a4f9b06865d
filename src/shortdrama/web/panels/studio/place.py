"""Where a page stands: an episode, one of its shots, and the takes of it as cards."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from starlette.requests import Request
from starlette.responses import Response

from shortdrama.board.service import BoardView, ShotView
from shortdrama.domain.ids import ShotId, TakeId
from shortdrama.domain.money import TakeCost
from shortdrama.domain.take import Take, TakeStatus
from shortdrama.domain.waiting import NO_KEY, held_up
from shortdrama.errors import NotFound
from shortdrama.web.panels.takes.card import ModelLabels, Setting, TakeCard, take_card
from shortdrama.web.panels.takes.listing import Depth, Listing, list_takes
from shortdrama.web.services import Services

_OPEN_SHOT = "shot"  # the cookie; other studios on this machine have one of the same name
_SHOT_ID = re.compile(r"[0-9a-f]{32}")
_USUAL = Depth()
_NEEDS_PERSON = (TakeStatus.UNCERTAIN, TakeStatus.STALLED)


@dataclass(frozen=True, slots=True)
class Place:
    """The shot that is open. `shown` is the take that the viewer shows, if any.

    `cards` are of the takes that the panel lists; `card` finds that of any take of the shot.
    """

    board: BoardView
    view: ShotView
    cards: tuple[TakeCard, ...]
    labels: ModelLabels
    shown: Take | None
    costs: Mapping[TakeId, TakeCost] = field(default_factory=dict)  # of the shot's takes
    listing: Listing = field(default_factory=Listing)
    make_card: Callable[[TakeId], TakeCard | None] | None = None  # of takes that are not listed

    @property
    def cost_of_shown(self) -> TakeCost | None:
        return self.costs.get(self.shown.id) if self.shown else None

    @property
    def shown_card(self) -> TakeCard | None:
        return self.card(self.shown.id) if self.shown else None

    @property
    def busy_card(self) -> TakeCard | None:
        """The oldest take that is on its way: the next one that will play."""
        active = (self.card(take.id) for take in reversed(self.view.takes) if take.is_active)
        return next((card for card in active if card and card.is_running), None)

    @property
    def is_fresh(self) -> bool:
        """Nothing was ever made in this episode."""
        return len(self.board.shots) == 1 and not self.view.takes

    @property
    def can_compare(self) -> bool:
        ready = (t.status is TakeStatus.READY and t.clip is not None for t in self.view.takes)
        return sum(ready) > 1

    @property
    def scene_title(self) -> str:
        scene_id = self.view.shot.scene_id
        return next((s.title for s in self.board.scenes if s.id == scene_id), "")

    @property
    def pinned(self) -> tuple[TakeCard, ...]:
        """Older than those that are listed."""
        cards = (self.card(take.id) for take in self.listing.pinned)
        return tuple(card for card in cards if card is not None)

    def card(self, take_id: TakeId) -> TakeCard | None:
        if self.make_card is not None:
            return self.make_card(take_id)
        return next((card for card in self.cards if card.id == take_id), None)

    def neighbour(self, step: int) -> ShotView | None:
        """The shot before (-1) or after (1)."""
        index = next(i for i, v in enumerate(self.board.shots) if v.shot.id == self.view.shot.id)
        position = index + step
        return self.board.shots[position] if 0 <= position < len(self.board.shots) else None


def find_place(
    services: Services, shot_id: str = "", take_id: str = "", depth: Depth = _USUAL
) -> Place:
    """The place that an address names; the latest work where it names none.

    Raises:
        NotFound: There is no such shot, or no such take in it.
    """
    if shot_id:
        shot = services.board.shot(ShotId(shot_id))
        board = services.board.episode_view(shot.episode_id)
    else:
        board = services.board.current()
    view = board.shot(ShotId(shot_id)) if shot_id else _latest(board)
    if view is None:
        raise NotFound("This shot is not here any more.")
    labels = model_labels(services)
    costs = services.money.costs([take.id for take in view.takes])
    by_id = {take.id: take for take in view.takes}

    @cache
    def make_card(take_id: TakeId) -> TakeCard | None:
        take = by_id.get(take_id)
        return card_of(services, view, take, labels, costs.get(take_id)) if take else None

    shown = _asked(view, take_id) if take_id else shown_first(view)
    always = {view.shot.selected_take_id, shown.id if shown else None} - {None}
    listing = list_takes(view.takes, depth, {take_id for take_id in always if take_id})
    cards = (make_card(take.id) for take in listing.listed)
    return Place(
        board=board,
        view=view,
        cards=tuple(card for card in cards if card is not None),
        labels=labels,
        costs=costs,
        shown=shown,
        listing=listing,
        make_card=make_card,
    )


def remember_place(response: Response, place: Place) -> Response:
    """Lets the pages without a shot in their address stay where the person is."""
    response.set_cookie(_OPEN_SHOT, place.view.shot.id, httponly=True, samesite="strict")
    return response


def remembered_shot(request: Request, services: Services) -> ShotId | None:
    """The shot that was opened last in this browser; None where there is none, or none any more."""
    kept = request.cookies.get(_OPEN_SHOT, "")
    if not _SHOT_ID.fullmatch(kept):
        return None
    try:
        return services.board.shot(ShotId(kept)).id
    except NotFound:
        return None


def remembered_board(request: Request, services: Services) -> BoardView:
    """The episode of the shot that was opened last, else the newest of the person's own project."""
    shot_id = remembered_shot(request, services)
    if shot_id is None:
        return services.board.current()
    return services.board.episode_view(services.board.shot(shot_id).episode_id)


def card_of(
    services: Services,
    view: ShotView,
    take: Take,
    labels: ModelLabels,
    cost: TakeCost | None = None,
) -> TakeCard:
    is_queued = take.status is TakeStatus.QUEUED
    setting = Setting(
        labels=labels,
        selected=view.shot.selected_take_id,
        shot_number=view.shot.number,
        queue_position=services.takes.queue_position(take) if is_queued else None,
        client_names=_client_names(services, take),
        connection_name=_connection_name(services, take),
        cost=cost,
    )
    return take_card(take, setting)


def _client_names(services: Services, take: Take) -> dict[str, str]:
    """Looked up for takes of programs alone; those have a shot of their own."""
    is_client = take.ordered_by.startswith("client:")
    names = services.client_keys.names() if is_client else {}
    return {str(client_id): name for client_id, name in names.items()}


def _connection_name(services: Services, take: Take) -> str:
    """Looked up for takes that wait for their key alone: a keyring may be slow."""
    held = held_up(take)
    if held is None or held.why != NO_KEY:
        return ""
    try:
        return services.connections.get(take.request.connection_id).name
    except NotFound:
        return ""


def model_labels(services: Services) -> ModelLabels:
    return {
        (choice.capability.model, choice.connection_id): choice.capability.label
        for choice in services.connections.models()
    }


def shown_first(view: ShotView) -> Take | None:
    """What the viewer opens with: what waits for a person, else the take that plays."""
    newest = view.takes[0] if view.takes else None
    if newest is not None and newest.status in _NEEDS_PERSON:
        return newest
    if view.shown_take is not None:
        return view.shown_take
    if newest is not None and newest.is_active:
        return None
    return next((t for t in view.takes if t.status is not TakeStatus.CANCELLED), None)


def _asked(view: ShotView, take_id: str) -> Take:
    take = next((take for take in view.takes if take.id == take_id), None)
    if take is None:
        raise NotFound("This take is not here any more.")
    return take


def _latest(board: BoardView) -> ShotView:
    def newest(view: ShotView) -> str:
        return view.takes[0].id if view.takes else ""

    return max(board.shots, key=lambda view: (newest(view), -view.shot.number))
