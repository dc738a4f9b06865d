"""The form of a connection, as it was filled in; and as it stands for one that is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from pydantic import BaseModel
from starlette.datastructures import FormData, UploadFile

from shortdrama.connections.figures import Figures
from shortdrama.connections.forms import ConnectionForm, is_of_this_machine
from shortdrama.connections.ports import Preset
from shortdrama.domain.model import VIDEOS, Connection, Mode, Sound
from shortdrama.domain.money import parse_dollars
from shortdrama.errors import InvalidInput, TooLarge

_MOST_BYTES = 2_000_000  # of one document
_OPTION = "option."
_DOCUMENT = "document."


class ConnectionFields(BaseModel):
    """What every connection has, as a browser sends it. Options are beside it: `read_options`."""

    preset: str = ""
    base_url: str = ""
    models: str = ""
    name: str = ""
    protocol: str = VIDEOS
    auth_header: str = "Authorization"
    key: str = ""
    is_trusted: bool = False
    max_at_once: str = ""
    polls_per_second: str = ""

    def form(self, options: dict[str, str]) -> ConnectionForm:
        """Raises `InvalidInput` for limits that are no numbers."""
        return ConnectionForm(
            name=self.name,
            base_url=self.base_url,
            models=tuple(self.models.replace("\n", ",").split(",")),
            protocol=self.protocol,
            auth_header=self.auth_header.strip() or "Authorization",
            key=self.key,
            is_trusted=self.is_trusted,
            options=options,
            max_at_once=_takes(self.max_at_once),
            polls_per_second=_polls(self.polls_per_second),
        )


@dataclass(frozen=True, slots=True)
class Filled:
    """The form as it is shown.

    Attributes:
        documents: models that have one, such as a workflow.
        connection_id: "" for a new one.
    """

    preset: Preset
    fields: ConnectionFields
    options: dict[str, str] = field(default_factory=dict)
    documents: tuple[str, ...] = ()
    connection_id: str = ""

    @property
    def has_documents(self) -> bool:
        return any(option.is_per_model for option in self.preset.options)

    @property
    def is_here(self) -> bool:
        return is_of_this_machine(self.fields.base_url)


def fresh(preset: Preset) -> Filled:
    fields = ConnectionFields(
        preset=preset.id,
        base_url=preset.base_url,
        models=", ".join(preset.models),
        protocol=preset.protocol,
        auth_header=preset.auth_header,
    )
    return Filled(preset, fields, dict(preset.values))


def filled_with(connection: Connection, preset: Preset) -> Filled:
    """As a connection stands; never its key."""
    fields = ConnectionFields(
        preset=preset.id,
        base_url=connection.base_url,
        models=", ".join(connection.models),
        name=connection.name,
        protocol=connection.protocol,
        auth_header=connection.auth_header,
        is_trusted=connection.is_trusted,
        max_at_once=_text(connection.max_at_once),
        polls_per_second=_text(connection.polls_per_second),
    )
    per_model = [option.name for option in preset.options if option.is_per_model]
    documents = tuple(
        model
        for model in connection.models
        if any(f"{name}:{model}" in connection.options for name in per_model)
    )
    return Filled(preset, fields, connection.options, documents, connection.id)


def preset_for(presets: Sequence[Preset], connection: Connection) -> Preset:
    """The one that says most of a connection; of its protocol's own where none does."""
    same = [preset for preset in presets if preset.protocol == connection.protocol]
    for preset in same:
        told = preset.values.items()
        if told and all(connection.options.get(name) == value for name, value in told):
            return preset
    own = [preset for preset in same if preset.id == connection.protocol]
    return (own or [Preset(connection.protocol, connection.protocol, connection.protocol)])[0]


async def read_options(form: FormData) -> dict[str, str]:
    """Lines by their names, documents by the names of their files.

    Raises:
        TooLarge, InvalidInput: a document cannot be read.
    """
    options: dict[str, str] = {}
    for name, value in form.multi_items():
        if name.startswith(_OPTION) and isinstance(value, str):
            options[name.removeprefix(_OPTION)] = value.strip()
        elif name.startswith(_DOCUMENT) and isinstance(value, UploadFile) and value.filename:
            option = name.removeprefix(_DOCUMENT)
            options[f"{option}:{_model_of(value.filename)}"] = await _document(value)
    return options


def read_figures(form: FormData) -> Figures:
    """Raises `InvalidInput` for what is no number."""
    modes = [str(value) for value in form.getlist("modes")]
    sound = str(form.get("sound") or "")
    return Figures(
        seconds=tuple(_whole(s, "figures_seconds") for s in _several(form, "seconds")),
        sizes=tuple(size.replace("×", "x").replace(" ", "") for size in _several(form, "sizes")),
        modes=tuple(mode for mode in Mode if mode in modes),
        max_references=next(
            (_whole(text, "figures_references") for text in _several(form, "references")), None
        ),
        micro_usd_per_second=parse_dollars(str(form.get("usd_per_second") or "")),
        sound=Sound(sound) if sound in set(Sound) else None,
        has_seed=_choice(form, "has_seed"),
        has_negative_prompt=_choice(form, "has_negative_prompt"),
    )


def _model_of(file_name: str) -> str:
    stem = PurePosixPath(file_name.replace("\\", "/")).stem
    return " ".join(stem.replace(",", " ").split())[:120]


async def _document(file: UploadFile) -> str:
    content = await file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise TooLarge("The file %(name)s is larger than 2 MB.", name=str(file.filename)[:80])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            "The file %(name)s is no text.", code="document", name=str(file.filename)[:80]
        ) from error


def _several(form: FormData, name: str) -> list[str]:
    text = str(form.get(name) or "")
    for sign in ("，", "、", ";", "\n"):
        text = text.replace(sign, ",")
    return [part.strip() for part in text.split(",") if part.strip()]


def _whole(text: str, code: str) -> int:
    digits = text.removesuffix("s").strip()
    if digits.isascii() and digits.isdecimal() and len(digits) < 6:
        return int(digits)
    raise InvalidInput("“%(text)s” is no whole number.", code=code, text=text[:20])


def _choice(form: FormData, name: str) -> bool | None:
    return {"yes": True, "no": False}.get(str(form.get(name) or ""))


def _number(text: str, code: str) -> float:
    try:
        number = float(text)
    except ValueError as error:
        raise InvalidInput("“%(text)s” is no number.", code=code, text=text[:20]) from error
    if not 0 <= number < 1e6:
        raise InvalidInput("“%(text)s” is no number.", code=code, text=text[:20])
    return number


def _takes(text: str) -> int | None:
    if not text.strip():
        return None
    count = _whole(text, "max_at_once")
    if 1 <= count <= 1000:
        return count
    raise InvalidInput("Takes at once are 1 to 1000.", code="max_at_once")


def _polls(text: str) -> float | None:
    if not text.strip():
        return None
    number = _number(text, "polls_per_second")
    if 0 < number <= 100:
        return number
    raise InvalidInput("Polls a second are more than 0 and at most 100.", code="polls_per_second")


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
