"""The rows of the test of a server of `/v1/videos`: what can be asked of it without paying."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from shortdrama.errors import ProviderError, Sentence, StudioError, mark
from shortdrama.providers.kind import CheckRow
from shortdrama.providers.openai_videos.servers import CLOSED
from shortdrama.sora2.client import ConnectionCheck, Sora2Client

_MOST_NAMED = 5
_NO_JOB = "shortdrama-test"  # of this name there is none
_OF_A_JOB = re.compile(rf"(?<![a-z])(video|task|job)|{_NO_JOB}", re.IGNORECASE)
_ADDRESS = re.compile(r"\S*/\S*")


async def check_videos(client: Sora2Client, models: tuple[str, ...]) -> list[CheckRow]:
    """Raises nothing. A server that is known to be closed is not asked."""
    closed = CLOSED.get((urlsplit(client.base_url).hostname or "").rstrip("."))
    if closed is not None:
        return [(mark("Provider"), False, closed)]
    try:
        check = await client.check_connection()
    except StudioError as error:
        return [(mark("Address"), False, error.message)]
    if check.http_status == 404 and not await _knows_jobs(client):
        return [(mark("Address"), False, _nothing_there(client))]
    return _check_rows(check, models)


async def _knows_jobs(client: Sora2Client) -> bool:
    """Whether there is a place for jobs where neither list is.

    A server that does without lists (new-api without its models, gateways of one's own) says of a
    job that it is not there; at a wrong path it is the path that is not there.
    """
    if client.dialect == "seed":
        return True  # it has no list, and how it says no to a job is not laid down
    try:
        await client.check_status(_NO_JOB)
    except ProviderError as error:
        return error.details.get("http_status") != 404 or _tells_of_job(error.details)
    except StudioError:
        return True
    return True


def _tells_of_job(details: dict[str, Any]) -> bool:
    """Whether the no is about a job; what only quotes the address that was asked says nothing."""
    said = f"{details.get('provider_code') or ''} {details.get('provider_message') or ''}"
    return _OF_A_JOB.search(_ADDRESS.sub("", said)) is not None


def _nothing_there(client: Sora2Client) -> str:
    return Sentence(
        "The server answers, but has neither models nor videos at %(address)s (HTTP 404). The path "
        "of the base URL is wrong: compare it with the provider's own, which mostly ends in /v1.",
        address=client.base_url.partition("?")[0],
    )


def _check_rows(check: ConnectionCheck, models: tuple[str, ...]) -> list[CheckRow]:
    if check.status == "unreachable":
        return [(mark("Address"), False, check.message)]
    reached: CheckRow = (mark("Address"), True, mark("The server answers."))
    if check.status == "unauthorised":
        return [reached, (mark("Key"), False, check.message)]
    is_known = True if check.status == "ok" else None
    rows = [reached, (mark("Key"), is_known, check.message)]
    if check.models:
        rows.append(_models_row(models, check.models))
    return rows


def _models_row(wanted: tuple[str, ...], listed: tuple[str, ...]) -> CheckRow:
    missing = [model for model in wanted if model not in listed]
    if missing:
        some = ", ".join(listed[:_MOST_NAMED]) + ("…" if len(listed) > _MOST_NAMED else "")
        said = Sentence(
            "The server does not list %(models)s. It lists %(listed)s.",
            models=", ".join(missing),
            listed=some,
        )
        return (mark("Models"), False, said)
    return (mark("Models"), True, ", ".join(wanted))
