"""GET /panels/assets: the panel's list for a search and a role."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse

from shortdrama.domain.asset import AssetRole
from shortdrama.web.pages import render
from shortdrama.web.panels.assets.panel import assets_panel
from shortdrama.web.services import GivenServices, Services

router = APIRouter(include_in_schema=False)


@router.get("/panels/assets")
def show_list(
    request: Request,
    services: GivenServices,
    text: Annotated[str, Query(max_length=500)] = "",
    role: AssetRole | None = None,
) -> HTMLResponse:
    return render(request, "assets/_list.html", assets=assets_panel(services, text, role))


def assets_context(services: Services) -> dict[str, Any]:
    """What `assets/_panel.html` needs of the page that includes it."""
    return {"assets": assets_panel(services)}
