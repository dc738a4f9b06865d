"""What models can do: the shipped table, and the studio's own file over it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from shortdrama.domain.model import Capability, Mode, Rule, Sound
from shortdrama.errors import SetupProblem

_SHIPPED = Path(__file__).with_name("capabilities.toml")
_KNOWN = frozenset(
    {
        "id",
        "also",
        "label",
        "seconds",
        "sizes",
        "default_seconds",
        "default_size",
        "max_references",
        "reference_kinds",
        "max_prompt_chars",
        "prompt_units",
        "modes",
        "sound",
        "seed",
        "negative_prompt",
        "rule",
        "usd_per_second",
        "usd_per_1000_units",
        "typical_s",
        "at_once",
        "source",
    }
)
_PROMPT_UNITS = {"characters": False, "utf-16": True}
_CONDITIONS = frozenset({"mode", "size", "seconds"})
_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")


class CapabilityTable:
    """Looks models up by id."""

    def __init__(self, own_file: Path | None = None, more: Iterable[Path] = ()) -> None:
        """Read the tables.

        Args:
            own_file: The studio's own, over all others.
            more: Those of installed providers, over the shipped one.

        Raises:
            SetupProblem: a file is missing or malformed.
        """
        self._models = _read(_SHIPPED)
        for file in (*more, *([own_file] if own_file else [])):
            self._models |= _read(file)

    def capability_of(self, model: str) -> Capability:
        """What is known; a record that refuses nothing for a model that nobody knows."""
        known = self._models.get(model) or self._models.get(_DATED.sub("", model))
        if known is None:
            # The protocol has one reference; everything else is left for the server to say.
            return Capability(model, label=model, max_references=1, is_known=False)
        return _capability(model, known)


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SetupProblem(
            "The capabilities file %(path)s cannot be read: %(reason)s",
            path=str(path),
            reason=str(error),
        ) from error
    models = tables.get("model")
    if not isinstance(models, list) or set(tables) != {"model"}:
        raise SetupProblem(
            "The capabilities file %(path)s holds [[model]] tables and nothing else.",
            path=str(path),
        )
    for table in models:
        _check(path, table)
    return {name: table for table in models for name in (table["id"], *table.get("also", ()))}


def _check(path: Path, table: dict[str, Any]) -> None:
    name = table.get("id")
    if not isinstance(name, str) or not name:
        raise SetupProblem("A [[model]] in %(path)s has no id.", path=str(path))
    unknown = sorted(set(table) - _KNOWN)
    if unknown:
        raise SetupProblem(
            "%(path)s: the model %(model)s has unknown entries: %(names)s.",
            path=str(path),
            model=name,
            names=", ".join(unknown),
        )
    try:
        for other in table.get("also", ()):
            _text(other)
        _capability(name, table)
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise SetupProblem(
            "%(path)s: the entries of the model %(model)s are malformed.",
            path=str(path),
            model=name,
        ) from error


def _capability(model: str, table: dict[str, Any]) -> Capability:
    seconds = tuple(_whole(value) for value in table.get("seconds", ()))
    sizes = tuple(_text(value) for value in table.get("sizes", ()))
    references = table.get("max_references")
    typical = table.get("typical_s")
    at_once = table.get("at_once")
    return Capability(
        model=model,
        label=_text(table.get("label", model)),
        seconds=seconds,
        sizes=sizes,
        max_references=None if references is None else _whole(references),
        reference_kinds=tuple(_text(kind) for kind in table.get("reference_kinds", ("picture",))),
        modes=tuple(Mode(_text(mode)) for mode in table.get("modes", ())),
        sound=Sound(_text(table.get("sound", "unknown"))),
        has_seed=_yes(table.get("seed", False)),
        has_negative_prompt=_yes(table.get("negative_prompt", False)),
        rules=tuple(_rule(rule) for rule in table.get("rule", ())),
        max_prompt_chars=_whole(table.get("max_prompt_chars", 32_000)),
        counts_utf16=_PROMPT_UNITS[table.get("prompt_units", "characters")],
        micro_usd_per_second=_highest(table.get("usd_per_second")),
        micro_usd_by_size=_prices(table.get("usd_per_second")),
        unit_prices=_prices(table.get("usd_per_1000_units")),
        default_seconds=_whole(table.get("default_seconds", seconds[0] if seconds else 4)),
        default_size=_text(table.get("default_size", sizes[0] if sizes else "720x1280")),
        typical_s=None if typical is None else _number(typical),
        at_once=None if at_once is None else max(1, _whole(at_once)),
        source=_text(table.get("source", "")),
    )


def _rule(table: dict[str, Any]) -> Rule:
    """`{if = {mode = ["references"]}, seconds = [8]}`."""
    given = table["if"]
    if not given or set(given) - _CONDITIONS or set(table) - {"if", "seconds", "sizes"}:
        raise ValueError
    return Rule(
        given=tuple((name, tuple(str(value) for value in given[name])) for name in sorted(given)),
        seconds=tuple(_whole(value) for value in table.get("seconds", ())),
        sizes=tuple(_text(value) for value in table.get("sizes", ())),
    )


def _highest(value: object) -> int | None:
    """Micro USD per second, so that an estimate without a size is never too low."""
    if value is None:
        return None
    return max(_micro(price) for price in (value.values() if isinstance(value, dict) else [value]))


def _prices(value: object) -> tuple[tuple[str, int], ...]:
    if not isinstance(value, dict):
        return ()
    return tuple((_text(size), _micro(price)) for size, price in value.items())


def _micro(price: object) -> int:
    return round(_number(price) * 1_000_000)


def _yes(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1_000:
        raise TypeError
    return float(value)


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
