"""Connections: where models live. No answer ever holds a key."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import AliasChoices, BaseModel, Field, SecretStr

from shortdrama.connections.figures import Figures
from shortdrama.connections.forms import ConnectionForm
from shortdrama.domain.ids import ConnectionId
from shortdrama.domain.model import VIDEOS, Connection, Mode, Sound
from shortdrama.web.api.shapes import may_answer
from shortdrama.web.i18n import _, say_again
from shortdrama.web.services import GivenServices

connections = APIRouter(prefix="/api/connections")
protocols = APIRouter(prefix="/api/protocols")


class ConnectionWish(BaseModel):
    """An empty `key` keeps the one there is, as long as the server stays the same: for another
    scheme, host or port it is asked for again (`key_missing`)."""

    name: str = Field(default="", max_length=200)
    base_url: str = Field(max_length=2000, description="Empty: that of the protocol")
    models: list[str] = Field(max_length=100, description="Empty: those of the protocol")
    protocol: str = Field(
        default=VIDEOS,
        max_length=64,
        validation_alias=AliasChoices("protocol", "dialect"),
        description="What the server speaks; `GET /api/protocols` lists them",
    )
    auth_header: str = Field(default="Authorization", max_length=64)
    key: SecretStr = Field(default=SecretStr(""), max_length=4096)
    is_trusted: bool = False
    options: dict[str, str] = Field(default={}, max_length=40)
    max_at_once: int | None = Field(default=None, ge=1, le=1000)
    polls_per_second: float | None = Field(default=None, gt=0, le=100)


class ConnectionAnswer(BaseModel):
    id: str
    name: str
    base_url: str
    protocol: str
    models: list[str]
    auth_header: str
    key_source: str
    has_key: bool
    is_trusted: bool
    options: dict[str, str]
    max_at_once: int | None
    polls_per_second: float | None
    created_at: datetime


class FiguresWish(BaseModel):
    """A person's own figures for a model; what is left out stays as the tables have it."""

    model: str = Field(max_length=200)
    seconds: list[int] = Field(default=[], max_length=100)
    sizes: list[str] = Field(default=[], max_length=100)
    modes: list[Mode] = Field(default=[], max_length=4)
    max_references: int | None = Field(default=None, ge=0, le=100)
    micro_usd_per_second: int | None = Field(default=None, ge=0, le=1_000_000_000, strict=True)
    sound: Sound | None = None
    has_seed: bool | None = None
    has_negative_prompt: bool | None = None


class OptionAnswer(BaseModel):
    name: str
    label: str
    hint: str
    is_long: bool = Field(description="A document, and not a line")
    is_per_model: bool = Field(description='Kept as "name:model", one for each model')


class PresetAnswer(BaseModel):
    """What can be connected, with what most people fill in."""

    id: str
    label: str
    protocol: str
    base_url: str
    models: list[str]
    needs_key: bool
    auth_header: str
    options: list[OptionAnswer]
    values: dict[str, str] = Field(description="Of options")
    hint: str
    closed: str = Field(description="Why nobody is to connect it; mostly empty")


class CheckRow(BaseModel):
    what: str
    passed: bool | None = Field(description="Null: it cannot be known without paying")
    says: str


def _form(wish: ConnectionWish) -> ConnectionForm:
    return ConnectionForm(
        name=wish.name,
        base_url=wish.base_url,
        models=tuple(wish.models),
        protocol=wish.protocol,
        auth_header=wish.auth_header,
        key=wish.key.get_secret_value(),
        is_trusted=wish.is_trusted,
        options=wish.options,
        max_at_once=wish.max_at_once,
        polls_per_second=wish.polls_per_second,
    )


def _answer(connection: Connection) -> ConnectionAnswer:
    return ConnectionAnswer(
        id=connection.id,
        name=connection.name,
        base_url=connection.base_url,
        protocol=connection.protocol,
        models=list(connection.models),
        auth_header=connection.auth_header,
        key_source=connection.key_source.value,
        has_key=connection.has_key,
        is_trusted=connection.is_trusted,
        options=connection.options,
        max_at_once=connection.max_at_once,
        polls_per_second=connection.polls_per_second,
        created_at=connection.created_at,
    )


@connections.get("")
def list_connections(services: GivenServices) -> list[ConnectionAnswer]:
    return [_answer(connection) for connection in services.connections.all()]


@protocols.get("")
def list_protocols(services: GivenServices) -> list[PresetAnswer]:
    """Everything that can be connected: vendors, then servers of one's own."""
    return [
        PresetAnswer(
            id=preset.id,
            label=_(preset.label),
            protocol=preset.protocol,
            base_url=preset.base_url,
            models=list(preset.models),
            needs_key=preset.needs_key,
            auth_header=preset.auth_header,
            options=[
                OptionAnswer(
                    name=option.name,
                    label=_(option.label),
                    hint=_(option.hint) if option.hint else "",
                    is_long=option.is_long,
                    is_per_model=option.is_per_model,
                )
                for option in preset.options
            ],
            values=dict(preset.values),
            hint=_(preset.hint) if preset.hint else "",
            closed=_(preset.closed) if preset.closed else "",
        )
        for preset in services.connections.presets()
    ]


@connections.post("", status_code=201, responses=may_answer())
def connect(wish: ConnectionWish, services: GivenServices) -> ConnectionAnswer:
    """Connect a model. The key goes to the machine's keyring and is never shown again."""
    return _answer(services.connections.connect(_form(wish)))


@connections.put("/{connection_id}", responses=may_answer(404, 409))
def change_connection(
    connection_id: str, wish: ConnectionWish, services: GivenServices
) -> ConnectionAnswer:
    """While takes of it are under way, its address and protocol stay (409, `takes_under_way`)."""
    return _answer(services.connections.change(ConnectionId(connection_id), _form(wish)))


@connections.put("/{connection_id}/figures", responses=may_answer(404))
def set_figures(connection_id: str, wish: FiguresWish, services: GivenServices) -> ConnectionAnswer:
    """Say what a model makes and costs; empty figures give the tables their word back."""
    figures = Figures(
        seconds=tuple(wish.seconds),
        sizes=tuple(wish.sizes),
        modes=tuple(wish.modes),
        max_references=wish.max_references,
        micro_usd_per_second=wish.micro_usd_per_second,
        sound=wish.sound,
        has_seed=wish.has_seed,
        has_negative_prompt=wish.has_negative_prompt,
    )
    made = services.connections.set_figures(ConnectionId(connection_id), wish.model, figures)
    return _answer(made)


@connections.delete("/{connection_id}", status_code=204, responses=may_answer(404, 409))
def remove_connection(connection_id: str, services: GivenServices) -> Response:
    """Refused while takes of it are under way (`takes_under_way`)."""
    services.connections.remove(ConnectionId(connection_id))
    return Response(status_code=204)


@connections.post("/{connection_id}/check", responses=may_answer(404))
async def check_connection(connection_id: str, services: GivenServices) -> list[CheckRow]:
    """Reachable, accepted, models known. Nothing is paid for."""
    connection = services.connections.get(ConnectionId(connection_id))
    rows = await services.connections.check(connection)
    return [
        CheckRow(what=_(what), passed=passed, says=say_again(says)) for what, passed, says in rows
    ]


router = APIRouter(tags=["connections"])
router.include_router(connections)
router.include_router(protocols)
