"""The prompt panel as a part of its own, for a page that opens another shot."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from shortdrama.web.pages import render
from shortdrama.web.panels.prompt.choices import models_json, opening_choice
from shortdrama.web.panels.studio.place import Place, find_place
from shortdrama.web.services import GivenServices, Services

router = APIRouter(include_in_schema=False)


@router.get("/panels/prompt")
def show_prompt(request: Request, services: GivenServices, shot: str = "") -> Response:
    context = prompt_context(services, find_place(services, shot))
    return render(request, "prompt/_prompt.html", **context)


def prompt_context(services: Services, place: Place) -> dict[str, Any]:
    choices = services.connections.models()
    return {
        "place": place,
        "models": models_json(choices),
        "choice": opening_choice(choices),
    }
