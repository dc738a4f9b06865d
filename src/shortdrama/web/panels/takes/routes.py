"""The takes panel as a part of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from shortdrama.domain.ids import TakeId
from shortdrama.domain.take import Take
from shortdrama.web.i18n import _
from shortdrama.web.pages import render
from shortdrama.web.panels.studio.place import Place, find_place
from shortdrama.web.panels.takes.cost import cost_of, cost_words, unpriced_of
from shortdrama.web.panels.takes.listing import Depth
from shortdrama.web.panels.viewer.problem import Problem, describe
from shortdrama.web.services import GivenServices

router = APIRouter(include_in_schema=False)


def _depth(until: str = "", further: bool = False) -> Depth:
    return Depth(until, further)


GivenDepth = Annotated[Depth, Depends(_depth)]


@router.get("/panels/takes")
def show_takes(
    request: Request, services: GivenServices, depth: GivenDepth, shot: str = "", take: str = ""
) -> Response:
    """`take` is the one that the viewer shows."""
    place = find_place(services, shot, take, depth)
    return render(request, "takes/_takes.html", **takes_context(place))


def takes_context(place: Place) -> dict[str, Any]:
    return {
        "place": place,
        "problems": problems_of(place, place.listing.shown),
        "cost_words": cost_words(
            cost_of(place.view.takes, place.costs),
            unpriced_of(place.view.takes, place.costs),
            _("free"),
        ),
    }


def problems_of(place: Place, takes: Iterable[Take]) -> dict[TakeId, Problem | None]:
    return {take.id: describe(take, place.costs.get(take.id)) for take in takes}
