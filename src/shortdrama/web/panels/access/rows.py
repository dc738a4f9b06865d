"""Keys and people as the settings page shows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from shortdrama.domain.money import dollars
from shortdrama.domain.people import ClientKey, KeyId, Role, UserId, client_actor
from shortdrama.web.i18n import _
from shortdrama.web.services import Services


@dataclass(frozen=True, slots=True)
class KeyRow:
    id: KeyId
    name: str
    hint: str
    scope: str
    money: str
    used: str
    is_revoked: bool


@dataclass(frozen=True, slots=True)
class PersonRow:
    id: UserId
    name: str
    role: Role
    logged_in: str


def key_rows(services: Services) -> list[KeyRow]:
    """Those in use first, newest first within each."""
    keys = services.client_keys.all()[::-1]
    keys.sort(key=lambda key: key.revoked_at is not None)
    clients = {key.client_id for key in keys}
    spent = {
        client_id: services.money.spent_by(client_actor(client_id)).counted_micro_usd
        for client_id in clients
    }
    return [_key_row(key, spent[key.client_id]) for key in keys]


def person_rows(services: Services) -> list[PersonRow]:
    return [
        PersonRow(
            id=user.id,
            name=user.name,
            role=user.role,
            logged_in=_("Logged in %(when)s") % {"when": _moment(user.last_log_in_at)}
            if user.last_log_in_at
            else _("Never logged in"),
        )
        for user in services.users.all()
    ]


def role_words() -> dict[str, str]:
    return {
        Role.VIEWER.value: _("Viewer: looks"),
        Role.EDITOR.value: _("Editor: makes takes and spends"),
        Role.OWNER.value: _("Owner: manages everything"),
    }


def _key_row(key: ClientKey, spent_micro_usd: int) -> KeyRow:
    return KeyRow(
        id=key.id,
        name=key.name,
        hint=key.hint,
        scope=" · ".join(_scope(key)),
        money=_money(key, spent_micro_usd),
        used=_used(key),
        is_revoked=key.revoked_at is not None,
    )


def _scope(key: ClientKey) -> Iterable[str]:
    yield _("orders") if key.can_generate else _("only looks")
    yield ", ".join(key.models) or _("every model")


def _money(key: ClientKey, spent_micro_usd: int) -> str:
    if key.budget_micro_usd is None:
        return _("%(spent)s spent") % {"spent": dollars(spent_micro_usd)}
    amounts = {"spent": dollars(spent_micro_usd), "budget": dollars(key.budget_micro_usd)}
    return _("%(spent)s of %(budget)s spent") % amounts


def _used(key: ClientKey) -> str:
    if key.revoked_at is not None:
        return _("Revoked %(when)s") % {"when": _moment(key.revoked_at)}
    if key.last_used_at is None:
        return _("Never used")
    return _("Used %(when)s") % {"when": _moment(key.last_used_at)}


def _moment(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")
