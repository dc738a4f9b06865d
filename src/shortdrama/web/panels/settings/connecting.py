"""Connecting a model: vendor, form, card, free test, own figures. Partials of the settings page."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from shortdrama.connections.forms import ConnectionForm
from shortdrama.connections.ports import Preset
from shortdrama.domain.ids import ConnectionId
from shortdrama.domain.model import Connection
from shortdrama.errors import Conflict, InvalidInput
from shortdrama.web.i18n import say
from shortdrama.web.pages import render
from shortdrama.web.panels.settings.cards import Card, card_of
from shortdrama.web.panels.settings.filled import (
    ConnectionFields,
    Filled,
    filled_with,
    fresh,
    preset_for,
    read_figures,
    read_options,
)
from shortdrama.web.services import GivenServices, Services

router = APIRouter()
Fields = Annotated[ConnectionFields, Form()]


def connections_context(services: Services) -> dict[str, Any]:
    """What `_connections.html` shows."""
    connections = services.connections.all()
    return {
        "cards": [card_of(services.connections, each) for each in connections],
        "fresh_id": "",
        **_choosing(services, is_open=not connections),
    }


@router.get("/panels/connections/new")
def begin(request: Request, services: GivenServices, preset: str = "") -> Response:
    """The form of a vendor, or the choice of one."""
    found = _preset(services, preset)
    if found is None:
        return render(request, "settings/_vendors.html", **_choosing(services, is_open=True))
    return render(request, "settings/_form.html", **_form(fresh(found)))


@router.post("/panels/connections")
async def connect(request: Request, services: GivenServices, fields: Fields) -> Response:
    preset = _preset(services, fields.preset or fields.protocol)
    options: dict[str, str] = {}
    try:
        options = await read_options(await request.form())
        made = await run_in_threadpool(services.connections.connect, fields.form(options))
    except InvalidInput as error:
        again = Filled(preset or _unknown(fields.protocol), fields, options)
        return render(request, "settings/_form.html", **_form(again, error))
    context = await run_in_threadpool(_choosing, services, is_open=False)
    card = await run_in_threadpool(card_of, services.connections, made)
    return render(request, "settings/_connected.html", card=card, fresh_id=made.id, **context)


@router.get("/panels/connections/{connection_id}")
def show(request: Request, services: GivenServices, connection_id: str) -> Response:
    return _show(request, _card(services, connection_id))


@router.get("/panels/connections/{connection_id}/form")
def edit(request: Request, services: GivenServices, connection_id: str) -> Response:
    connection = services.connections.get(ConnectionId(connection_id))
    preset = preset_for(services.connections.presets(), connection)
    return render(request, "settings/_edit.html", **_form(filled_with(connection, preset)))


@router.post("/panels/connections/{connection_id}")
async def change(
    request: Request, services: GivenServices, connection_id: str, fields: Fields
) -> Response:
    """Documents and figures that are not sent again stay, as long as their models do."""
    get, presets = services.connections.get, services.connections.presets
    before = await run_in_threadpool(get, ConnectionId(connection_id))
    preset = preset_for(await run_in_threadpool(presets), before)
    try:
        options = {**before.options, **await read_options(await request.form())}
        form = _with_new_documents(fields.form(options), preset, before)
        changed = await run_in_threadpool(services.connections.change, before.id, form)
    except (InvalidInput, Conflict) as error:
        stood = filled_with(before, preset)
        again = Filled(preset, fields, before.options, stood.documents, before.id)
        return render(request, "settings/_edit.html", **_form(again, error))
    return _show(request, await run_in_threadpool(_card, services, changed.id), changed.id)


@router.post("/panels/connections/{connection_id}/key")
def save_key(
    request: Request, services: GivenServices, connection_id: str, key: Annotated[str, Form()] = ""
) -> Response:
    form = _as_it_stands(services.connections.get(ConnectionId(connection_id)), key)
    changed = services.connections.change(ConnectionId(connection_id), form)
    return _show(request, _card(services, connection_id), changed.id)


@router.post("/panels/connections/{connection_id}/figures")
async def save_figures(
    request: Request, services: GivenServices, connection_id: str, model: Annotated[str, Form()]
) -> Response:
    """A person's own figures for one model."""
    keep = services.connections.set_figures
    problem = ""
    try:
        figures = read_figures(await request.form())
        await run_in_threadpool(keep, ConnectionId(connection_id), model, figures)
    except InvalidInput as error:
        problem = say(error.template, error.details)
    card = await run_in_threadpool(_card, services, connection_id)
    return _show(request, card, figures_problem=problem, figures_model=model)


@router.post("/panels/connections/{connection_id}/removal")
def remove(request: Request, services: GivenServices, connection_id: str) -> Response:
    """An empty answer takes the card's place; the card again where it has to stay."""
    try:
        services.connections.remove(ConnectionId(connection_id))
    except Conflict as error:
        problem = say(error.template, error.details)
        return _show(request, _card(services, connection_id), problem=problem)
    return HTMLResponse("")


@router.post("/panels/connections/{connection_id}/check")
async def check(request: Request, services: GivenServices, connection_id: str) -> Response:
    """The test button. Costs nothing."""
    connection = await run_in_threadpool(services.connections.get, ConnectionId(connection_id))
    await services.connections.check(connection)
    return _show(request, await run_in_threadpool(_card, services, connection_id))


def _card(services: Services, connection_id: str) -> Card:
    connection = services.connections.get(ConnectionId(connection_id))
    return card_of(services.connections, connection)


def _show(request: Request, card: Card, fresh_id: str = "", **context: Any) -> Response:
    return render(request, "settings/_connection.html", card=card, fresh_id=fresh_id, **context)


def _choosing(services: Services, *, is_open: bool) -> dict[str, Any]:
    presets = services.connections.presets()
    return {
        "is_open": is_open,
        "vendors": [preset for preset in presets if preset.is_vendor],
        "servers": [preset for preset in presets if not preset.is_vendor],
    }


def _form(filled: Filled, error: InvalidInput | Conflict | None = None) -> dict[str, Any]:
    return {
        "filled": filled,
        "fields": filled.fields,
        "preset": filled.preset,
        "problem": say(error.template, error.details) if error else "",
        "problem_where": error.code if error else "",
    }


def _preset(services: Services, name: str) -> Preset | None:
    presets = services.connections.presets()
    return next((p for p in presets if p.id == name and not p.closed), None)


def _unknown(protocol: str) -> Preset:
    return Preset(protocol, protocol, protocol)


def _with_new_documents(form: ConnectionForm, preset: Preset, before: Connection) -> ConnectionForm:
    """A document that is new makes a model of its name."""
    per_model = {option.name for option in preset.options if option.is_per_model}
    named = [
        name.partition(":")[2]
        for name in form.options
        if name not in before.options and name.partition(":")[0] in per_model
    ]
    return replace(form, models=(*form.models, *named))


def _as_it_stands(connection: Connection, key: str) -> ConnectionForm:
    return ConnectionForm(
        name=connection.name,
        base_url=connection.base_url,
        models=connection.models,
        protocol=connection.protocol,
        auth_header=connection.auth_header,
        key=key,
        is_trusted=connection.is_trusted,
        options=connection.options,
        max_at_once=connection.max_at_once,
        polls_per_second=connection.polls_per_second,
    )
