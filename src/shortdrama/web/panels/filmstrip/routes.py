"""The filmstrip as a part of its own."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from shortdrama.web.pages import render
from shortdrama.web.panels.filmstrip.cells import lay_strip
from shortdrama.web.panels.studio.place import find_place
from shortdrama.web.panels.studio.sample import drawing_of
from shortdrama.web.services import GivenServices

router = APIRouter(include_in_schema=False)


@router.get("/panels/filmstrip")
def show_filmstrip(request: Request, services: GivenServices, shot: str = "") -> Response:
    place = find_place(services, shot)
    strip = lay_strip(place.board)
    return render(
        request,
        "filmstrip/_filmstrip.html",
        place=place,
        strip=strip,
        drawing=drawing_of(place.board),
    )
