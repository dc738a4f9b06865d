"""The fields of create requests: JSON or forms, bracketed keys, pictures as parts or data URLs.

Both doors read with it: the service of the built-in engine, and the studio's own to every model.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import AsyncIterator, Iterable, Mapping
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

_SIZE = re.compile(r"[1-9]\d{0,4}x[1-9]\d{0,4}")
_DATA_URL = re.compile(r"data:(?P<mime>[\w.+-]+/[\w.+-]+)?(?P<rest>(;[^,;]*)*?)(?P<b64>;base64)?,")
_HEAD_BYTES = 16


@dataclass(frozen=True, slots=True)
class Picture:
    """A reference as it came. `suffix` follows its content, not its name."""

    content: bytes
    suffix: str


@asynccontextmanager
async def fields_of(request: Request) -> AsyncIterator[Mapping[str, Any]]:
    """The body's fields; bracketed keys become nested objects and lists. Closes uploads behind."""
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
    yield _nest(body.items())


def _nest(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """`a[b]` is a field of an object; `a[]` and `a[0]` stand for one more of a list."""
    nested: dict[str, Any] = {}
    for name, value in items:
        outer, bracket, inner = name.partition("[")
        if not bracket or not inner.endswith("]"):
            nested[name] = value
            continue
        field = inner[:-1]
        is_listed = not field or (field.isascii() and field.isdigit())
        held = nested.setdefault(outer, [] if is_listed else {})
        if isinstance(held, list) and is_listed:
            held.append(value)
        elif isinstance(held, dict) and not is_listed:
            held[field] = value
        else:
            raise invalid_value(outer[:100], "it came in two different ways; send one of them")
    return nested


def prompt_of(value: object) -> str:
    if value is None or value == "":
        raise ApiError(
            400,
            "Missing required parameter: 'prompt'.",
            code="missing_required_parameter",
            param="prompt",
        )
    if not isinstance(value, str):
        raise invalid_value("prompt", "expected a text")
    try:
        return clean_prompt(value)
    except InvalidInput as error:
        raise invalid_value("prompt", error.message) from error


def seconds_of(value: object, default: int) -> int:
    if value is None or value == "":
        return default
    text = str(value).strip()
    is_whole = not isinstance(value, bool) and re.fullmatch(r"[1-9][0-9]{0,3}(\.0+)?", text)
    if not is_whole:
        raise invalid_value("seconds", "expected a whole number of seconds, such as 4")
    return int(float(text))


def size_of(value: object, default: str) -> str:
    if value is None or value == "":
        return default
    if not isinstance(value, str) or not _SIZE.fullmatch(value.strip()):
        raise invalid_value("size", "expected WIDTHxHEIGHT in pixels, such as 720x1280")
    return value.strip()


async def picture_of(value: object) -> Picture | None:
    """The one reference, which may come as a list of one."""
    if isinstance(value, list):
        if len(value) > 1:
            raise invalid_value("input_reference", "expected one picture")
        value = value[0] if value else None
    if value is None or value == "":
        return None
    if isinstance(value, UploadFile):
        return _recognised(await value.read())
    if isinstance(value, Mapping):
        if value.get("file_id"):
            raise invalid_value(
                "input_reference.file_id", "this server keeps no files; send the bytes"
            )
        value = value.get("image_url")
    if isinstance(value, Mapping):  # chat-style {"image_url": {"url": …}}
        value = value.get("url")
    if not isinstance(value, str):
        raise invalid_value("input_reference", "expected a picture, or an object with image_url")
    return _recognised(_decode(value))


def _decode(url: str) -> bytes:
    param = "input_reference.image_url"
    if re.match(r"https?:", url, re.IGNORECASE):
        raise invalid_value(
            param, "this server fetches no addresses; send the picture or a data URL"
        )
    if len(url) > MAX_DATA_URL_CHARS:
        raise ApiError(413, "The picture is too large.", code="too_large", param=param)
    head = _DATA_URL.match(url)
    if head is None:
        raise invalid_value(param, "expected a data URL, such as data:image/png;base64,…")
    payload = url[head.end() :]
    if not head["b64"]:
        return unquote_to_bytes(payload)
    try:
        return base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid_value(param, "the data URL is not base64") from error


def _recognised(content: bytes) -> Picture:
    """By its first bytes; whether it is whole shows when the engine opens it."""
    suffix = _suffix_of(content[:_HEAD_BYTES])
    if suffix is None:
        raise invalid_value(
            "input_reference", "expected a picture: JPEG, PNG, WebP, GIF, AVIF or HEIC"
        )
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


def invalid_value(param: str, reason: str) -> ApiError:
    return ApiError(
        400, f"Invalid value for '{param}': {reason}", code="invalid_value", param=param
    )
