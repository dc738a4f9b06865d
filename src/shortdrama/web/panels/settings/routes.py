"""Settings as pages and partials; the JSON twin of connections is `web/api/connections.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

import shortdrama
from shortdrama.connections.forms import ConnectionForm
from shortdrama.connections.service import ENVIRONMENT
from shortdrama.domain.ids import ConnectionId
from shortdrama.domain.model import VIDEOS, Connection, KeySource
from shortdrama.errors import InvalidInput
from shortdrama.web.i18n import _, ngettext_now, say, say_again
from shortdrama.web.pages import file_size, render
from shortdrama.web.panels.studio.place import remembered_board
from shortdrama.web.panels.studio.topbar import top_bar
from shortdrama.web.services import GivenServices, Services

router = APIRouter(include_in_schema=False)


class ConnectionFields(BaseModel):
    """The form as a browser sends it."""

    base_url: str = ""
    models: str = ""
    name: str = ""
    protocol: str = VIDEOS
    auth_header: str = "Authorization"
    key: str = ""
    is_trusted: bool = False

    def form(self) -> ConnectionForm:
        models = tuple(self.models.replace("\n", ",").split(","))
        return ConnectionForm(
            name=self.name,
            base_url=self.base_url,
            models=models,
            protocol=self.protocol,
            auth_header=self.auth_header.strip() or "Authorization",
            key=self.key,
            is_trusted=self.is_trusted,
        )


@dataclass(frozen=True, slots=True)
class CheckLine:
    """A row of the free test, as it is shown."""

    what: str
    passed: bool | None  # None: not tried
    says: str
    is_key: bool = False

    @property
    def ink(self) -> str:
        return {True: "ok", False: "bad", None: "accent"}[self.passed]

    @property
    def icon(self) -> str:
        return {True: "ready", False: "failed", None: "key"}[self.passed]


@dataclass(frozen=True, slots=True)
class Card:
    """A connection as it is shown: all but the key."""

    connection: Connection
    rows: tuple[CheckLine, ...] = ()

    @property
    def is_fixed(self) -> bool:
        return self.connection.id == ENVIRONMENT

    @property
    def failed(self) -> int:
        return sum(1 for row in self.rows if not row.passed)

    @property
    def tells_key(self) -> bool:
        """Whether no line says where the key is."""
        return self.is_fixed or any(row.is_key for row in self.rows)

    @property
    def lines(self) -> tuple[CheckLine, ...]:
        """The test's rows, and where the key is, unless the test has said so or it is fixed."""
        if self.tells_key:
            return self.rows
        return (*self.rows, CheckLine(_("Key"), None, self.key_words, is_key=True))

    @property
    def key_words(self) -> str:
        return {
            KeySource.NONE: _("No key is set."),
            KeySource.ENVIRONMENT: _("The key comes from SORA2_API_KEY."),
            KeySource.KEYRING: _("The key is in the keyring of this machine."),
            KeySource.SESSION: _(
                "This machine has no keyring: the key is kept until the studio stops. "
                "Set SORA2_API_KEY to keep it for good."
            ),
        }[self.connection.key_source]


@router.get("/settings")
def settings_page(request: Request, services: GivenServices) -> Response:
    return render(
        request,
        "settings/settings.html",
        top=top_bar(services, "settings", remembered_board(request, services)),
        cards=_cards(services),
        fresh_id="",
        **_form(ConnectionFields(), is_open=not services.connections.all()),
        storage_facts=_storage_facts(services),
        event_id=services.state.newest_event_id(),
        version=shortdrama.__version__,
    )


@router.post("/panels/connections")
def connect(
    request: Request, services: GivenServices, fields: Annotated[ConnectionFields, Form()]
) -> Response:
    try:
        made = services.connections.connect(fields.form())
    except InvalidInput as error:
        context = _form(fields, is_open=True, error=error)
        return render(request, "settings/_connect.html", **context)
    context = _form(ConnectionFields(), is_open=False)
    card = Card(made)
    return render(request, "settings/_connected.html", card=card, fresh_id=made.id, **context)


@router.post("/panels/connections/{connection_id}/key")
def save_key(
    request: Request, services: GivenServices, connection_id: str, key: Annotated[str, Form()] = ""
) -> Response:
    connection = services.connections.get(ConnectionId(connection_id))
    form = ConnectionForm(
        name=connection.name,
        base_url=connection.base_url,
        models=connection.models,
        protocol=connection.protocol,
        auth_header=connection.auth_header,
        key=key,
        is_trusted=connection.is_trusted,
    )
    changed = services.connections.change(connection.id, form)
    card = Card(changed)
    return render(request, "settings/_connection.html", card=card, fresh_id=changed.id)


@router.post("/panels/connections/{connection_id}/removal")
def remove(services: GivenServices, connection_id: str) -> Response:
    """An empty answer takes the card's place."""
    services.connections.remove(ConnectionId(connection_id))
    return HTMLResponse("")


@router.post("/panels/connections/{connection_id}/check")
async def check(request: Request, services: GivenServices, connection_id: str) -> Response:
    """The test button. Costs nothing."""
    connection = await run_in_threadpool(services.connections.get, ConnectionId(connection_id))
    rows = await services.connections.check(connection)
    lines = tuple(
        CheckLine(_(what), passed, say_again(says), what == "Key") for what, passed, says in rows
    )
    card = Card(connection, lines)
    return render(request, "settings/_connection.html", card=card, fresh_id="")


def _storage_facts(services: Services) -> list[tuple[str, str]]:
    settings = services.settings
    return [
        (_("Data folder"), str(settings.data.absolute())),
        (_("Database"), _("PostgreSQL") if "postgres" in settings.database_url else "SQLite"),
        (_("Files"), "S3" if settings.blobs_url.startswith("s3:") else _("in the data folder")),
        (_("Largest upload"), file_size(settings.max_upload_bytes)),
        (
            _("Kept in this browser"),
            _("%(size)s at most") % {"size": file_size(settings.browser_cache_bytes)},
        ),
        (_("Trash keeps"), _days(settings.trash_days)),
    ]


def _days(count: int) -> str:
    return ngettext_now("%(days)s day", "%(days)s days", count) % {"days": count}


def _cards(services: Services) -> list[Card]:
    return [Card(connection) for connection in services.connections.all()]


def _form(
    fields: ConnectionFields, *, is_open: bool, error: InvalidInput | None = None
) -> dict[str, Any]:
    return {
        "fields": fields,
        "is_open": is_open,
        "problem": say(error.template, error.details) if error else "",
        "problem_where": error.code if error else "",
    }
