"""What the viewer shows of a place: a clip, a problem, or work on its way; and the words."""

from __future__ import annotations

from dataclasses import dataclass

from shortdrama.board.service import ShotView
from shortdrama.domain.take import Clip
from shortdrama.web.i18n import _
from shortdrama.web.panels.studio.place import Place
from shortdrama.web.panels.takes.card import TakeCard, last_frame_url, poster_url, state_word
from shortdrama.web.panels.viewer.download import download_url
from shortdrama.web.panels.viewer.problem import Problem, describe


@dataclass(frozen=True, slots=True)
class Neighbour:
    number: int
    picture_url: str


@dataclass(frozen=True, slots=True)
class Status:
    """The status line: which take is shown, and what is on its way.

    `words` is "Take 4 is generating", `left` "about 50 s left"; `tail` is what follows.
    """

    shown_number: int | None
    busy: TakeCard | None
    look: str
    words: str
    percent_words: str = ""
    left: str = ""
    tail: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """`kind` is "clip", "problem", "busy" or "empty"."""

    kind: str
    card: TakeCard | None
    problem: Problem | None
    before: Neighbour | None
    after: Neighbour | None
    status: Status
    download_url: str
    fps: float
    width: int
    height: int
    duration_s: float


def set_stage(place: Place) -> Stage:
    card = place.shown_card
    problem = describe(place.shown, place.cost_of_shown) if place.shown else None
    clip = place.shown.clip if place.shown else None
    kind = _kind(place, card, problem)
    return Stage(
        kind=kind,
        card=card,
        problem=problem,
        before=_neighbour(place.neighbour(-1), is_before=True),
        after=_neighbour(place.neighbour(1), is_before=False),
        status=status_line(place),
        download_url=download_url(place),
        fps=frame_rate(clip),
        width=clip.width if clip else 720,
        height=clip.height if clip else 1280,
        duration_s=clip.duration_ms / 1000 if clip else 0.0,
    )


# Clips from before the rate was kept are taken for the studio's own.
_USUAL_FPS = 30.0
_MOST_FPS = 240.0


def frame_rate(clip: Clip | None) -> float:
    """Frames a second that the player steps by; 30 where the clip tells none, or no real one."""
    fps = clip.fps if clip else None
    return fps if fps is not None and 1 <= fps <= _MOST_FPS else _USUAL_FPS


def _kind(place: Place, card: TakeCard | None, problem: Problem | None) -> str:
    if problem is not None:
        return "problem"
    if card is not None and card.video_url:
        return "clip"
    return "busy" if place.busy_card or card else "empty"


def status_line(place: Place) -> Status:
    busy, card = place.busy_card, place.shown_card
    problem = describe(place.shown, place.cost_of_shown) if place.shown else None
    shown_number = card.number if card and card.video_url else None
    if problem is not None and card is not None:
        tail = _("nothing is sent until you decide") if problem.look == "uncertain" else ""
        return Status(None, busy, problem.look, _is_in_state(card), tail=tail)
    if busy is None:
        look = card.look if card else ""
        return Status(shown_number, None, look, "", tail=_resting_words(place))
    return Status(
        shown_number=shown_number,
        busy=busy,
        look=busy.look,
        words=_is_in_state(busy),
        percent_words=percent_words(busy),
        left=left_words(busy.left_s) if busy.left_s is not None else "",
        tail=_tail(busy),
    )


def _is_in_state(card: TakeCard) -> str:
    sentence = {
        "queued": _("Take {number} is queued"),
        "submitting": _("Take {number} is being sent"),
        "generating": _("Take {number} is generating"),
        "downloading": _("Take {number} is downloading"),
        "cancelling": _("Take {number} is being cancelled"),
        "failed": _("Take {number} failed"),
        "uncertain": _("Take {number} is uncertain"),
        "stalled": _("Take {number} has stalled"),
    }.get(card.state)
    if sentence is None:
        return f"{_('Take')} {card.number}: {state_word(card.state)}"
    return sentence.format(number=card.number)


def percent_words(card: TakeCard) -> str:
    """ ", 42 %"; nothing where the source tells none."""
    is_told = card.percent is not None and card.state in ("submitting", "generating", "downloading")
    return f", {card.percent} %" if is_told else ""


def left_words(seconds: float) -> str:
    """ "about 50 s left", "about 3 min left", "longer than usual"."""
    if seconds <= 0:
        return _("longer than usual")
    if seconds < 90:
        return _("about {seconds} s left").format(seconds=max(1, round(seconds)))
    return _("about {minutes} min left").format(minutes=round(seconds / 60))


def _tail(busy: TakeCard) -> str:
    if busy.trouble:
        return busy.trouble
    if busy.state == "queued":
        if busy.queue_position is not None:
            return _("number {position} in the queue").format(position=busy.queue_position)
        return _("waiting for its turn")
    return "" if busy.state == "cancelling" else _("plays here when it is ready")


def _resting_words(place: Place) -> str:
    if place.shown_card is None and place.cards:
        return _("No take is ready. Press Generate to make another.")
    return ""


def _neighbour(view: ShotView | None, *, is_before: bool) -> Neighbour | None:
    take = view.shown_take if view else None
    if view is None or take is None:
        return None
    url = last_frame_url(take) if is_before else poster_url(take)
    return Neighbour(view.shot.number, url) if url else None
