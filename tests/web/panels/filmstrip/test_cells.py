"""What a cell of the filmstrip shows."""

from __future__ import annotations

from shortdrama.board.service import ShotView
from shortdrama.domain.ids import EpisodeId, SceneId, TakeId
from shortdrama.domain.project import Shot
from shortdrama.domain.take import Take, TakeStatus
from shortdrama.web.panels.filmstrip.cells import cell_of
from web.panels.made_takes import NOW, SHOT, a_clip, a_take


def view(*takes: Take, selected: TakeId | None = None) -> ShotView:
    shot = Shot(SHOT, SceneId("s"), EpisodeId("e"), 7, "", selected, NOW)
    return ShotView(shot, takes)


def test_a_shot_without_takes_is_a_draft_without_a_length() -> None:
    cell = cell_of(view())
    assert (cell.look, cell.icon, cell.seconds, cell.poster_url) == ("draft", "draft", "", None)


def test_the_selected_take_lends_poster_and_length() -> None:
    take = a_take(clip=a_clip(3.5))
    cell = cell_of(view(a_take(TakeStatus.FAILED), take, selected=take.id))
    assert (cell.look, cell.seconds) == ("selected", "3.5")
    assert cell.poster_url == f"/media/{'b' * 64}/poster.webp"


def test_work_on_its_way_shows_over_the_take_that_plays() -> None:
    running = a_take(TakeStatus.GENERATING, progress=42)
    cell = cell_of(view(running, a_take(clip=a_clip())))
    assert (cell.look, cell.busy_id, cell.percent) == ("generating", running.id, 42)


def test_a_shot_whose_only_take_is_rejected_says_so() -> None:
    cell = cell_of(view(a_take(clip=a_clip(), is_rejected=True)))
    assert (cell.look, cell.icon) == ("rejected", "cancelled")
