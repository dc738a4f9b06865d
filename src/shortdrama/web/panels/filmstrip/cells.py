"""The filmstrip's cells: one for each shot, in its scene."""

from __future__ import annotations

from dataclasses import dataclass

from shortdrama.board.service import BoardView, ShotView
from shortdrama.domain.take import Take
from shortdrama.web.panels.takes.card import poster_url, state_word

_LOOKS = {"submitting": "generating", "downloading": "generating", "stalled": "uncertain"}
_ICONS = {
    "draft": "draft",
    "queued": "queued",
    "failed": "failed",
    "uncertain": "uncertain",
    "rejected": "cancelled",
    "cancelled": "cancelled",
    "cancelling": "cancelled",
}


@dataclass(frozen=True, slots=True)
class Cell:
    shot_id: str
    number: int
    look: str
    word: str
    icon: str
    seconds: str
    poster_url: str | None
    busy_id: str  # "" where nothing is on its way
    busy_number: int
    percent: int | None


@dataclass(frozen=True, slots=True)
class SceneCells:
    title: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Strip:
    scenes: tuple[SceneCells, ...]
    length_s: float
    selected: int
    total: int


def lay_strip(board: BoardView) -> Strip:
    scenes = []
    for scene in board.scenes:
        views = [view for view in board.shots if view.shot.scene_id == scene.id]
        title = f"{scene.number} · {scene.title}" if scene.title else str(scene.number)
        scenes.append(SceneCells(title, tuple(map(cell_of, views))))
    shown = [view.shown_take for view in board.shots]
    return Strip(
        scenes=tuple(scenes),
        length_s=sum(_length_s(take) for take in shown if take is not None),
        selected=sum(1 for view in board.shots if view.shot.selected_take_id),
        total=len(board.shots),
    )


def cell_of(view: ShotView) -> Cell:
    shown = view.shown_take
    # Ready without a take to show: every one of them was rejected.
    state = "rejected" if view.state == "ready" and shown is None else view.state
    look = _LOOKS.get(state, state)
    busy = next((take for take in view.takes if take.is_active), None)
    measured = shown or (view.takes[0] if view.takes else None)
    return Cell(
        shot_id=view.shot.id,
        number=view.shot.number,
        look=look,
        word=state_word(state),
        icon=_ICONS.get(look, ""),
        seconds=f"{_length_s(measured):.1f}" if measured else "",
        poster_url=poster_url(shown) if shown else None,
        busy_id=busy.id if busy else "",
        busy_number=busy.number if busy else 0,
        percent=busy.progress if busy else None,
    )


def _length_s(take: Take) -> float:
    return take.clip.duration_ms / 1000 if take.clip else float(take.request.seconds)
