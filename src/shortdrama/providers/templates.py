"""What each model of a marketplace calls the parts of a request, as data.

On fal and on Replicate every model has its own names: the length is `duration` here and a text
with an "s" there, the last picture has four names. A template holds one model's; the shipped ones
stand in the `templates.toml` of `fal` and `replicate`, a person's own in the connection's options.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from shortdrama.domain.model import Capability, Mode, Sound
from shortdrama.errors import InvalidInput, ProviderError, mark
from shortdrama.generation.ports import Reference, Submission
from shortdrama.providers.frames import need_shape, ratio_of, resolution_of
from shortdrama.providers.wishes import cannot, need_mode, need_no, wishes_of

PictureOf = Callable[[Reference], Awaitable[str]]
"""Brings a picture to where the model can read it, and gives its address (or a data URL)."""

SWITCHES = ("seed", "sound", "negative_prompt")  # ours, in `Submission.extra`
_SWITCHES_SAID_AS = {
    "seed": mark("seed"),
    "sound": mark("switch for sound"),
    "negative_prompt": mark("negative prompt"),
}
_NAMES = ("prompt", "seconds", "ratio", "resolution", "size", "first", "last", "pictures")
_NEEDS: dict[Mode, tuple[str, ...]] = {
    Mode.TEXT: (),
    Mode.FIRST_FRAME: ("first",),
    Mode.FIRST_LAST: ("first", "last"),
    Mode.REFERENCES: ("pictures",),
}
_MOST_PICTURES = {mode: len(needed) for mode, needed in _NEEDS.items()}
_WAY_KEYS = frozenset({*_NAMES, *SWITCHES, "seconds_as", "words", "fixed", "always", "endpoint"})
_FIXED = frozenset({"seconds", "ratio", "resolution"})
_ENDPOINT = re.compile(r"[\w.-]+(/[\w.-]+)+", re.ASCII)
_OTHERS = "*"  # a template for every model without one of its own


@dataclass(frozen=True, slots=True)
class Way:
    """How one mode of a model is asked for."""

    endpoint: str  # "": the model's own id
    names: Mapping[str, str]  # ours to theirs; "" where they have none
    seconds_as: int | str = 8  # how eight seconds are written: 8, "8" or "8s"
    words: Mapping[str, str] = field(default_factory=dict)  # "720p" to "768P", for ratio and size
    fixed: Mapping[str, Any] = field(default_factory=dict)  # what alone it makes
    always: Mapping[str, Any] = field(default_factory=dict)  # sent with every request


@dataclass(frozen=True, slots=True)
class Template:
    model: str
    ways: Mapping[Mode, Way]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request in the model's own words."""

    endpoint: str
    arguments: dict[str, Any]


class TemplateBook:
    """Finds the template of a model: a person's own before a shipped one."""

    def __init__(self, shipped: Path, own: str = "") -> None:
        """Raises `InvalidInput` where a person's own templates cannot be read."""
        self._templates = dict(_read(_text_of(shipped)))
        try:
            others = _read(own)
        except (ValueError, TypeError, AttributeError) as error:
            raise InvalidInput(
                "The templates of this connection cannot be read: %(reason)s",
                code="template_malformed",
                reason=str(error)[:300],
            ) from error
        self._shipped = frozenset(self._templates) - frozenset(others)
        self._templates |= others

    @property
    def models(self) -> tuple[str, ...]:
        return tuple(model for model in self._templates if model != _OTHERS)

    def find(self, model: str) -> Template:
        """By the model's id, else by the address of one of its modes.

        Raises:
            ProviderError: there is none, or the id is none; nothing was sent.
        """
        _need_endpoint(model)
        found = self._templates.get(model) or self._by_endpoint(model)
        found = found or self._templates.get(_OTHERS)
        if found is None:
            raise cannot(
                mark(
                    "There is no template for %(model)s, so its names for length and pictures are "
                    "not known. Add one to the connection, under “Templates”."
                ),
                model=model,
            )
        return Template(model, found.ways)

    def has(self, model: str) -> bool:
        try:
            self.find(model)
        except ProviderError:
            return False
        return True

    def describe(self, model: str, listed_as: str = "") -> Capability | None:
        """What a template says of a model; None for a shipped one, which the tables know.

        `listed_as` is the connection's name for it, where that is another.

        Raises:
            InvalidInput: there is no template for it.
        """
        listed_as = listed_as or model
        if listed_as in self._shipped:
            return None
        try:
            template = self.find(model)
        except ProviderError as error:
            raise InvalidInput(error.template, code="template_missing", model=model) from error
        return _capability(template, listed_as)

    def ours(self, argument: str) -> str:
        """What we call an argument of any model: "first" of "image_url"; "" where nobody knows."""
        ways = (way for template in self._templates.values() for way in template.ways.values())
        names = (pair for way in ways for pair in way.names.items())
        return next((name for name, theirs in names if theirs.removesuffix("[]") == argument), "")

    def _by_endpoint(self, model: str) -> Template | None:
        for template in self._templates.values():
            ways = {mode: way for mode, way in template.ways.items() if way.endpoint == model}
            if ways:
                return Template(model, ways)
        return None


