"""The prompt panel as a part of its own, for a page that opens another shot."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from shortdrama.domain.asset import AssetKind
from shortdrama.domain.take import TakeStatus
from shortdrama.web.api.assets import asset_answer
from shortdrama.web.pages import render
from shortdrama.web.panels.prompt.choices import models_json, opening_choice
from shortdrama.web.panels.prompt.mentions import find_mentions
from shortdrama.web.panels.studio.place import Place, find_place
from shortdrama.web.services import GivenServices, Services

router = APIRouter(include_in_schema=False)


@router.get("/panels/prompt")
def show_prompt(request: Request, services: GivenServices, shot: str = "") -> Response:
    context = prompt_context(services, find_place(services, shot))
    return render(request, "prompt/_prompt.html", **context)


@router.get("/panels/mentions")
def list_mentions(
    services: GivenServices,
    kinds: Annotated[list[AssetKind], Query(alias="kind", max_length=len(AssetKind))],
    text: Annotated[str, Query(max_length=500)] = "",
) -> dict[str, Any]:
    """What an `@` offers: `assets` as the API gives them, named ones before files."""
    found = find_mentions(services.assets, text, frozenset(kinds))
    return {"assets": [asset_answer(asset) for asset in found]}


def prompt_context(services: Services, place: Place) -> dict[str, Any]:
    choices = services.connections.models()
    has_failed = place.shown is not None and place.shown.status is TakeStatus.FAILED
    return {
        "place": place,
        "models": models_json(choices, services.connections.failing()),
        "choice": opening_choice(choices, place.shown if has_failed else None),
    }
