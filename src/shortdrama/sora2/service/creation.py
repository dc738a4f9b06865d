"""Reads create requests for an engine."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from shortdrama.errors import InvalidInput
from shortdrama.sora2.service.envelope import ApiError
from shortdrama.sora2.service.fields import (
    Picture,
    fields_of,
    picture_of,
    prompt_of,
    seconds_of,
    size_of,
)
from shortdrama.sora2.service.ports import RenderSpec, VideoEngine

DEFAULT_SECONDS = 4
DEFAULT_SIZE = "720x1280"


@dataclass(frozen=True, slots=True)
class Creation:
    spec: RenderSpec
    picture: Picture | None


async def read_creation(request: Request, engine: VideoEngine) -> Creation:
    """Raises `ApiError` for everything that cannot be rendered as asked."""
    async with fields_of(request) as fields:
        spec = RenderSpec(
            model=_model(fields.get("model"), engine),
            prompt=prompt_of(fields.get("prompt")),
            seconds=seconds_of(fields.get("seconds", fields.get("duration")), DEFAULT_SECONDS),
            size=size_of(fields.get("size"), DEFAULT_SIZE),
        )
        try:
            engine.check(spec)
        except InvalidInput as error:
            raise ApiError(400, error.message, code="invalid_value") from error
        return Creation(spec, await picture_of(fields.get("input_reference")))


async def read_prompt(request: Request) -> str:
    async with fields_of(request) as fields:
        return prompt_of(fields.get("prompt"))


def _model(value: object, engine: VideoEngine) -> str:
    models = engine.models()
    if value is None or value == "":
        return models[0]
    if value not in models:
        told = str(value)[:100]
        raise ApiError(
            404,
            f"The model '{told}' does not exist here. There is: {', '.join(models)}.",
            code="model_not_found",
            param="model",
        )
    return str(value)
