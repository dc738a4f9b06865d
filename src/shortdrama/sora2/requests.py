"""Turns a prompt and its options into the body of a create request, in each dialect."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any, Literal

from anyio import to_thread

from shortdrama.domain.prompt import clean_prompt
from shortdrama.errors import NotFound, TooLarge
from shortdrama.sora2.line import writing
from shortdrama.sora2.options import GenerateOptions, ReferenceFile

Dialect = Literal["videos", "seed", "generations"]  # the last is new-api's older form
Multipart = Literal["auto", "always", "never"]

MAX_DATA_URL_CHARS = 20_971_520  # OpenAI's OpenAPI file, commit of 2026-08-21
_MAX_FILE_BYTES = 256 * 1024 * 1024  # some servers take clips; more would not fit a request


async def create_content(
    prompt: str, options: GenerateOptions, dialect: Dialect, multipart: Multipart
) -> dict[str, Any]:
    """Arguments for httpx: `json`, or `data` and `files`; and `headers`.

    Raises:
        ProviderError: with `not_sent`, for what no form can hold.
    """
    with writing():
        fields = {**_fields(clean_prompt(prompt), options, dialect), **options.extra}
    headers = dict(options.headers)
    if options.idempotency_key:
        headers["idempotency-key"] = options.idempotency_key
    reference = options.reference
    is_form = multipart == "always" or (
        multipart == "auto" and reference is not None and dialect != "generations"
    )
    if not is_form:
        if reference is not None and dialect == "generations":
            fields["image"] = await data_url(reference)
        elif reference is not None:
            fields["input_reference"] = {"image_url": await data_url(reference)}
        return {"json": fields, "headers": headers}
    # A part with no file name is a plain field; httpx makes a form only where there are parts.
    with writing():
        parts: list[tuple[str, Any]] = [(name, (None, _form_text(v))) for name, v in fields.items()]
    if reference is not None:
        content = await _read(reference.path)
        parts.append(("input_reference", (_file_name(reference), content, reference.mime)))
    return {"files": parts, "headers": headers}


def _fields(prompt: str, options: GenerateOptions, dialect: Dialect) -> dict[str, Any]:
    fields: dict[str, Any] = {"prompt": prompt}
    if options.model:
        fields["model"] = options.model
    if options.seconds is not None and dialect == "videos":
        fields["seconds"] = str(options.seconds)
    elif options.seconds is not None:
        fields["duration"] = options.seconds
    if options.size:
        fields["size"] = options.size
    if options.size and dialect == "generations":
        # Its documentation has these two, its channels for vendors read the other.
        width, _, height = options.size.partition("x")
        fields |= {"width": int(width), "height": int(height)}
    return fields


def _form_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, allow_nan=False)


def _file_name(reference: ReferenceFile) -> str:
    """Letters and digits only: some servers save the file under the name they are told."""
    name = Path(reference.name)
    stem = re.sub(r"[^A-Za-z0-9_-]", "", name.stem)[:80]
    return f"{stem or 'reference'}{re.sub(r'[^A-Za-z0-9.]', '', name.suffix)[:10]}"


async def data_url(reference: ReferenceFile) -> str:
    """The file as an address that holds it. Raises `TooLarge`, and `NotFound` where it is gone."""
    content = await _read(reference.path)
    url = f"data:{reference.mime};base64,{base64.b64encode(content).decode('ascii')}"
    if len(url) > MAX_DATA_URL_CHARS:
        raise TooLarge(
            "The reference “%(name)s” is too large to go inside a JSON request "
            "(%(size)s bytes; about 15 MB is the most). Use a smaller picture.",
            name=reference.name,
            size=len(content),
        )
    return url


async def _read(path: Path) -> bytes:
    def read() -> bytes:
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise TooLarge("The reference is larger than %(most)s bytes.", most=_MAX_FILE_BYTES)
        return path.read_bytes()

    try:
        return await to_thread.run_sync(read)
    except FileNotFoundError as error:
        raise NotFound("The reference's file is gone. Add it again.") from error
