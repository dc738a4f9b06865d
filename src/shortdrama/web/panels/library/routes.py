"""GET /library: the page for a filter, a search and an order, all in its address."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse

from shortdrama.assets.ports import AssetQuery
from shortdrama.domain.asset import AssetKind, AssetRole
from shortdrama.web.api.assets import AssetSort
from shortdrama.web.pages import render
from shortdrama.web.panels.library.page import FIRST_TILES, library_page
from shortdrama.web.panels.studio.place import remembered_board
from shortdrama.web.panels.studio.topbar import top_bar
from shortdrama.web.services import GivenServices

router = APIRouter(include_in_schema=False)


@router.get("/library")
def show_library(  # noqa: PLR0913 - one parameter per filter of the library
    request: Request,
    services: GivenServices,
    *,
    text: Annotated[str, Query(max_length=500)] = "",
    kind: AssetKind | None = None,
    role: AssetRole | None = None,
    tag: Annotated[list[str] | None, Query(max_length=20)] = None,
    sort: AssetSort = AssetSort.NEWEST,
    trash: bool = False,
) -> HTMLResponse:
    query = AssetQuery(
        text=text,
        kind=kind,
        role=role,
        tags=tuple(tag or ()),
        sort=sort.value,
        in_trash=trash,
        limit=FIRST_TILES,
    )
    event_id = services.state.newest_event_id()
    page = library_page(services, query)
    top = top_bar(services, "library", remembered_board(request, services))
    return render(request, "library/library.html", page=page, top=top, event_id=event_id)
