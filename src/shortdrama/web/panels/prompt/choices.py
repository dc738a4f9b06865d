"""The models of the prompt panel: what its menus offer, and what it opens with. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from shortdrama.domain.ids import ConnectionId
from shortdrama.domain.model import BUILT_IN, ModelChoice
from shortdrama.domain.take import Take, TakeRequest
from shortdrama.web.i18n import _
from shortdrama.web.panels.prompt.price_source import price_source
from shortdrama.web.panels.takes.card import price


@dataclass(frozen=True, slots=True)
class OpeningChoice:
    """What stands in the pickers until the page's script restores the person's own choice."""

    label: str
    seconds: int
    size: str
    money: str
    price_source: str
    time: str
    wish: str  # JSON of what the pickers hold instead of the person's own choice; "" for that


def opening_choice(choices: Sequence[ModelChoice], failed: Take | None = None) -> OpeningChoice:
    """The first model, or that of the take that is shown as `failed`: it is what can be mended."""
    asked = failed.request if failed else None
    found = [c for c in choices if asked and _key(c) == (asked.model, asked.connection_id)]
    choice = (found or list(choices))[0]
    capability = choice.capability
    seconds = asked.seconds if asked and found else capability.default_seconds
    size = asked.size if asked and found else capability.default_size
    cost = capability.micro_usd(seconds, size)
    return OpeningChoice(
        label=capability.label,
        seconds=seconds,
        size=size,
        money=_("Free") if cost == 0 else price(cost),
        price_source=price_source(capability),
        time=_("on this machine") if choice.connection_id == BUILT_IN else "",
        wish=_wish_json(asked) if asked and found else "",
    )


def _key(choice: ModelChoice) -> tuple[str, ConnectionId]:
    return choice.capability.model, choice.connection_id


def _wish_json(asked: TakeRequest) -> str:
    wish = {
        "model": asked.model,
        "connection": asked.connection_id,
        "seconds": asked.seconds,
        "size": asked.size,
    }
    return json.dumps(wish, separators=(",", ":"))


def models_json(choices: Sequence[ModelChoice], failing: Collection[ConnectionId]) -> str:
    """The menus' data, for an attribute. `failing`: connections whose last check failed."""
    told = [_as_json(choice) | {"isFailing": choice.connection_id in failing} for choice in choices]
    return json.dumps(told, separators=(",", ":"))


def _as_json(choice: ModelChoice) -> dict[str, object]:
    capability = choice.capability
    return {
        "model": capability.model,
        "label": capability.label,
        "connection": choice.connection_id,
        "connectionName": choice.connection_name,
        "isReady": choice.is_ready,
        "isHere": choice.connection_id == BUILT_IN,
        "seconds": list(capability.seconds),
        "sizes": list(capability.sizes),
        "references": capability.max_references,
        "priceSource": price_source(capability),
        "microUsdPerSecond": capability.micro_usd_per_second,
        "microUsdBySize": dict(capability.micro_usd_by_size),
        "defaultSeconds": capability.default_seconds,
        "defaultSize": capability.default_size,
        "referenceKinds": list(capability.reference_kinds),
        "modes": [mode.value for mode in capability.modes],
        "sound": capability.sound.value,
        "hasSeed": capability.has_seed,
        "hasNegative": capability.has_negative_prompt,
    }
