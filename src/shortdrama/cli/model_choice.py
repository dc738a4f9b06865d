"""Which model of which connection a call means. Where nobody can tell, nothing is ordered."""

from __future__ import annotations

from typing import Any

from shortdrama.domain.model import BUILT_IN
from shortdrama.errors import InvalidInput

Row = dict[str, Any]  # of GET /api/models


def choose_model(rows: list[Row], model: str | None, connection: str | None) -> Row:
    """The row that is meant; with neither name the first one, the built-in engine's.

    `connection` is a name or an id.

    Raises:
        InvalidInput: There is no such connection or model, or several that could be meant.
    """
    if model is None and connection is None:
        return rows[0]
    among = rows if connection is None else _at(rows, connection)
    found = among if model is None else _offering(among, model)
    if len(found) == 1:
        return found[0]
    if connection is None:
        raise _no_single_connection(model or "", found)
    raise _no_single_model(among, model)


def _at(rows: list[Row], connection: str) -> list[Row]:
    """What the connection offers."""
    wanted = connection.strip().casefold()
    found = [row for row in rows if row["connection_id"] == wanted]
    found = found or [row for row in rows if row["connection_name"].casefold() == wanted]
    ids = dict.fromkeys(row["connection_id"] for row in found)
    if len(ids) == 1:
        return found
    if ids:
        raise InvalidInput(
            "Several connections are called %(name)s. Give the id of one: %(ids)s.",
            name=connection,
            ids=", ".join(ids),
        )
    raise InvalidInput(
        "There is no connection %(name)s. There are: %(names)s.",
        name=connection,
        names=_names(rows),
    )


def _offering(rows: list[Row], model: str) -> list[Row]:
    """As the studio takes it: previz-1 is its own, and without a key nothing can be ordered."""
    found = [row for row in rows if row["model"] == model]
    here = [row for row in found if row["connection_id"] == BUILT_IN]
    return here or [row for row in found if row["is_ready"]] or found


def _no_single_connection(model: str, found: list[Row]) -> InvalidInput:
    if not found:
        return InvalidInput(
            "No connection offers the model %(model)s. Connect it in the settings.", model=model
        )
    return InvalidInput(
        "Several connections offer the model %(model)s. Say which one with --connection: "
        "%(names)s.",
        model=model,
        names=_names(found),
    )


def _no_single_model(among: list[Row], model: str | None) -> InvalidInput:
    name = among[0]["connection_name"] or BUILT_IN
    models = ", ".join(row["model"] for row in among)
    if model is None:
        return InvalidInput(
            "The connection %(name)s offers several models. Say which one with --model: "
            "%(models)s.",
            name=name,
            models=models,
        )
    return InvalidInput(
        "The connection %(name)s does not offer the model %(model)s. It offers: %(models)s.",
        name=name,
        model=model,
        models=models,
    )


def _names(rows: list[Row]) -> str:
    """Each connection once; its id too, where its name says too little."""
    names = {row["connection_id"]: row["connection_name"] for row in rows}
    told = list(names.values())
    return ", ".join(
        f"{name} ({home})" if name and told.count(name) > 1 else name or home
        for home, name in names.items()
    )
