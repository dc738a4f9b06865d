"""Reads what a program wants made, in the words of OpenAI's Videos API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shortdrama.domain.ids import ConnectionId
from shortdrama.domain.model import ModelChoice
from shortdrama.sora2.service.envelope import ApiError
from shortdrama.sora2.service.fields import (
    Picture,
    invalid_value,
    picture_of,
    prompt_of,
    seconds_of,
    size_of,
)
from shortdrama.web.door.entrance import Caller
from shortdrama.web.door.models import Menu, menu_of
from shortdrama.web.services import Services

# OpenAI's own models are gone everywhere; programs that name them mean "the usual one".
_GONE = ("sora-2", "sora-2-pro")
_SOUND = ("sound", "generate_audio", "generate_sound")
# Harmless words of other dialects, which change nothing about the clip.
_IGNORED = frozenset({"user", "metadata", "response_format"})
_KNOWN = frozenset(
    {"model", "prompt", "seconds", "duration", "size", "input_reference", "n", "connection_id"}
    | {"seed", "negative_prompt", *_SOUND}
)


@dataclass(frozen=True, slots=True)
class Wish:
    """An order as it came, before its picture is in the library."""

    prompt: str
    choice: ModelChoice
    seconds: int
    size: str
    picture: Picture | None
    extra: dict[str, Any]


async def read_wish(fields: Mapping[str, Any], services: Services, caller: Caller) -> Wish:
    """Raises `ApiError` for everything that is not understood: nothing is left out in silence.

    What a vendor calls its own settings is not passed on: it could name another model or price
    than the one that the key allows.
    """
    for name in fields:
        if name not in _KNOWN and name not in _IGNORED:
            told = str(name)[:100]
            raise ApiError(
                400, f"Unknown parameter: '{told}'.", code="unknown_parameter", param=told
            )
    if str(fields.get("n") or 1) != "1":
        raise invalid_value("n", "one request makes one video")
    choice = _choice(fields, services, caller)
    capability = choice.capability
    seconds = fields.get("seconds", fields.get("duration"))
    return Wish(
        prompt=prompt_of(fields.get("prompt")),
        choice=choice,
        seconds=seconds_of(seconds, capability.default_seconds),
        size=size_of(fields.get("size"), capability.default_size),
        picture=await picture_of(fields.get("input_reference")),
        extra=_extra(fields),
    )


def open_models(services: Services, caller: Caller) -> Menu:
    """What the caller may order: connected, with its key at hand."""
    return menu_of(
        [
            choice
            for choice in services.connections.models()
            if choice.is_ready and caller.may_use(choice.capability.model)
        ]
    )


def _choice(fields: Mapping[str, Any], services: Services, caller: Caller) -> ModelChoice:
    wanted = str(fields.get("model") or "")
    named = ConnectionId(str(fields.get("connection_id") or ""))
    menu = open_models(services, caller)
    found = menu.find(wanted, named or None)
    if found is None and not named and (wanted in ("", *_GONE) or wanted.startswith("sora-2-")):
        found = _usual(services, menu)
    if found is None:
        raise _no_model(wanted, named, menu)
    return found


def _usual(services: Services, menu: Menu) -> ModelChoice | None:
    """What stands in for a model that is not named: the setting's, else the studio's default."""
    chosen = menu.find(services.settings.door_model)
    if chosen is not None:
        return chosen
    default = services.connections.default_choice()
    usual = menu.find(default.capability.model, default.connection_id)
    if usual is None and menu.choices:
        return menu.find(menu.choices[0].capability.model)
    return usual


def _no_model(wanted: str, named: ConnectionId, menu: Menu) -> ApiError:
    where = f" on the connection '{named[:80]}'" if named else ""
    return ApiError(
        404,
        f"The model '{wanted[:100]}' does not exist here{where}, or this key may not use it. "
        f"There is: {menu.told()}.",
        code="model_not_found",
        param="model",
    )


def _extra(fields: Mapping[str, Any]) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    if (seed := fields.get("seed")) not in (None, ""):
        text = str(seed)
        if isinstance(seed, bool) or not text.isascii() or not text.isdigit() or len(text) > 19:
            raise invalid_value("seed", "expected a whole number")
        extra["seed"] = int(text)
    if negative := fields.get("negative_prompt"):
        extra["negative_prompt"] = prompt_of(negative)
    for name in _SOUND:
        if fields.get(name) not in (None, ""):
            extra["sound"] = _yes_or_no(name, fields[name])
    return extra


def _yes_or_no(name: str, value: object) -> bool:
    known = {"true": True, "1": True, "false": False, "0": False}
    text = str(value).lower()
    if text not in known:
        raise invalid_value(name, "expected true or false")
    return known[text]