async def put_in_words(template: Template, asked: Submission, picture_of: PictureOf) -> Asked:
    """The request as this model wants it. Keys of `extra` that are not ours go as they are, last.

    Raises:
        ProviderError: the model has no word for what was asked; nothing was sent.
    """
    need_mode(asked, template.ways)
    words = put_text_in_words(template, asked)
    pictures = await _pictures(template.ways[asked.mode], asked, picture_of)
    return Asked(words.endpoint, {**pictures, **words.arguments})


def put_text_in_words(template: Template, asked: Submission) -> Asked:
    """All but the pictures, as `put_in_words`; for a mode that the template has."""
    way = template.ways[asked.mode]
    arguments = {
        **way.always,
        **_plain(template.model, way, asked),
        **_switches(template.model, way, asked),
        **wishes_of(asked).own,
    }
    return Asked(way.endpoint or template.model, arguments)


def _plain(model: str, way: Way, asked: Submission) -> dict[str, Any]:
    ratio, resolution = ratio_of(asked.size), resolution_of(asked.size)
    chosen = {"seconds": asked.seconds, "ratio": ratio, "resolution": resolution}
    for name, only in way.fixed.items():
        if chosen[name] != only:
            raise cannot(
                mark("The model %(model)s makes %(allowed)s only, not %(asked)s."),
                model=model,
                allowed=only,
                asked=chosen[name],
            )
    values = {
        "prompt": asked.prompt,
        "seconds": _written(way.seconds_as, asked.seconds),
        "ratio": way.words.get(ratio, ratio),
        "resolution": way.words.get(resolution, resolution),
        "size": way.words.get(asked.size, asked.size),
    }
    return {way.names[name]: value for name, value in values.items() if way.names.get(name)}


def _written(example: int | str, seconds: int) -> int | str:
    return seconds if isinstance(example, int) else example.replace("8", str(seconds), 1)


def _switches(model: str, way: Way, asked: Submission) -> dict[str, Any]:
    wishes = wishes_of(asked)
    wished = {
        "seed": wishes.seed,
        "sound": wishes.sound,
        "negative_prompt": wishes.negative_prompt or None,
    }
    for name in SWITCHES:
        if not way.names.get(name):
            need_no(wished.pop(name), _SWITCHES_SAID_AS[name], model)
    return {way.names[name]: value for name, value in wished.items() if value is not None}


async def _pictures(way: Way, asked: Submission, picture_of: PictureOf) -> dict[str, Any]:
    if asked.mode is Mode.REFERENCES:
        addresses = [await picture_of(reference) for reference in asked.references]
        return {way.names["pictures"].removesuffix("[]"): addresses}
    if asked.references and not (way.names.get("ratio") or way.names.get("size")):
        # The clip has the shape of its first frame.
        await need_shape(asked.references[0], asked.size)
    found: dict[str, Any] = {}
    for name, reference in zip(_NEEDS[asked.mode], asked.references, strict=True):
        theirs, address = way.names[name], await picture_of(reference)
        found[theirs.removesuffix("[]")] = [address] if theirs.endswith("[]") else address
    return found


