"""The test button of a connection: what can be asked without paying, row by row."""

from __future__ import annotations

from shortdrama.domain.model import Connection
from shortdrama.errors import Sentence, StudioError, mark
from shortdrama.sora2.client import ConnectionCheck, Sora2Client

Row = tuple[str, bool, str]


class Sora2Probe:
    """Satisfies `connections.ports.ConnectionProbe` for both dialects."""

    async def check(self, connection: Connection, key: str | None) -> list[Row]:
        """Rows of (what, passed, sentence), in the order they were tried."""
        try:
            check = await _ask(connection, key)
        except StudioError as error:
            return [(mark("Address"), False, error.message)]
        return _rows(connection, check)


async def _ask(connection: Connection, key: str | None) -> ConnectionCheck:
    async with Sora2Client(
        connection.base_url,
        api_key=key,
        dialect=connection.dialect.value,
        auth_header=connection.auth_header,
        auth_scheme="Bearer" if connection.auth_header.lower() == "authorization" else "",
        trusted=connection.is_trusted,
    ) as client:
        return await client.check_connection()


def _rows(connection: Connection, check: ConnectionCheck) -> list[Row]:
    if check.status == "unreachable":
        return [(mark("Address"), False, check.message)]
    reached: Row = (mark("Address"), True, mark("The server answers."))
    if check.status == "unauthorised":
        return [reached, (mark("Key"), False, check.message)]
    rows = [reached, (mark("Key"), True, check.message)]
    if check.models:
        rows.append(_models_row(connection, check.models))
    return rows


def _models_row(connection: Connection, listed: tuple[str, ...]) -> Row:
    missing = [model for model in connection.models if model not in listed]
    if missing:
        return (
            mark("Models"),
            False,
            Sentence("The server does not list %(models)s.", models=", ".join(missing)),
        )
    return (mark("Models"), True, ", ".join(connection.models))
