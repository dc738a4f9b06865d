"""The page, and answers that bring several of its parts up to date at once."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.background import BackgroundTask

from shortdrama.board.service import BoardView
from shortdrama.domain.ids import ProjectId, ShotId, TakeId
from shortdrama.web.pages import render
from shortdrama.web.panels.assets.panel import assets_panel
from shortdrama.web.panels.filmstrip.cells import Cell, cell_of, lay_strip
from shortdrama.web.panels.prompt.routes import prompt_context
from shortdrama.web.panels.studio.place import (
    Place,
    find_place,
    remember_place,
    remembered_board,
    remembered_shot,
)
from shortdrama.web.panels.studio.queue import queue_rows
from shortdrama.web.panels.studio.sample import drawing_of, open_sample, order_rest, stop_sample
from shortdrama.web.panels.studio.topbar import top_bar
from shortdrama.web.panels.takes.routes import GivenDepth, problems_of, takes_context
from shortdrama.web.panels.viewer.routes import viewer_context
from shortdrama.web.services import GivenServices, Services

router = APIRouter(include_in_schema=False)


@router.get("/")
def show_studio(
    request: Request, services: GivenServices, shot: str = "", take: str = ""
) -> Response:
    event_id = services.state.newest_event_id()
    place = find_place(services, shot or remembered_shot(request, services) or "", take)
    context = page_context(services, place) | {"assets": assets_panel(services)}
    page = render(request, "studio/studio.html", event_id=event_id, **context)
    return remember_place(page, place)


@router.get("/panels/shot")
def show_shot(request: Request, services: GivenServices, shot: str, take: str = "") -> Response:
    """Every part that is of one shot, for a page that opens it."""
    place = find_place(services, shot, take)
    part = render(request, "studio/_shot.html", **page_context(services, place))
    return remember_place(part, place)


@router.get("/panels/take")
def show_take(
    request: Request, services: GivenServices, take: str, shot: str, showing: str = ""
) -> Response:
    """Those parts that one take's change touches. `shot` and `showing` are the page's own."""
    place = find_place(services, shot, showing)
    context = page_context(services, place)
    context["card"] = place.card(TakeId(take))
    own = (each for each in place.view.takes if each.id == take)
    context["problems"] |= problems_of(place, own)
    context["cell"] = _cell_with(place, take)
    return render(request, "studio/_take.html", **context)


@router.get("/panels/lists")
def show_lists(
    request: Request, services: GivenServices, depth: GivenDepth, shot: str, take: str = ""
) -> Response:
    """Takes, filmstrip, status and bar, for a page that may have missed something."""
    context = page_context(services, find_place(services, shot, take, depth))
    return render(request, "studio/_lists.html", **context)


@router.post("/panels/sample")
def show_sample(services: GivenServices) -> Response:
    """Opens the finished sample; it is made at the first time."""
    sample = open_sample(services)
    rest = BackgroundTask(order_rest, services, sample)
    return RedirectResponse(f"/?shot={sample.first_shot}", status_code=303, background=rest)


@router.post("/panels/sample/stop", status_code=204)
def stop_drawing(services: GivenServices, shot: str) -> Response:
    """Cancels what the sample still lacks."""
    stop_sample(services, ShotId(shot))
    return Response(status_code=204)


@router.post("/panels/projects")
def found_project(services: GivenServices) -> Response:
    """Opens a new project at its first shot."""
    return _open_first_shot(services.board.add_project())


@router.post("/panels/projects/{project_id}/episodes")
def found_episode(project_id: str, services: GivenServices) -> Response:
    """Opens the project's next episode at its first shot."""
    return _open_first_shot(services.board.add_episode(ProjectId(project_id)))


@router.get("/panels/bar")
def show_bar(
    request: Request, services: GivenServices, page: str = "studio", shot: str = ""
) -> Response:
    """The top bar of any page; `shot` is the one that is open, on the studio page."""
    board = services.board
    if shot:
        episode = board.episode_view(board.shot(ShotId(shot)).episode_id)
    else:
        episode = remembered_board(request, services)
    return render(request, "studio/_bar.html", top=top_bar(services, page, episode))


@router.get("/panels/queue")
def show_queue(request: Request, services: GivenServices) -> Response:
    return render(request, "studio/_queue.html", rows=queue_rows(services))


def page_context(services: Services, place: Place) -> dict[str, Any]:
    return {
        "top": top_bar(services, "studio", place.board),
        "strip": lay_strip(place.board),
        "drawing": drawing_of(place.board),
        **viewer_context(services, place),
        **takes_context(place),
        **prompt_context(services, place),
    }


def _open_first_shot(board: BoardView) -> Response:
    return RedirectResponse(f"/?shot={board.shots[0].shot.id}", status_code=303)


def _cell_with(place: Place, take_id: str) -> Cell | None:
    """None where the take is of another episode."""
    for view in place.board.shots:
        if any(take.id == take_id for take in view.takes):
            return cell_of(view)
    return None
