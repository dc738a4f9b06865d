"""Reads create requests: JSON or forms, bracketed keys, pictures as parts or data URLs."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from shortdrama.domain.prompt import clean_prompt
from shortdrama.errors import InvalidInput
from shortdrama.sora2.requests import MAX_DATA_URL_CHARS
from shortdrama.sora2.service.envelope import ApiError
from shortdrama.sora2.service.ports import RenderSpec, VideoEngine

DEFAULT_SECONDS = 4
DEFAULT_SIZE = "720x1280"
_SIZE = re.compile(r"[1-9]\d{0,4}x[1-9]\d{0,4}")
_DATA_URL = re.compile(r"data:(?P<mime>[\w.+-]+/[\w.+-]+)?(?P<rest>(;[^,;]*)*?)(?P<b64>;base64)?,")
_HEAD_BYTES = 16


@dataclass(frozen=True, slots=True)
class Picture:
    """A reference as it came. `suffix` follows its content, not its name."""

    content: bytes
    suffix: str


@dataclass(frozen=True, slots=True)
class Creation:
    spec: RenderSpec
    picture: Picture | None


@asynccontextmanager
async def _fields_of(request: Request) -> AsyncIterator[Mapping[str, Any]]:
    """The body's fields; bracketed form keys become nested objects. Closes uploads behind."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in {"multipart/form-data", "application/x-www-form-urlencoded"}:
        try:
            async with request.form(max_part_size=MAX_DATA_URL_CHARS + 1024) as form:
                yield _nest(form.multi_items())
        except HTTPException as error:
            raise ApiError(400, f"The form cannot be read: {error.detail}") from error
        return
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise ApiError(400, "The body is not JSON, nor a form.") from error
    if not isinstance(body, dict):
        raise ApiError(400, "The body has to be a JSON object.")
    yield body


async def read_creation(request: Request, engine: VideoEngine) -> Creation:
    """Raises `ApiError` for everything that cannot be rendered as asked."""
    async with _fields_of(request) as fields:
        spec = RenderSpec(
            model=_model(fields.get("model"), engine),
            prompt=_prompt(fields.get("prompt")),
            seconds=_seconds(fields.get("seconds", fields.get("duration"))),
            size=_size(fields.get("size")),
        )
        try:
            engine.check(spec)
        except InvalidInput as error:
            raise ApiError(400, error.message, code="invalid_value") from error
        return Creation(spec, await _picture(fields.get("input_reference")))


async def read_prompt(request: Request) -> str:
    async with _fields_of(request) as fields:
        return _prompt(fields.get("prompt"))


def _nest(items: list[tuple[str, UploadFile | str]]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for name, value in items:
        outer, bracket, inner = name.partition("[")
        if bracket and inner.endswith("]"):
            held = nested.setdefault(outer, {})
            if isinstance(held, dict):
                held[inner[:-1]] = value
        else:
            nested[name] = value
    return nested


def _prompt(value: object) -> str:
    if value is None or value == "":
        raise ApiError(
            400,
            "Missing required parameter: 'prompt'.",
            code="missing_required_parameter",
            param="prompt",
        )
    if not isinstance(value, str):
        raise _invalid("prompt", "expected a text")
    try:
        return clean_prompt(value)
    except InvalidInput as error:
        raise _invalid("prompt", error.message) from error


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


def _seconds(value: object) -> int:
    if value is None or value == "":
        return DEFAULT_SECONDS
    text = str(value).strip()
    is_whole = not isinstance(value, bool) and re.fullmatch(r"[1-9][0-9]{0,3}(\.0+)?", text)
    if not is_whole:
        raise _invalid("seconds", "expected a whole number of seconds, such as 4")
    return int(float(text))


def _size(value: object) -> str:
    if value is None or value == "":
        return DEFAULT_SIZE
    if not isinstance(value, str) or not _SIZE.fullmatch(value.strip()):
        raise _invalid("size", "expected WIDTHxHEIGHT in pixels, such as 720x1280")
    return value.strip()


async def _picture(value: object) -> Picture | None:
    if value is None or value == "":
        return None
    if isinstance(value, UploadFile):
        return _recognised(await value.read())
    if isinstance(value, Mapping):
        if value.get("file_id"):
            raise _invalid("input_reference.file_id", "this server keeps no files; send the bytes")
        value = value.get("image_url")
    if isinstance(value, Mapping):  # chat-style {"image_url": {"url": …}}
        value = value.get("url")
    if not isinstance(value, str):
        raise _invalid("input_reference", "expected a picture, or an object with image_url")
    return _recognised(_decode(value))


def _decode(url: str) -> bytes:
    param = "input_reference.image_url"
    if re.match(r"https?:", url, re.IGNORECASE):
        raise _invalid(param, "this server fetches no addresses; send the picture or a data URL")
    if len(url) > MAX_DATA_URL_CHARS:
        raise ApiError(413, "The picture is too large.", code="too_large", param=param)
    head = _DATA_URL.match(url)
    if head is None:
        raise _invalid(param, "expected a data URL, such as data:image/png;base64,…")
    payload = url[head.end() :]
    if not head["b64"]:
        return unquote_to_bytes(payload)
    try:
        return base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _invalid(param, "the data URL is not base64") from error


def _recognised(content: bytes) -> Picture:
    """By its first bytes; whether it is whole shows when the engine opens it."""
    suffix = _suffix_of(content[:_HEAD_BYTES])
    if suffix is None:
        raise _invalid("input_reference", "expected a picture: JPEG, PNG, WebP, GIF, AVIF or HEIC")
    return Picture(content, suffix)


def _suffix_of(head: bytes) -> str | None:
    starts = {b"\x89PNG\r\n\x1a\n": ".png", b"\xff\xd8\xff": ".jpg", b"GIF8": ".gif"}
    for start, suffix in starts.items():
        if head.startswith(start):
            return suffix
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return ".webp"
    if head[4:8] == b"ftyp" and head[8:12] in {b"avif", b"avis"}:
        return ".avif"
    is_heif = head[4:8] == b"ftyp" and head[8:12] in {b"heic", b"heix", b"mif1", b"hevc", b"msf1"}
    return ".heic" if is_heif else None


def _invalid(param: str, reason: str) -> ApiError:
    return ApiError(
        400, f"Invalid value for '{param}': {reason}", code="invalid_value", param=param
    )
