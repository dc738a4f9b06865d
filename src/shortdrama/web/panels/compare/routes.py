"""GET /compare: the page; and the parts of it that change when its takes do."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from shortdrama.web.pages import render
from shortdrama.web.panels.compare.comparison import compare
from shortdrama.web.panels.studio.place import find_place
from shortdrama.web.panels.studio.topbar import top_bar
from shortdrama.web.panels.takes.listing import Depth
from shortdrama.web.panels.takes.routes import GivenDepth
from shortdrama.web.services import GivenServices, Services

router = APIRouter(include_in_schema=False)
TakeIds = Annotated[str, Query(max_length=500, description="Ids with commas between them.")]


@router.get("/compare")
def show_comparison(
    request: Request,
    services: GivenServices,
    depth: GivenDepth,
    shot: str = "",
    takes: TakeIds = "",
) -> Response:
    event_id = services.state.newest_event_id()
    context = _context(services, shot, takes, depth)
    top = top_bar(services, "studio", context["comparison"].place.board)
    return render(request, "compare/compare.html", top=top, event_id=event_id, **context)


@router.get("/panels/compare")
def show_changes(
    request: Request,
    services: GivenServices,
    depth: GivenDepth,
    shot: str,
    takes: TakeIds = "",
) -> Response:
    """Cards, choice and sum, for a page that shows these takes. The clips play on."""
    return render(request, "compare/_changes.html", **_context(services, shot, takes, depth))


def _context(services: Services, shot: str, takes: str, depth: Depth) -> dict[str, Any]:
    asked = [take_id for take_id in takes.split(",") if take_id]
    return {"comparison": compare(find_place(services, shot), asked, depth)}