def _capability(template: Template, model: str) -> Capability:
    """What follows from the template; lengths, sizes and prices are for a person to add."""
    ways = list(template.ways.values())
    has = {name: any(way.names.get(name) for way in ways) for name in SWITCHES}
    seconds = tuple(sorted({int(way.fixed["seconds"]) for way in ways if "seconds" in way.fixed}))
    most = max(_MOST_PICTURES.get(mode, 0) for mode in template.ways)
    return Capability(
        model,
        label=model,
        seconds=seconds,
        default_seconds=seconds[0] if seconds else 5,
        modes=tuple(template.ways),
        max_references=None if Mode.REFERENCES in template.ways else most,
        sound=Sound.SWITCH if has["sound"] else Sound.UNKNOWN,
        has_seed=has["seed"],
        has_negative_prompt=has["negative_prompt"],
        is_known=False,
    )


def _need_endpoint(text: str) -> None:
    if not _ENDPOINT.fullmatch(text) or ".." in text:
        raise cannot(mark("%(model)s is no model id of this kind."), model=text[:80])


# Reading


@cache
def _text_of(shipped: Path) -> str:
    return shipped.read_text(encoding="utf-8")


@lru_cache(maxsize=64)
def _read(text: str) -> Mapping[str, Template]:
    """Raises `ValueError` or `TypeError` with a reason for the person who wrote it."""
    tables = tomllib.loads(text)
    found = tables.pop("template", [])
    if tables or not isinstance(found, list):
        raise ValueError("it holds [[template]] tables and nothing else")
    templates = [_template(table) for table in found]
    return {template.model: template for template in templates}


def _template(table: dict[str, Any]) -> Template:
    model = table.get("model")
    if not isinstance(model, str) or not (model == _OTHERS or _ENDPOINT.fullmatch(model)):
        raise ValueError("a [[template]] has no usable model")
    modes = {mode: table[mode.value] for mode in Mode if mode.value in table}
    shared = {key: value for key, value in table.items() if key not in {"model", *Mode}}
    if not modes:
        names = {key for key, value in shared.items() if value}
        modes = {mode: {} for mode in Mode if names.issuperset(_NEEDS[mode])}
    return Template(model, {mode: _way(model, mode, {**shared, **modes[mode]}) for mode in modes})


def _way(model: str, mode: Mode, table: dict[str, Any]) -> Way:
    where = f"{model}, {mode.value}"
    if unknown := sorted(set(table) - _WAY_KEYS):
        raise ValueError(f"{where}: unknown entries {', '.join(unknown)}")
    names = {"prompt": "prompt"} | {key: table[key] for key in (*_NAMES, *SWITCHES) if key in table}
    fixed = dict(table.get("fixed", {}))
    if missing := [name for name in _NEEDS[mode] if not names.get(name)]:
        raise ValueError(f"{where}: no name for {', '.join(missing)}")
    if not names.get("seconds") and "seconds" not in fixed:
        raise ValueError(f"{where}: neither a name for seconds nor fixed.seconds")
    seconds_as = table.get("seconds_as", 8)
    if seconds_as != 8 and not (isinstance(seconds_as, str) and "8" in seconds_as):
        raise ValueError(f'{where}: seconds_as is 8, "8" or "8s"')
    if set(fixed) - _FIXED or not all(isinstance(name, str) for name in names.values()):
        raise ValueError(f"{where}: malformed")
    endpoint = table.get("endpoint", "")
    if endpoint and not _ENDPOINT.fullmatch(endpoint):
        raise ValueError(f"{where}: the endpoint is no address of a model")
    words, always = dict(table.get("words", {})), dict(table.get("always", {}))
    return Way(endpoint, names, seconds_as, words, fixed, always)
