"""The spend page and its form; the JSON twin is `web/api/money.py`."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from shortdrama.domain.money import Scope, parse_dollars
from shortdrama.domain.people import Act
from shortdrama.domain.spending import By
from shortdrama.errors import InvalidInput
from shortdrama.web.i18n import _, say
from shortdrama.web.pages import render
from shortdrama.web.panels.spend.sheet import cap_sheet, make_sheet
from shortdrama.web.panels.studio.place import remembered_board
from shortdrama.web.panels.studio.topbar import top_bar
from shortdrama.web.services import GivenServices, Services
from shortdrama.web.who import GivenWho

router = APIRouter(include_in_schema=False)
SpanName = Literal["episode", "project", "all"]


class CapFields(BaseModel):
    """The form as a browser sends it; amounts as they were typed."""

    day: str = ""
    episode: str = ""
    project: str = ""
    ask_above: str = ""
    allows_unknown_prices: bool = False
    project_id: str = ""
    episode_id: str = ""


@router.get("/spend")
def spend_page(
    request: Request,
    services: GivenServices,
    who: GivenWho,
    span: SpanName = "project",
    by: By = By.SHOT,
) -> Response:
    board = remembered_board(request, services)
    return render(
        request,
        "spend/spend.html",
        top=top_bar(services, "spend", board),
        board=board,
        sheet=make_sheet(services, board, span, by),
        caps=cap_sheet(services, board),
        span=span,
        by=by,
        may_change=who.may(Act.MANAGE),
        typed={},
        problem="",
        wrong="",
        saved="",
        event_id=services.state.newest_event_id(),
    )


@router.get("/panels/spend")
def spend_parts(
    request: Request, services: GivenServices, span: SpanName = "project", by: By = By.SHOT
) -> Response:
    """What a take's change touches: facts and table, not the fields that somebody fills in."""
    board = remembered_board(request, services)
    sheet = make_sheet(services, board, span, by)
    return render(request, "spend/_parts.html", sheet=sheet)


@router.post("/panels/spend/caps")
def save_caps(
    request: Request, services: GivenServices, fields: Annotated[CapFields, Form()]
) -> Response:
    problem = wrong = ""
    try:
        _save(services, fields)
    except InvalidInput as error:
        problem, wrong = say(error.template, error.details), str(error.details.get("field", ""))
    board = remembered_board(request, services)
    return render(
        request,
        "spend/_caps.html",
        caps=cap_sheet(services, board),
        board=board,
        may_change=True,
        typed=fields.model_dump() if problem else {},
        problem=problem,
        wrong=wrong,
        saved="" if problem else _("Saved."),
    )


def _save(services: Services, fields: CapFields) -> None:
    """Nothing is saved where one amount is wrong."""
    amounts = {name: _amount(name, getattr(fields, name)) for name in _AMOUNTS}
    money = services.money
    money.set_cap(Scope.DAY, "", amounts["day"])
    money.set_cap(Scope.EPISODE, fields.episode_id, amounts["episode"])
    money.set_cap(Scope.PROJECT, fields.project_id, amounts["project"])
    money.set_rules(amounts["ask_above"], fields.allows_unknown_prices)


_AMOUNTS = ("day", "episode", "project", "ask_above")


def _amount(field: str, text: str) -> int | None:
    try:
        return parse_dollars(text)
    except InvalidInput as error:
        details = {**error.details, "field": field}
        raise InvalidInput(error.template, code=error.code, **details) from error
