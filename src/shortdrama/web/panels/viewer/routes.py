"""The viewer as a part of its own."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from shortdrama.web.pages import render
from shortdrama.web.panels.studio.place import Place, find_place
from shortdrama.web.panels.viewer.stage import set_stage
from shortdrama.web.services import GivenServices, Services

router = APIRouter(include_in_schema=False)


@router.get("/panels/viewer")
def show_viewer(
    request: Request, services: GivenServices, shot: str = "", take: str = ""
) -> Response:
    context = viewer_context(services, find_place(services, shot, take))
    return render(request, "viewer/_viewer.html", **context)


def viewer_context(services: Services, place: Place) -> dict[str, Any]:
    return {
        "place": place,
        "stage": set_stage(place),
        "show_banner": not services.connections.all(),
    }
