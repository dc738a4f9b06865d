"""The rows of the test of a server of `/v1/videos`: what can be asked of it without paying."""

from __future__ import annotations

from urllib.parse import urlsplit

from shortdrama.errors import Sentence, StudioError, mark
from shortdrama.providers.kind import CheckRow
from shortdrama.providers.openai_videos.servers import CLOSED
from shortdrama.sora2.client import ConnectionCheck, Sora2Client

_MOST_NAMED = 5


async def check_videos(client: Sora2Client, models: tuple[str, ...]) -> list[CheckRow]:
    """Raises nothing. A server that is known to be closed is not asked."""
    closed = CLOSED.get(urlsplit(client.base_url).hostname or "")
    if closed is not None:
        return [(mark("Provider"), False, closed)]
    try:
        check = await client.check_connection()
    except StudioError as error:
        return [(mark("Address"), False, error.message)]
    return _check_rows(check, models)


def _check_rows(check: ConnectionCheck, models: tuple[str, ...]) -> list[CheckRow]:
    if check.status == "unreachable":
        return [(mark("Address"), False, check.message)]
    reached: CheckRow = (mark("Address"), True, mark("The server answers."))
    if check.status == "unauthorised":
        return [reached, (mark("Key"), False, check.message)]
    rows = [reached, (mark("Key"), True, check.message)]
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
