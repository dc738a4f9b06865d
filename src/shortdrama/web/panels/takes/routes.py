"""The takes panel as a part of its own."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from shortdrama.web.pages import render
from shortdrama.web.panels.studio.place import Place, find_place
from shortdrama.web.panels.takes.cost import cost_of
from shortdrama.web.panels.viewer.problem import describe
from shortdrama.web.services import GivenServices

router = APIRouter(include_in_schema=False)


@router.get("/panels/takes")
def show_takes(
    request: Request, services: GivenServices, shot: str = "", take: str = ""
) -> Response:
    """`take` is the one that the viewer shows."""
    return render(request, "takes/_takes.html", **takes_context(find_place(services, shot, take)))


def takes_context(place: Place) -> dict[str, Any]:
    return {
        "place": place,
        "problems": {
            take.id: describe(take, place.costs.get(take.id)) for take in place.view.takes
        },
        "cost_micro_usd": cost_of(place.view.takes, place.costs),
    }
