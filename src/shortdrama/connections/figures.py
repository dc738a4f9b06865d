"""A person's own figures for a model of a connection: what it makes, and what it costs.

Kept in the connection's options as `figures:<model>`, so that they go where the connection goes.
What is not filled in stays as the tables have it.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from typing import TypeVar

from shortdrama.domain.model import Capability, Connection, Mode, Sound
from shortdrama.domain.money import MICRO, exact_dollars
from shortdrama.errors import InvalidInput

PREFIX = "figures:"
OWN = "own figures"  # the source of a capability whose price is a person's
Value = TypeVar("Value", int, str)
_SIZE = re.compile(r"[1-9]\d{1,4}x[1-9]\d{1,4}")
_MOST_SECONDS = 600
_MOST_MICRO_USD = 1_000 * MICRO
_MOST_PICTURES = 100


@dataclass(frozen=True, slots=True)
class Figures:
    """None and () where a person said nothing."""

    seconds: tuple[int, ...] = ()
    sizes: tuple[str, ...] = ()
    modes: tuple[Mode, ...] = ()
    max_references: int | None = None
    micro_usd_per_second: int | None = None
    sound: Sound | None = None
    has_seed: bool | None = None
    has_negative_prompt: bool | None = None

    @property
    def price_text(self) -> str:
        """Dollars a second, as a person types them."""
        price = self.micro_usd_per_second
        return "" if price is None else exact_dollars(price).rstrip("0").rstrip(".")

    def to_text(self) -> str:
        """As it is kept; only what was said."""
        told = {name: value for name, value in asdict(self).items() if value not in (None, ())}
        return json.dumps(told, separators=(",", ":"))


NOTHING = Figures()


@lru_cache(maxsize=256)
def read_figures(text: str) -> Figures:
    """As they were kept; none where the text is of no use any more."""
    try:
        told = json.loads(text)
        known = {field.name for field in fields(Figures)}
        made = Figures(**{name: value for name, value in told.items() if name in known})
        return checked(
            replace(
                made,
                seconds=tuple(made.seconds),
                sizes=tuple(made.sizes),
                modes=tuple(Mode(mode) for mode in made.modes),
                sound=Sound(made.sound) if made.sound is not None else None,
            )
        )
    except (ValueError, TypeError, AttributeError, InvalidInput):
        return NOTHING


def figures_of(connection: Connection, model: str) -> Figures:
    """A person's own for a model of the connection; nothing where there are none."""
    return read_figures(connection.options.get(f"{PREFIX}{model}", "{}"))


def checked(figures: Figures) -> Figures:
    """Sorted, each value once. Raises `InvalidInput` for what cannot be."""
    if not all(1 <= seconds <= _MOST_SECONDS for seconds in figures.seconds):
        raise InvalidInput("A take lasts 1 to 600 seconds.", code="figures_seconds")
    if not all(_SIZE.fullmatch(size) for size in figures.sizes):
        raise InvalidInput("A size is width x height, such as 720x1280.", code="figures_sizes")
    price = figures.micro_usd_per_second
    if price is not None and (type(price) is not int or not 0 <= price <= _MOST_MICRO_USD):
        raise InvalidInput("A price is a number of dollars a second.", code="figures_price")
    pictures = figures.max_references
    if pictures is not None and not 0 <= pictures <= _MOST_PICTURES:
        raise InvalidInput("Pictures are 0 to 100.", code="figures_references")
    return replace(
        figures,
        seconds=tuple(sorted(set(figures.seconds))),
        sizes=tuple(dict.fromkeys(figures.sizes)),
        modes=tuple(mode for mode in Mode if mode in figures.modes),
    )


def apply(figures: Figures, capability: Capability) -> Capability:
    """The capability with a person's figures over it."""
    if figures == NOTHING:
        return capability
    seconds = figures.seconds or capability.seconds
    sizes = figures.sizes or capability.sizes
    price = figures.micro_usd_per_second
    told = replace(
        capability,
        seconds=seconds,
        sizes=sizes,
        modes=figures.modes or capability.modes,
        default_seconds=_among(capability.default_seconds, seconds),
        default_size=_among(capability.default_size, sizes),
        # What a person says of lengths and sizes is not narrowed by another's rules.
        rules=() if figures.seconds or figures.sizes else capability.rules,
        is_known=True,
    )
    if price is not None:
        told = replace(told, micro_usd_per_second=price, micro_usd_by_size=(), source=OWN)
    if figures.max_references is not None:
        told = replace(told, max_references=figures.max_references)
    if figures.sound is not None:
        told = replace(told, sound=figures.sound)
    if figures.has_seed is not None:
        told = replace(told, has_seed=figures.has_seed)
    if figures.has_negative_prompt is not None:
        told = replace(told, has_negative_prompt=figures.has_negative_prompt)
    return told


def _among(wanted: Value, offered: tuple[Value, ...]) -> Value:
    return wanted if not offered or wanted in offered else offered[0]
